"""What a server answers to a probe: a few lines of HTTP/1.1 in place of a client that takes long to load."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import certifi

from launchready.guard.health import UnwellError

LINE_MAX = 8192
FIELDS_MAX = 100
BODY_MAX = 4096


@cache
def trusted() -> ssl.SSLContext:
    """Return a context that trusts what the system does, and Mozilla's list where it has none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a server answered."""

    status: int
    media: str
    """The media type, in lower case."""
    body: bytes
    """Its first `BODY_MAX` bytes as they came, chunks and all; empty where nobody asked for them."""


async def ask(
    url: str,
    *,
    bearer: str | None = None,
    tls: ssl.SSLContext | None = None,
    data: str | None = None,
) -> Said:
    """Return what GET `url` is answered; the body stays unread.

    Where there is `data`, which is JSON in ASCII, what POST is answered, with its body.

    Waits as long as the server does: the caller has the deadline. Raises OSError when the server
    cannot be reached, UnwellError when it answers with something else than HTTP.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    host = parts.hostname or ""
    context = (tls or trusted()) if secure else None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    method = "GET" if data is None else "POST"
    request = f"{method} {target} HTTP/1.1\r\nHost: {parts.netloc.rpartition('@')[2]}\r\n"
    if bearer:
        request += f"Authorization: Bearer {bearer}\r\n"
    if data is not None:
        request += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
    request += "Accept: application/json\r\nUser-Agent: launchready\r\nConnection: close\r\n\r\n"
    request += data or ""
    reader, writer = await asyncio.open_connection(
        host, parts.port or (443 if secure else 80), ssl=context, limit=LINE_MAX
    )
    try:
        writer.write(request.encode("latin-1"))
        await writer.drain()
        return await _answer(reader, with_body=data is not None)
    except (ValueError, asyncio.LimitOverrunError):
        raise UnwellError("answers with something else than HTTP") from None
    finally:
        # Not wait_closed: a peer that never says goodbye is not worth the wait.
        writer.transport.abort()


async def _answer(reader: asyncio.StreamReader, *, with_body: bool) -> Said:
    """Return an answer (RFC 9112); ValueError for what is no HTTP."""
    version, _, rest = (await reader.readuntil(b"\n")).partition(b" ")
    if not version.startswith(b"HTTP/1."):
        raise ValueError
    status, media = int(rest[:3]), ""
    for _ in range(FIELDS_MAX):
        name, _, value = (await reader.readuntil(b"\n")).partition(b":")
        if not name.strip():
            body = await _beginning(reader) if with_body else b""
            return Said(status=status, media=media, body=body)
        if name.strip().lower() == b"content-type":
            media = value.decode("latin-1").strip().lower()
    raise ValueError


async def _beginning(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while len(body) < BODY_MAX and (more := await reader.read(BODY_MAX - len(body))):
        body += more
    return body
