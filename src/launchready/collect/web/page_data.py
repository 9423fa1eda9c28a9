"""What strangers get where the scripts of a private page would fetch its data."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from launchready.collect.explained import untold
from launchready.collect.web.exchange import Asking, answer_in_time, answer_to
from launchready.collect.web.nowhere import DEEP_PATH
from launchready.collect.world import World
from launchready.derive.exposure.exposed_paths import SHOWN
from launchready.derive.pages.same_page import same_page
from launchready.derive.sign_in.page_data import builds, data_urls
from launchready.derive.sign_in.throttle import asks_to_wait
from launchready.expected import zone_of
from launchready.facts import Fact, Gap, Key, Subject, host_subject
from launchready.facts.exposure import PageData
from launchready.facts.http import Exchange
from launchready.facts.ways import Entrance, Visit
from launchready.gather import Ask, Collector

BODY_MAX_BYTES = 200_000
AT_ONCE = 4


async def page_data(subject: Subject, world: World, ask: Ask) -> PageData | Gap:
    """Return the answers that show something where a page's data may lie, asked without a session.

    What a page that exists nowhere is answered with in the same way shows nothing.
    """
    key = Key(PageData, subject)
    seen = await ask(Visit, subject)
    if isinstance(seen, Gap):
        return Gap(key=key, reason=seen.reason, because=seen.because or seen.key, ours=seen.ours)
    route = world.manifest.all_routes[subject.name]
    entrance = await ask(Entrance, host_subject(route.host, zone_of(world.manifest, route.host)))
    known = [hop.text for hop in seen.walk.hops]
    if isinstance(entrance, Entrance):
        known += [walk.last.text for walk in entrance.walks if walk.last is not None]
    names = await asyncio.to_thread(builds, known)
    urls = data_urls(route.url, names)
    nowhere = data_urls(_elsewhere(route.url), names)
    places = asyncio.Semaphore(AT_ONCE)

    async def one(url: str, other: str) -> Exchange | Gap | None:
        async with places:
            found = await answer_in_time(_asking(url), world, ask, key=key)
            if isinstance(found, Gap) or _tells_nothing(found):
                return found
            if found.status not in SHOWN:
                return None
            compared = await answer_to(_asking(other), world, ask, key=key)
            alike = isinstance(compared, Exchange) and same_page(found, compared)
            return None if alike else found

    pairs = zip(urls, nowhere, strict=True)
    answers = await asyncio.gather(*(one(url, other) for url, other in pairs))
    for answer in answers:
        if isinstance(answer, Gap):
            return answer
        if answer is not None and _tells_nothing(answer):
            return await untold(key, answer, world, ask)
    return PageData(
        subject=subject,
        at=world.now(),
        how=f"curl -si {urls[0]}  # and {len(urls) - 1} more",
        answers=tuple(a for a in answers if isinstance(a, Exchange)),
        asked=urls,
    )


def _elsewhere(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(path=DEEP_PATH).geturl()


def _asking(url: str) -> Asking:
    return Asking(url=url, body_max_bytes=BODY_MAX_BYTES)


def _tells_nothing(answer: Exchange) -> bool:
    return bool(answer.fault) or asks_to_wait(answer)


COLLECTORS: dict[type[Fact], Collector] = {PageData: page_data}
