"""A route of one visitor's own, asked as a second visitor right after the first."""

from __future__ import annotations

import asyncio

from launchready.collect.web.exchange import Asking, answer_in_time
from launchready.collect.world import World
from launchready.derive.caching.given import given, given_again
from launchready.derive.caching.personal import judged_answers
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.ways import SecondVisitor, Visit
from launchready.gather import Ask, Collector

ONCE_MORE_AFTER_S = 2.0
"""A signed cookie may count the time in whole seconds, and be the same within one."""


async def second_visitor(subject: Subject, world: World, ask: Ask) -> SecondVisitor | Gap:
    """Return what two visitors without cookies get, one after the other."""
    key = Key(SecondVisitor, subject)
    seen = await ask(Visit, subject)
    if isinstance(seen, Gap):
        return Gap(key=key, reason=seen.reason, because=seen.because or seen.key, ours=seen.ours)
    judged = judged_answers(seen)
    if not judged or seen.fault.removesuffix("-call") not in {"", "missing"}:
        reason = "the route itself gave no answer to judge"
        return Gap(key=key, reason=reason, because=seen.because or seen.key)
    first = next((a for a in judged if given(a)), judged[-1])
    second = None
    if given(first):
        found = await answer_in_time(Asking(url=first.url), world, ask, key=key)
        if not isinstance(found, Gap) and given_again(first, found):
            await asyncio.sleep(ONCE_MORE_AFTER_S)
            found = await answer_in_time(Asking(url=first.url), world, ask, key=key)
        if isinstance(found, Gap):
            return found
        second = found
    return SecondVisitor(
        subject=subject,
        at=world.now(),
        how=f"{first.how}  # twice",
        route=seen.route,
        first=first,
        second=second,
    )


COLLECTORS: dict[type[Fact], Collector] = {SecondVisitor: second_visitor}
