from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard.headers import (
    HSTS,
    cors_fields,
    policy,
    preflight_fields,
    security_headers,
    value_of,
    without,
)
from launchready.guard.parts import PARTS
from launchready.manifest import parse_manifest

LAUNCH = '[launch]\ndomain = "willow.example"\n'
ONE = parse_manifest(LAUNCH + '[routes]\n"willow.example/" = "page"\n')
TWO = parse_manifest(
    LAUNCH
    + '[routes]\n"willow.example/" = "page"\n"api.willow.example/v1" = "api"\n'
    + '"files.willow.example/app.css" = "static"\n'
    + '[guard]\nallow = { script-src = ["https://js.stripe.com"], frame-ancestors = ["https://a.b"] }'
)
ORIGIN = "https://app.willow.example"


def directives(text: bytes) -> dict[str, list[str]]:
    parts = [part.split() for part in text.decode().split(";")]
    return {name: sources for name, *sources in parts}


def test_a_launch_of_one_host_loads_from_itself_alone() -> None:
    assert directives(policy(ONE))["connect-src"] == ["'self'"]
    assert "https" not in policy(ONE).decode()


def test_each_host_of_the_launch_may_be_loaded_from_for_what_it_serves() -> None:
    found = directives(policy(TWO))
    assert "https://files.willow.example" in found["style-src"]
    assert "https://api.willow.example" in found["connect-src"]
    assert "https://api.willow.example" not in found["script-src"]


def test_what_the_manifest_allows_is_added_and_takes_none_away() -> None:
    found = directives(policy(TWO))
    assert "https://js.stripe.com" in found["script-src"]
    assert "'self'" in found["script-src"]
    assert found["frame-ancestors"] == ["https://a.b"]


def test_no_inline_script_is_allowed() -> None:
    assert b"unsafe" not in policy(TWO)


def test_hsts_is_told_over_tls_only() -> None:
    name = b"strict-transport-security"
    assert value_of(security_headers(ONE, PARTS, "page", secure=True), name) == HSTS
    assert value_of(security_headers(ONE, PARTS, "page", secure=False), name) is None


def test_what_programs_read_may_load_nothing() -> None:
    fields = security_headers(TWO, PARTS, "api", secure=False)
    assert (value_of(fields, b"content-security-policy") or b"").startswith(b"default-src 'none'")


def test_what_programs_read_says_nothing_of_what_pages_do() -> None:
    data = {name for name, _ in security_headers(TWO, PARTS, "api", secure=True)}
    page = {name for name, _ in security_headers(TWO, PARTS, "page", secure=True)}
    assert page - data == {b"referrer-policy", b"permissions-policy", b"x-frame-options"}


def test_what_programs_read_stands_in_no_frame_with_the_policy_and_without() -> None:
    with_policy = security_headers(TWO, PARTS, "api", secure=False)
    assert b"frame-ancestors 'none'" in (value_of(with_policy, b"content-security-policy") or b"")
    without_policy = security_headers(TWO, PARTS - {"csp"}, "api", secure=False)
    assert value_of(without_policy, b"x-frame-options") == b"DENY"


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ("csp", b"content-security-policy"),
        ("hsts", b"strict-transport-security"),
        ("framing", b"x-frame-options"),
        ("sniffing", b"x-content-type-options"),
        ("referrer", b"referrer-policy"),
        ("permissions", b"permissions-policy"),
    ],
)
def test_each_field_can_be_switched_off_alone(part: str, field: bytes) -> None:
    before = security_headers(ONE, PARTS, "page", secure=True)
    after = security_headers(ONE, PARTS - {part}, "page", secure=True)
    assert value_of(after, field) is None
    assert len(after) == len(before) - 1


def test_a_declared_origin_and_no_other_may_read() -> None:
    assert (b"access-control-allow-origin", ORIGIN.encode()) in cors_fields(
        frozenset({ORIGIN}), ORIGIN.encode()
    )
    assert cors_fields(frozenset({ORIGIN}), b"https://evil.example") == [(b"vary", b"Origin")]
    assert cors_fields(frozenset(), ORIGIN.encode()) == []
    assert cors_fields(frozenset("*"), None) == [(b"access-control-allow-origin", b"*")]


@given(st.binary(), st.binary())
def test_strangers_are_told_nothing_by_a_preflight(origin: bytes, method: bytes) -> None:
    asked = {b"origin": origin, b"access-control-request-method": method}
    assert preflight_fields(frozenset({ORIGIN}), asked) == []


@given(st.text(alphabet="aAxX-", min_size=1, max_size=6))
def test_a_fields_name_is_found_and_dropped_in_any_case(name: str) -> None:
    headers = [(name.encode(), b"1")]
    assert value_of(headers, name.lower().encode()) == b"1"
    assert without(headers, frozenset({name.lower().encode()})) == []
