"""What can go wrong at an AI provider, each by name."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from launchready.demo.provider import ScriptedProvider

PAGE = b"<!doctype html><title>Sign in</title><p>Please sign in to the network."
PING_S = 0.05
DRIP_S = 0.3
HUGE_BYTES = 2_000_000
LINE = "word " * 40


class Stream:
    """The provider's side of one answer."""

    def __init__(self, writer: asyncio.StreamWriter, left: asyncio.Event) -> None:
        self.writer = writer
        self.left = left
        self.ended = False
        """Whether the connection is not to be used again."""

    async def head(self, status: int, *fields: str, body: bytes | None = None) -> None:
        """Send a status and fields, and a whole body if there is one."""
        lines = [f"HTTP/1.1 {status} -", *fields]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        await self.raw("\r\n".join([*lines, "", ""]).encode() + (body or b""))

    async def begin(self, media_type: str = "text/event-stream") -> None:
        """Begin a stream of events, in chunks of HTTP/1.1."""
        await self.head(200, f"Content-Type: {media_type}", "Transfer-Encoding: chunked")

    async def send(self, data: bytes) -> None:
        """Send bytes as one chunk."""
        await self.raw(b"%x\r\n%s\r\n" % (len(data), data))

    async def done(self) -> None:
        """End the stream as it should be."""
        await self.send(b"data: [DONE]\n\n")
        await self.raw(b"0\r\n\r\n")

    async def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """End the connection with a reset."""
        self.ended = True
        connected: socket.socket = self.writer.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    def close(self) -> None:
        """End the connection without having said that the answer is over."""
        self.ended = True
        self.writer.close()

    async def hang(self) -> None:
        """Say nothing more until the other side leaves."""
        self.ended = True
        await self.left.wait()


