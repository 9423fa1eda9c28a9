"""What a page's own scripts load once they run: chunks, workers and settings, level by level."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from launchready.collect.explained import readable
from launchready.collect.web.address import subject_of, url_host
from launchready.collect.world import World
from launchready.derive.exposure.whose_files import may_hold_bundles
from launchready.derive.pages.later import inline_scripts, later, started
from launchready.derive.pages.page import loads
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.exposure import LoadedLater
from launchready.facts.http import Exchange
from launchready.gather import Ask, Collector

LEVELS_MAX = 4
ASKED_MAX = 120
"""So many files are asked for, for each page; names of the first levels come first."""
FOREIGN_MAX = 40
"""So many of them lie on hosts of others, who are not asked for more."""


async def loaded_later(subject: Subject, world: World, ask: Ask) -> LoadedLater | Gap:
    """Return what the page's scripts name on hosts of the launch, and what of it is there.

    Bundles often lie on a host that the manifest does not name: what is named on a host from which
    the page itself takes a script is read as well, unless that is a known service.

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
    bundles = {url_host(url) for url in scripts if may_hold_bundles(url_host(url))}
    read = _Read(own=frozenset(world.manifest.all_hosts), bundles=frozenset(bundles))
    linked_scripts = [s for s in scripts if url_host(s) in read.own | read.bundles]
    texts = [(page.url, own), *_texts(await _all(linked_scripts, world, ask))]
    found: dict[str, str] = {}
    names = [*started(page.text, base=page.url)] if markup else []
    for _ in range(LEVELS_MAX):
        names += await asyncio.to_thread(later, texts, page=page.url)
        new = read.of(n for n in dict.fromkeys(names) if n not in known)
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


@dataclass(slots=True, kw_only=True)
class _Read:
    """Which hosts are read for one page, and how much may still be asked of them."""

    own: frozenset[str]
    bundles: frozenset[str]
    left: int = ASKED_MAX
    left_foreign: int = FOREIGN_MAX

    def of(self, urls: Iterable[str]) -> list[str]:
        """Return what is asked of these, in order, and count it."""
        taken = []
        for url in urls:
            mine = url_host(url) in self.own
            if self.left > 0 and (
                mine or (url_host(url) in self.bundles and self.left_foreign > 0)
            ):
                self.left -= 1
                self.left_foreign -= not mine
                taken.append(url)
        return taken


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
