"""Two reports compared, outcome by outcome. What became unknown is never called fixed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from rich.console import Console
from rich.table import Table
from rich.text import Text

from launchready.report.plain_text import as_ascii, one_line

Change = Literal[
    "new", "became_unknown", "no_longer_checked", "still", "still_unknown", "fixed", "became_known"
]
CHANGES: dict[Change, str] = {
    "new": "New",
    "became_unknown": "Became unknown (not fixed)",
    "no_longer_checked": "No longer checked (not fixed)",
    "still": "Still there",
    "still_unknown": "Still could not be checked",
    "fixed": "Fixed",
    "became_known": "Known now, and no fault",
}
"""Every change that is told, worst first, with its title."""
_STATUSES = {"passed", "failed", "unknown", "not_applicable"}
_SEVERITIES = {"blocker": 0, "risk": 1, "advice": 2}
_SHOWN_MAX = 40
WIDTH_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What became of one check on one subject. A status is empty where a report has none."""

    check: str
    subject: str
    subject_kind: str
    severity: str
    before: str
    after: str
    detail: str
    """The newer report's evidence or reason; the older one's where the newer has none."""
    follows_from: str = ""
    """The check whose finding explains it; empty for a root cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What changed from one report to another."""

    old_verdict: str
    new_verdict: str
    old_headline: str
    new_headline: str
    old_proven: tuple[int, int]
    """(proven, total)."""
    new_proven: tuple[int, int]
    changes: Mapping[Change, tuple[Line, ...]]
    cautions: tuple[str, ...]
    """Why the two may not be comparable, one sentence each."""

    @property
    def worse(self) -> bool:
        """Whether something broke, or is less known than before."""
        return any(self.changes[c] for c in ("new", "became_unknown", "no_longer_checked"))


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> Comparison:
    """Return what changed between two JSON reports (the shape of report.schema.json).

    Malformed outcomes are passed over; a report with an unknown schema version gives a caution.
    """
    before, after = _outcomes(old), _outcomes(new)
    causes = _causes(old) | _causes(new)
    old_part, new_part = _is_part(old), _is_part(new)
    changes: dict[Change, list[Line]] = {change: [] for change in CHANGES}
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        change = _change(_status(was), _status(now))
        # What a run of a part did not ask for is told once, by a caution.
        if change == "became_unknown" and was is None and old_part:
            continue
        if change == "no_longer_checked" and now is None and new_part:
            continue
        if change is not None:
            shown = now if now is not None else was
            changes[change].append(_line(key, was, now, shown or {}, causes.get(key, "")))
    ordered = {
        change: tuple(
            sorted(
                lines,
                key=lambda x: (
                    bool(x.follows_from),
                    _SEVERITIES.get(x.severity, 3),
                    x.check,
                    x.subject,
                ),
            )
        )
        for change, lines in changes.items()
    }
    return Comparison(
        old_verdict=_text(old, "verdict"),
        new_verdict=_text(new, "verdict"),
        old_headline=_text(old, "headline"),
        new_headline=_text(new, "headline"),
        old_proven=(_count(old, "proven"), _count(old, "total")),
        new_proven=(_count(new, "proven"), _count(new, "total")),
        changes=ordered,
        cautions=tuple(_cautions(old, new)),
    )


def _change(was: str, now: str) -> Change | None:
    if now == "failed":
        return "still" if was == "failed" else "new"
    if now == "unknown":
        return "still_unknown" if was == "unknown" else "became_unknown"
    if now == "passed":
        found: dict[str, Change] = {"failed": "fixed", "unknown": "became_known"}
        return found.get(was)
    if was == "unknown" and now == "not_applicable":
        return "became_known"
    # Absent now, or no longer applicable: nobody has seen that it works.
    return "no_longer_checked" if was in {"failed", "unknown", "passed"} else None


_Key = tuple[str, str, str]


def _key(outcome: Mapping[str, Any]) -> _Key:
    return (_text(outcome, "check"), _text(outcome, "subject_kind"), _text(outcome, "subject"))


def _outcomes(report: Mapping[str, Any]) -> dict[_Key, Mapping[str, Any]]:
    return {_key(o): o for o in _dicts(report.get("outcomes")) if _status(o) in _STATUSES}


def _causes(report: Mapping[str, Any]) -> dict[_Key, str]:
    return {
        _key(outcome): _text(finding, "check")
        for finding in _dicts(report.get("findings"))
        for outcome in _dicts(finding.get("consequences"))
    }


