"""Which declared route a request belongs to, and what its kind decides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import unquote, urlparse, urlsplit

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

_SLASHES = re.compile("//+")
_PLAIN = re.compile(r"(?:/[a-z0-9._~-]+)++/?")
"""A path that every framework reads in one way."""
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


def as_read(path: str) -> str:
    """Return a path as the laxest of frameworks reads it: two that it takes for one are the same.

    Starlette and FastAPI let a last line feed pass (`$` of a regular expression), Litestar takes
    several slashes for one, BlackSheep and `(?i)` of Django any case, Quart the path out of a whole
    URL, which is a target too (RFC 9112 section 3.2.2) and which some servers hand on as it came.
    """
    if not path.startswith("/"):
        try:
            path = "/" + urlparse(path).path
        except ValueError:
            return path
    if "//" in path:
        path = _SLASHES.sub("/", path)
    path = path.removesuffix("\n")
    if path.isascii():
        return path.lower()
    # As regular expressions compare: the Turkish letters are an i, the long s and the Kelvin sign
    # are letters too.
    return path.translate(_LETTERS_I).casefold()


def without_root(root: str, path: str) -> str:
    """Return a path without the root that the app is reached under, if it has it."""
    return path.removeprefix(root) if path.startswith(f"{root}/") else path


_LETTERS_I = {0x130: "i", 0x131: "i"}

T = TypeVar("T")


# The first holds for a host that the manifest does not know: whoever chooses the Host field must
# not choose the laxer treatment by it.
_CAREFUL: tuple[RouteKind, ...] = (
    "private", "auth", "reset", "invite", "signup", "checkout", "chat", "webhook", "api", "health",
    "page", "static",
)  # fmt: skip
_PUBLIC = frozenset({"page", "static", "health"})
_FOUND_MAX, _FOUND_MAX_LENGTH = 1024, 300
"""What is remembered of what visitors asked for."""
_ELSEWHERE, _UNKNOWN = "*", ""
"""Keys for a host of the launch that does not declare the path, and for one that nobody knows."""


class Routes(Generic[T]):
    """Finds what stands for a path: an exact route, or the longest declared one above it.

    A route holds for what lies below it too (`/members` for `/members/circles/3`), a static file
    for its folder; pages, which caches may share, for themselves alone. At a host that declares
    another route or none for the path, what limits and protects it holds all the same: an app often
    answers at every host that leads to it. At hosts that nobody knows, as localhost, all of it does.
    What limits and protects a path holds for every spelling of it that a framework takes for it.
    """

    def __init__(self, manifest: Manifest, treat: Mapping[str, T], undeclared: T) -> None:
        """Take what stands for each declared URL, and for none."""
        self.undeclared = undeclared
        self._hosts = frozenset(manifest.all_hosts)
        self._found: dict[tuple[str, bytes], T] = {}
        self._exact: dict[str, dict[str, T]] = {}
        self._below: dict[str, dict[str, T]] = {}
        self._however_spelt: dict[str, dict[str, T]] = {}
        entries = sorted(
            (manifest.routes[url] for url in treat), key=lambda entry: _CAREFUL.index(entry.kind)
        )
        for entry in entries:
            value, path = treat[entry.url], unquote(urlsplit(entry.url).path)
            public = entry.kind in _PUBLIC
            for host in (entry.host, _UNKNOWN, *(() if public else (_ELSEWHERE,))):
                self._exact.setdefault(path, {}).setdefault(host, value)
                if entry.kind == "static" and path.rpartition("/")[0]:
                    folder = self._below.setdefault(path.rpartition("/")[0], {})
                    folder.setdefault(host, value)
                elif entry.kind not in {"page", "health"} and path != "/":
                    self._below.setdefault(path.rstrip("/"), {}).setdefault(host, value)
                    spelt = self._however_spelt.setdefault(as_read(path).rstrip("/"), {})
                    spelt.setdefault(host, value)
        for spelling, spelt in self._however_spelt.items():
            # A plain path is then looked up once.
            for table in (self._exact, self._below):
                table[spelling] = {**spelt, **table.get(spelling, {})}
        self._longest = max(map(len, self._below | self._however_spelt), default=0)

    def find(self, path: str, host_field: bytes) -> T:
        """Return what stands for the path at the host that the Host field names.

        Where nothing was declared for it, what holds for undeclared paths.
        """
        asked = (path, host_field)
        found = self._found.get(asked)
        if found is None:
            found = self._look_up(path, self._host(host_field))
            if len(path) + len(host_field) <= _FOUND_MAX_LENGTH:
                if len(self._found) >= _FOUND_MAX:
                    self._found.clear()
                self._found[asked] = found
        return found

    def _look_up(self, path: str, keys: tuple[str, str]) -> T:
        host, other = keys
        hosts = self._exact.get(path)
        if hosts is not None and (found := hosts.get(host) or hosts.get(other)) is not None:
            return found
        if _PLAIN.fullmatch(path):
            return self._above(self._below, path, keys)[0] or self.undeclared
        read = as_read(path)
        if "//" in path:
            path = _SLASHES.sub("/", path)
            hosts = self._exact.get(path)
            if hosts is not None and (found := hosts.get(host) or hosts.get(other)) is not None:
                return found
        found, depth = self._above(self._below, path, keys)
        # Whoever spells it otherwise must not choose the laxer treatment by it.
        nearer, _ = self._above(self._however_spelt, read + "/", keys, beyond=depth)
        return nearer or found or self.undeclared

    def find_under(self, root: str, path: str, host_field: bytes) -> T:
        """Return what stands for a path of an app that is reached under `root`, a path too.

        Declared is what visitors ask for, the root included, which some servers leave out of the
        path: Hypercorn, Granian and Daphne do. Frameworks answer it without the root too.
        """
        bare = without_root(root, path)
        found = self.find(root + bare, host_field)
        return self.find(bare, host_field) if root and found is self.undeclared else found

    def _above(
        self, table: dict[str, dict[str, T]], path: str, keys: tuple[str, str], beyond: int = 0
    ) -> tuple[T | None, int]:
        """Return what stands for the longest path above this one, and how long that is."""
        # A visitor's path may be long; what is declared is not.
        position = min(len(path), self._longest + 1)
        while (position := path.rfind("/", 0, position)) > beyond:
            hosts = table.get(path[:position])
            if hosts is not None:
                found = hosts.get(keys[0]) or hosts.get(keys[1])
                if found is not None:
                    return found, position
        return None, 0

    def _host(self, field: bytes) -> tuple[str, str]:
        """Return under which keys a host's paths stand: its own, and what holds for the others."""
        text = field.decode("latin-1").lower()
        host = text.rpartition(":")[0] if ":" in text else text
        return host, _ELSEWHERE if host in self._hosts else _UNKNOWN
