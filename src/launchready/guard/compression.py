"""Compression, where nothing in front of the app does it (`[guard] compress = true`).

Only of what holds nothing of one member's: a page that repeats what a visitor sent beside a secret
token gives the token away by its compressed length (BREACH, CVE-2013-3587). Whoever makes a member's
browser ask for it is helped by the cookie that goes along, so that an answer to one with a cookie is
compressed only when it is a file.
"""

from __future__ import annotations

import re
import zlib

from launchready.guard.asgi import Message, RawHeaders, Scope, Send, header
from launchready.guard.headers import value_of, without
from launchready.guard.routes import Kind

KINDS: frozenset[Kind] = frozenset({"page", "static", "api"})
"""Kinds of routes whose answers are compressed."""
FROM_BYTES = 1024
"""What is shorter fits into one packet either way."""

_LEVEL = 5
_GZIP = 31  # zlib's window of 15 bits, with gzip's header (RFC 1952)
_NO_CONTENT = frozenset({204, 206, 304})
_TEXTUAL = re.compile(
    rb"(?:text/(?!event-stream)|[a-z]+/(?:[a-z0-9.+-]*\+)?(?:json|xml)\b"
    rb"|application/(?:javascript|wasm)|image/bmp|font/(?:ttf|otf))"
)


class Compressing:
    """The sending end of one answer, whose content it compresses as it goes."""

    def __init__(self, send: Send, scope: Scope, *, is_file: bool) -> None:
        self._send = send
        self._wanted = (
            scope["method"] != "HEAD"
            and (is_file or header(scope, b"cookie") is None)
            and accepts_gzip(header(scope, b"accept-encoding") or b"")
        )
        self._start: Message | None = None
        self._packing: zlib._Compress | None = None

    async def __call__(self, message: Message) -> None:
        """Pass one message on; the beginning waits until it is known how long the content is."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        content = message["type"] == "http.response.body"
        start, self._start = self._start, None
        if start is not None:
            if _compressible(start):
                _vary(start["headers"])
                if content and self._wanted and _is_long(start, message):
                    self._packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
                    start["headers"] = _compressed(start["headers"])
            await self._send(start)
        if self._packing is not None and content:
            message = {**message, "body": self._packed(message, self._packing)}
        await self._send(message)

    @staticmethod
    def _packed(message: Message, packing: zlib._Compress) -> bytes:
        packed = packing.compress(message.get("body", b""))
        # What goes on may go on late: nobody waits for the rest to see what is there already.
        more = message.get("more_body", False)
        return packed + packing.flush(zlib.Z_SYNC_FLUSH if more else zlib.Z_FINISH)


def accepts_gzip(field: bytes) -> bool:
    """Return whether Accept-Encoding allows gzip (RFC 9110 section 12.5.3)."""
    weights: dict[bytes, bool] = {}
    for part in field[:1024].lower().split(b","):
        coding, _, parameters = part.partition(b";")
        weight = parameters.strip().removeprefix(b"q=").strip()
        weights[coding.strip()] = not weight or weight.strip(b"0.") != b""
    return weights.get(b"gzip", weights.get(b"*", False))


def _compressible(start: Message) -> bool:
    headers = start["headers"]
    if start["status"] in _NO_CONTENT or start["status"] < 200:
        return False
    if value_of(headers, b"content-encoding") or value_of(headers, b"content-range"):
        return False
    if b"no-transform" in (value_of(headers, b"cache-control") or b"").lower():
        return False
    return _TEXTUAL.match((value_of(headers, b"content-type") or b"").lower()) is not None


def _is_long(start: Message, first: Message) -> bool:
    if not first.get("more_body", False):
        return len(first.get("body", b"")) >= FROM_BYTES
    length = value_of(start["headers"], b"content-length") or b""
    return not length.isdigit() or int(length[:12]) >= FROM_BYTES


def _vary(headers: RawHeaders) -> None:
    said = (value_of(headers, b"vary") or b"").lower()
    if b"accept-encoding" not in said and said.strip() != b"*":
        headers.append((b"vary", b"Accept-Encoding"))


def _compressed(headers: RawHeaders) -> RawHeaders:
    etag = value_of(headers, b"etag")
    headers = without(headers, frozenset({b"content-length", b"etag", b"accept-ranges"}))
    headers.append((b"content-encoding", b"gzip"))
    if etag is not None:
        # The same content in other bytes has the same weak validator (RFC 9110 section 8.8.1).
        headers.append((b"etag", etag if etag.startswith(b"W/") else b"W/" + etag))
    return headers
