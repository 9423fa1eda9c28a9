"""What a host answers wherever it is asked: whether it works at all."""

from __future__ import annotations

import asyncio

from launchready.collect.explained import broken, exchanges
from launchready.collect.http import Asking, answer_to
from launchready.collect.http_client import NOT_ASKED
from launchready.collect.nowhere import DEEP_PATH, DEEP_QUERY
from launchready.collect.world import World
from launchready.expected import routes
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.http import Exchange, HostAnswers
from launchready.gather import Ask, Collector

INSISTS_MAX = 8


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
    if all(isinstance(f, Gap) or broken(f) for f in found):
        own = [r for r in routes(world.manifest) if r.url.startswith(f"{root}/")]
        # What needs neither the app nor its database says soonest that somebody is there.
        own.sort(key=lambda r: r.kind not in {"static", "health"})
        found += await exchanges((r.url for r in own), world, ask)
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
    )


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


COLLECTORS: dict[type[Fact], Collector] = {HostAnswers: host_answers}
