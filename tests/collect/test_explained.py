"""What explains an error answer: the whole host, or another page that is judged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from launchready.facts import Gap, Key, route_subject
from launchready.facts.http import Exchange, HostAnswers
from launchready.facts.ways import Visit
from tests.collect.web.test_exchange import page
from tests.collect.web.test_probes import HTML, NOT_FOUND, Answer, https_world, only
from tests.collect.web.test_probes import root as root  # noqa: PLC0414 - a fixture
from tests.collect.worlds import Loopback

ROUTES = "[routes]\n'https://example.org/a' = 'page'\n'https://example.org/b' = 'page'\n"
DOWN = page(b"down", HTML, status="503 Service Unavailable")
FINE = page(b"<h1>fine</h1>", HTML)
GARBAGE = b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n"


async def visited(loopback: Loopback, path: str) -> Visit:
    subject = route_subject(f"https://example.org{path}", "example.org")
    found = await loopback.gatherer.ask(Visit, subject)
    assert isinstance(found, Visit), found
    return found


async def host(answers: Answer, root: Path) -> HostAnswers | Gap:
    async with https_world(answers, root, more=ROUTES) as (loopback, _):
        return await loopback.gatherer.ask(HostAnswers, loopback.host())


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ({}, "failing"),
        ({"/": GARBAGE}, "garbled"),
        ({"/": FINE}, ""),
        ({"/b": FINE}, ""),
        ({"/b": NOT_FOUND}, ""),
    ],
)
async def test_a_host_is_at_fault_when_every_answer_is(
    answers: Mapping[str, bytes], fault: str, root: Path
) -> None:
    found = await host(only(answers, DOWN), root)
    assert isinstance(found, HostAnswers)
    assert found.fault == fault


async def test_no_more_is_asked_of_a_host_that_answers_at_its_root(root: Path) -> None:
    async with https_world(only({"/": FINE}, DOWN), root, more=ROUTES) as (loopback, server):
        await loopback.gatherer.ask(HostAnswers, loopback.host())
    assert not {"GET /a", "GET /b"} & set(server.asked)


async def test_an_error_of_a_failing_host_is_explained_by_it(root: Path) -> None:
    async with https_world(only({}, DOWN), root, more=ROUTES) as (loopback, _):
        found = await visited(loopback, "/a")
        assert found.because == Key(HostAnswers, loopback.host())


async def test_a_page_that_fails_alone_explains_itself(root: Path) -> None:
    async with https_world(only({"/a": DOWN}), root, more=ROUTES) as (loopback, _):
        found = await visited(loopback, "/a")
    assert (found.fault, found.because) == ("failing", None)


async def test_a_page_that_leads_to_a_failing_page_is_explained_by_it(root: Path) -> None:
    on = page(b"", "Location: /b?next=/a", status="302 Found")
    answers = only({"/a": on, "/b": DOWN, "/b?next=/a": DOWN})
    async with https_world(answers, root, more=ROUTES) as (loopback, _):
        found = await visited(loopback, "/a")
        assert found.because == (await visited(loopback, "/b")).key


async def test_a_page_that_fails_only_when_led_to_is_not_explained_by_the_page(root: Path) -> None:
    on = page(b"", "Location: /b?next=/a", status="302 Found")
    answers = only({"/a": on, "/b": FINE, "/b?next=/a": DOWN})
    async with https_world(answers, root, more=ROUTES) as (loopback, _):
        assert (await visited(loopback, "/a")).because is None


async def test_garbage_on_a_connection_that_stood_already_is_no_fault_of_tls(root: Path) -> None:
    async with https_world(only({"/": FINE, "/a": GARBAGE}), root, more=ROUTES) as (loopback, _):
        await loopback.answer("https://example.org/")
        found = await loopback.get("https://example.org/a")
    assert isinstance(found, Exchange), found
    assert found.fault == "garbled"


BASIC = page(b"soon", HTML, 'WWW-Authenticate: Basic realm="soon"', status="401 Unauthorized")
TOKEN = page(b"{}", "WWW-Authenticate: Bearer", status="401 Unauthorized")
CALLED = """[hosts."example.org"]
[routes]
"https://example.org/" = "api"
"https://example.org/a" = { kind = "auth", method = "POST", json_body = true }
"""


async def locked(
    asks: bytes, root: Path, more: str, answers: Mapping[str, bytes] | None = None
) -> HostAnswers:
    async with https_world(only(answers or {}, asks), root, more=more) as (loopback, _):
        found = await loopback.gatherer.ask(HostAnswers, loopback.host())
    assert isinstance(found, HostAnswers), found
    return found


async def test_a_host_that_asks_for_a_password_everywhere_is_locked(root: Path) -> None:
    found = await locked(BASIC, root, ROUTES)
    assert (found.fault, found.lock) == ("locked", "401, Basic authentication")
    assert len(found.answers) == 4


async def test_a_lock_without_the_browsers_dialogue_is_one_where_pages_are_declared(
    root: Path,
) -> None:
    found = await locked(TOKEN, root, ROUTES)
    assert (found.fault, found.lock) == ("locked", "401")


async def test_an_interface_that_wants_a_token_everywhere_is_not_locked(root: Path) -> None:
    assert (await locked(TOKEN, root, CALLED)).fault == ""


async def test_an_interface_behind_the_browsers_dialogue_is_locked(root: Path) -> None:
    assert (await locked(BASIC, root, CALLED)).fault == "locked"


@pytest.mark.parametrize("other", [FINE, DOWN, NOT_FOUND])
async def test_one_page_that_answers_otherwise_shows_that_there_is_no_lock(
    other: bytes, root: Path
) -> None:
    assert (await locked(BASIC, root, ROUTES, {"/b": other})).fault == ""


async def test_a_host_that_is_declared_to_ask_is_not_locked(root: Path) -> None:
    declared = ROUTES + "'https://example.org/' = { kind = 'page', status = 401 }\n"
    assert (await locked(BASIC, root, declared)).fault == ""


async def test_a_page_behind_a_lock_was_not_seen(root: Path) -> None:
    async with https_world(only({}, BASIC), root, more=ROUTES) as (loopback, _):
        subject = route_subject("https://example.org/a", "example.org")
        found = await loopback.gatherer.ask(Visit, subject)
        assert isinstance(found, Gap), found
        assert found.because == Key(HostAnswers, loopback.host())


async def test_a_page_that_alone_asks_for_a_password_was_seen(root: Path) -> None:
    async with https_world(only({"/": FINE, "/a": BASIC}), root, more=ROUTES) as (loopback, _):
        assert (await visited(loopback, "/a")).because is None
