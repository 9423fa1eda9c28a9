"""The JSON Schema that editors read, and the program: they take and refuse the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from launchready.manifest import ManifestError, parse_manifest

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "launchready.schema.json").read_text(encoding="utf-8")
)
EDITOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
LAUNCH = {"domain": "a.example"}
PLACES: tuple[tuple[tuple[str, ...], str, dict[str, Any]], ...] = (
    (("launch",), "LaunchSection", LAUNCH),
    (("people",), "PeopleSection", {}),
    (("hosts", "b.example"), "HostEntry", {}),
    (("routes", "a.example/x"), "RouteEntry", {"kind": "page"}),
    (("routes", "a.example/x"), "RouteEntry", {"kind": "webhook"}),
    (
        ("routes", "a.example/x"),
        "RouteEntry",
        {"kind": "webhook", "signature": "stripe", "secret_env": "HOOK_SECRET"},
    ),
    (("mail", "domains", "a.example"), "MailDomainEntry", {}),
    (
        ("accounts", "member"),
        "AccountEntry",
        {"username_env": "A", "password_env": "B", "login": "a.example/in", "private": "a.example"},
    ),
    (("network",), "NetworkSection", {}),
    (("budgets",), "BudgetsSection", {}),
    (("alerts",), "AlertsSection", {}),
    (("deployment",), "DeploymentSection", {}),
    (("environment", "SECRET"), "VariableEntry", {}),
    (("chat",), "ChatSection", {}),
    (("chat", "second"), "ProviderEntry", {"base_url": "https://a.example", "model": "m"}),
    (("guard",), "GuardSection", {}),
)
"""Where each table stands, its model, and what it needs beside the key that is tried."""
VALUES: tuple[Any, ...] = (
    True, False, 0, 1, -1, 60, 61, 90.5, "", "yes", "true", "1", "localhost", "a.example",
    " A.example. ", "-a.example", "bücher.example", "a.example:8443/in?x=1", "https://a.example/",
    "ftp://a.example/", "A_VARIABLE", "1BAD", "page", "cloudflare", "stripe", "GET", "203.0.113.5",
    "a.example:443=127.0.0.1:443", "UTC", "2026-12-01", "2026-13-01", [], ["a.example"],
    ["A_VARIABLE"], [1], [0.5, 1], [1, -1], [[]], {}, {"a": "b"}, {"a": 1}, {"kind": "page"},
    {"script-src": "https://a.example"}, {"script-src": ["https://a.example"]},
)  # fmt: skip
LOOKED_AT = {
    "launch.timezone", "hosts.addresses", "hosts.origin", "network.resolvers", "network.dial",
    "chat.base_url", "guard.proxies", "guard.allow",
}  # fmt: skip
"""Texts of which the program alone says whether they are what they should be."""


def at(where: tuple[str, ...], table: dict[str, Any]) -> dict[str, Any]:
    for name in reversed(where):
        table = {name: table}
    return {"launch": LAUNCH, **table}


def as_toml(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(as_toml, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {as_toml(v)}" for k, v in value.items()) + "}"
    return json.dumps(value)


def program_takes(document: dict[str, Any]) -> bool:
    try:
        parse_manifest("\n".join(f"{json.dumps(k)} = {as_toml(v)}" for k, v in document.items()))
    except ManifestError:
        return False
    return True


def differing(documents: Iterator[tuple[str, Any, dict[str, Any]]]) -> list[tuple[str, Any, str]]:
    found = []
    for key, value, document in documents:
        editor, program = EDITOR.is_valid(document), program_takes(document)
        if editor != program and not (editor and key in LOOKED_AT):
            found.append((key, value, "schema" if editor else "program"))
    return found


@pytest.mark.parametrize(
    ("where", "model", "beside"), PLACES, ids=[".".join(p[0]) + f"-{len(p[2])}" for p in PLACES]
)
def test_every_value_at_every_key_is_taken_by_both_or_by_neither(
    where: tuple[str, ...], model: str, beside: dict[str, Any]
) -> None:
    assert not differing(
        (f"{where[0]}.{key}", value, at(where, {**beside, key: value}))
        for key in SCHEMA["$defs"][model]["properties"]
        for value in VALUES
        if not (key == "domain" and value == "203.0.113.5")
    )


@pytest.mark.parametrize("table", list(SCHEMA["properties"]))
def test_every_value_as_a_table_or_in_one_is_taken_by_both_or_by_neither(table: str) -> None:
    keys = ("c.example", "c.example/x", "A_VARIABLE", "1 x")
    inside = [{key: value} for key in keys for value in VALUES]
    beside = LAUNCH if table == "launch" else {}
    assert not differing(
        (table, value, {"launch": LAUNCH, table: {**beside, **value} if value in inside else value})
        for value in [*VALUES, *inside]
    )


def test_a_key_that_nobody_knows_is_refused_by_both() -> None:
    for where, _, beside in PLACES:
        document = at(where, {**beside, "nobody_knows": 1})
        assert not EDITOR.is_valid(document)
        assert not program_takes(document)


def test_what_is_left_to_the_program_stands_on_the_manifests_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "manifest.md").read_text(encoding="utf-8")
    for document in (
        {"launch": {"domain": "203.0.113.5"}},
        {"launch": {**LAUNCH, "timezone": "Mars/Phobos"}},
        {"launch": LAUNCH, "redirects": {"a.example/x": "a.example/x"}},
        {"launch": LAUNCH, "deployment": {"regions": 1.0}},
    ):
        assert EDITOR.is_valid(document)
        assert not program_takes(document)
    for words in ("a time zone", "a domain is an address", "in a circle", "`1.0`"):
        assert words in page