def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    """Return one event of a streamed answer."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _event({"object": "chat.completion.chunk", "choices": [choice]})


def usage_chunk(prompt: int, answer: int) -> bytes:
    """Return the event that tells the tokens."""
    usage = {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}
    return _event({"object": "chat.completion.chunk", "choices": [], "usage": usage})


def _event(told: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(told).encode() + b"\n\n"


Asked = dict[str, Any]
Fault = Callable[[Stream, "ScriptedProvider", Asked], Awaitable[None]]
FAULTS: dict[str, Fault] = {}
"""By name; `none` is the answer as it should be."""


def _fault(name: str) -> Callable[[Fault], Fault]:
    def add(fault: Fault) -> Fault:
        FAULTS[name] = fault
        return fault

    return add


def _refusing(status: int, *fields: str) -> Fault:
    async def refuse(stream: Stream, _provider: ScriptedProvider, _asked: Asked) -> None:
        body = json.dumps({"error": {"message": "not now"}}).encode()
        await stream.head(status, "Content-Type: application/json", *fields, body=body)

    return refuse


def _page(status: int, media_type: str, body: bytes) -> Fault:
    async def show(stream: Stream, _provider: ScriptedProvider, _asked: Asked) -> None:
        await stream.head(status, f"Content-Type: {media_type}", body=body)

    return show


def _sending(*events: bytes, done: bool = True) -> Fault:
    """Return a fault that streams these events and ends."""

    async def send(stream: Stream, _provider: ScriptedProvider, _asked: Asked) -> None:
        await stream.begin()
        for event in events:
            await stream.send(event)
        if done:
            await stream.done()
        else:
            await stream.raw(b"0\r\n\r\n")

    return send


WHOLE = {"choices": [{"message": {"role": "assistant", "content": "Welcome"}}]}
ERROR = {"error": {"message": "the model is overloaded", "type": "server_error"}}
TOOL = {"index": 0, "id": "call_1", "type": "function"}

FAULTS |= {
    "429": _refusing(429),
    "429-retry-after-1": _refusing(429, "Retry-After: 1"),
    "429-retry-after-60": _refusing(429, "Retry-After: 60"),
    "400": _refusing(400),
    "401": _refusing(401),
    "500": _refusing(500),
    "503": _refusing(503),
    "redirect": _refusing(307, "Location: http://127.0.0.1:9/"),
    "html": _page(200, "text/html", PAGE),
    "html-as-events": _page(200, "text/event-stream", PAGE),
    "not-streamed": _page(200, "application/json", json.dumps(WHOLE).encode()),
    "empty": _sending(chunk({"role": "assistant", "content": ""}), chunk({}, "stop")),
    "nothing": _sending(done=False),
    "invalid-json": _sending(b'data: {"choices": [{"del\n\n'),
    "odd-shape": _sending(b'data: {"choices": "none"}\n\n'),
    "error-in-stream": _sending(_event(ERROR)),
    "cut-before-a-word": _sending(chunk({"role": "assistant"}), done=False),
    "cut-in-the-middle": _sending(chunk({"content": "Welcome"}), done=False),
    "no-end-mark": _sending(chunk({"content": "Welcome"}), chunk({}, "stop"), done=False),
    "error-in-the-middle": _sending(chunk({"content": "Welcome"}), _event(ERROR)),
    "invalid-json-in-the-middle": _sending(chunk({"content": "Welcome"}), b"data: {\n\n"),
    "longest-length": _sending(chunk({"content": "Welcome"}), chunk({}, "length")),
    "filtered": _sending(chunk({}, "content_filter")),
    "filtered-in-the-middle": _sending(chunk({"content": "Welcome"}), chunk({}, "content_filter")),
    "blanks": _sending(chunk({"content": " "}), chunk({"content": "\n"}), chunk({}, "stop")),
    "tool-call": _sending(
        chunk({"tool_calls": [{**TOOL, "function": {"name": "search_posts", "arguments": ""}}]}),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"words": '}}]}),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": '"welcome"}'}}]}),
        chunk({}, "tool_calls"),
        usage_chunk(40, 12),
    ),
}


@_fault("none")
async def _none(stream: Stream, provider: ScriptedProvider, asked: Asked) -> None:
    await provider.answer(stream, asked)


@_fault("hang-before-headers")
async def _hang_before_headers(stream: Stream, _provider: ScriptedProvider, _asked: Asked) -> None:
    await stream.hang()


@_fault("hang-after-headers")
async def _hang_after_headers(stream: Stream, _provider: ScriptedProvider, _asked: Asked) -> None:
    await stream.begin()
    await stream.hang()


@_fault("hang-in-the-middle")
async def _hang_in_the_middle(stream: Stream, provider: ScriptedProvider, _asked: Asked) -> None:
    await stream.begin()
    await provider.say(stream, provider.words[:2])
    await stream.hang()


@_fault("hang-after-the-last-word")
async def _hang_at_the_end(stream: Stream, provider: ScriptedProvider, _asked: Asked) -> None:
    await stream.begin()
    await provider.say(stream, provider.words)
    await stream.send(chunk({}, "stop"))
    await stream.hang()


@_fault("reset-before-headers")
async def _reset_before(stream: Stream, _provider: ScriptedProvider, _asked: Asked) -> None:
    stream.reset()


@_fault("reset-in-the-middle")
async def _reset_in_the_middle(stream: Stream, provider: ScriptedProvider, _asked: Asked) -> None:
    await stream.begin()
    await provider.say(stream, provider.words[:2])
    # A reset overtakes what the other side has not read yet.
    await asyncio.sleep(PING_S)
    stream.reset()


@_fault("closed-in-a-chunk")
async def _closed_in_a_chunk(stream: Stream, provider: ScriptedProvider, _asked: Asked) -> None:
    await stream.begin()
    await provider.say(stream, provider.words[:2])
    await stream.raw(b"ff\r\ndata: {")
    stream.close()


async def _repeat(stream: Stream, event: bytes, pause_s: float) -> None:
    stream.ended = True
    await stream.begin()
    while not stream.left.is_set():
        await stream.send(event)
        # Without a pause nobody else would get a turn.
        await asyncio.sleep(pause_s)


@_fault("pings")
async def _pings(stream: Stream, _provider: ScriptedProvider, _asked: Asked) -> None:
    await _repeat(stream, b": ping\n\n", PING_S)


@_fault("empty-deltas")
async def _empty_deltas(stream: Stream, _provider: ScriptedProvider, _asked: Asked) -> None:
    await _repeat(stream, chunk({"content": ""}), PING_S)


@_fault("pings-in-the-middle")
async def _pings_in_the_middle(stream: Stream, provider: ScriptedProvider, _asked: Asked) -> None:
    stream.ended = True
    await stream.begin()
    await provider.say(stream, provider.words[:2])
    while not stream.left.is_set():
        await stream.send(b": ping\n\n")
        await asyncio.sleep(PING_S)


@_fault("endless")
async def _endless(stream: Stream, _provider: ScriptedProvider, _asked: Asked) -> None:
    await _repeat(stream, chunk({"content": LINE}), 0)


@_fault("slow-drip")
async def _slow_drip(stream: Stream, _provider: ScriptedProvider, _asked: Asked) -> None:
    await _repeat(stream, chunk({"content": "."}), DRIP_S)


@_fault("huge-line")
async def _huge_line(stream: Stream, _provider: ScriptedProvider, _asked: Asked) -> None:
    stream.ended = True
    await stream.begin()
    await stream.send(b"data: ")
    while not stream.left.is_set():
        await stream.send(b"x" * HUGE_BYTES)
        await asyncio.sleep(0)


@_fault("endless-headers")
async def _endless_headers(stream: Stream, _provider: ScriptedProvider, _asked: Asked) -> None:
    stream.ended = True
    await stream.raw(b"HTTP/1.1 200 -\r\n")
    while not stream.left.is_set():
        await stream.raw(b"X-More: and more\r\n" * 100)
        await asyncio.sleep(0)
