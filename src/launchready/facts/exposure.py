"""What a host gives away beyond its pages: sensitive paths, errors, foreign origins, secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from launchready.facts.http import Exchange
from launchready.facts.subject import Fact
from launchready.manifest import RouteEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Fact):
    """Paths that must not be public, asked on a host, beside a random path for comparison."""

    plain: ClassVar[str] = "the sensitive paths"
    patience: ClassVar[int] = 10

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
    """That to a missing page first."""

    @property
    def missing(self) -> Exchange:
        """What a visitor's browser gets at an address that does not exist."""
        return self.answers[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorsAnswer:
    """What a route allowed to one origin."""

    origin: str
    allow_origin: str | None
    allow_credentials: bool
    status: int
    vary_origin: bool
    kept: bool = False
    """It lets shared caches store it, and use it again without asking."""
    preflight: bool = False
    """The answer to an OPTIONS request that asks before the real one."""
    allow_methods: str = ""
    allow_headers: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cors(Fact):
    """What a route allows scripts of other sites to read (Fetch standard, CORS protocol)."""

    plain: ClassVar[str] = "the cross-origin answers"
    patience: ClassVar[int] = 10

    route: RouteEntry
    answers: tuple[CorsAnswer, ...]
    """To foreign origins."""
    declared: tuple[CorsAnswer, ...] = ()
    """To origins that the manifest declares for the route."""
    method: str = "GET"
    """How the route is called, which the preflights asked for."""
    by_token: bool = False
    """Members were seen to prove who they are by a token of the page's script alone, by no cookie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageData(Fact):
    """What a private route says, without a session, where scripts would fetch its data."""

    plain: ClassVar[str] = "the page's data"
    patience: ClassVar[int] = 10

    answers: tuple[Exchange, ...]
    """Those that show something, and not what any other address is answered with."""
    asked: tuple[str, ...]
    """Every URL that was asked."""


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
class LoadedLater(Fact):
    """What the own scripts of a page load once they run. The subject is the URL of the page or script."""

    plain: ClassVar[str] = "what the scripts load later"
    patience: ClassVar[int] = 2

    scripts: tuple[str, ...]
    """Scripts that browsers fetch for the page: chunks, workers, further modules."""
    others: tuple[str, ...]
    """Settings, the manifest, and other data."""


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

    plain: ClassVar[str] = "what browsers load"

    sightings: tuple[SecretSighting, ...]
    scanned_bytes: int
    complete: bool
    """False: the body was cut before its end, so that its rest was not searched."""
    of_sources: bool = False
    """It is a source map: lines count in the text of its sources, one behind the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMap(Fact):
    """The source map of a script or style, if it names one or one lies beside it."""

    plain: ClassVar[str] = "the source map"

    map_url: str
    public: bool
    sources: int
    has_contents: bool
