"""The same small chat over a websocket in three frameworks, on a real server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket as sockets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import litestar
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from launchready.guard import Guard, guard, visit
from launchready.guard.asgi import Scope
from launchready.guard.presence import May, Member
from launchready.manifest import parse_manifest

MANIFEST = """
[launch]
domain = "willow.example"
[routes]
"willow.example/chat" = { kind = "chat", limit = 6, body_max_bytes = 1000 }
"willow.example/api/feed" = { kind = "api", cors = ["https://partner.example"] }
"willow.example/api/slow" = { kind = "api", timeout_s = 0.3 }
"app.willow.example/members" = "private"
[guard]
proxies = ["127.0.0.1"]
metrics_token_env = "METRICS_TOKEN"
"""
MESSAGES = 4
"""`limit = 6` shows with the sixth: the handshake and four messages pass."""
INSIDE = "lost the row 4711"


async def echo(socket: WebSocket) -> None:
    if socket.query_params.get("fails") == "before":
        raise RuntimeError(INSIDE)
    await socket.accept()
    about = visit(socket.scope)
    await socket.send_json([about.id, about.client, about.member, about.kind])
    if socket.query_params.get("fails") == "after":
        raise RuntimeError(INSIDE)
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.send_text(await socket.receive_text())


async def never(_: WebSocket) -> None:
    await asyncio.sleep(3600)


async def careless(socket: WebSocket) -> None:
    await socket.accept()
    while True:
        await socket.receive_text()


async def telling(socket: WebSocket) -> None:
    await socket.accept()
    while True:
        await socket.send_text("news")
        await asyncio.sleep(0.01)


def starlette_app() -> Any:
    return Starlette(
        routes=[
            WebSocketRoute("/chat", echo),
            WebSocketRoute("/api/feed", echo),
            WebSocketRoute("/api/slow", never),
            WebSocketRoute("/careless", careless),
            WebSocketRoute("/telling", telling),
        ]
    )


def fastapi_app() -> Any:
    app = FastAPI()
    app.websocket("/chat")(echo)
    return app


def litestar_app() -> Any:
    @litestar.websocket("/chat")
    async def chat(socket: litestar.WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        about = visit(socket.scope)  # type: ignore[arg-type]
        await socket.send_text(json.dumps([about.id, about.client, about.member, about.kind]))
        with contextlib.suppress(litestar.exceptions.WebSocketDisconnect):
            while True:
                await socket.send_text(await socket.receive_text())

    return litestar.Litestar([chat], openapi_config=None, logging_config=None)


FRAMEWORKS: dict[str, Callable[[], Any]] = {
    "fastapi": fastapi_app,
    "starlette": starlette_app,
    "litestar": litestar_app,
}
TOKEN = "for tests only: the figures' token"


async def member(scope: Scope) -> str | None:
    """Say who is signed in, as an app does that knows requests only."""
    assert scope["type"] == "http"
    name: str = dict(scope["headers"]).get(b"x-member", b"").decode()
    return name or None


@dataclass(slots=True)
class Room:
    """A guarded chat on loopback."""

    port: int
    guarded: Guard
    opened: list[ClientConnection] = field(default_factory=list)

    async def enter(
        self, path: str = "/chat", *, origin: str = "", **fields: str
    ) -> ClientConnection:
        """Open a websocket. Raises InvalidStatus when it is refused."""
        headers = [("Origin", origin)] if origin else []
        headers += [(name.replace("_", "-"), value) for name, value in fields.items()]
        connection = await connect(
            f"ws://willow.example{path}", host="127.0.0.1", port=self.port, proxy=None,
            additional_headers=headers,
        )  # fmt: skip
        self.opened.append(connection)
        return connection

    async def refused(self, path: str = "/chat", **fields: str) -> Response:
        """Try to open one, and return the refusal."""
        try:
            await self.enter(path, **fields)
        except InvalidStatus as refusal:
            return refusal.response
        raise AssertionError("it was let in")


@contextlib.asynccontextmanager
async def room(
    app: Any,
    *,
    ws: Any = "websockets-sansio",
    manifest: str = MANIFEST,
    without: Any = (),
    member: Member = member,
    may: May | None = None,
) -> AsyncIterator[Room]:
    """Serve a chat with guard around it as long as the context lasts."""
    guarded = guard(
        app, parse_manifest(manifest), member=member, may=may, without=without,
        environ={"METRICS_TOKEN": TOKEN},
    )  # fmt: skip
    server = uvicorn.Server(
        uvicorn.Config(
            guarded, ws=ws, lifespan="off", log_config=None, access_log=False, proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
    )  # fmt: skip
    with sockets.create_server(("127.0.0.1", 0)) as listening:
        task = asyncio.create_task(server.serve(sockets=[listening]))
        entered = Room(listening.getsockname()[1], guarded)
        try:
            yield entered
        finally:
            for connection in entered.opened:
                await connection.close()
            server.should_exit = True
            await task
            await guarded.close()
