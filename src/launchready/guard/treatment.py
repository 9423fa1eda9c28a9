"""What guard decides once for all requests of a route."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from launchready.guard import caching, compression
from launchready.guard.asgi import RawHeaders
from launchready.guard.headers import CORS_NAMES, cors_fields, security_headers
from launchready.guard.limits.rules import Rule, rules_for
from launchready.guard.route_figures import RouteCount, RouteFigures
from launchready.guard.routes import Place, place_for
from launchready.guard.webhooks import Scheme
from launchready.manifest import Manifest, RouteEntry

_ID = b"x-request-id"
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
    usual: tuple[RawHeaders, RawHeaders] | None = field(init=False, default=None)
    """What an answer gets that has none of `decided`, over plain HTTP and over TLS, when no page of
    another origin asked; None when it depends on more."""
    decided: frozenset[bytes] = field(init=False)
    """Names of the fields that guard sets, looks at or drops."""

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

    def taken(self, given: Iterable[tuple[bytes, bytes]]) -> RawHeaders:
        """Return an app's own fields as far as it may set them. Raises ValueError as `whole` does."""
        return self.allowed(*whole(given))

    def allowed(self, headers: RawHeaders, names: set[bytes]) -> RawHeaders:
        """Return the fields without those that only guard may set; `names` are theirs."""
        if names.isdisjoint(self.dropped):
            return headers
        return [field for field in headers if field[0].lower() not in self.dropped]


def whole(given: Iterable[tuple[bytes, bytes]]) -> tuple[RawHeaders, set[bytes]]:
    """Return an app's own fields, and their names in lower case.

    Raises ValueError for a field that would break the answer in two: servers refuse it when
    it is too late to answer with anything else.
    """
    headers, names = list(given), set()
    for name, value in headers:
        # By number: to look for bytes in bytes costs ten times as much.
        if _NEW_LINE in value or _RETURN in value or 0 in value:
            raise ValueError("a field of the answer has a line break in it")
        names.add(name.lower())
    return headers, names


def _unheld(place: Place) -> RawHeaders:
    """Return what tells nginx not to gather an answer that comes word by word: it does unless told."""
    return [(b"x-accel-buffering", b"no")] if place.kind == "chat" else []
