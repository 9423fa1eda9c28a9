"""A websocket ends soon after whoever opened it is no longer signed in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from launchready.guard import presence, visit
from launchready.guard.asgi import Scope
from tests.guard.websockets.rooms import FRAMEWORKS, Room, room
from tests.guard.websockets.test_websockets import ended, figures_of, said

EVERY_S = 0.2


class SignedIn:
    """An app's sessions: who is signed in with a name, and how often it was asked."""

    def __init__(self) -> None:
        self.names = {"ada": "7", "bo": "8"}
        self.asked = 0
        self.fails = False

    async def __call__(self, scope: Scope) -> str | None:
        self.asked += 1
        if self.fails:
            raise ConnectionError("the database is away")
        # As apps do that keep for a request what they have found out.
        if "known" not in scope:
            name = dict(scope["headers"]).get(b"x-member", b"").decode()
            scope["known"] = self.names.get(name)
        found: str | None = scope["known"]
        return found


@pytest.fixture
def members(monkeypatch: pytest.MonkeyPatch) -> SignedIn:
    monkeypatch.setattr(presence, "ASKS_AGAIN_S", EVERY_S)
    return SignedIn()


@pytest.fixture(params=["websockets", "websockets-sansio"])
async def chat(request: pytest.FixtureRequest, members: SignedIn) -> AsyncIterator[Room]:
    async with room(FRAMEWORKS["starlette"](), ws=request.param, member=members) as opened:
        yield opened


async def test_who_has_logged_out_is_told_to_log_in_and_others_chat_on(
    chat: Room, members: SignedIn
) -> None:
    ada, bo = [await chat.enter(x_member=name) for name in ("ada", "bo")]
    await bo.recv()
    del members.names["ada"]
    assert await ended(ada) == (1008, "Please log in again.")
    assert await said(bo, "still here?")
    assert 'ended_total{reason="signed-out",route="/chat"} 1.0' in figures_of(chat)


async def test_somebody_else_in_the_same_browser_does_not_read_on(
    chat: Room, members: SignedIn
) -> None:
    ada = await chat.enter(x_member="ada")
    members.names["ada"] = "9"
    assert (await ended(ada))[0] == 1008


async def test_a_route_without_a_limit_by_member_is_watched_too(
    chat: Room, members: SignedIn
) -> None:
    ada = await chat.enter("/api/feed", x_member="ada")
    assert '"7"' in str(await ada.recv())
    del members.names["ada"]
    assert (await ended(ada))[0] == 1008


async def test_who_is_still_signed_in_chats_on(chat: Room, members: SignedIn) -> None:
    ada = await chat.enter(x_member="ada")
    await ada.recv()
    await _asked_again(members, 3)
    assert await said(ada, "hello")


async def test_a_stranger_is_not_asked_about_again(chat: Room, members: SignedIn) -> None:
    nobody = await chat.enter()
    await nobody.recv()
    asked = members.asked
    await asyncio.sleep(3 * EVERY_S)
    assert members.asked == asked
    assert await said(nobody, "hello")


async def test_while_the_app_cannot_tell_nobody_is_thrown_out(
    chat: Room, members: SignedIn
) -> None:
    ada = await chat.enter(x_member="ada")
    await ada.recv()
    members.fails = True
    await _asked_again(members, 2)
    assert await said(ada, "hello")
    members.fails = False
    del members.names["ada"]
    assert (await ended(ada))[0] == 1008


async def test_who_has_left_is_not_asked_about_any_more(chat: Room, members: SignedIn) -> None:
    ada = await chat.enter(x_member="ada")
    await ada.recv()
    await ada.close()
    async with asyncio.timeout(20):
        while 'websockets_open{route="/chat"} 0.0' not in figures_of(chat):  # noqa: ASYNC110 - figures have no event
            await asyncio.sleep(0.02)
    asked = members.asked
    await asyncio.sleep(3 * EVERY_S)
    assert members.asked == asked


@pytest.mark.parametrize("ws", ["websockets", "websockets-sansio"])
async def test_an_app_that_only_sends_learns_of_the_end(
    members: SignedIn, ws: str, caplog: pytest.LogCaptureFixture
) -> None:
    left = asyncio.Event()

    async def ticks(socket: WebSocket) -> None:
        await socket.accept()
        assert visit(socket.scope).member == "7"
        try:
            while True:
                await socket.send_text("tick")
                await asyncio.sleep(0.01)
        finally:
            left.set()

    app: Any = Starlette(routes=[WebSocketRoute("/api/feed", ticks)])
    async with room(app, ws=ws, member=members) as opened:
        ada = await opened.enter("/api/feed", x_member="ada")
        del members.names["ada"]
        assert (await ended(ada))[0] == 1008
        async with asyncio.timeout(20):
            await left.wait()
    assert [r.message for r in caplog.records if r.name == "launchready.guard"] == []


async def _asked_again(members: SignedIn, times: int) -> None:
    wanted = members.asked + times
    async with asyncio.timeout(20):
        while members.asked < wanted:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.02)
