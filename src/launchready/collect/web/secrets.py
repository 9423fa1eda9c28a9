"""The bodies of pages and bundles, searched for secrets."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from launchready.collect.explained import readable
from launchready.collect.web.secret_engine import EngineError
from launchready.collect.web.source_maps import inside
from launchready.collect.world import World
from launchready.derive.exposure.source_text import own_text
from launchready.derive.pages.unseen import unseen
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.exposure import SecretScan, SecretSighting
from launchready.facts.http import Exchange
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
        sightings, of_sources = await _searched(answer, world)
    except EngineError as error:
        return Gap(key=key, reason=str(error))
    return SecretScan(
        subject=subject,
        at=world.now(),
        how=f"{answer.how}, searched",
        sightings=sightings,
        scanned_bytes=len(answer.body),
        complete=not answer.body_cut,
        of_sources=of_sources,
    )


async def _searched(answer: Exchange, world: World) -> tuple[tuple[SecretSighting, ...], bool]:
    """Return the secrets in a body, and whether it is a source map, of which its sources are searched.

    Those in a map that a file carries in itself stand in the line where it does.
    """
    if not answer.body.strip():
        return (), False
    sources = await asyncio.to_thread(own_text, answer.body)
    if sources is not None:
        return await world.secrets.search(sources.encode("utf-8", "replace")), True
    found = await world.secrets.search(answer.body)
    carried = inside(answer)
    if carried and (sources := await asyncio.to_thread(own_text, carried)):
        known = {s.fingerprint for s in found}
        line = answer.body.rstrip().count(b"\n") + 1
        more = await world.secrets.search(sources.encode("utf-8", "replace"))
        found += tuple(replace(s, line=line) for s in more if s.fingerprint not in known)
    return found, False


async def _of_unseen(key: Key, ask: Ask) -> Gap:
    """Return that what a page loads was not searched, with the reason that the page was not seen."""
    visit = await ask(Visit, key.subject)
    if isinstance(visit, Gap):
        return replace(visit, key=key, because=visit.key)
    return Gap(key=key, reason=unseen(visit), because=visit.key)


COLLECTORS: dict[type[Fact], Collector] = {SecretScan: secret_scan}
