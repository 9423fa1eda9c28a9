"""The shape of the JSON report, published as a JSON Schema (draft 2020-12)."""

from __future__ import annotations

import json
from typing import Any, get_args

from launchready.facts.subject import SubjectKind
from launchready.finding import BarLine, Impact, Severity, Status, Who
from launchready.report.json_report import SCHEMA_VERSION
from launchready.report.routing import State

_TEXT: dict[str, Any] = {"type": "string"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_MOMENT: dict[str, Any] = {"type": "string", "format": "date-time", "description": "UTC."}


def schema_text() -> str:
    """Return the schema as the JSON document that stands in docs/report.schema.json."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    """Return the JSON Schema that every JSON report of this version conforms to."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Launch Ready report",
        "description": "The verdict on a launch: what to fix in which order, and what was proven.",
        **_object(
            {
                "schema_version": {"const": SCHEMA_VERSION},
                "tool": {"const": "launchready"},
                "version": _said("Version of the program that wrote this."),
                "domain": _said("The domain of the launch."),
                "name": _said("What members call the community; empty if not declared."),
                "verdict": {"enum": ["go", "no-go"]},
                "headline": _said("The verdict in one line."),
                "proven": _COUNT | {"description": "How many outcomes passed."},
                "total": _COUNT | {"description": "How many outcomes count; not-applicable ones do not."},
                "effort": _said("How much there is to fix and who can do it, in one line."),
                "partial": _flag("The run was stopped before everything was seen."),
                "active": _flag("The active checks ran as well."),
                "started": _MOMENT,
                "finished": _MOMENT,
                "timezone": _said("IANA time zone of the launch."),
                "looking": _object(
                    {
                        "resolvers": _list(_TEXT),
                        "dial": _list(_TEXT),
                        "ca": _TEXT,
                        "only": _list(_TEXT),
                        "skip": _list(_TEXT),
                    },
                    "The options of this run.",
                ),
                "minimum_bar": _list({"$ref": "#/$defs/bar_line"}) | {"minItems": 10, "maxItems": 10},
                "findings": _list({"$ref": "#/$defs/finding"})
                | {"description": "Root causes in fix order."},
                "unchecked": _list({"$ref": "#/$defs/outcome"})
                | {"description": "Unknown outcomes that no finding explains."},
                "outcomes": _list({"$ref": "#/$defs/outcome"})
                | {"description": "Every check on every subject."},
                "caching": _object(
                    {
                        "safe": _list({"$ref": "#/$defs/cached_route"}),
                        "dynamic": _list({"$ref": "#/$defs/cached_route"}),
                    },
                    "Routes that a shared cache may store, and those that must stay dynamic.",
                ),
                "routing": _object({"hosts": _list({"$ref": "#/$defs/host"})}),
                "crashes": _list(_TEXT) | {"description": "Tracebacks of the program's own bugs."},
            }
        ),
        "$defs": {
            "bar_line": _object(
                {
                    "line": {"enum": list(get_args(BarLine))},
                    "title": _TEXT,
                    "answer": {"enum": ["yes", "no", "not proven"]},
                    "evidence": _TEXT,
                }
            ),
            "finding": _finding(),
            "outcome": _outcome(),
            "cached_route": _object({"url": _TEXT, "why": _TEXT}),
            "host": _host(),
            "state": {"enum": list(get_args(State))},
        },
    }  # fmt: skip


def _finding() -> dict[str, Any]:
    return _object(
        {
            "check": _CHECK_ID,
            "family": _TEXT,
            "title": _TEXT,
            "subject": _TEXT,
            "subject_kind": _SUBJECT_KIND,
            "also": _list(_TEXT) | {"description": "Other subjects that the same fix mends."},
            "severity": _SEVERITY,
            "impact": _IMPACT,
            "means": _said("What members feel, in one plain sentence."),
            "observed": _TEXT,
            "wanted": _TEXT,
            "fix": _list(_TEXT) | {"description": "Steps."},
            "who": {"enum": list(get_args(Who))},
            "effort": _said("In words: 15 min."),
            "effort_minutes": _COUNT,
            "takes_effect": _TEXT,
            "see": _said("A command that anyone can run to see it."),
            "evidence": _TEXT,
            "consequences": _list({"$ref": "#/$defs/outcome"})
            | {"description": "What failed or could not be checked because of it."},
        }
    )


def _outcome() -> dict[str, Any]:
    made = _object(
        {
            "check": _CHECK_ID,
            "family": _TEXT,
            "subject": _TEXT,
            "subject_kind": _SUBJECT_KIND,
            "status": {"enum": list(get_args(Status))},
            "severity": _SEVERITY,
            "impact": _IMPACT,
        }
    )
    made["properties"] |= {
        "evidence": _said("Of passed and failed: what was seen."),
        "reason": _said("Of unknown and not_applicable: why."),
        "because": _said("The observation that explains it."),
        "ours": _flag("Only this machine's network or this run's options stood in the way."),
        "how_to_prove": _TEXT,
    }
    told = {"properties": {"status": {"enum": ["passed", "failed"]}}}
    made |= {"if": told, "then": {"required": ["evidence"]}, "else": {"required": ["reason"]}}
    return made


def _host() -> dict[str, Any]:
    state = {"$ref": "#/$defs/state"}
    return _object(
        {
            "host": _TEXT,
            "redirects_to": _TEXT,
            "addresses": _list(_TEXT),
            "aliases": _list(_TEXT),
            "dns": _object({"state": state, "note": _TEXT}),
            "tls": _object({"state": state, "note": _TEXT}),
            "entries": _list(
                _object(
                    {
                        "start": _TEXT,
                        "end": _TEXT,
                        "state": state,
                        "note": _TEXT,
                        "hops": _list(_object({"url": _TEXT, "status": _COUNT})),
                    }
                )
            ),
            "edge": _object({"name": _TEXT, "seen": _TEXT, "state": state}),
            "origin": _object({"addresses": _list(_TEXT), "state": state, "note": _TEXT}),
        }
    )


_CHECK_ID: dict[str, Any] = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}
_SUBJECT_KIND: dict[str, Any] = {"enum": list(get_args(SubjectKind))}
_SEVERITY: dict[str, Any] = {"enum": [str(s) for s in Severity]}
_IMPACT: dict[str, Any] = {"enum": [str(i) for i in Impact]}


def _said(description: str) -> dict[str, Any]:
    return _TEXT | {"description": description}


def _flag(description: str) -> dict[str, Any]:
    return {"type": "boolean", "description": description}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _object(properties: dict[str, Any], description: str = "") -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return made | {"description": description} if description else made
