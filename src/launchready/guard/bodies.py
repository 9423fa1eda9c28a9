"""How much a visitor may send, and how slowly."""

from __future__ import annotations

import asyncio

from launchready.guard.asgi import Message, RawHeaders, Receive

CHUNK_MAX_S = 15.0
BODY_MAX_S = 60.0


class BodyError(Exception):
    """A body that cannot be taken; `status` is what the visitor is answered."""

    status = 400


class TooLargeError(BodyError):
    """The body is larger than the route takes."""

    status = 413


class TooSlowError(BodyError):
    """The body did not come in time."""

    status = 408


class LeftError(BodyError):
    """The visitor left before the body was complete."""


def declared_length(headers: RawHeaders) -> int | None:
    """Return the Content-Length; None when there is none, 0 when neither it nor chunks are told."""
    for name, value in headers:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 19 else None
        if name == b"transfer-encoding":
            return None
    return 0


class Bounded:
    """The receiving end of a request with a limit on size and on waiting.

    What goes wrong is kept in `trouble`: an app that catches the exception cannot hide it.
    """

    def __init__(self, receive: Receive, max_bytes: int) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._left_s = BODY_MAX_S
        self._size = 0
        self._complete = False
        self.trouble: BodyError | None = None

    async def __call__(self) -> Message:
        """Return the next message. Raises TooLargeError or TooSlowError."""
        if self._complete:
            return await self._receive()
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            async with asyncio.timeout(min(CHUNK_MAX_S, self._left_s)):
                message = await self._receive()
        except TimeoutError:
            self.trouble = TooSlowError()
            raise self.trouble from None
        self._left_s -= loop.time() - begun
        if message["type"] == "http.disconnect":
            self._complete = True
            return message
        self._size += len(message.get("body", b""))
        if self._size > self._max_bytes:
            self.trouble = TooLargeError()
            raise self.trouble
        self._complete = not message.get("more_body", False)
        return message


async def read_whole(receive: Receive) -> bytes:
    """Return the whole body. Raises TooLargeError, TooSlowError, LeftError."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise LeftError
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def again(body: bytes, receive: Receive) -> Receive:
    """Return a receiving end that gives the body that was read already, and then goes on."""
    given = False

    async def from_start() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return from_start
