"""What explains an error, or no answer: a host that gives nothing else, or a page that is judged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from launchready.collect.web.address import host_of, subject_of, url_host, url_port, wire_url
from launchready.collect.world import World
from launchready.derive.pages.challenge import LET_US_THROUGH
from launchready.expected import zone_of
from launchready.facts import Gap, Key, route_subject
from launchready.facts.hops import is_plain, same_page
from launchready.facts.http import Exchange, HostAnswers
from launchready.facts.ways import Visit
from launchready.gather import Ask

ASKS_WHO = 401


async def attributed(gap: Gap, ask: Ask) -> Gap:
    """Return the gap without its cause where that would be a silent host, and the host is none."""
    if gap.because is None or gap.because.kind is not HostAnswers:
        return gap
    host = await ask(HostAnswers, gap.because.subject)
    silent = isinstance(host, HostAnswers) and host.fault
    return gap if silent else replace(gap, because=None)


async def untold(key: Key, answer: Exchange, world: World, ask: Ask) -> Gap:
    """Return why an answer tells nothing: bot protection, no HTTP, or a wish that we wait."""
    if answer.challenge:
        reason = f"bot protection ({answer.challenge}) answered"
        return Gap(key=key, reason=reason, how_to_prove=LET_US_THROUGH)
    if answer.trouble:
        return Gap(key=key, reason=answer.trouble, because=await explained(answer, world, ask))
    return Gap(
        key=key,
        reason=f"the route asks to wait ({answer.status})",
        how_to_prove="Let the rate limit pass this computer, and audit again.",
    )


async def explained(answer: Exchange, world: World, ask: Ask, *, route: str = "") -> Key | None:
    """Return the key of the judged fact that an error answer is owed to, None when there is none.

    `route` is the URL of the route that was asked: a route does not explain itself.
    """
    if not (broken(answer) or _missing(answer) or asks_who(answer)):
        return None
    if not _missing(answer):
        host = await _host(answer.url, world, ask)
        faults = {"locked"} if asks_who(answer) else {"silent", "garbled", "failing"}
        if host is not None and host.fault in faults:
            return host.key
    if asks_who(answer):
        return None
    for other in world.manifest.all_routes.values():
        if other.url == route or not same_page(other.url, answer.url):
            continue
        # Asked by itself, without the cookies and codes that led here, it must fail as well.
        (own,) = await exchanges((other.url,), world, ask)
        if isinstance(own, Exchange) and (broken(own) or _missing(own)):
            return Key(Visit, route_subject(other.url, zone_of(world.manifest, other.host)))
    return None


async def behind_lock(key: Key, url: str, world: World, ask: Ask) -> Gap | None:
    """Return that a URL cannot be looked at, as the gap of `key`, when its host lets nobody in.

    What the lock answers says nothing of what lies behind it.
    """
    host = await _host(url, world, ask)
    if host is None or host.fault != "locked":
        return None
    reason = f"a password is asked for before anything is shown ({ASKS_WHO})"
    return Gap(key=key, reason=reason, because=host.key)


async def _host(url: str, world: World, ask: Ask) -> HostAnswers | None:
    """Return what the declared host of a URL on HTTPS answers; None of others, and when untold."""
    entry = world.manifest.all_hosts.get(url_host(url))
    if entry is None or not entry.web or is_plain(url) or url_port(url) != 443:
        return None
    host = await ask(HostAnswers, host_of(url, world))
    return host if isinstance(host, HostAnswers) else None


async def readable(key: Key, ask: Ask) -> Exchange | Gap:
    """Return what visitors get at the URL that `key` is about; its gap where there is nothing to read."""
    found = await ask(Exchange, key.subject)
    if isinstance(found, Exchange) and not found.fault:
        return found
    because = Key(Exchange, key.subject)
    if isinstance(found, Gap):
        return Gap(key=key, reason=found.reason, because=because, ours=found.ours)
    return Gap(key=key, reason=found.challenge or found.trouble, because=because)


def broken(answer: Exchange) -> bool:
    """Return whether the answer is no HTTP or a server's error; a challenge is somebody else's."""
    return not answer.challenge and (answer.fault == "garbled" or answer.status >= 500)


def asks_who(answer: Exchange) -> bool:
    """Return whether the answer asks who is there, and shows nothing to who does not say."""
    return answer.status == ASKS_WHO and not answer.challenge and not answer.fault


def _missing(answer: Exchange) -> bool:
    return answer.status in {404, 410} and not answer.challenge


async def exchanges(urls: Iterable[str], world: World, ask: Ask) -> list[Exchange | Gap]:
    """Return what visitors get at each of the URLs, asked side by side."""
    subjects = [subject_of(wire_url(url), world) for url in urls]
    return list(await asyncio.gather(*(ask(Exchange, s) for s in subjects)))
