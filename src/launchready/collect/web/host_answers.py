"""What a host answers wherever it is asked: whether it works at all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from launchready.collect.explained import ASKS_WHO, asks_who, broken, exchanges
from launchready.collect.web.exchange import Asking, answer_to
from launchready.collect.web.nowhere import DEEP_PATH, DEEP_QUERY
from launchready.collect.world import World
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.http import Exchange, HostAnswers
from launchready.gather import Ask, Collector
from launchready.manifest import RouteEntry, RouteKind

INSISTS_MAX = 8
_OPENED: frozenset[RouteKind] = frozenset(
    {"page", "static", "auth", "signup", "invite", "reset", "checkout", "health"}
)
"""Kinds that nobody needs a session for."""
_BROWSER_ASKS = ("basic", "digest")


async def host_answers(subject: Subject, world: World, ask: Ask) -> HostAnswers | Gap:
    """Return what the host answers, or why it answers nothing.

    Nothing is sent that the entrance and the routes do not ask for anyway.
    """
    key = Key(HostAnswers, subject)
    root = f"https://{subject.name}"
    found = await exchanges((f"{root}/", f"{root}{DEEP_PATH}?{DEEP_QUERY}"), world, ask)
    gaps = [f for f in found if isinstance(f, Gap)]
    other = next((g for g in gaps if g.because != key), None)
    if other is not None and len(gaps) == len(found):
        because = other.key if other.because is not None or other.ours else None
        return Gap(key=key, reason=other.reason, because=because, ours=other.ours)
    own = [r for r in world.manifest.all_routes.values() if r.url.startswith(f"{root}/")]
    if all(isinstance(f, Gap) or broken(f) or asks_who(f) for f in found):
        # What needs neither the app nor its database says soonest that somebody is there.
        own.sort(key=lambda r: r.kind not in {"static", "health"})
        found += await exchanges((r.url for r in own), world, ask)
        found = await _insisted(found, world, ask)
    answers = {f.url: f for f in found if isinstance(f, Exchange)}
    silent = {
        f.key.subject.name: f.reason
        for f in found
        if isinstance(f, Gap) and f.because == key and f.nature != "not-asked"
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
    if not answers or not all(asks_who(a) for a in answers):
        return ""
    if any(route.status == ASKS_WHO for route in own):
        return ""
    wanted = {(a.headers.get("www-authenticate") or "").partition(" ")[0] for a in answers}
    if all(scheme.lower() in _BROWSER_ASKS for scheme in wanted):
        return f"401, {min(wanted).capitalize()} authentication"
    called = all(r.kind not in _OPENED or r.json_body or r.method not in {None, "GET"} for r in own)
    return "" if called else "401"


async def _insisted(found: list[Exchange | Gap], world: World, ask: Ask) -> list[Exchange | Gap]:
    """Return what was found where something answered; else ask what nobody waited for so far.

    A server that is silent a few times is not asked everything at once any more: a slow page
    or two must not speak for those that were left out.
    """
    if any(isinstance(f, Exchange) for f in found):
        return found
    asked = [f for f in found if not (isinstance(f, Gap) and f.nature == "not-asked")]
    left = [f.key for f in found if isinstance(f, Gap) and f.nature == "not-asked"]
    now = (
        answer_to(Asking(url=k.subject.name, insists=True), world, ask, subject=k.subject, key=k)
        for k in left[:INSISTS_MAX]
    )
    return [*asked, *await asyncio.gather(*now)]


COLLECTORS: dict[type[Fact], Collector] = {HostAnswers: host_answers}
