from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from launchready.guard import guard
from launchready.guard.asgi import Message, Scope
from launchready.guard.logs.access_log import WRITES_APART_S
from launchready.guard.origins import may_open
from launchready.manifest import parse_manifest
from tests.guard.websockets.rooms import FRAMEWORKS, INSIDE, MANIFEST, MESSAGES, TOKEN, Room, room

OURS = "https://willow.example"


@pytest.fixture
async def chat() -> AsyncIterator[Room]:
    async with room(FRAMEWORKS["starlette"]()) as opened:
        yield opened


async def ended(connection: ClientConnection) -> tuple[int, str]:
    """Return code and reason of the close that comes next."""
    with pytest.raises(ConnectionClosed) as closed:
        await asyncio.wait_for(_all_of(connection), 20)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


async def _all_of(connection: ClientConnection) -> None:
    while True:
        await connection.recv()


async def said(connection: ClientConnection, words: str) -> bool:
    """Say something; return whether it came back."""
    await connection.send(words)
    async with asyncio.timeout(20):
        return await connection.recv() == words


@pytest.mark.parametrize("framework", FRAMEWORKS)
async def test_a_member_chats_and_the_app_knows_who_asks(framework: str) -> None:
    async with room(FRAMEWORKS[framework]()) as chat:
        connection = await chat.enter(x_member="ada", x_forwarded_for="203.0.113.9")
        id_, *known = json.loads(await connection.recv())
        assert known == ["203.0.113.9", "ada", "chat"]
        assert connection.response is not None
        assert connection.response.headers["x-request-id"] == id_
        assert await said(connection, "hello")


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("ws", ["websockets", "websockets-sansio"])
async def test_who_opens_too_many_is_told_how_long_to_wait(framework: str, ws: str) -> None:
    async with room(FRAMEWORKS[framework](), ws=ws) as chat:
        for _ in range(MESSAGES + 1):
            await chat.enter()
        refusal = await chat.refused()
        assert refusal.status_code == 429
        assert int(refusal.headers["retry-after"]) >= 1
        assert json.loads(refusal.body)["detail"].startswith("Please try again in")
        assert refusal.headers["x-request-id"]


async def test_messages_count_with_the_handshake_and_one_too_many_closes_with_a_reason(
    chat: Room,
) -> None:
    connection = await chat.enter(x_member="ada")
    await connection.recv()
    assert all([await said(connection, str(n)) for n in range(MESSAGES)])
    await connection.send("one more")
    code, reason = await ended(connection)
    assert code == 1013
    assert reason.startswith("Please try again in")


async def test_a_member_counts_over_all_their_connections_and_others_do_not(chat: Room) -> None:
    one, other, somebody = [await chat.enter(x_member=who) for who in ("ada", "ada", "bo")]
    for connection in (one, other, somebody):
        await connection.recv()
    for n in range(MESSAGES - 1):
        assert await said((one, other)[n % 2], "hello")
    await one.send("one more")
    assert (await ended(one))[0] == 1013
    assert await said(somebody, "hello")


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example", "null", "https://willow.example.evil.example", "evil",
        "https://willow.example:8443", "file://", "https://partner.example",
    ],
)  # fmt: skip
async def test_a_page_of_another_site_may_not_speak_for_a_member(chat: Room, origin: str) -> None:
    refusal = await chat.refused(origin=origin)
    assert refusal.status_code == 403


async def test_over_tls_a_page_that_came_without_is_a_strangers(chat: Room) -> None:
    forged = "http://willow.example"
    assert (await chat.refused(origin=forged, x_forwarded_proto="https")).status_code == 403
    await chat.enter(origin=forged)


@pytest.mark.parametrize("origin", [OURS, "https://app.willow.example", "HTTPS://Willow.Example"])
async def test_our_own_pages_may_open_it(chat: Room, origin: str) -> None:
    assert await said(await _greeted(chat, origin=origin, x_forwarded_proto="https"), "hello")


async def test_an_origin_that_the_routes_cors_names_may_open_it(chat: Room) -> None:
    await chat.enter("/api/feed", origin="https://partner.example")


async def test_it_may_with_the_part_for_cors_off_too() -> None:
    async with room(FRAMEWORKS["starlette"](), without=("cors",)) as chat:
        await chat.enter("/api/feed", origin="https://partner.example")


def test_a_page_on_the_developers_own_machine_may_open_it() -> None:
    headers = [(b"origin", b"http://localhost:8000"), (b"host", b"localhost:8000")]
    assert may_open(headers, hosts=frozenset(), allowed=frozenset(), secure=False)


