"""What explains an error, or no answer: a host that gives nothing else, or a page that is judged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

from launchready.collect.http import Asking, answer_to
from launchready.collect.http_client import NOT_ASKED
from launchready.collect.nowhere import DEEP_PATH, DEEP_QUERY
from launchready.collect.web_address import host_of, subject_of, url_host, url_port, wire_url
from launchready.collect.world import World
from launchready.expected import routes, zone_of
from launchready.facts import Fact, Gap, Key, Subject, route_subject
from launchready.facts.hops import is_plain, same_page
from launchready.facts.http import Exchange, HostAnswers
from launchready.facts.ways import Visit
from launchready.gather import Ask, Collector
from launchready.manifest import RouteEntry, RouteKind

INSISTS_MAX = 8
_OPENED: frozenset[RouteKind] = frozenset(
    {"page", "static", "auth", "signup", "invite", "reset", "checkout", "health"}
)
"""Kinds that nobody needs a session for."""
ASKS_WHO = 401
LOCKED = "a password is asked for before anything is shown (401)"
_BROWSER_ASKS = ("basic", "digest")


async def host_answers(subject: Subject, world: World, ask: Ask) -> HostAnswers | Gap:
    """Return what the host answers, or why it answers nothing.

    Nothing is sent that the entrance and the routes do not ask for anyway.
    """
    key = Key(HostAnswers, subject)
    root = f"https://{subject.name}"
    found = await _exchanges((f"{root}/", f"{root}{DEEP_PATH}?{DEEP_QUERY}"), world, ask)
    gaps = [f for f in found if isinstance(f, Gap)]
    other = next((g for g in gaps if g.because != key), None)
    if other is not None and len(gaps) == len(found):
        because = other.key if other.because is not None or other.ours else None
        return Gap(key=key, reason=other.reason, because=because, ours=other.ours)
    own = [r for r in routes(world.manifest) if r.url.startswith(f"{root}/")]
    if all(isinstance(f, Gap) or _broken(f) or _asks_who(f) for f in found):
        # What needs neither the app nor its database says soonest that somebody is there.
        own.sort(key=lambda r: r.kind not in {"static", "health"})
        found += await _exchanges((r.url for r in own), world, ask)
        found = await _insisted(found, world, ask)
    answers = {f.url: f for f in found if isinstance(f, Exchange)}
    silent = {
        f.key.subject.name: f.reason
        for f in found
        if isinstance(f, Gap) and f.because == key and not f.reason.endswith(NOT_ASKED)
    }
    untold = next((f for f in found if isinstance(f, Gap) and f.because != key), None)
    if not answers and untold is not None:
        return Gap(key=key, reason=untold.reason, ours=untold.ours)
    return HostAnswers(
        subject=subject,
        at=world.now(),
        how=f"curl -si {root}/",
        answers=tuple(answers.values()),
        unanswered=tuple(silent),
        silence=next(iter(silent.values()), ""),
        lock=_lock(tuple(answers.values()), own),
    )


def _lock(answers: Sequence[Exchange], own: Sequence[RouteEntry]) -> str:
    """Return what a host's answers are when all of them want a password first, as before a launch.

    An API may answer 401 to everybody for good: there must be what visitors are meant to open, or
    the browser's own dialogue, which no app of today has. A route that is declared with 401 says
    that it is meant so.
    """
    if not answers or not all(_asks_who(a) for a in answers):
        return ""
    if any(route.status == ASKS_WHO for route in own):
        return ""
    wanted = {(a.headers.get("www-authenticate") or "").partition(" ")[0] for a in answers}
    if all(scheme.lower() in _BROWSER_ASKS for scheme in wanted):
        return f"401, {min(wanted).capitalize()} authentication"
    called = all(r.kind not in _OPENED or r.json_body or r.method not in {None, "GET"} for r in own)
    return "" if called else "401"


async def attributed(gap: Gap, ask: Ask) -> Gap:
    """Return the gap without its cause where that would be a silent host, and the host is none."""
    if gap.because is None or gap.because.kind is not HostAnswers:
        return gap
    host = await ask(HostAnswers, gap.because.subject)
    silent = isinstance(host, HostAnswers) and host.fault
    return gap if silent else replace(gap, because=None)


async def _insisted(found: list[Exchange | Gap], world: World, ask: Ask) -> list[Exchange | Gap]:
    """Return what was found where something answered; else ask what nobody waited for so far.

    A server that is silent a few times is not asked everything at once any more: a slow page
    or two must not speak for those that were left out.
    """
    if any(isinstance(f, Exchange) for f in found):
        return found
    asked = [f for f in found if not (isinstance(f, Gap) and f.reason.endswith(NOT_ASKED))]
    left = [f.key for f in found if isinstance(f, Gap) and f.reason.endswith(NOT_ASKED)]
    now = (
        answer_to(Asking(url=k.subject.name, insists=True), world, ask, subject=k.subject, key=k)
        for k in left[:INSISTS_MAX]
    )
    return [*asked, *await asyncio.gather(*now)]


async def explained(answer: Exchange, world: World, ask: Ask, *, route: str = "") -> Key | None:
    """Return the key of the judged fact that an error answer is owed to, None when there is none.

    `route` is the URL of the route that was asked: a route does not explain itself.
    """
    if not (_broken(answer) or _missing(answer) or _asks_who(answer)):
        return None
    entry = world.manifest.all_hosts.get(url_host(answer.url))
    known = entry is not None and entry.web and url_port(answer.url) == 443
    if not _missing(answer) and known and not is_plain(answer.url):
        host = await ask(HostAnswers, host_of(answer.url, world))
        faults = {"locked"} if _asks_who(answer) else {"silent", "garbled", "failing"}
        if isinstance(host, HostAnswers) and host.fault in faults:
            return host.key
    if _asks_who(answer):
        return None
    for other in routes(world.manifest):
        if other.url == route or not same_page(other.url, answer.url):
            continue
        # Asked by itself, without the cookies and codes that led here, it must fail as well.
        (own,) = await _exchanges((other.url,), world, ask)
        if isinstance(own, Exchange) and (_broken(own) or _missing(own)):
            return Key(Visit, route_subject(other.url, zone_of(world.manifest, other.host)))
    return None


async def behind_lock(key: Key, url: str, world: World, ask: Ask) -> Gap | None:
    """Return that a URL cannot be looked at, as the gap of `key`, when its host lets nobody in."""
    entry = world.manifest.all_hosts.get(url_host(url))
    if entry is None or not entry.web or url_port(url) != 443:
        return None
    host = await ask(HostAnswers, host_of(url, world))
    if isinstance(host, HostAnswers) and host.fault == "locked":
        return Gap(key=key, reason=LOCKED, because=host.key)
    return None


def _broken(answer: Exchange) -> bool:
    """Return whether the answer is no HTTP or a server's error; a challenge is somebody else's."""
    return not answer.challenge and (answer.fault == "garbled" or answer.status >= 500)


def _asks_who(answer: Exchange) -> bool:
    """Return whether the answer asks who is there, and shows nothing to who does not say."""
    return answer.status == ASKS_WHO and not answer.challenge and not answer.fault


def _missing(answer: Exchange) -> bool:
    return answer.status in {404, 410} and not answer.challenge


async def _exchanges(urls: Iterable[str], world: World, ask: Ask) -> list[Exchange | Gap]:
    subjects = [subject_of(wire_url(url), world) for url in urls]
    return list(await asyncio.gather(*(ask(Exchange, s) for s in subjects)))


COLLECTORS: dict[type[Fact], Collector] = {HostAnswers: host_answers}
