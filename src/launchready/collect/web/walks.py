"""Walks: a URL followed along its redirects, each hop fetched once, cookies carried as browsers do."""

from __future__ import annotations

import asyncio
import shlex
from dataclasses import dataclass, replace

from launchready.collect.explained import asks_who, attributed, behind_lock, explained
from launchready.collect.web.address import (
    NotAsked,
    addresses_of,
    joined_url,
    subject_of,
    url_host,
    url_port,
    wire_url,
)
from launchready.collect.web.cookies import Jar
from launchready.collect.web.exchange import Asking, answer_in_time
from launchready.collect.web.nowhere import DEEP_PATH, DEEP_QUERY
from launchready.collect.web.outcome import CLOSED_SILENTLY, SEVERAL_LOCATIONS
from launchready.collect.world import World
from launchready.derive.pages.refreshing import sent_on
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.http import Exchange
from launchready.facts.ways import Entrance, OldUrl, Visit, Walk, WalkEnd
from launchready.gather import Ask, Collector

HOPS_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """A walk, and the gap that ended it, if one did."""

    walk: Walk
    gap: Gap | None = None
    plain: bool = False
    """The gap is itself a bad answer that no other fact accounts for: the way leads nowhere."""


async def visit(subject: Subject, world: World, ask: Ask) -> Visit | Gap:
    """Return a route of the manifest as an anonymous visitor finds it, by GET whatever its method."""
    route = world.manifest.all_routes[subject.name]
    # A private page that sends strangers on by its markup has still been given to them.
    walked = await walk(route.url, world, ask, as_browser=route.kind != "private")
    if walked.gap is not None and not walked.plain:
        return _because(Key(Visit, subject), walked.gap)
    last = walked.walk.last
    if last is not None and asks_who(last):
        locked = await behind_lock(Key(Visit, subject), last.url, world, ask)
        if locked is not None:
            return locked
    return Visit(
        subject=subject,
        at=world.now(),
        how=_how(route.url),
        because=await _owed_to(walked.walk, world, ask, route=route.url),
        route=route,
        walk=walked.walk,
    )


async def old_url(subject: Subject, world: World, ask: Ask) -> OldUrl | Gap:
    """Return where a line of the manifest's map of old URLs leads."""
    entry = next(e for e in world.manifest.redirects.values() if e.source == subject.name)
    walked = await walk(entry.source, world, ask, as_browser=True)
    if walked.gap is not None and not walked.plain:
        return _because(Key(OldUrl, subject), walked.gap)
    return OldUrl(
        subject=subject,
        at=world.now(),
        how=_how(entry.source),
        because=await _owed_to(walked.walk, world, ask),
        entry=entry,
        walk=walked.walk,
    )


async def entrance(subject: Subject, world: World, ask: Ask) -> Entrance | Gap:
    """Return where the four ways into a host lead.

    A gap that another fact explains makes the whole a gap: what is behind it says nothing.
    """
    names = ("http_root", "https_root", "http_deep", "https_deep")
    deep = f"{DEEP_PATH}?{DEEP_QUERY}"
    urls = [
        f"{name.partition('_')[0]}://{subject.name}{'/' if name.endswith('root') else deep}"
        for name in names
    ]
    walked = dict(
        zip(names, await asyncio.gather(*(walk(u, world, ask) for u in urls)), strict=True)
    )
    key = Key(Entrance, subject)
    closed = all(_closed(walked[n]) for n in ("http_root", "http_deep"))
    kept: dict[str, Walk | None] = {}
    trouble = []
    for name, one in walked.items():
        last = one.walk.last
        if one.gap is None and last is not None and last.fault == "garbled":
            if url_port(last.url) != 80:
                because = await explained(last, world, ask)
                return Gap(key=key, reason=last.trouble, because=because or last.key)
            kept[name] = None
            if not closed:
                trouble.append(f"{name}: {last.trouble}")
            continue
        kept[name] = one.walk if one.gap is None or one.plain else None
        if one.gap is None or one.plain or (closed and name.startswith("http_")):
            continue
        if one.gap.because is not None or one.gap.ours:
            return _because(key, one.gap)
        trouble.append(f"{name}: {one.gap.reason}")
    if not any(kept.values()):
        gap = walked["https_root"].gap or walked["http_root"].gap
        return Gap(key=key, reason=gap.reason if gap else "; ".join(trouble))
    return Entrance(
        subject=subject,
        at=world.now(),
        how="; ".join(_how(u) for u in urls),
        because=await _owed_to(kept["https_root"], world, ask),
        http_root=kept["http_root"],
        https_root=kept["https_root"],
        http_deep=kept["http_deep"],
        https_deep=kept["https_deep"],
        deep_path=DEEP_PATH,
        deep_query=DEEP_QUERY,
        http_closed=closed,
        trouble="; ".join(trouble),
        redirects_to=_declared_target(subject.name, world),
    )


async def _owed_to(walk: Walk | None, world: World, ask: Ask, *, route: str = "") -> Key | None:
    """Return the key that explains the error at which a walk ended, None when it ended otherwise."""
    if walk is None or walk.end != "answer" or walk.last is None:
        return None
    return await explained(walk.last, world, ask, route=route)


