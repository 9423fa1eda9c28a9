"""What guard's caching would have said, held against guard itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from launchready.derive.caching.guarded import kept_for_a_year, left_unsaid
from launchready.facts import Fault, Subject, host_subject, route_subject
from launchready.facts.guarding import GuardFigures
from launchready.facts.http import Exchange
from launchready.guard import guard
from launchready.guard.asgi import Receive, Scope, Send
from launchready.guard.caching import FOREVER
from launchready.guard.parts import Part
from launchready.manifest import parse_manifest
from tests.making import DOMAIN, exchange

MANIFEST = parse_manifest("""
[launch]
domain = "example.org"
[routes]
"app.example.org/login" = "auth"
"app.example.org/members" = "private"
"files.example.org/assets/app.3f9c2d1a.js" = "static"
"files.example.org/alone.3f9c2d1a.js" = "static"
""")
APP, FILES = "https://app.example.org", "https://files.example.org"
LOGIN = route_subject(f"{APP}/login", DOMAIN)
OFF = Fault(GuardFigures, "caching-off", host_subject(f"app.{DOMAIN}", DOMAIN))


def answered(
    url: str, *, without: tuple[Part, ...] = (), own: tuple[tuple[str, str], ...] = ()
) -> Exchange:
    """Return what an app answers that guard stands around, with these fields of its own."""

    async def app(_: Scope, __: Receive, send: Send) -> None:
        fields = [(name.encode(), value.encode()) for name, value in own]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": b"here"})

    guarded = guard(app, MANIFEST, without=("logs", *without), environ={})
    found = TestClient(guarded).get(url)
    return exchange(url, headers=tuple(found.headers.multi_items()))


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (f"{FILES}/assets/app.3f9c2d1a.js", True),
        (f"{FILES}/assets/styles/willow.44d65aad.css", True),
        (f"{FILES}/assets/app.3f9c2d1a.js?v=2", True),
        (f"{FILES}/alone.3f9c2d1a.js", True),
        (f"{FILES}/other.3f9c2d1a.js", False),
        (f"{FILES}/build/app.3f9c2d1a.js", False),
        (f"{FILES}/assets/app.js", False),
        (f"{FILES}/assets/index-DqW_xK2a.js", False),
        (f"{APP}/assets/app.3f9c2d1a.js", False),
    ],
)
def test_what_guard_has_browsers_keep_for_a_year_is_known(url: str, kept: bool) -> None:
    assert kept_for_a_year(answered(url), MANIFEST) is kept
    assert (answered(url).headers.get("cache-control") == FOREVER.decode()) is kept


@given(st.from_regex(r"[a-zA-Z0-9._-]{1,24}\.(js|css|woff2)", fullmatch=True))
def test_names_are_told_apart_as_guard_does(name: str) -> None:
    answer = answered(f"{FILES}/assets/{name}")
    kept = answer.headers.get("cache-control") == FOREVER.decode()
    assert kept_for_a_year(answer, MANIFEST) is kept


def test_a_file_that_sets_a_cookie_is_kept_by_nobody() -> None:
    url = f"{FILES}/assets/app.3f9c2d1a.js"
    assert not kept_for_a_year(answered(url, own=(("set-cookie", "a=b"),)), MANIFEST)


def test_what_guard_passes_on_without_a_word_to_caches_is_owed_to_its_caching() -> None:
    answer = answered(LOGIN.name, without=("caching",), own=(("set-cookie", "a=b"),))
    assert left_unsaid(answer, LOGIN) == OFF


def test_where_guard_speaks_to_caches_nothing_is_left_unsaid() -> None:
    assert left_unsaid(answered(LOGIN.name), LOGIN) is None


@pytest.mark.parametrize(
    "name",
    ["cache-control", "expires", "cdn-cache-control", "cloudflare-cdn-cache-control"],
)
def test_what_an_answer_says_was_said_by_somebody_else(name: str) -> None:
    answer = answered(LOGIN.name, without=("caching",), own=((name, "max-age=600"),))
    assert left_unsaid(answer, LOGIN) is None


@pytest.mark.parametrize(
    "ids",
    [
        (),
        (("x-request-id", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"),),
        (("x-request-id", "b80c0b2d4f3a4d6c9a0c0305e82c3301"),),
    ],
)
def test_an_answer_without_guards_id_did_not_come_through_it(
    ids: tuple[tuple[str, str], ...],
) -> None:
    assert left_unsaid(exchange(LOGIN.name, headers=ids), LOGIN) is None


def test_an_id_that_a_server_in_front_adds_does_not_hide_guards_own() -> None:
    own = answered(LOGIN.name, without=("caching",))
    added = (*own.headers, ("X-Request-ID", "b80c0b2d4f3a4d6c9a0c0305e82c3301"))
    assert left_unsaid(exchange(LOGIN.name, headers=added), LOGIN) == OFF


@pytest.mark.parametrize(
    "subject",
    [route_subject(f"{FILES}/assets/app.3f9c2d1a.js", DOMAIN), Subject("launch", "the launch")],
)
def test_the_answer_of_another_host_is_not_explained(subject: Subject) -> None:
    assert left_unsaid(answered(LOGIN.name, without=("caching",)), subject) is None
