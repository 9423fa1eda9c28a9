"""The report as one HTML file: no script, nothing loaded, everything from outside escaped."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from launchready.finding import Outcome, Severity
from launchready.report.model import (
    GROUPS,
    Report,
    consequences,
    meaning,
    minutes,
    unchecked_groups,
)
from launchready.report.plain_text import block, one_line, sentence
from launchready.report.routing_picture import narrow, wide
from launchready.report.steps import parts, spans

_STATUS_WORDS = {
    "passed": "✓ proven",
    "failed": "✗ failed",
    "unknown": "? unknown",
    "not_applicable": "· not asked",
}
_STATUS_ORDER = ("failed", "unknown", "passed", "not_applicable")


def html_text(report: Report) -> str:
    """Return the report as one HTML document that loads nothing and runs nothing."""
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _environment().get_template("report.html.j2").render(
        report=report,
        verdict=report.verdict,
        tone=_tone(report),
        tally=_tally(report),
        style=Markup(style),  # noqa: S704 - our own file, and its digest stands in the policy
        style_digest=digest,
        groups=_groups(report),
        unchecked=unchecked_groups(report.verdict),
        families=_families(report),
        map_wide=Markup(wide(report.routing)) if report.routing else "",  # noqa: S704 - escaped there
        map_narrow=Markup(narrow(report.routing)) if report.routing else "",  # noqa: S704 - same
    )  # fmt: skip


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("launchready.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "line": one_line,
        "sentence": sentence,
        "text": block,
        "minutes": minutes,
        "meaning": meaning,
        "parts": parts,
        "spans": spans,
    }
    environment.globals |= {"consequences": consequences, "status_words": _STATUS_WORDS}
    return environment


@cache
def _style() -> str:
    return (files("launchready.report") / "templates" / "report.css").read_text("utf-8")


def _tone(report: Report) -> str:
    if report.verdict.go:
        return "good"
    blocked = any(f.severity is Severity.BLOCKER for f in report.verdict.findings)
    return "bad" if blocked else "unknown"


def _tally(report: Report) -> dict[str, Any]:
    """Return the counted outcomes by status, each with its share of a bar 1000 units wide."""
    counts = {
        status: sum(o.status == status for o in report.verdict.outcomes)
        for status in ("passed", "failed", "unknown")
    }
    total = sum(counts.values()) or 1
    shares = {status: count * 1000 / total for status, count in counts.items()}
    return {"counts": counts, "shares": shares}


def _groups(report: Report) -> list[dict[str, Any]]:
    """Return the groups of findings with each finding's number in fix order."""
    groups = []
    number = 0
    tones = dict(zip(GROUPS.values(), ("bad", "risk", "advice"), strict=True))
    for title, findings in report.groups():
        numbered = [(number + n, finding) for n, finding in enumerate(findings, start=1)]
        number += len(findings)
        groups.append({"title": title, "tone": tones[title], "findings": numbered})
    return groups


def _families(report: Report) -> list[tuple[str, dict[str, int], list[Outcome]]]:
    """Return every outcome by family, what failed first, with the count of each status."""
    families: dict[str, list[Outcome]] = {}
    for outcome in report.verdict.outcomes:
        families.setdefault(outcome.check.family, []).append(outcome)
    found = []
    for family, outcomes in sorted(families.items()):
        outcomes.sort(key=lambda o: (_STATUS_ORDER.index(o.status), o.check.id, o.subject.name))
        counts = {s: sum(o.status == s for o in outcomes) for s in _STATUS_ORDER}
        found.append((family, counts, outcomes))
    return found
