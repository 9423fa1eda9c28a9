"""What a route lets scripts of foreign and declared origins read, asked of a real server."""

from __future__ import annotations

from pathlib import Path

import pytest

from launchready.facts import Gap, route_subject
from launchready.facts.exposure import Cors, CorsAnswer
from tests.collect.web.test_exchange import page
from tests.collect.web.test_probes import https_world, only, root

__all__ = ["root"]

CORS = "[routes]\n'https://example.org/api' = 'api'\n"


async def test_a_reflected_origin_is_recorded_with_its_credentials(root: Path) -> None:
    def reflecting(_method: str, _target: str, fields: dict[str, str]) -> bytes:
        allow = f"Access-Control-Allow-Origin: {fields['origin']}"
        return page(b"{}", allow, "Access-Control-Allow-Credentials: true", "Vary: Origin")

    async with https_world(reflecting, root, more=CORS) as (loopback, site):
        subject = route_subject("https://example.org/api", "example.org")
        found = await loopback.gatherer.ask(Cors, subject)
    assert isinstance(found, Cors)
    assert CorsAnswer(
        origin="https://evil.example", allow_origin="https://evil.example",
        allow_credentials=True, status=200, vary_origin=True,
    ) in found.answers  # fmt: skip
    assert {a.preflight for a in found.answers} == {True, False}
    assert {a.split()[0] for a in site.asked} == {"GET", "OPTIONS"}


@pytest.mark.parametrize(
    ("control", "kept"),
    [("public, max-age=60", True), ("private, max-age=60", False), ("no-cache", False)],
)
async def test_whether_caches_may_keep_an_answer_is_recorded(
    root: Path, control: str, kept: bool
) -> None:
    def allowing(_method: str, _target: str, _fields: dict[str, str]) -> bytes:
        return page(b"{}", f"Cache-Control: {control}")

    async with https_world(allowing, root, more=CORS) as (loopback, _):
        subject = route_subject("https://example.org/api", "example.org")
        found = await loopback.gatherer.ask(Cors, subject)
    assert isinstance(found, Cors)
    assert {a.kept for a in found.answers if not a.preflight} == {kept}


async def test_a_route_that_allows_no_origin_is_recorded_so(root: Path) -> None:
    async with https_world(only({}), root, more=CORS) as (loopback, _):
        subject = route_subject("https://example.org/api", "example.org")
        found = await loopback.gatherer.ask(Cors, subject)
    assert isinstance(found, Cors)
    assert all(a.allow_origin is None for a in found.answers)


async def test_declared_origins_are_asked_beside_the_foreign_ones(root: Path) -> None:
    def for_the_app(method: str, _target: str, fields: dict[str, str]) -> bytes:
        if fields["origin"] != "https://app.example.org":
            return page(b"{}")
        allow = "Access-Control-Allow-Origin: https://app.example.org"
        if method == "OPTIONS":
            return page(b"", allow, "Access-Control-Allow-Methods: GET", status="204 No Content")
        return page(b"{}", allow)

    more = CORS.replace("'api'", '{ kind = "api", cors = ["https://app.example.org", "*"] }')
    assert more != CORS
    async with https_world(for_the_app, root, more=more) as (loopback, _):
        subject = route_subject("https://example.org/api", "example.org")
        found = await loopback.gatherer.ask(Cors, subject)
    assert isinstance(found, Cors)
    app = "https://app.example.org"
    assert [(a.origin, a.allow_origin, a.preflight, a.allow_methods) for a in found.declared] == [
        (app, app, False, ""), (app, app, True, "GET"),
    ]  # fmt: skip
    assert app not in {a.origin for a in found.answers}


WAIT = page(b"", "Retry-After: 60", status="429 Too Many Requests")
APP = "https://app.example.org"
DECLARED = CORS.replace("'api'", f'{{ kind = "api", cors = ["{APP}"] }}')


@pytest.mark.parametrize(
    ("unheard", "reason"), [(b"no HTTP at all", ""), (WAIT, "asks to wait (429)")]
)
async def test_foreign_origins_that_are_not_heard_are_a_gap_whatever_declared_ones_are_told(
    unheard: bytes, reason: str, root: Path
) -> None:
    def for_the_app_alone(_method: str, _target: str, fields: dict[str, str]) -> bytes:
        own = fields["origin"] == APP
        return page(b"{}", f"Access-Control-Allow-Origin: {APP}") if own else unheard

    async with https_world(for_the_app_alone, root, more=DECLARED) as (loopback, _):
        subject = route_subject("https://example.org/api", "example.org")
        found = await loopback.gatherer.ask(Cors, subject)
    assert isinstance(found, Gap)
    assert reason in found.reason


async def test_a_careless_pattern_that_was_not_heard_is_a_gap(root: Path) -> None:
    def sometimes(_method: str, _target: str, fields: dict[str, str]) -> bytes:
        return WAIT if fields["origin"].startswith("https://evilexample") else page(b"{}")

    async with https_world(sometimes, root, more=CORS) as (loopback, _):
        subject = route_subject("https://example.org/api", "example.org")
        found = await loopback.gatherer.ask(Cors, subject)
    assert isinstance(found, Gap)
    assert "audit again" in found.how_to_prove


async def test_a_limit_that_repeats_the_origin_is_heard(root: Path) -> None:
    def limited(_method: str, _target: str, fields: dict[str, str]) -> bytes:
        allow = f"Access-Control-Allow-Origin: {fields['origin']}"
        return page(b"", "Retry-After: 60", allow, status="429 Too Many Requests")

    async with https_world(limited, root, more=CORS) as (loopback, _):
        subject = route_subject("https://example.org/api", "example.org")
        found = await loopback.gatherer.ask(Cors, subject)
    assert isinstance(found, Cors)
    assert all(a.allow_origin == a.origin for a in found.answers)
