"""One HTTP/2 connection in front of an ASGI application (RFC 9113)."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

from launchready.demo.web_scope import (
    CHUNK_BYTES,
    IDLE_S,
    Application,
    Arrival,
    Message,
    scope,
    with_date,
)

# RFC 9113 section 8.2.2: fields of the connection, which HTTP/2 does without.
_CONNECTION_FIELDS = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"upgrade"})


@dataclass(slots=True)
class _Stream:
    body: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    room: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


async def serve_http2(
    application: Application,
    arrival: Arrival,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """Serve streams until the peer leaves."""
    await _Connection(application, arrival, reader, writer).serve()


class _Connection:
    def __init__(
        self,
        application: Application,
        arrival: Arrival,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.application = application
        self.arrival = arrival
        self.reader = reader
        self.writer = writer
        self.h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(
                client_side=False,
                header_encoding=None,
                # Half of the cost of an answer, and a fault may want to send what is not valid.
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
            )
        )
        self.streams: dict[int, _Stream] = {}

    async def serve(self) -> None:
        self.h2.initiate_connection()
        await self._flush()
        try:
            while True:
                try:
                    async with asyncio.timeout(IDLE_S):
                        data = await self.reader.read(CHUNK_BYTES)
                except TimeoutError:
                    if self.streams:
                        # The peer is waiting for an answer of ours.
                        continue
                    return
                if not data:
                    return
                for event in self.h2.receive_data(data):
                    self._take(event)
                await self._flush()
        except h2.exceptions.ProtocolError:
            # h2 has put a GOAWAY with the reason into its buffer.
            await self._flush()
        finally:
            await self._end_streams()

    async def _end_streams(self) -> None:
        tasks = [s.task for s in self.streams.values() if s.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _take(self, event: h2.events.Event) -> None:
        match event:
            case h2.events.RequestReceived(stream_id=int(number), headers=headers):
                stream = self.streams[number] = _Stream()
                fields = [(bytes(n), bytes(v)) for n, v in headers or ()]
                stream.task = asyncio.create_task(self._answer(number, stream, fields))
            case h2.events.DataReceived(stream_id=int(number)):
                self.h2.acknowledge_received_data(event.flow_controlled_length or 0, number)
                self._give(number, event.data or b"", more=True)
            case h2.events.StreamEnded(stream_id=int(number)):
                self._give(number, b"", more=False)
            case h2.events.StreamReset(stream_id=int(number)):
                stream_or_none = self.streams.get(number)
                if stream_or_none is not None and stream_or_none.task is not None:
                    stream_or_none.task.cancel()
            case h2.events.WindowUpdated() | h2.events.RemoteSettingsChanged():
                for stream in self.streams.values():
                    stream.room.set()
            case _:
                pass

    def _give(self, number: int, body: bytes, *, more: bool) -> None:
        stream = self.streams.get(number)
        if stream is not None:
            stream.body.put_nowait({"type": "http.request", "body": body, "more_body": more})

    async def _answer(
        self, number: int, stream: _Stream, fields: list[tuple[bytes, bytes]]
    ) -> None:
        pseudo = {n: v.decode("latin-1") for n, v in fields if n.startswith(b":")}
        plain = [(n, v) for n, v in fields if not n.startswith(b":")]
        if b":authority" in pseudo and not any(n == b"host" for n, _ in plain):
            plain.insert(0, (b"host", pseudo[b":authority"].encode("latin-1")))
        about = scope(
            self.arrival, "2", pseudo.get(b":method", ""), pseudo.get(b":path", "/"), plain
        )

        async def send(message: Message) -> None:
            await self._send(number, stream, message)

        try:
            # A stream or connection that the peer has closed takes no more answers.
            with contextlib.suppress(h2.exceptions.ProtocolError, OSError):
                await self.application(about, stream.body.get, send)
        finally:
            self.streams.pop(number, None)

    async def _send(self, number: int, stream: _Stream, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            fields = [
                (n.lower(), v)
                for n, v in with_date(message.get("headers", ()))
                if n.lower() not in _CONNECTION_FIELDS
            ]
            self.h2.send_headers(number, [(b":status", str(message["status"]).encode()), *fields])
            # Most often the body follows at once, and one write is enough for both.
            asyncio.get_running_loop().call_soon(self._write)
        elif kind == "http.response.body":
            await self._send_body(number, stream, message.get("body", b""))
            if message.get("more_body", False):
                # A writer with room never waits: an endless body would starve every host.
                await asyncio.sleep(0)
            else:
                self.h2.end_stream(number)
                await self._flush()
        elif kind == "demo.raw" and not message.get("more_body", False):
            self.h2.reset_stream(number, h2.errors.ErrorCodes.PROTOCOL_ERROR)
            await self._flush()

    async def _send_body(self, number: int, stream: _Stream, body: bytes) -> None:
        while body:
            window = self.h2.local_flow_control_window(number)
            size = min(window, self.h2.max_outbound_frame_size, len(body))
            if size <= 0:
                stream.room.clear()
                async with asyncio.timeout(IDLE_S):
                    await stream.room.wait()
                continue
            self.h2.send_data(number, body[:size])
            body = body[size:]
            if body:
                await self._flush()
        self._write()

    def _write(self) -> None:
        data = self.h2.data_to_send()
        if data and not self.writer.is_closing():
            self.writer.write(data)

    async def _flush(self) -> None:
        self._write()
        await self.writer.drain()
