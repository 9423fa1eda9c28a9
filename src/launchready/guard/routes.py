"""Which declared route a request belongs to, and what its kind decides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import unquote, urlsplit

from launchready.manifest import Manifest, RouteEntry, RouteKind

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""RFC 9110 section 9.2.1. Any other may change something, one that nobody has heard of too."""

Kind = RouteKind | None

NEVER_SHARED: frozenset[Kind] = frozenset(
    {"auth", "signup", "invite", "reset", "checkout", "webhook", "chat", "private", "health", None}
)
"""Kinds whose answers no shared cache may keep; None is a route that nobody declared."""

READ_AHEAD: frozenset[Kind] = frozenset({"auth", "signup", "invite", "reset", "webhook"})
"""Kinds whose body is read before the app is asked, since guard decides by what is in it."""

BODY_MAX_BYTES: Mapping[Kind, int] = {
    "page": 65_536, "static": 0, "auth": 65_536, "signup": 65_536, "invite": 65_536,
    "reset": 65_536, "checkout": 262_144, "webhook": 1_048_576, "chat": 262_144,
    "api": 1_048_576, "private": 10_485_760, "health": 0, None: 1_048_576,
}  # fmt: skip

ANSWER_MAX_S: Mapping[Kind, float] = {
    "static": 120.0, "private": 60.0, "checkout": 60.0, "health": 10.0, None: 60.0,
}  # fmt: skip
ANSWER_MAX_S_ELSE = 30.0

_FINGERPRINT = re.compile(r"[.\-_](?=[0-9A-Za-z]*\d)[0-9A-Za-z]{8,}\.[A-Za-z0-9]+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What the manifest decides for the paths of one route."""

    entry: RouteEntry | None
    kind: Kind
    label: str
    """How logs and figures name it: the declared path, never what a visitor typed."""
    body_max_bytes: int
    answer_max_s: float
    never_shared: bool
    read_ahead: bool


def place_for(entry: RouteEntry | None, manifest: Manifest) -> Place:
    """Return what the manifest decides for a route; for none, what holds for undeclared paths."""
    kind = entry.kind if entry else None
    longest = ANSWER_MAX_S.get(kind, ANSWER_MAX_S_ELSE)
    if kind == "chat":
        # The provider's own deadline comes first, and then the fallback has time to be sent.
        longest = manifest.chat.answer_s + 15.0
    body, cacheable = BODY_MAX_BYTES[kind], None
    if entry is not None:
        body = entry.body_max_bytes if entry.body_max_bytes is not None else body
        longest = entry.timeout_s or longest
        cacheable = entry.cacheable
    return Place(
        entry=entry, kind=kind,
        label=unquote(urlsplit(entry.url).path) if entry else "(undeclared)",
        body_max_bytes=body, answer_max_s=longest,
        never_shared=kind in NEVER_SHARED if cacheable is None else not cacheable,
        read_ahead=kind in READ_AHEAD,
    )  # fmt: skip


def fingerprinted(path: str) -> bool:
    """Return whether a file's name holds a hash of its content, such as `app.3f9c2d1a.js`."""
    return _FINGERPRINT.search(path) is not None


T = TypeVar("T")


class Routes(Generic[T]):
    """Finds what stands for a path: an exact route, or the longest declared one above it.

    A route holds for what lies below it too (`/members` for `/members/circles/3`), a static file
    for its folder; pages, which caches may share, for themselves alone. The host counts when the
    same path stands at several.
    """

    def __init__(self, manifest: Manifest, treat: Mapping[str, T], undeclared: T) -> None:
        self._undeclared = undeclared
        self._exact: dict[str, dict[str, T]] = {}
        self._below: dict[str, dict[str, T]] = {}
        for url, value in treat.items():
            entry = manifest.routes[url]
            parts = urlsplit(url)
            path, host = unquote(parts.path), parts.hostname or ""
            self._exact.setdefault(path, {})[host] = value
            if entry.kind == "static":
                folder = path.rpartition("/")[0]
                if folder:
                    self._below.setdefault(folder, {}).setdefault(host, value)
            elif entry.kind not in {"page", "health"} and path != "/":
                self._below.setdefault(path.rstrip("/"), {})[host] = value
        # Most launches have one host for a path, and then there is nothing to compare.
        self._alone = {p: next(iter(v.values())) for p, v in self._exact.items() if len(v) == 1}
        self._longest = max(map(len, self._below), default=0)

    def find(self, path: str, headers: Iterable[tuple[bytes, bytes]]) -> T:
        """Return what stands for the path, or what holds for undeclared ones."""
        found = self._alone.get(path)
        if found is not None:
            return found
        hosts = self._exact.get(path)
        # A visitor's path may be long; what is declared is not.
        position = min(len(path), self._longest + 1)
        while hosts is None:
            position = path.rfind("/", 0, position)
            if position <= 0:
                return self._undeclared
            hosts = self._below.get(path[:position])
        if len(hosts) > 1:
            return hosts.get(_host(headers)) or next(iter(hosts.values()))
        return next(iter(hosts.values()))


def _host(headers: Iterable[tuple[bytes, bytes]]) -> str:
    for name, value in headers:
        if name == b"host":
            text = value.decode("latin-1").lower()
            return text.rpartition(":")[0] if ":" in text else text
    return ""
