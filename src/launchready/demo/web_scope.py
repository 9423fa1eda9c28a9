"""What both HTTP versions tell an ASGI application of a request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any
from urllib.parse import unquote

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

IDLE_S = 30.0
"""A connection that says nothing for so long is closed."""
CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """How a connection came in."""

    scheme: str
    client: tuple[str, int]
    server: tuple[str, int]


def scope(
    arrival: Arrival, version: str, method: str, target: str, headers: Iterable[tuple[bytes, bytes]]
) -> dict[str, Any]:
    """Return the ASGI scope of a request; `target` is its path and query (RFC 9112 section 3.2)."""
    if "://" in target:
        # The absolute form, which a server must accept (RFC 9112 section 3.2.2).
        target = "/" + target.split("://", 1)[1].partition("/")[2]
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": version,
        "method": method,
        "scheme": arrival.scheme,
        "path": unquote(path, errors="replace"),
        "raw_path": path.encode("latin-1", errors="replace"),
        "query_string": query.encode("latin-1", errors="replace"),
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in headers],
        "client": arrival.client,
        "server": arrival.server,
        "extensions": {"demo.raw": {}},
    }


def with_date(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the fields with a Date, which an origin server with a clock must send (RFC 9110)."""
    fields = [(bytes(name), bytes(value)) for name, value in headers]
    if not any(name.lower() == b"date" for name, _ in fields):
        fields.append((b"date", formatdate(usegmt=True).encode()))
    return fields
