"""The bodies of pages and bundles, searched for secrets."""

from __future__ import annotations

from launchready.collect.explained import readable
from launchready.collect.web.secret_engine import EngineError
from launchready.collect.world import World
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.exposure import SecretScan
from launchready.gather import Ask, Collector


async def secret_scan(subject: Subject, world: World, ask: Ask) -> SecretScan | Gap:
    """Return the secrets in the body of the subject's URL, without their values."""
    key = Key(SecretScan, subject)
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


COLLECTORS: dict[type[Fact], Collector] = {SecretScan: secret_scan}
