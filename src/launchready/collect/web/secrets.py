"""The bodies of pages and bundles, searched for secrets."""

from __future__ import annotations

from dataclasses import replace

from launchready.collect.explained import readable
from launchready.collect.web.secret_engine import EngineError
from launchready.collect.world import World
from launchready.derive.pages.unseen import unseen
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.exposure import SecretScan
from launchready.facts.ways import Visit
from launchready.gather import Ask, Collector


async def secret_scan(subject: Subject, world: World, ask: Ask) -> SecretScan | Gap:
    """Return the secrets in the body of the subject's URL, without their values.

    The gap of a route is that of the page that was not seen.
    """
    key = Key(SecretScan, subject)
    if subject.kind == "route":
        return await _of_unseen(key, ask)
    answer = await readable(key, ask)
    if isinstance(answer, Gap):
        return answer
    try:
        sightings = await world.secrets.search(answer.body) if answer.body.strip() else ()
    except EngineError as error:
        return Gap(key=key, reason=str(error))
    return SecretScan(
        subject=subject,
        at=world.now(),
        how=f"{answer.how}, searched",
        sightings=sightings,
        scanned_bytes=len(answer.body),
        complete=not answer.body_cut,
    )


async def _of_unseen(key: Key, ask: Ask) -> Gap:
    """Return that what a page loads was not searched, with the reason that the page was not seen."""
    visit = await ask(Visit, key.subject)
    if isinstance(visit, Gap):
        return replace(visit, key=key, because=visit.key)
    return Gap(key=key, reason=unseen(visit), because=visit.key)


COLLECTORS: dict[type[Fact], Collector] = {SecretScan: secret_scan}
