"""Who may keep an answer, by the route's kind (RFC 9111), and validators for public pages."""

from __future__ import annotations

import hashlib

from launchready.guard.asgi import RawHeaders
from launchready.guard.headers import value_of, without
from launchready.guard.routes import Place, fingerprinted

FOREVER = b"public, max-age=31536000, immutable"
BRIEFLY = b"public, max-age=300"
PAGE = b"public, max-age=60"
OWN = b"private, no-cache"
NEVER = b"private, no-store"

_CACHE_CONTROL = b"cache-control"
_FOR_EDGES = frozenset(
    {
        b"cdn-cache-control",  # RFC 9213
        b"cloudflare-cdn-cache-control",
        b"netlify-cdn-cache-control",
        b"vercel-cdn-cache-control",
        b"edge-control",
        b"surrogate-control",
        b"x-accel-expires",
    }
)
"""What edges and web servers obey before Cache-Control."""
SAID = _FOR_EDGES | {_CACHE_CONTROL, b"expires", b"set-cookie"}
"""Names of the fields that caching depends on."""


def unsaid(place: Place) -> tuple[bytes, bytes] | None:
    """Return the field for an answer of this route that has none of `SAID`; None if it depends."""
    if place.never_shared:
        return (_CACHE_CONTROL, NEVER)
    # Only the app knows the age of its data.
    return (_CACHE_CONTROL, OWN) if place.kind == "api" else None


def kept_private(headers: RawHeaders) -> RawHeaders:
    """Return the fields so that no shared cache stores the answer, whatever the app said."""
    lines = [value for name, value in headers if name.lower() == _CACHE_CONTROL]
    told = {directive.strip().lower() for line in lines for directive in line.split(b",")}
    # private="name" keeps nothing back but that field (RFC 9111 section 5.2.2.7).
    enough = b"no-store" in told or (b"private" in told and b"public" not in told)
    dropped = _FOR_EDGES if enough else _FOR_EDGES | {_CACHE_CONTROL, b"expires"}
    headers = without(headers, dropped)
    if not enough:
        headers.append((_CACHE_CONTROL, NEVER))
    return headers


def shared(headers: RawHeaders, place: Place, path: str, *, status: int, known: bool) -> RawHeaders:
    """Return the fields of an answer that caches may share, unless something in it is one's own.

    `known`: the request carried a cookie or credentials, so that the answer may be one member's.
    """
    if value_of(headers, b"set-cookie") is not None:
        return kept_private(headers)
    said = value_of(headers, _CACHE_CONTROL)
    if status not in {200, 203, 204, 206, 301, 304, 308} or place.kind == "api":
        # An error, or data that only the app knows the age of: caches may not guess (section 4.2.2).
        return headers if said is not None else [*headers, (_CACHE_CONTROL, OWN)]
    if place.kind == "static":
        if fingerprinted(path):
            headers = without(headers, frozenset({_CACHE_CONTROL}))
            return [*headers, (_CACHE_CONTROL, FOREVER)]
        return headers if said is not None else [*headers, (_CACHE_CONTROL, BRIEFLY)]
    if known:
        return kept_private(headers) if said is not None else [*headers, (_CACHE_CONTROL, OWN)]
    return headers if said is not None else [*headers, (_CACHE_CONTROL, PAGE)]


def etag(body: bytes) -> bytes:
    """Return a weak validator (RFC 9110 section 8.8.1): the edge may compress the same content."""
    return b'W/"' + hashlib.blake2b(body, digest_size=10).hexdigest().encode() + b'"'


def unchanged(tag: bytes, if_none_match: bytes) -> bool:
    """Return whether the visitor has this very content (RFC 9110 section 13.1.2)."""
    if if_none_match.strip() == b"*":
        return True
    wanted = tag.removeprefix(b"W/")
    return any(t.strip().removeprefix(b"W/") == wanted for t in if_none_match[:4096].split(b","))
