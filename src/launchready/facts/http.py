"""What a host answers over HTTP: single exchanges, walks along redirects, probes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal

from launchready.facts.hops import changes_entrance, host, is_plain, keeps_path, keeps_query
from launchready.facts.subject import Fact
from launchready.manifest import OldUrlEntry, RouteEntry, RouteKind


@dataclass(frozen=True, slots=True)
class Headers:
    """Header fields in the order received; names compared without case (RFC 9110 section 5.1)."""

    items: tuple[tuple[str, str], ...] = ()

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of the field, in order."""
        wanted = name.lower()
        return tuple(v for n, v in self.items if n.lower() == wanted)

    def get(self, name: str) -> str | None:
        """Return the field's values joined by a comma, or None when it is absent."""
        values = self.all(name)
        return ", ".join(values) if values else None

    def __contains__(self, name: str) -> bool:
        return bool(self.all(name))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Phases of one request in seconds since its start (libcurl's cumulative times)."""

    name_s: float
    connect_s: float
    tls_s: float
    first_byte_s: float
    total_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange(Fact):
    """One request and its answer; redirects are not followed. The subject is the URL."""

    plain: ClassVar[str] = "the answer"

    url: str
    method: str
    status: int
    """0 when the answer was not HTTP; `trouble` says what it was."""
    headers: Headers
    body: bytes
    """Decoded (gzip, br, zstd), cut at the limit of the run."""
    body_cut: bool
    wire_bytes: int
    """Bytes of the body before decoding; 0 when the body was cut."""
    http_version: str
    """`1.0`, `1.1`, `2` or `3`."""
    address: str
    """The published address that was asked (before the dial map)."""
    verified: bool
    """False: the certificate was not accepted and this is the one anonymous retry without verification."""
    timing: Timing
    challenge: str = ""
    """Name of the bot protection that answered instead of the site; empty if none."""
    trouble: str = ""
    """Why the answer is not usable although something answered: garbage, too many header lines, …"""

    @property
    def location(self) -> str | None:
        """The Location field of a redirect answer, as sent."""
        return self.headers.get("location") if self.status in {301, 302, 303, 307, 308} else None

    @property
    def content_type(self) -> str:
        """The media type in lower case without parameters; empty when absent."""
        return (self.headers.get("content-type") or "").split(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as text; bytes that are not valid in its charset are replaced."""
        return self.body.decode("utf-8", errors="replace")

    @property
    def fault(self) -> str:
        """`challenged` when bot protection answered, `garbled` when it was not HTTP."""
        if self.challenge:
            return "challenged"
        return "garbled" if self.trouble else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAnswers(Fact):
    """What a host answers over HTTPS wherever it is asked: at its root, a missing page, each route.

    The routes are looked at only where neither root nor missing page has a usable answer.
    """

    plain: ClassVar[str] = "the host's answers"

    answers: tuple[Exchange, ...]

    @property
    def fault(self) -> str:
        """What spoils every answer: `garbled` (not HTTP), `failing` (status 500 or more)."""
        faults = {a.fault or ("failing" if a.status >= 500 else "") for a in self.answers}
        if faults <= {"garbled", "failing"}:
            return "garbled" if "garbled" in faults else "failing"
        return ""


ENDPOINT_KINDS: frozenset[RouteKind] = frozenset({"webhook", "chat", "api", "private"})
"""Kinds that say little to a visitor without a session, or to a GET."""
WalkEnd = Literal["answer", "loop", "too many hops", "private address", "bad location", "gap"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A URL followed along its redirects as a browser would, cookies included, at most 20 hops."""

    start: str
    hops: tuple[Exchange, ...]
    """Every exchange in order; the last one is where the walk ended."""
    end: WalkEnd
    detail: str = ""

    @property
    def urls(self) -> tuple[str, ...]:
        """Every URL asked, in order."""
        return tuple(h.url for h in self.hops)

    @property
    def last(self) -> Exchange | None:
        """The last answer, or None when there was none."""
        return self.hops[-1] if self.hops else None

    @property
    def redirects(self) -> int:
        """How many redirects were followed."""
        return max(0, len(self.hops) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit(Fact):
    """A route of the manifest asked without a session and followed to its end."""

    plain: ClassVar[str] = "the page"

    route: RouteEntry
    walk: Walk

    @property
    def answer(self) -> Exchange | None:
        """The final answer."""
        return self.walk.last

    @property
    def fault(self) -> str:
        """How the walk ended when it reached no answer, else what is wrong with the answer.

        `challenged`, `garbled`: see Exchange. `failing`: a server error (status 500 or more).
        `missing`: 404 or 410. Of an endpoint they are `garbled-call`, `failing-call`, `missing-call`.
        """
        answer = self.answer
        if self.walk.end != "answer":
            return self.walk.end.replace(" ", "-")
        if answer is None or answer.challenge:
            return "challenged" if answer else ""
        gone = "missing" if answer.status in {404, 410} else ""
        error = answer.fault or ("failing" if answer.status >= 500 else gone)
        return f"{error}-call" if error and self.route.kind in ENDPOINT_KINDS else error


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance(Fact):
    """The ways into a host: by HTTP and HTTPS, at the root and at a deep path with a query.

    A walk is None when it could not be made (`trouble` says why, by the name of the field).
    """

    plain: ClassVar[str] = "the entrances"

    http_root: Walk | None
    https_root: Walk | None
    http_deep: Walk | None
    https_deep: Walk | None
    deep_path: str
    """Path that the deep walks ask for; it exists on no site."""
    deep_query: str
    http_closed: bool
    """Nothing listens on port 80, which is safe but turns away who types the bare name."""
    trouble: str = ""
    redirects_to: str = ""
    """The host that the manifest says this one only leads to; empty if it is a site of its own."""

    @property
    def walks(self) -> tuple[Walk, ...]:
        """The walks that could be made, HTTPS first."""
        every = (self.https_root, self.https_deep, self.http_root, self.http_deep)
        return tuple(w for w in every if w is not None)

    @property
    def lost_path(self) -> tuple[str, str] | None:
        """The hop (from, to) that leads to another entrance or host and loses the deep path."""
        return self._lost(lambda url: keeps_path(self.deep_path, url))

    @property
    def lost_query(self) -> tuple[str, str] | None:
        """The hop (from, to) that leads to another entrance or host and loses the query."""
        return self._lost(lambda url: keeps_query(self.deep_query, url))

    def _lost(self, kept: Callable[[str], bool]) -> tuple[str, str] | None:
        for walk in (self.https_deep, self.http_deep):
            for here, there in pairwise(walk.hops if walk and walk.end == "answer" else ()):
                # What an application does with its own pages, to its log-in page above all, is
                # no fault of the entrance; a permanent redirect to another host is configured.
                judged = changes_entrance(here.url, there.url) or (
                    host(here.url) != host(there.url)
                    and (here.status in {301, 308} or host(there.url) == self.redirects_to)
                )
                if judged and kept(here.url) and not kept(there.url):
                    return here.url, there.url
        return None

    @property
    def strays(self) -> Literal["", "stays", "astray"]:
        """How a host that should only redirect does not: it answers itself, or leads elsewhere."""
        walk = self.https_root or self.http_root
        if not self.redirects_to or walk is None or walk.end != "answer":
            return ""
        seen = {host(url) for url in walk.urls}
        if self.redirects_to in seen:
            return ""
        return "stays" if seen == {self.subject.name} else "astray"

    @property
    def fault(self) -> str:
        """What spoils every page behind this entrance, the gravest first; empty if nothing does.

        `loop`, `too-many-hops`, `private-address`, `bad-location`, `gap`: how a walk ended.
        `stays`, `astray`: see `strays`. `stays-plain`: HTTP is never sent to HTTPS.
        `path-lost`: see `lost_path`.
        """
        ends = {w.end for w in self.walks}
        for end in ("loop", "too many hops", "private address", "bad location", "gap"):
            if end in ends:
                return end.replace(" ", "-")
        if self.strays:
            return self.strays
        for walk in (self.http_root, self.http_deep):
            last = walk.last if walk else None
            if last is not None and last.status // 100 == 2 and is_plain(last.url):
                return "stays-plain"
        return "path-lost" if self.lost_path else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach(Fact):
    """A log-in, sign-up or checkout route reached by its other entrances, path and query kept.

    Each way starts with plain HTTP or at a host that only redirects to the route's host.
    """

    plain: ClassVar[str] = "the ways to the page"

    route: RouteEntry
    ways: tuple[Walk, ...]
    trouble: str = ""
    """Why some of the ways could not be followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OldUrl(Fact):
    """A line of the manifest's map of old URLs, followed."""

    plain: ClassVar[str] = "the old URL"

    entry: OldUrlEntry
    walk: Walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat(Fact):
    """The same URL asked a second time shortly after, to see what a cache does."""

    plain: ClassVar[str] = "the second request"

    first: Exchange
    second: Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Fact):
    """Paths that must not be public, asked on a host, beside a random path for comparison."""

    plain: ClassVar[str] = "the sensitive paths"

    nowhere: Exchange
    """The answer to a random path."""
    found: tuple[Exchange, ...]
    """Answers of the probed paths that differ from `nowhere` and were not a refusal or redirect."""
    asked: tuple[str, ...]
    """Every path that was asked."""
    unanswered: tuple[str, ...] = ()
    """Paths that got no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorAnswers(Fact):
    """What a host says to requests that must fail: a missing page, a malformed query, a wrong method."""

    plain: ClassVar[str] = "the error pages"

    answers: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorsAnswer:
    """What a route allowed to one foreign origin."""

    origin: str
    allow_origin: str | None
    allow_credentials: bool
    status: int
    vary_origin: bool
    preflight: bool = False
    """The answer to an OPTIONS request that asks before the real one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cors(Fact):
    """What a route allows scripts of other sites to read (Fetch standard, CORS protocol)."""

    plain: ClassVar[str] = "the cross-origin answers"

    route: RouteEntry
    answers: tuple[CorsAnswer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach(Fact):
    """The origin asked directly, around the edge, for a host's name."""

    plain: ClassVar[str] = "the origin's direct answer"

    origin: str
    reachable: bool
    status: int | None
    same_site: bool
    """The origin's answer is the site itself, not a refusal or another site."""
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSighting:
    """A secret in what a browser loads: never its value, only what and where."""

    rule: str
    """The kind of secret, in words: `Stripe secret key`."""
    line: int
    fingerprint: str
    """Keyed fingerprint: equal for equal values within one launch, useless elsewhere."""
    public_by_design: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretScan(Fact):
    """The body of a page or bundle searched for secrets. The subject is the URL."""

    plain: ClassVar[str] = "the search for secrets"

    sightings: tuple[SecretSighting, ...]
    scanned_bytes: int
    complete: bool
    """False: the body was cut before its end, so that its rest was not searched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMap(Fact):
    """The source map of a script or style, if it names one or one lies beside it."""

    plain: ClassVar[str] = "the source map"

    map_url: str
    public: bool
    sources: int
    has_contents: bool
