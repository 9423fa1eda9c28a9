"""The report as JSON: everything, for programs; `schema.py` publishes its shape."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from launchready.finding import Finding, Outcome
from launchready.report.model import Report, meaning, minutes
from launchready.report.plain_text import STEP_MAX, block, one_line
from launchready.report.routing import HostRoute

SCHEMA_VERSION = "1"
_TEXT_MAX = 2000


def json_text(report: Report) -> str:
    """Return the report as a JSON document (RFC 8259), two blanks a level, ending in a new line."""
    return json.dumps(report_data(report), indent=2, ensure_ascii=False) + "\n"


def report_data(report: Report) -> dict[str, Any]:
    """Return the report as plain lists and dictionaries, in the shape of the published schema."""
    verdict = report.verdict
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": "launchready",
        "version": report.version,
        "domain": _text(report.domain),
        "name": _text(report.name),
        "verdict": "go" if verdict.go else "no-go",
        "headline": _text(verdict.headline),
        "proven": verdict.proven,
        "total": verdict.total,
        "effort": verdict.effort,
        "partial": verdict.partial,
        "active": report.active,
        "started": _moment(report.started),
        "finished": _moment(report.finished),
        "timezone": report.timezone,
        "looking": {
            "resolvers": [_text(r) for r in report.looking.resolvers],
            "dial": [_text(d) for d in report.looking.dial],
            "ca": _text(report.looking.ca),
            "only": [_text(o) for o in report.looking.only],
            "skip": [_text(s) for s in report.looking.skip],
        },
        "minimum_bar": [
            {
                "line": bar.line,
                "title": bar.title,
                "answer": bar.answer,
                "evidence": _text(bar.evidence),
            }
            for bar in verdict.bar
        ],
        "findings": [_finding(f) for f in verdict.findings],
        "unchecked": [_outcome(o) for o in verdict.unchecked],
        "outcomes": [_outcome(o) for o in verdict.outcomes],
        "caching": {
            "safe": [{"url": _text(u), "why": _text(w)} for u, w in report.cache_safe],
            "dynamic": [{"url": _text(u), "why": _text(w)} for u, w in report.cache_dynamic],
        },
        "routing": {"hosts": [_host(h) for h in report.routing]},
        "crashes": [block(c, STEP_MAX) for c in report.crashes],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    failure = finding.failure
    return {
        "check": finding.check.id,
        "family": finding.check.family,
        "title": finding.check.title,
        "subject": _text(finding.subject.name),
        "subject_kind": finding.subject.kind,
        "also": [_text(s.name) for s in finding.also],
        "severity": str(finding.severity),
        "impact": str(finding.check.impact),
        "means": _text(meaning(finding)),
        "observed": _text(failure.observed),
        "wanted": _text(failure.wanted),
        "fix": [block(step) for step in failure.fix],
        "who": failure.who,
        "effort": minutes(failure.effort_min),
        "effort_minutes": failure.effort_min,
        "takes_effect": _text(failure.takes_effect),
        "see": block(failure.see),
        "evidence": block(failure.evidence),
        "consequences": [_outcome(o) for o in finding.consequences],
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    told = outcome.status in {"passed", "failed"}
    data: dict[str, Any] = {
        "check": outcome.check.id,
        "family": outcome.check.family,
        "subject": _text(outcome.subject.name),
        "subject_kind": outcome.subject.kind,
        "status": outcome.status,
        "severity": str(outcome.severity),
        "impact": str(outcome.check.impact),
        "evidence" if told else "reason": _text(outcome.detail),
    }
    if outcome.because is not None:
        data["because"] = _text(str(outcome.because))
    if outcome.status == "unknown":
        data["ours"] = outcome.ours
        data["how_to_prove"] = _text(outcome.how_to_prove)
    return data


def _host(route: HostRoute) -> dict[str, Any]:
    return {
        "host": _text(route.host),
        "redirects_to": _text(route.redirects_to),
        "addresses": [_text(a) for a in route.addresses],
        "aliases": [_text(a) for a in route.aliases],
        "dns": {"state": route.dns, "note": _text(route.dns_note)},
        "tls": {"state": route.tls, "note": _text(route.tls_note)},
        "entries": [
            {
                "start": _text(entry.start),
                "end": _text(entry.end),
                "state": entry.state,
                "note": _text(entry.note),
                "hops": [{"url": _text(h.url), "status": h.status} for h in entry.hops],
            }
            for entry in route.entries
        ],
        "edge": {
            "name": _text(route.edge),
            "seen": _text(route.edge_seen),
            "state": route.edge_state,
        },
        "origin": {
            "addresses": [_text(o) for o in route.origins],
            "state": route.origin_state,
            "note": _text(route.origin_note),
        },
    }


def _text(text: str) -> str:
    return one_line(text, _TEXT_MAX)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