def test_two_origins_are_none() -> None:
    headers = [(b"origin", OURS.encode()), (b"origin", b"https://evil.example")]
    hosts = frozenset({"willow.example"})
    assert not may_open(headers, hosts=hosts, allowed=frozenset(), secure=True)
    assert may_open(headers[:1], hosts=hosts, allowed=frozenset(), secure=True)


async def test_a_message_that_is_too_large_never_reaches_the_app(chat: Room) -> None:
    connection = await _greeted(chat)
    assert await said(connection, "x" * 1000)
    await connection.send("\N{SNOWMAN}" * 334)
    code, reason = await ended(connection)
    assert code == 1009
    assert "smaller" in reason


async def test_what_the_app_does_wrong_is_told_without_a_trace(
    chat: Room, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = await chat.refused("/api/feed?fails=before")
    assert refusal.status_code == 500
    assert INSIDE.encode() not in refusal.body
    code, reason = await ended(await chat.enter("/api/feed?fails=after"))
    assert code == 1011
    assert INSIDE not in reason
    told = [r.message for r in caplog.records if r.name == "launchready.guard"]
    assert told == ["the app failed"] * 2


async def test_an_app_that_leaves_the_handshake_waiting_is_answered_for(chat: Room) -> None:
    begun = time.monotonic()
    assert (await chat.refused("/api/slow")).status_code == 504
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("ws", ["websockets", "websockets-sansio"])
@pytest.mark.parametrize("app", ["/careless", "/telling"])
async def test_who_leaves_is_no_failure(
    app: str, ws: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with room(FRAMEWORKS["starlette"](), ws=ws) as chat:
        connection = await chat.enter(app)
        await connection.close()
        await _until(lambda: re.search(r"websockets_open\{.*\} 0.0", figures_of(chat)))
        assert "websockets_ended_total{" not in figures_of(chat)
    assert [r.message for r in caplog.records if r.levelno >= logging.ERROR] == []


async def test_a_path_that_the_app_does_not_know_is_refused_by_the_app(chat: Room) -> None:
    assert (await chat.refused("/nowhere")).status_code == 403


async def test_each_connection_has_one_line_and_is_counted(
    chat: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = await _greeted(chat)
    assert 'launchready_websockets_open{route="/chat"} 1.0' in figures_of(chat)
    await said(connection, "hello")
    await connection.close()
    await chat.refused(origin="https://evil.example")
    await _until(lambda: 'launchready_websockets_open{route="/chat"} 0.0' in figures_of(chat))
    figures = figures_of(chat)
    assert 'launchready_answers_total{route="/chat",status="101"} 1.0' in figures
    assert 'ended_total{reason="foreign-origin",route="/chat"} 1.0' in figures
    lines: list[dict[str, object]] = []
    async with asyncio.timeout(20):
        while len(lines) < 2:
            lines += _lines(capsys)
            await asyncio.sleep(WRITES_APART_S)
    lines += _lines(capsys)
    told = {(line["method"], line["route"], line["status"]) for line in lines}
    assert len(lines) == 2
    assert told == {("WEBSOCKET", "/chat", 101), ("WEBSOCKET", "/chat", 403)}


async def test_without_the_part_they_pass_as_they_are() -> None:
    async with room(FRAMEWORKS["fastapi"](), without=("websockets",)) as chat:
        with pytest.raises(ConnectionClosed):
            # The app asks for its visit, which no guard has put there.
            await (await chat.enter(origin="https://evil.example")).recv()


@pytest.mark.parametrize("told", [{"scheme": "wss"}, {}])
async def test_a_server_that_cannot_say_429_nor_the_scheme_closes_before_the_handshake(
    told: Scope,
) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def app(_: Scope, __: object, ___: object) -> None:
        raise AssertionError("it was asked")

    scope: Scope = {
        "type": "websocket", "path": "/chat", "client": ("203.0.113.1", 1), **told,
        "headers": [(b"host", b"willow.example"), (b"origin", b"https://evil.example")],
    }  # fmt: skip
    await guard(app, parse_manifest(MANIFEST), environ={"METRICS_TOKEN": TOKEN})(
        scope, receive, send
    )
    assert [(m["type"], m["code"]) for m in sent] == [("websocket.close", 1013)]


async def _greeted(chat: Room, **fields: str) -> ClientConnection:
    connection = await chat.enter(**fields)
    await connection.recv()
    return connection


def figures_of(chat: Room) -> str:
    return re.sub(r',worker="\d+"', "", chat.guarded.figures.page()[0].decode())


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """Return the lines of the connections, without those of the server and the app."""
    written = [line for line in capsys.readouterr().out.splitlines() if line[:1] == "{"]
    return [line for line in map(json.loads, written) if "method" in line]


async def _until(holds: object) -> None:
    assert callable(holds)
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - figures have no event
            await asyncio.sleep(0.02)
