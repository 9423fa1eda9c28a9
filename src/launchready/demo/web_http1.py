"""One HTTP/1.1 connection in front of an ASGI application (RFC 9112)."""

from __future__ import annotations

import asyncio
from typing import Any

import h11

from launchready.demo.web_scope import (
    CHUNK_BYTES,
    IDLE_S,
    Application,
    Arrival,
    Message,
    scope,
    with_date,
)


async def serve_http1(
    application: Application,
    arrival: Arrival,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """Serve requests until the peer leaves or one of both wants to close."""
    connection = h11.Connection(h11.SERVER)
    while True:
        exchange = _Exchange(connection, reader, writer)
        try:
            request = await exchange.next_event()
        except h11.RemoteProtocolError as error:
            await exchange.refuse(error.error_status_hint)
            return
        if not isinstance(request, h11.Request):
            return
        target = request.target.decode("latin-1")
        version = request.http_version.decode()
        method = request.method.decode("latin-1")
        about = scope(arrival, version, method, target, request.headers)
        await application(about, exchange.receive, exchange.send)
        if exchange.broken or not await exchange.finish():
            return
        connection.start_next_cycle()


class _Exchange:
    """One request and its answer on the connection."""

    def __init__(
        self,
        connection: h11.Connection,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.connection = connection
        self.reader = reader
        self.writer = writer
        self.broken = False
        self.head = b""

    async def next_event(self) -> Any:
        """Return the next event of the peer. Raises RemoteProtocolError when it breaks the rules."""
        while True:
            event = self.connection.next_event()
            if event is not h11.NEED_DATA:
                return event
            if self.connection.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[])
                await self._write(self.connection.send(go_on))
            async with asyncio.timeout(IDLE_S):
                self.connection.receive_data(await self.reader.read(CHUNK_BYTES))

    async def receive(self) -> Message:
        """ASGI: return the next piece of the request's body."""
        if self.connection.their_state is not h11.SEND_BODY:
            return {"type": "http.request", "body": b"", "more_body": False}
        try:
            event = await self.next_event()
        except (h11.RemoteProtocolError, TimeoutError):
            self.broken = True
            return {"type": "http.disconnect"}
        match event:
            case h11.Data():
                return {"type": "http.request", "body": bytes(event.data), "more_body": True}
            case h11.EndOfMessage():
                return {"type": "http.request", "body": b"", "more_body": False}
            case _:
                self.broken = True
                return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """ASGI: send the start or a piece of the answer."""
        kind = message["type"]
        if kind == "http.response.start":
            headers = with_date(message.get("headers", ()))
            response = h11.Response(status_code=message["status"], headers=headers)
            self.head = self.connection.send(response) or b""
            # Most often the body follows at once, and one write is enough for both.
            asyncio.get_running_loop().call_soon(self._write_head)
        elif kind == "http.response.body":
            body = message.get("body", b"")
            if body:
                await self._write(self.connection.send(h11.Data(data=body)))
            if not message.get("more_body", False):
                await self._write(self.connection.send(h11.EndOfMessage()))
        elif kind == "demo.raw":
            self.broken = True
            await self._write(message.get("body", b""))
        if message.get("more_body", False):
            # A writer with room never waits: an endless body would starve every host.
            await asyncio.sleep(0)

    async def finish(self) -> bool:
        """Read what is left of the request; return whether the connection serves another one."""
        left = 0
        while self.connection.their_state is h11.SEND_BODY and left < 1_000_000:
            message = await self.receive()
            left += len(message.get("body", b""))
            if self.broken:
                return False
        states = self.connection.states
        return states == {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE}

    async def refuse(self, status: int) -> None:
        """Answer what is no HTTP with a short error and let the connection close."""
        if self.connection.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            return
        body = b"This request is not valid HTTP.\n"
        headers = with_date(
            [
                (b"content-type", b"text/plain"),
                (b"content-length", str(len(body)).encode()),
                (b"connection", b"close"),
            ]
        )
        await self._write(self.connection.send(h11.Response(status_code=status, headers=headers)))
        await self._write(self.connection.send(h11.Data(data=body)))
        await self._write(self.connection.send(h11.EndOfMessage()))

    def _write_head(self) -> None:
        if self.head and not self.writer.is_closing():
            self.writer.write(self.head)
        self.head = b""

    async def _write(self, data: bytes | None) -> None:
        if data or self.head:
            head, self.head = self.head, b""
            self.writer.write(head + (data or b""))
            await self.writer.drain()
