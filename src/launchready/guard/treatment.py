"""What guard decides once for all requests of a route."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import chain

from launchready.guard import caching, compression
from launchready.guard.asgi import RawHeaders
from launchready.guard.headers import CORS_NAMES, cors_fields, security_headers
from launchready.guard.limits.rules import Rule, rules_for
from launchready.guard.route_figures import RouteCount, RouteFigures
from launchready.guard.routes import Place, place_for
from launchready.guard.webhooks import Scheme
from launchready.manifest import Manifest, RouteEntry

_ID = b"x-request-id"
_TOLD_ALIKE = frozenset(
    {
        b"accept-ranges", b"content-encoding", b"content-language", b"content-length",
        b"content-type", b"date", b"last-modified", b"server",
    }
)  # fmt: skip
"""What tells of an answer and not of whoever gets it."""
_KNOWN_MAX, _KNOWN_MAX_BYTES = 512, 512
_NEW_LINE, _RETURN = b"\n\r"


@dataclass(slots=True, kw_only=True)
class Treatment:
    """What holds for every answer of a route."""

    place: Place
    parts: frozenset[str]
    over_tls: RawHeaders
    over_plain: RawHeaders
    cors: frozenset[str]
    rules: tuple[Rule, ...]
    signature: Scheme | None
    """How a webhook is signed; None where nothing is verified."""
    count: RouteCount
    compresses: bool
    """The content is compressed here, not at an edge."""
    names: frozenset[bytes] = field(init=False)
    """Names of the fields of `over_tls` and `over_plain`, in lower case."""
    dropped: frozenset[bytes] = field(init=False)
    """Names of the fields that only guard may set."""
    bounds_bodies: bool = field(init=False)
    hides_errors: bool = field(init=False)
    keeps_caches: bool = field(init=False)
    unsaid: tuple[bytes, bytes] | None = field(init=False)
    """What goes to caches when an answer says nothing about it; None when it depends."""
    usual: tuple[RawHeaders, RawHeaders] | tuple[()] = field(init=False, default=())
    """What an answer gets that has none of `decided`, over plain HTTP and over TLS, when no page of
    another origin asked; empty when it depends on more."""
    decided: frozenset[bytes] = field(init=False)
    """Names of the fields that guard sets, looks at or drops."""
    _known: set[tuple[bytes, bytes]] = field(init=False, default_factory=set)
    """Fields of usual answers that apps gave before."""

    @classmethod
    def of(
        cls,
        entry: RouteEntry | None,
        manifest: Manifest,
        parts: frozenset[str],
        figures: RouteFigures,
    ) -> Treatment:
        """Return what holds for a declared route; for none, for all that nobody declared."""
        place = place_for(entry, manifest)
        over = {
            s: security_headers(manifest, parts, place.kind, secure=s) + _unheld(place)
            for s in (True, False)
        }
        return cls(
            place=place,
            parts=parts,
            over_tls=over[True],
            over_plain=over[False],
            cors=frozenset(entry.cors) if entry and "cors" in parts else frozenset(),
            rules=rules_for(entry) if entry and "limits" in parts else (),
            signature=entry.signature if entry and "webhooks" in parts else None,
            count=figures.of(place.label),
            compresses=manifest.guard.compress and place.kind in compression.KINDS,
        )

    def __post_init__(self) -> None:
        self.names = frozenset(name for name, _ in self.over_tls)
        self.dropped = CORS_NAMES | {_ID} if "cors" in self.parts else frozenset({_ID})
        self.bounds_bodies = "bodies" in self.parts
        self.hides_errors = "errors" in self.parts
        self.keeps_caches = "caching" in self.parts
        self.unsaid = caching.unsaid(self.place) if self.keeps_caches else None

        self.decided = self.names | self.dropped | caching.SAID
        if self.unsaid is not None or not self.keeps_caches:
            said = cors_fields(self.cors, None)
            if self.unsaid is not None:
                # What no cache gives again without asking need not say by what it varies.
                said = [self.unsaid, *(field for field in said if field[0] != b"vary")]
            self.usual = ([*said, *self.over_plain], [*said, *self.over_tls])

    def knows(self, headers: RawHeaders) -> bool:
        """Return whether all of an app's fields are known: whole, and none that guard decides."""
        try:
            return self._known.issuperset(headers)
        except TypeError:
            # An app may give lists.
            return False

    def learn(self, headers: RawHeaders, names: AbstractSet[bytes]) -> None:
        """Remember the fields of an answer with none that guard decides: most apps give the same."""
        if not _TOLD_ALIKE.issuperset(names):
            # Others may hold what is one member's: a link, a token.
            return
        if len(self._known) >= _KNOWN_MAX:
            self._known.clear()
        if sum(len(value) for _, value in headers) <= _KNOWN_MAX_BYTES:
            self._known.update((bytes(name), bytes(value)) for name, value in headers)

    def taken(self, given: Iterable[tuple[bytes, bytes]]) -> RawHeaders:
        """Return an app's own fields as far as it may set them. Raises ValueError as `names_of`."""
        headers = [*given]
        return self.allowed(headers, names_of(headers))

    def allowed(self, headers: RawHeaders, names: AbstractSet[bytes]) -> RawHeaders:
        """Return the fields without those that only guard may set; `names` are theirs."""
        if self.dropped.isdisjoint(names):
            return headers
        return [field for field in headers if field[0].lower() not in self.dropped]


def names_of(headers: RawHeaders) -> AbstractSet[bytes]:
    """Return the names of an app's own fields in lower case.

    Raises ValueError for a field that would break the answer in two: servers refuse it when
    it is too late to answer with anything else.
    """
    # Without a loop: this runs for every answer.
    text, by_name = b"".join(chain.from_iterable(headers)), dict(headers)
    # By number: to look for bytes in bytes costs ten times as much.
    if _NEW_LINE in text or _RETURN in text or 0 in text:
        raise ValueError("a field of the answer has a line break in it")
    names = b"".join(by_name)
    return by_name.keys() if names.islower() else {name.lower() for name in by_name}


def _unheld(place: Place) -> RawHeaders:
    """Return what tells nginx not to gather an answer that comes word by word: it does unless told."""
    return [(b"x-accel-buffering", b"no")] if place.kind == "chat" else []