async def walk(start: str, world: World, ask: Ask, *, as_browser: bool = False) -> Walked:
    """Follow a URL to its end, at most HOPS_MAX redirects.

    As a browser: also along pages that send the visitor on at once by their markup.

    A hop without cookies is the Exchange that every other fact shares. Cookies that an earlier
    hop set go with the later ones that they belong to; such a request is the walk's own.
    """
    hops: list[Exchange] = []
    jar = Jar()
    seen: set[tuple[str, str]] = set()

    def ended(
        end: WalkEnd, detail: str = "", gap: Gap | None = None, *, plain: bool = False
    ) -> Walked:
        done = Walk(start=start, hops=tuple(hops), end=end, detail=detail)
        return Walked(walk=done, gap=gap, plain=plain)

    try:
        url = wire_url(start)
    except ValueError as error:
        return ended("bad location", str(error))
    while True:
        cookies = jar.header(url, of_the_edge=False)
        if (url, cookies) in seen:
            cookies = jar.header(url)
        if (url, cookies) in seen:
            return ended("loop", f"{url} comes back to itself")
        if len(hops) > HOPS_MAX:
            # With a fresh cookie each time no request is the same twice, but the circle is.
            again = sum(h.url == url for h in hops) > 2
            return ended("loop" if again else "too many hops", f"after {HOPS_MAX} redirects")
        seen.add((url, cookies))
        onward = None
        found = await _hop(url, cookies, world, ask)
        if isinstance(found, Gap):
            found = await attributed(found, ask)
            plain = bool(hops) and await _leads_nowhere(found, url, world, ask)
            if not cookies and (found.because is not None or found.ours):
                found = replace(found, because=found.key)
            return ended("gap", found.reason, found, plain=plain)
        hops.append(found)
        if found.challenge:
            gap = Gap(
                key=Key(Exchange, found.subject),
                reason=f"bot protection ({found.challenge}) answered instead of {url_host(url)}",
                because=None if cookies else found.key,
            )
            return ended("gap", gap.reason, gap)
        if found.trouble == SEVERAL_LOCATIONS:
            return ended("bad location", found.trouble)
        if found.location is None:
            if found.status in {301, 302, 303, 307, 308}:
                return ended("bad location", f"{found.status} without a Location")
            onward = sent_on(found) if as_browser else None
            if onward is None:
                return ended("answer")
        try:
            following = onward or _location(found)
        except ValueError as error:
            return ended("bad location", str(error))
        jar.take(url, found.headers, now=world.now())
        private = await _private(url, following, world, ask)
        if private:
            return ended("private address", private)
        url = following


async def _hop(url: str, cookies: str, world: World, ask: Ask) -> Exchange | Gap:
    subject = subject_of(url, world)
    if not cookies:
        return await ask(Exchange, subject)
    asking = Asking(url=url, headers=(("Cookie", cookies),))
    return await answer_in_time(asking, world, ask, key=Key(Exchange, subject))


async def _private(here: str, there: str, world: World, ask: Ask) -> str:
    """Return in words that a redirect leads from a public host to a private address; else empty."""
    to = await addresses_of(there, world, ask)
    if isinstance(to, NotAsked):
        return to.reason if to.private else ""
    origin = await addresses_of(here, world, ask)
    if not to.public and not (isinstance(origin, NotAsked) or not origin.public):
        return f"{url_host(there)} is at the private address {to.addresses[0]}"
    return ""


def _location(found: Exchange) -> str:
    """Return the URL that a redirect leads to; ValueError, in words, when it leads nowhere."""
    value = found.headers.all("location")[0]
    try:
        # Browsers take the bytes of the field as UTF-8.
        value = value.encode("latin-1").decode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("control characters in Location") from None
    except UnicodeDecodeError:
        pass
    try:
        return joined_url(found.url, value)
    except ValueError as error:
        raise ValueError(f"Location {value[:120]!r}: {error}") from None


async def _leads_nowhere(gap: Gap, url: str, world: World, ask: Ask) -> bool:
    """Return whether a redirect leads to a host of others, or a port, that plainly does not answer.

    Facts about hosts of others are not judged, so nothing but the walk would tell of this.
    """
    if gap.ours:
        return False
    if gap.because is None:
        return gap.nature in {"closed", "no-tls"}
    if url_host(url) in world.manifest.all_hosts:
        return False
    explanation = await ask(gap.because.kind, gap.because.subject)
    return not isinstance(explanation, Gap) and bool(explanation.fault)


def _declared_target(name: str, world: World) -> str:
    entry = world.manifest.all_hosts.get(name)
    return (entry.redirects_to or "") if entry else ""


def _closed(walked: Walked) -> bool:
    """Return whether nothing is said where the walk begins: nothing listens, or what does hangs up."""
    gap, last = walked.gap, walked.walk.last
    if gap is not None:
        return not walked.walk.hops and gap.nature == "closed"
    return len(walked.walk.hops) == 1 and last is not None and last.trouble == CLOSED_SILENTLY


def _because(key: Key, gap: Gap) -> Gap:
    """Return the gap of `key` that another gap brings about."""
    return Gap(key=key, reason=gap.reason, because=gap.because, ours=gap.ours)


def _how(url: str) -> str:
    return shlex.join(["curl", "-siL", "--max-redirs", str(HOPS_MAX), url])


COLLECTORS: dict[type[Fact], Collector] = {Visit: visit, OldUrl: old_url, Entrance: entrance}
