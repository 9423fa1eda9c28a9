"""The catalogue of checks as a page of the docs, generated from the checks' own docstrings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from launchready.finding import Check
from launchready.minimum_bar import BAR
from launchready.report.markdown import escaped
from launchready.report.model import GROUPS


def catalogue_text(checks: Iterable[Check]) -> str:
    """Return docs/checks.md: every check by family with its weight, its reason and its fix."""
    return "\n".join(_lines(sorted(checks, key=lambda c: (c.family, c.severity, c.id)))) + "\n"


def _lines(checks: list[Check]) -> Iterator[str]:
    families = [(family, list(found)) for family, found in groupby(checks, key=lambda c: c.family)]
    yield "# The checks"
    yield ""
    yield (
        f"{len(checks)} checks in {len(families)} families. This page is generated from the "
        "docstrings of the checks by `make docs`."
    )
    yield ""
    for severity, title in GROUPS.items():
        count = sum(c.severity is severity for c in checks)
        yield f"- **{severity}** ({count}): {title.lower()}"
    yield ""
    for family, found in families:
        yield f"- [{family}](#{family}) ({len(found)})"
    for family, found in families:
        yield ""
        yield f"## {family}"
        for check in found:
            yield ""
            yield from _page(check)


def _page(check: Check) -> Iterator[str]:
    yield f"### {check.id}"
    yield ""
    yield f"**{_own(check.title)}**"
    yield ""
    facts = [str(check.severity), f"damages {check.impact}"]
    if check.bar:
        facts.append(f"minimum bar: {BAR[check.bar].lower()}")
    if check.active:
        facts.append("active: runs with `--active` alone")
    yield " · ".join(facts)
    yield ""
    yield f"Why: {_own(check.why)}"
    yield ""
    yield f"Fix: {_own(check.fix)}"


def _own(text: str) -> str:
    """Return text of ours, in which backticks mean code and nothing else is markup."""
    pieces = text.split("`")
    return "`".join(p if number % 2 else escaped(p) for number, p in enumerate(pieces))
