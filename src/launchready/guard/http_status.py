"""The status of a GET, for probes: a few lines of HTTP/1.1 in place of a client that takes long to load."""

from __future__ import annotations

import asyncio
import ssl
from functools import cache
from urllib.parse import urlsplit

import certifi

from launchready.guard.health import UnwellError

LINE_MAX = 8192
FIELDS_MAX = 100


@cache
def trusted() -> ssl.SSLContext:
    """Return a context that trusts what the system does, and Mozilla's list where it has none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


async def ask(
    url: str,
    *,
    bearer: str | None = None,
    tls: ssl.SSLContext | None = None,
    data: str | None = None,
) -> tuple[int, str]:
    """Return status and media type (lower case) of GET `url`; the body stays unread.

    Of POST where there is `data`, which is JSON in ASCII.

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
        return await _answer(reader)
    except (ValueError, asyncio.LimitOverrunError):
        raise UnwellError("answers with something else than HTTP") from None
    finally:
        # Not wait_closed: a peer that never says goodbye is not worth the wait.
        writer.transport.abort()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, str]:
    """Return status and media type (RFC 9112); ValueError for what is no HTTP."""
    version, _, rest = (await reader.readuntil(b"\n")).partition(b" ")
    if not version.startswith(b"HTTP/1."):
        raise ValueError
    status = int(rest[:3])
    for _ in range(FIELDS_MAX):
        name, _, value = (await reader.readuntil(b"\n")).partition(b":")
        if not name.strip():
            return status, ""
        if name.strip().lower() == b"content-type":
            return status, value.decode("latin-1").strip().lower()
    raise ValueError
