"""Ways through the launch: walks along redirects, the pages and entrances that they lead to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal

from launchready.facts.hops import changes_entrance, host, is_plain, keeps_path, keeps_query
from launchready.facts.http import Exchange
from launchready.facts.subject import Fact
from launchready.manifest import CALLED_KINDS, OldUrlEntry, RouteEntry, RouteKind

ENDPOINT_KINDS: frozenset[RouteKind] = CALLED_KINDS | {"private"}
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
    def led_away(self) -> Walk | None:
        """The way by plain HTTP that ends at another host, where HTTPS stays at this one."""
        ways = self.http_root, self.https_root
        if self.redirects_to or any(w is None or w.end != "answer" for w in ways):
            return None
        by_http, by_https = (host(w.urls[-1]) if w else "" for w in ways)
        return self.http_root if by_https == self.subject.name != by_http else None

    @property
    def fault(self) -> str:
        """What spoils every page behind this entrance, the gravest first; empty if nothing does.

        `loop`, `too-many-hops`, `private-address`, `bad-location`, `gap`: how a walk ended.
        `stays`, `astray`: see `strays` and `led_away`. `stays-plain`: HTTP is never sent to HTTPS.
        `path-lost`: see `lost_path`.
        """
        ends = {w.end for w in self.walks}
        for end in ("loop", "too many hops", "private address", "bad location", "gap"):
            if end in ends:
                return end.replace(" ", "-")
        if self.strays or self.led_away:
            return self.strays or "astray"
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
class SecondVisitor(Fact):
    """A route of one visitor's own, asked by two visitors one after the other, both without cookies."""

    plain: ClassVar[str] = "what a second visitor gets"

    route: RouteEntry
    first: Exchange
    second: Exchange | None
    """None: the first was given nothing of their own, so the second was not sent."""
