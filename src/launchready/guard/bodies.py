"""How much a visitor may send, and how slowly."""

from __future__ import annotations

import asyncio

from launchready.guard.asgi import Asked, Message, Receive, Scope

CHUNK_MAX_S = 15.0
BODY_MAX_S = 60.0
LEAST_BYTES_A_S = 65_536
"""Half of what the slowest lines at home send: where files may be large, they may take as long."""
TELLING = frozenset({b"content-length", b"transfer-encoding"})
"""Fields that tell of a body."""
TOLD_BY_FIELDS = frozenset({"1", "1.0", "1.1"})
"""Versions in which a body without a field that tells of it is none."""


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


def declared_length(scope: Scope, asked: Asked) -> int | None:
    """Return the length that a request's headers tell; None when its body may have any length.

    From HTTP/2 on a body may come without a word of it, and before, one in chunks has no length
    whatever Content-Length says (RFC 9112 section 6.3).
    """
    if b"transfer-encoding" in asked:
        return None
    if b"content-length" not in asked:
        return 0 if scope.get("http_version") in TOLD_BY_FIELDS else None
    told = {value for name, value in scope["headers"] if name == b"content-length"}
    value = told.pop()
    return int(value) if not told and value.isdigit() and len(value) < 19 else None


class Bounded:
    """The receiving end of a request with a limit on size and on waiting.

    What goes wrong is kept in `trouble`: an app that catches the exception cannot hide it.
    """

    def __init__(self, receive: Receive, max_bytes: int) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._left_s = max(BODY_MAX_S, max_bytes / LEAST_BYTES_A_S)
        self._size = 0
        self.complete = False
        """Whether all of it has come; what comes then is that the visitor has left."""
        self.trouble: BodyError | None = None

    async def __call__(self) -> Message:
        """Return the next message. Raises TooLargeError or TooSlowError."""
        if self.complete:
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
            self.complete = True
            self.trouble = LeftError()
            return message
        self._size += len(message.get("body", b""))
        if self._size > self._max_bytes:
            self.trouble = TooLargeError()
            raise self.trouble
        self.complete = not message.get("more_body", False)
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
