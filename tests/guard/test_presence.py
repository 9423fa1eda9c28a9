"""Streams end soon after whoever asked is no longer signed in, or has lost what they had paid for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from launchready.guard import Guard, guard, presence
from launchready.guard.asgi import Scope
from launchready.manifest import parse_manifest
from tests.guard.serving import serving
from tests.guard.websockets.rooms import FRAMEWORKS, room
from tests.guard.websockets.test_websockets import ended, said

MANIFEST = '[launch]\ndomain = "willow.example"\n[routes]\n"willow.example/chat" = "chat"\n'
SIGNED_OUT = 'launchready_answers_cut_signed_out_total{route="/chat"'


class House:
    """A community whose guide speaks for ever, its sessions and who pays."""

    def __init__(self) -> None:
        self.sessions = {"ada": "7", "bo": "8"}
        self.paying = {"7", "8"}
        self.said: list[str] = []
        self.asked = 0
        self.began = asyncio.Event()
        self.app = FastAPI()
        self.app.post("/chat")(self.chat)

    async def chat(self, request: Request) -> StreamingResponse:
        self.began.set()
        if request.query_params.get("slow"):
            await asyncio.sleep(3600)
        return StreamingResponse(self._words(request.headers["x-member"]))

    async def _words(self, name: str) -> AsyncIterator[str]:
        try:
            while True:
                yield "word "
                await asyncio.sleep(0.01)
        finally:
            self.said.append(name)

    async def member(self, scope: Scope) -> str | None:
        self.asked += 1
        # As apps keep what they found: in the request's own state, and in its scope.
        request = Request(scope)
        if not hasattr(request.state, "known"):
            request.state.known = self.sessions.get(request.headers.get("x-member", ""))
        found: str | None = request.state.known
        return found

    async def may(self, scope: Scope, member: str) -> bool:
        assert scope["path"] == "/chat"
        return member in self.paying


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(presence, "ASKS_AGAIN_S", 0.2)
    return House()


@asynccontextmanager
async def guarded(house: House, *, with_state: bool = False) -> AsyncIterator[tuple[Guard, str]]:
    app = guard(house.app, parse_manifest(MANIFEST), member=house.member, may=house.may, environ={})

    async def started(scope: Scope, receive: object, send: object) -> None:
        if with_state:
            # As servers give a request what the lifespan has put there, or nothing.
            scope["state"] = {}
        await app(scope, receive, send)  # type: ignore[arg-type]

    async with serving(started) as address:
        yield app, address
    await app.close()


@asynccontextmanager
async def browser(address: str, name: str = "ada") -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=address, trust_env=False, timeout=20, headers={"x-member": name}
    ) as client:
        yield client


async def _cut(house: House, address: str, name: str = "ada") -> float:
    """Log out at the first word; return after how many seconds the answer is cut."""

    async def listen() -> None:
        async with browser(address, name) as client, client.stream("POST", "/chat") as answer:
            async for _ in answer.aiter_text():
                house.sessions.pop("ada", None)

    begun = time.monotonic()
    with pytest.raises(httpx.RemoteProtocolError):
        await listen()
    return time.monotonic() - begun


@pytest.mark.parametrize("with_state", [False, True])
async def test_a_stream_is_cut_soon_after_its_member_has_logged_out(
    house: House, with_state: bool
) -> None:
    async with guarded(house, with_state=with_state) as (app, address):
        assert await _cut(house, address) < 5
        assert house.said == ["ada"]
        assert SIGNED_OUT in app.figures.page()[0].decode()


async def test_a_stream_ends_with_the_plan_and_those_of_others_go_on(house: House) -> None:
    async with (
        guarded(house) as (_, address),
        browser(address, "bo") as client,
        client.stream("POST", "/chat") as others,
    ):
        words = others.aiter_text()
        await anext(words)
        house.paying.remove("7")
        house.sessions["cy"] = "7"
        await _cut(house, address, "cy")
        assert await anext(words)


async def test_who_logs_out_before_the_answer_begins_is_asked_to_log_in(house: House) -> None:
    async with guarded(house) as (_, address), browser(address) as client:
        asking = asyncio.create_task(client.post("/chat?slow=1"))
        await house.began.wait()
        del house.sessions["ada"]
        assert (await asking).status_code == 401


async def test_a_short_answer_costs_no_second_question(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine the shortest answer may take longer than that of the other tests.
    monkeypatch.setattr(presence, "ASKS_AGAIN_S", 2.0)

    @house.app.post("/chat/short")
    async def short() -> dict[str, str]:
        return {"reply": "Welcome."}

    app = guard(
        house.app, parse_manifest(MANIFEST.replace("/chat", "/chat/short")),
        member=house.member, environ={},
    )  # fmt: skip
    async with serving(app) as address, httpx.AsyncClient(trust_env=False) as client:
        for _ in range(5):
            answer = await client.post(f"{address}/chat/short", headers={"x-member": "ada"})
            assert answer.json() == {"reply": "Welcome."}
        await asyncio.sleep(2.5)
    assert house.asked == 5


async def test_a_websocket_ends_with_the_plan(house: House) -> None:
    async def member(scope: Scope) -> str | None:
        return dict(scope["headers"]).get(b"x-member", b"").decode() or None

    async with room(FRAMEWORKS["starlette"](), member=member, may=house.may) as chat:
        seven, eight = [await chat.enter(x_member=number) for number in ("7", "8")]
        await eight.recv()
        house.paying.remove("7")
        assert await ended(seven) == (1008, "Please log in again.")
        assert await said(eight, "hello")


async def test_many_open_ones_are_asked_about_less_often(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "ASKED_A_SECOND", 100)
    asking = presence.Presence(member=house.member)
    begun = time.monotonic()
    scope: Scope = {"type": "http", "headers": [(b"x-member", b"ada")], "path": "/chat"}
    gone = [asyncio.create_task(asking.until_gone(scope, "7")) for _ in range(300)]
    await asyncio.sleep(2)
    for task in gone:
        task.cancel()
    await asyncio.gather(*gone, return_exceptions=True)
    # Every 0.2 s it would be 1,500 questions a second.
    assert house.asked / (time.monotonic() - begun) < 300
