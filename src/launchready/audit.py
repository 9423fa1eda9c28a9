"""An audit from end to end: what to ask, asking it, judging it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from launchready.causes import causes_of
from launchready.checks import catalogue
from launchready.collect import collectors
from launchready.collect.world import World
from launchready.expected import DISCOVERS, FOLLOWS, expected
from launchready.facts import Fact, Gap, Key
from launchready.facts.active import Throttling
from launchready.facts.declared import Declared
from launchready.facts.dns import Resolution
from launchready.facts.exposure import LoadedLater, SecretScan, SourceMap
from launchready.facts.http import Exchange, Repeat
from launchready.facts.ways import Visit
from launchready.finding import Check
from launchready.gather import Gatherer
from launchready.judge import Observed, judge
from launchready.manifest import Manifest
from launchready.verdict import Verdict, decide

OFFLINE = (
    "Nothing could be looked up: no DNS resolver is of use from here. "
    "Check this machine's network and run it again."
)
"""What `is_offline` means for who ran a command."""


class UnknownCheckError(ValueError):
    """A name that is neither a check's id nor a family."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What an audit came to."""

    manifest: Manifest
    from_file: bool
    verdict: Verdict
    observed: Mapping[Key, Fact | Gap]
    started: datetime
    finished: datetime
    active: bool
    crashes: tuple[str, ...]


def choose(only: Collection[str] = (), skip: Collection[str] = ()) -> tuple[Check, ...]:
    """Return the checks of the catalogue that `only` and `skip` (ids or families) leave.

    Raises UnknownCheckError, which names the nearest, on a word that is neither.
    """
    every = catalogue()
    known = {c.id for c in every} | {c.family for c in every}
    for word in [*only, *skip]:
        if word not in known:
            raise UnknownCheckError(unknown_check(word, known))
    return tuple(
        c
        for c in every
        if (not only or {c.id, c.family} & set(only)) and not {c.id, c.family} & set(skip)
    )


def unknown_check(word: str, known: Collection[str]) -> str:
    """Return the sentence that says what is not known and what is nearest to it."""
    import difflib  # noqa: PLC0415 - only for a mistyped word

    close = difflib.get_close_matches(word.lower()[:100], sorted(known), n=1, cutoff=0.5)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"There is no check or family {word!r}.{hint} `launchready checks` lists them."


async def audit(
    world: World,
    checks: Sequence[Check],
    *,
    on_observed: Callable[[Key, Fact | Gap], None] = lambda _key, _found: None,
    stop: asyncio.Event | None = None,
    seen: Mapping[Key, Fact | Gap] | None = None,
    causes: Sequence[Check] = (),
) -> Audit:
    """Collect what the checks need and judge it; what was `seen` before is not collected again.

    `causes` are checks that speak only where their finding is what kept others from being judged.
    When `stop` is set, collecting ends within a second and the verdict is marked as partial.
    """
    started = world.now()
    gatherer = Gatherer(world=world, collectors=collectors(), on_observed=on_observed)
    gatherer.observed.update(seen or {})
    kinds = _needed_kinds(checks)
    read: dict[Key, frozenset[Key]] = {}

    def wanted(observed: Observed, now: set[type[Fact]]) -> set[Key]:
        return {key for key in expected(world.manifest, observed, read) if key.kind in now}

    def before_bursts(observed: Observed) -> set[Key]:
        keys = wanted(observed, kinds - {Throttling})
        searched = {k for k in keys if k.kind is SecretScan and k.subject.kind == "url"}
        # One search in everything costs little more than one in a page: it begins when all are there.
        pages = {key for key in keys if key.kind in {Visit, LoadedLater}}
        pages |= {Key(Exchange, key.subject) for key in searched}
        if all(key in observed for key in pages):
            gatherer.begin(searched)
        return keys - searched

    async def gather() -> None:
        # A limit that a burst reaches may close the whole host: bursts come when all else is there.
        await gatherer.gather(before_bursts, DISCOVERS | {Repeat, SourceMap})
        await gatherer.gather(lambda observed: wanted(observed, kinds), DISCOVERS)

    gathering = asyncio.create_task(gather())
    stopping = asyncio.create_task(stop.wait() if stop is not None else asyncio.Event().wait())
    try:
        await asyncio.wait({gathering, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        partial = not gathering.done()
        for task in (gathering, stopping):
            task.cancel()
        await asyncio.wait({gathering, stopping}, timeout=1)
    if partial:
        # Bursts and searches come last: what had not begun yet was not left out in silence.
        gatherer.keys |= wanted(gatherer.observed, kinds)
        gatherer.close()
    else:
        gathering.result()
    known = {key: gatherer.observed[key] for key in gatherer.keys}
    outcomes = judge(checks, known)
    others = [c for c in causes if c not in set(checks)]
    own = expected(world.manifest, gatherer.observed, read)
    verdict = decide(
        gatherer.keys,
        gatherer.observed,
        [*outcomes, *causes_of(outcomes, gatherer.observed, own, others)],
        partial=partial,
        left_out={c.bar for c in catalogue() if c.bar is not None and c not in set(checks)},
        offline=is_offline(gatherer.observed),
    )
    return Audit(
        manifest=world.manifest,
        from_file=world.from_file,
        verdict=verdict,
        observed=gatherer.observed,
        started=started,
        finished=world.now(),
        active=world.active,
        crashes=tuple(gatherer.crashes),
    )


def is_offline(observed: Observed) -> bool:
    """Return whether nothing could be looked up at all, because of our own network alone."""
    looks = [found for key, found in observed.items() if key.kind is Resolution]
    if looks:
        return all(isinstance(f, Gap) and f.ours for f in looks)
    # A few checks alone may ask for records and for no address.
    outside = [found for key, found in observed.items() if key.kind is not Declared]
    return all(isinstance(f, Gap) for f in outside) and any(
        isinstance(f, Gap) and f.ours for f in outside
    )


def _needed_kinds(checks: Sequence[Check]) -> set[type[Fact]]:
    kinds: set[type[Fact]] = {Declared} | {n.kind for c in checks for n in c.needs}
    return kinds.union(*(FOLLOWS[k] for k in kinds if k in FOLLOWS))
