"""Guard's figures, read with the token that the launch's environment holds.

A secret goes out here: only over verified TLS, only to a host for which the run has permission,
and nowhere else, whatever the answer says. Nothing that the server wrote goes further than this
file, since it might hold the token.
"""

from __future__ import annotations

import os

from launchready.collect.active.permission import refusal
from launchready.collect.explained import asks_who, behind_lock, explained
from launchready.collect.web.exchange import Asking, answer_to
from launchready.collect.world import World
from launchready.derive.guard_figures import is_figures, parts
from launchready.derive.pages.challenge import LET_US_THROUGH
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.guarding import GuardFigures
from launchready.facts.http import Exchange
from launchready.gather import Ask, Collector

BODY_MAX_BYTES = 2_000_000
"""A page with a thousand routes has less."""


async def guard_figures(subject: Subject, world: World, ask: Ask) -> GuardFigures | Gap:
    """Return what a host's guard says of itself, or why it was not asked."""
    key, url = Key(GuardFigures, subject), f"https://{subject.name}/metrics"
    variable = world.manifest.guard.metrics_token_env or ""
    refused = await refusal(key, url, world, ask)
    if refused is not None:
        return refused
    token = os.environ.get(variable, "")
    # A line break would end the field and begin another one.
    if not token or not all("!" <= c <= "~" for c in token):
        fault = "holds more than a header field can carry" if token else "is not set"
        return Gap(
            key=key,
            reason=f"{variable}, with which guard's figures are read, {fault}",
            how_to_prove=f"Set {variable} for this run, as the app has it.",
        )
    asking = Asking(
        url=url, headers=(("Authorization", f"Bearer {token}"),), fresh=True, verified_only=True,
        body_max_bytes=BODY_MAX_BYTES,
    )  # fmt: skip
    answer = await answer_to(asking, world, ask, key=key)
    if isinstance(answer, Gap):
        return answer
    if answer.challenge:
        return Gap(
            key=key,
            reason=f"bot protection ({answer.challenge}) answered instead of the app",
            how_to_prove=LET_US_THROUGH,
        )
    if answer.trouble or answer.status >= 500:
        seen = str(answer.status) if answer.status else "what is not HTTP"
        reason = f"the server answered with {seen}"
        return Gap(key=key, reason=reason, because=await explained(answer, world, ask))
    if asks_who(answer) and (lock := await behind_lock(key, answer.url, world, ask)) is not None:
        return lock
    return _fact(answer, subject, world, variable)


def _fact(answer: Exchange, subject: Subject, world: World, variable: str) -> GuardFigures:
    figures = answer.status == 200 and is_figures(answer.content_type, answer.text)
    found = parts(answer.text) if figures else ()
    seen = str(answer.status)
    if answer.location is not None:
        seen += ", a redirect, which was not followed"
    elif figures:
        seen += ", figures" + ("" if found else " that do not tell of guard's parts")
    elif answer.status == 200:
        seen += ", but no Prometheus page"
    return GuardFigures(
        subject=subject,
        at=world.now(),
        how=f'curl -s -H "Authorization: Bearer ${variable}" https://{subject.name}/metrics',
        token_env=variable,
        status=answer.status,
        seen=seen,
        parts=found,
    )


COLLECTORS: dict[type[Fact], Collector] = {GuardFigures: guard_figures}
