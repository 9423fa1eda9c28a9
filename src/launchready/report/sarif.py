"""The report as SARIF 2.1.0 (OASIS), for code hosts that show findings beside a repository."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from launchready.facts import Subject
from launchready.finding import Check, Finding, Outcome, Severity
from launchready.report.model import Report, consequences, minutes, unchecked_reason
from launchready.report.plain_text import block, one_line

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {Severity.BLOCKER: "error", Severity.RISK: "warning", Severity.ADVICE: "note"}


def sarif_text(report: Report, catalogue: Iterable[Check] = ()) -> str:
    """Return the report as a SARIF document.

    Rules are the catalogue's checks and whatever else the report names. A root cause is a
    result for each of its subjects; an unknown blocker is a result of the kind `open`.
    """
    return json.dumps(sarif_data(report, catalogue), indent=2, ensure_ascii=False) + "\n"


def sarif_data(report: Report, catalogue: Iterable[Check] = ()) -> dict[str, Any]:
    """Return the SARIF log as plain lists and dictionaries."""
    verdict = report.verdict
    checks = {c.id: c for c in catalogue} | {o.check.id: o.check for o in verdict.outcomes}
    rules = sorted(checks.values(), key=lambda c: c.id)
    index = {check.id: number for number, check in enumerate(rules)}
    results = [
        _result(report, finding, subject, index)
        for finding in verdict.findings
        for subject in (finding.subject, *finding.also)
    ]
    results += [_open(report, o, index) for o in verdict.unchecked if _keeps_from_a_go(o)]
    invocation: dict[str, Any] = {
        "executionSuccessful": not report.crashes and not verdict.partial,
        "startTimeUtc": _moment(report.started),
        "endTimeUtc": _moment(report.finished),
    }
    if report.crashes:
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": block(crash)}} for crash in report.crashes
        ]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "Launch Ready",
                        "version": report.version,
                        "semanticVersion": report.version,
                        "rules": [_rule(check) for check in rules],
                    }
                },
                "invocations": [invocation],
                "columnKind": "unicodeCodePoints",
                "results": results,
                "properties": {
                    "verdict": "go" if verdict.go else "no-go",
                    "headline": verdict.headline,
                    "proven": verdict.proven,
                    "total": verdict.total,
                },
            }
        ],
    }


def _rule(check: Check) -> dict[str, Any]:
    name = "".join(word.capitalize() for word in check.id.split("-"))
    return {
        "id": check.id,
        "name": name,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": check.why},
        "help": {"text": check.fix, "markdown": f"{check.why}\n\n**Fix:** {check.fix}"},
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
        "properties": {
            "tags": list(dict.fromkeys((check.family, str(check.impact)))),
            "impact": str(check.impact),
            "active": check.active,
        },
    }


def _result(
    report: Report, finding: Finding, subject: Subject, index: dict[str, int]
) -> dict[str, Any]:
    failure = finding.failure
    steps = "\n".join(f"{n}. {block(s)}" for n, s in enumerate(failure.fix, start=1))
    followed = "".join(f"\n{words}." for words, _ in consequences(finding))
    text = (
        f"{one_line(failure.means)} {one_line(subject.name)}: {one_line(failure.observed)}; "
        f"wanted: {one_line(failure.wanted)}.\n{steps}{followed}"
    )
    return {
        "ruleId": finding.check.id,
        "ruleIndex": index[finding.check.id],
        "kind": "fail",
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [_location(report, subject)],
        "partialFingerprints": {"checkAndSubject/v1": _fingerprint(finding.check, subject)},
        "properties": {
            "who": failure.who,
            "effort": minutes(failure.effort_min),
            "takesEffect": one_line(failure.takes_effect),
            "see": block(failure.see),
        },
    }


def _open(report: Report, outcome: Outcome, index: dict[str, int]) -> dict[str, Any]:
    how = f" {one_line(outcome.how_to_prove)}" if outcome.how_to_prove else ""
    return {
        "ruleId": outcome.check.id,
        "ruleIndex": index[outcome.check.id],
        "kind": "open",
        # SARIF 2.1.0 section 3.27.10: a result that is no failure has no level but `none`.
        "level": "none",
        "message": {"text": f"{unchecked_reason(outcome)}.{how}"},
        "locations": [_location(report, outcome.subject)],
        "partialFingerprints": {"checkAndSubject/v1": _fingerprint(outcome.check, outcome.subject)},
    }


def _keeps_from_a_go(outcome: Outcome) -> bool:
    return outcome.severity is Severity.BLOCKER and not outcome.ours


def _location(report: Report, subject: Subject) -> dict[str, Any]:
    # Code hosts refuse a result without a file; the manifest is where the launch is declared.
    path = PurePath(report.manifest_file or "launchready.toml")
    name = path.name if path.is_absolute() else path.as_posix()
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(one_line(name, 1000))},
            "region": {"startLine": 1},
        },
        "logicalLocations": [
            {"fullyQualifiedName": one_line(subject.name, 1000), "kind": subject.kind}
        ],
    }


def _fingerprint(check: Check, subject: Subject) -> str:
    named = f"{check.id}\0{subject.kind}\0{subject.name}"
    return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
