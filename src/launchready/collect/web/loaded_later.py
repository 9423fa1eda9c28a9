"""What a page's own scripts load once they run: chunks, workers and settings, level by level."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from launchready.collect.explained import readable
from launchready.collect.web.address import subject_of, url_host
from launchready.collect.world import World
from launchready.derive.pages.later import inline_scripts, later, started
from launchready.derive.pages.page import loads
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.exposure import LoadedLater
from launchready.facts.http import Exchange
from launchready.gather import Ask, Collector

LEVELS_MAX = 4
ASKED_MAX = 120
"""So many files are asked for, for each page; names of the first levels come first."""


async def loaded_later(subject: Subject, world: World, ask: Ask) -> LoadedLater | Gap:
    """Return what the page's scripts on hosts of the launch name, and what of it is there.

    A script that is a route of its own is read as such.

    A name in a script need not be a file: what is answered by an error or by a page is left out.
    What gets no answer stays in, for nobody knows what stands there.
    """
    page = await readable(Key(LoadedLater, subject), ask)
    if isinstance(page, Gap):
        return page
    markup = "html" in page.content_type
    linked = loads(page.text, base=page.url) if markup else ()
    known = {page.url, *(loaded.url for loaded in linked if loaded.kind in {"script", "style"})}
    scripts = [loaded.url for loaded in linked if loaded.kind == "script"]
    own = await asyncio.to_thread(inline_scripts, page.text) if markup else page.text
    texts = [(page.url, own), *_texts(await _all(_own(scripts, world), world, ask))]
    found: dict[str, str] = {}
    names = [*started(page.text, base=page.url)] if markup else []
    asked = 0
    for _ in range(LEVELS_MAX):
        names += await asyncio.to_thread(later, texts, page=page.url)
        new = [n for n in dict.fromkeys(_own(names, world)) if n not in known]
        new = new[: ASKED_MAX - asked]
        asked += len(new)
        known.update(new)
        there = [f for f in await _all(new, world, ask) if _is_there(f)]
        found |= {_url(f): _kind(f) for f in there}
        fresh = _texts(there)
        if not fresh:
            break
        # The names of webpack's chunks stand in one script, their numbers in others.
        texts, names = [*texts, *fresh], []
    return LoadedLater(
        subject=subject,
        at=world.now(),
        how=f"{page.how}, its scripts read",
        scripts=tuple(url for url, kind in found.items() if kind == "script"),
        others=tuple(url for url, kind in found.items() if kind != "script"),
    )


async def _all(urls: Sequence[str], world: World, ask: Ask) -> list[Exchange | Gap]:
    return await asyncio.gather(*(ask(Exchange, subject_of(url, world)) for url in urls))


def _own(urls: Sequence[str], world: World) -> list[str]:
    return [url for url in urls if url_host(url) in world.manifest.all_hosts]


def _is_there(found: Exchange | Gap) -> bool:
    if isinstance(found, Gap):
        return True
    return found.status == 200 and not found.fault and "html" not in found.content_type


def _texts(found: Sequence[Exchange | Gap]) -> list[tuple[str, str]]:
    return [
        (f.url, f.text)
        for f in found
        if isinstance(f, Exchange) and _is_there(f) and _kind(f) == "script"
    ]


def _url(found: Exchange | Gap) -> str:
    return found.subject.name if isinstance(found, Exchange) else found.key.subject.name


def _kind(found: Exchange | Gap) -> str:
    if isinstance(found, Exchange) and "script" in found.content_type:
        return "script"
    return "script" if _url(found).partition("?")[0].endswith((".js", ".mjs")) else "other"


COLLECTORS: dict[type[Fact], Collector] = {LoadedLater: loaded_later}
