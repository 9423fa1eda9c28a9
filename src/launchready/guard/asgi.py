"""The shapes of ASGI 3, as every server and framework passes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
RawHeaders = list[tuple[bytes, bytes]]
Asked = dict[bytes, bytes]
"""The fields of a request by their names in lower case; of several with one name the first."""


def fields_of(headers: Iterable[tuple[bytes, bytes]]) -> Asked:
    """Return a request's fields, to be looked up many times."""
    return dict(reversed(headers if type(headers) is list else [*headers]))


def header(scope: Scope, name: bytes) -> bytes | None:
    """Return the first field of this name (lower case) of a request; None when there is none."""
    for field, value in scope["headers"]:
        if field == name:
            found: bytes = value
            return found
    return None
