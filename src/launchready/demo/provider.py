"""A scripted AI provider on loopback: OpenAI's chat completions, streamed, with each fault by name.

    async with ScriptedProvider() as provider:
        provider.fault = "hang-in-the-middle"
        ...  # ask provider.base_url

Real HTTP over real sockets, and TLS with a context; what came of each call stands in `calls`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from launchready.demo.listening import LOOPBACK, Connections
from launchready.demo.provider_faults import FAULTS, Stream, chunk, usage_chunk

REQUEST_MAX_BYTES = 4_000_000
WORDS = ("Welcome", " to", " the", " community.", " Post", " in", " the", " feed", " to", " begin.")


@dataclass(slots=True, kw_only=True)
class Call:
    """One question that the provider was asked."""

    path: str
    headers: dict[str, str]
    asked: dict[str, Any]
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once whoever asked closed the connection before the answer was over."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the provider is done with it."""


class ScriptedProvider:
    """Answers as `fault` says, after `script`, which names the faults of the next calls one by one.

    Raises KeyError for names that are not in `FAULTS`.
    """

    def __init__(
        self,
        words: Sequence[str] = WORDS,
        *,
        fault: str = "none",
        first_word_s: float = 0.0,
        between_s: float = 0.0,
    ) -> None:
        self.words = words
        self.fault = fault
        self.script: list[str] = []
        self.first_word_s = first_word_s
        self.between_s = between_s
        self.calls: list[Call] = []
        self.asked = asyncio.Event()
        """Set with the first question."""
        self.accepted = 0
        """Connections so far."""
        self.accepts_max_tokens = True
        self.models_status = 200
        self.port = 0
        self._connections = Connections()
        self._scheme = "http"

    @property
    def base_url(self) -> str:
        """What goes into `[chat] base_url`."""
        return f"{self._scheme}://{LOOPBACK}:{self.port}/v1"

    async def start(self, context: ssl.SSLContext | None = None) -> None:
        """Listen on a free port of loopback, over TLS with a context."""
        self._scheme = "https" if context else "http"
        self.port = await self._connections.listen(self._serve, context)

    async def close(self) -> None:
        """Stop listening and end every conversation."""
        await self._connections.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        await self.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        while (call := await _request(reader)) is not None:
            if not call.path.endswith("/chat/completions"):
                await _answer(writer, self.models_status, {"object": "list", "data": []})
                continue
            self.calls.append(call)
            self.asked.set()
            if not self.accepts_max_tokens and "max_tokens" in call.asked:
                refusal = "Unsupported parameter: use 'max_completion_tokens' instead."
                await _answer(writer, 400, {"error": {"message": refusal}})
                call.over.set()
                continue
            fault = self.script.pop(0) if self.script else self.fault
            stream = Stream(writer, call.left)
            leaving = asyncio.create_task(_watch(reader, call))
            try:
                await FAULTS[fault](stream, self, call.asked)
            except OSError:
                call.left.set()
            finally:
                call.over.set()
                leaving.cancel()
                with contextlib.suppress(asyncio.CancelledError, OSError):
                    await leaving
            if stream.ended:
                return

    async def say(self, stream: Stream, words: Sequence[str]) -> None:
        """Stream words, with the pauses that this provider makes."""
        for number, word in enumerate(words):
            pause_s = self.between_s if number else self.first_word_s
            if pause_s:
                await asyncio.sleep(pause_s)
            await stream.send(chunk({"content": word}))

    async def answer(self, stream: Stream, asked: dict[str, Any]) -> None:
        """Stream the whole answer as it should be."""
        await stream.begin()
        await self.say(stream, self.words)
        await stream.send(chunk({}, finish="stop"))
        if asked.get("stream_options", {}).get("include_usage"):
            await stream.send(usage_chunk(len(json.dumps(asked["messages"])) // 4, len(self.words)))
        await stream.done()


async def _watch(reader: asyncio.StreamReader, call: Call) -> None:
    """Note when the asker leaves: until the answer is over it has nothing to send."""
    with contextlib.suppress(OSError):
        await reader.read(1)
    call.left.set()


async def _request(reader: asyncio.StreamReader) -> Call | None:
    """Read one request; None at the end of the connection, or for what is no request."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
        return None
    first = head[0].split(" ")
    fields = [line.partition(":") for line in head[1:] if line]
    headers = {name.lower(): value.strip() for name, _, value in fields}
    length = int(headers.get("content-length", "0"))
    if len(first) != 3 or length > REQUEST_MAX_BYTES:
        return None
    body = await reader.readexactly(length)
    return Call(path=first[1], headers=headers, asked=json.loads(body) if body else {})


async def _answer(writer: asyncio.StreamWriter, status: int, told: Any) -> None:
    body = json.dumps(told).encode()
    head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    writer.write(head.encode() + b"\r\n\r\n" + body)
    await writer.drain()