def _dicts(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def _status(outcome: Mapping[str, Any] | None) -> str:
    return _text(outcome, "status") if outcome is not None else ""


def _text(data: Mapping[str, Any], field: str) -> str:
    value = data.get(field)
    return one_line(value, 2000) if isinstance(value, str) else ""


def _count(data: Mapping[str, Any], field: str) -> int:
    value = data.get(field)
    return value if isinstance(value, int) else 0


def _line(
    key: _Key,
    was: Mapping[str, Any] | None,
    now: Mapping[str, Any] | None,
    shown: Mapping[str, Any],
    cause: str,
) -> Line:
    check, kind, subject = key
    return Line(
        check=check,
        subject=subject,
        subject_kind=kind,
        severity=_text(shown, "severity"),
        before=_status(was),
        after=_status(now),
        detail=_text(shown, "evidence") or _text(shown, "reason"),
        follows_from=cause,
    )


def _cautions(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    if old.get("domain") != new.get("domain"):
        yield (
            f"These are two launches: {_text(old, 'domain') or 'unnamed'} and "
            f"{_text(new, 'domain') or 'unnamed'}."
        )
    if old.get("schema_version") != new.get("schema_version"):
        yield "The two reports have different schema versions."
    if old.get("version") != new.get("version"):
        yield (
            f"Launch Ready itself changed from {_text(old, 'version') or '?'} to "
            f"{_text(new, 'version') or '?'}; a new line may be a new check."
        )
    if bool(old.get("active")) != bool(new.get("active")):
        which = "newer" if new.get("active") else "older"
        yield f"Only the {which} run made the active checks."
    for name, report in (("older", old), ("newer", new)):
        if report.get("partial"):
            yield f"The {name} run was stopped early."
        if _is_part(report):
            yield f"The {name} run made only a part of the checks."
    if _text(old, "started") > _text(new, "started") > "":
        yield "The first report is the newer one: are they in order?"


def _is_part(report: Mapping[str, Any]) -> bool:
    looking = report.get("looking")
    return isinstance(looking, dict) and bool(looking.get("only") or looking.get("skip"))


def compare_data(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as plain lists and dictionaries, for JSON."""
    return {
        "before": _side(comparison.old_verdict, comparison.old_headline, comparison.old_proven),
        "now": _side(comparison.new_verdict, comparison.new_headline, comparison.new_proven),
        "worse": comparison.worse,
        "cautions": list(comparison.cautions),
        **{
            change: [
                {
                    "check": line.check,
                    "subject": line.subject,
                    "subject_kind": line.subject_kind,
                    "severity": line.severity,
                    "before": line.before or None,
                    "after": line.after or None,
                    "detail": line.detail,
                    "follows_from": line.follows_from or None,
                }
                for line in comparison.changes[change]
            ]
            for change in get_args(Change)
        },
    }


def _side(verdict: str, headline: str, proven: tuple[int, int]) -> dict[str, Any]:
    return {"verdict": verdict, "headline": headline, "proven": proven[0], "total": proven[1]}


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print what changed, the worst first; consequences are counted under their causes."""
    width = min(console.width, WIDTH_MAX)
    utf = console.encoding.lower().startswith("utf")

    def say(text: str, style: str = "") -> None:
        line = text if utf else as_ascii(text)
        console.print(Text(line, style=style), width=width, overflow="fold", highlight=False)

    say(f"Before: {comparison.old_headline} ({_proven(comparison.old_proven)})")
    say(f"Now:    {comparison.new_headline} ({_proven(comparison.new_proven)})", "bold")
    for caution in comparison.cautions:
        say(f"Note: {caution}", "yellow")
    if not any(comparison.changes.values()):
        say("\nNothing changed.")
    for change, title in CHANGES.items():
        lines = comparison.changes[change]
        if not lines:
            continue
        # What was seen to be broken and is now hidden behind something else is told by name.
        roots = [x for x in lines if not x.follows_from or x.before == "failed" != x.after]
        say(f"\n{title} ({len(lines)})", "bold")
        for line in roots[:_SHOWN_MAX]:
            table = Table.grid()
            table.add_column(width=2)
            table.add_column(width=width - 3, overflow="fold")
            head = f"{line.check}  {line.subject}"
            text = Text(head if utf else as_ascii(head))
            text.append(f"\n{_moved(line)}{line.detail[:300]}", style="dim")
            table.add_row("", text if utf else Text(as_ascii(text.plain)))
            console.print(table, highlight=False)
        if len(roots) > _SHOWN_MAX:
            say(f"  and {len(roots) - _SHOWN_MAX} more")
        if len(lines) > len(roots):
            say(f"  and {len(lines) - len(roots)} that follow from {_names(lines)}", "dim")


def _proven(count: tuple[int, int]) -> str:
    return f"{count[0]} of {count[1]} proven"


def _moved(line: Line) -> str:
    if line.before == line.after:
        return ""
    was = line.before.replace("_", " ") or "not there"
    now = line.after.replace("_", " ") or "not there"
    return f"{was} → {now}: "


def _names(lines: Iterable[Line]) -> str:
    found = sorted({line.follows_from for line in lines if line.follows_from})
    return ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
