from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar, cast

import pytest

from launchready.collect.world import World
from launchready.facts import Fact, Gap, Key, Subject, host_subject
from launchready.gather import Ask, Collector, Gatherer
from tests.making import AT, DOMAIN, HOST

OTHER = host_subject("app.example.org", DOMAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed(Fact):
    plain: ClassVar[str] = "the seed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fruit(Fact):
    plain: ClassVar[str] = "the fruit"


def gatherer(collectors: dict[type[Fact], Collector], deadline_s: float = 5.0) -> Gatherer:
    return Gatherer(
        world=cast("World", SimpleNamespace(deadline_s=deadline_s)), collectors=collectors
    )


async def seed(subject: Subject, _world: World, _ask: Ask) -> Seed:
    return Seed(subject=subject, at=AT, how="sown")


async def test_a_fact_that_many_ask_for_is_collected_once() -> None:
    times = 0

    async def counted(subject: Subject, _world: World, _ask: Ask) -> Seed:
        nonlocal times
        times += 1
        await asyncio.sleep(0)
        return Seed(subject=subject, at=AT, how="sown")

    async def fruit(subject: Subject, _world: World, ask: Ask) -> Fruit:
        await ask(Seed, HOST)
        return Fruit(subject=subject, at=AT, how="picked")

    g = gatherer({Seed: counted, Fruit: fruit})
    await g.gather(lambda _o: {Key(Seed, HOST), Key(Fruit, HOST), Key(Fruit, OTHER)}, frozenset())
    assert times == 1


async def test_what_was_begun_early_goes_on_and_is_not_collected_again() -> None:
    begun: list[Subject] = []
    open_ = asyncio.Event()

    async def slow(subject: Subject, _world: World, _ask: Ask) -> Seed:
        begun.append(subject)
        await open_.wait()
        return Seed(subject=subject, at=AT, how="sown")

    async def fruit(subject: Subject, _world: World, _ask: Ask) -> Fruit:
        return Fruit(subject=subject, at=AT, how="picked")

    g = gatherer({Seed: slow, Fruit: fruit})
    early = Key(Seed, HOST)
    g.begin({early})
    await g.gather(lambda _o: {Key(Fruit, HOST)}, frozenset())
    assert early not in g.observed
    open_.set()
    await g.gather(lambda _o: {Key(Fruit, HOST), early}, frozenset())
    assert isinstance(g.observed[early], Seed)
    assert begun == [HOST]


async def test_keys_that_follow_from_a_fact_are_collected_too() -> None:
    async def fruit(subject: Subject, _world: World, _ask: Ask) -> Fruit:
        return Fruit(subject=subject, at=AT, how="picked")

    def expected(observed: Mapping[Key, Fact | Gap]) -> set[Key]:
        first = Key(Seed, HOST)
        return {first, Key(Fruit, OTHER)} if first in observed else {first}

    g = gatherer({Seed: seed, Fruit: fruit})
    keys = await g.gather(expected, frozenset({Seed}))
    assert keys == set(g.observed) == {Key(Seed, HOST), Key(Fruit, OTHER)}


async def test_a_collector_that_hangs_is_a_gap_at_its_deadline() -> None:
    async def never(_subject: Subject, _world: World, _ask: Ask) -> Seed:
        await asyncio.Event().wait()
        raise AssertionError

    g = gatherer({Seed: never}, deadline_s=0.05)
    found = await g.ask(Seed, HOST)
    assert isinstance(found, Gap)
    assert "no answer within" in found.reason


async def test_a_bug_of_ours_is_a_gap_with_its_traceback_kept() -> None:
    async def broken(_subject: Subject, _world: World, _ask: Ask) -> Seed:
        raise ZeroDivisionError

    g = gatherer({Seed: broken})
    found = await g.ask(Seed, HOST)
    assert isinstance(found, Gap)
    assert "ZeroDivisionError" in found.reason
    assert "ZeroDivisionError" in g.crashes[0]


async def test_collectors_that_wait_for_each_other_end_as_a_gap() -> None:
    async def a(subject: Subject, _world: World, ask: Ask) -> Seed | Gap:
        found = await ask(Fruit, subject)
        assert isinstance(found, Gap)
        return Gap(key=Key(Seed, subject), reason=found.reason, because=found.key)

    async def b(subject: Subject, _world: World, ask: Ask) -> Fruit:
        await ask(Seed, subject)
        raise AssertionError

    g = gatherer({Seed: a, Fruit: b})
    found = await g.ask(Seed, HOST)
    assert isinstance(found, Gap)
    assert "collectors wait for each other" in g.crashes[0]


async def test_a_cancelled_run_closes_every_expected_key_with_a_gap() -> None:
    async def never(_subject: Subject, _world: World, _ask: Ask) -> Fruit:
        await asyncio.Event().wait()
        raise AssertionError

    g = gatherer({Seed: seed, Fruit: never})
    running = asyncio.create_task(
        g.gather(lambda _o: {Key(Seed, HOST), Key(Fruit, HOST)}, frozenset())
    )
    while Key(Seed, HOST) not in g.observed:  # noqa: ASYNC110 - the event would be the thing under test
        await asyncio.sleep(0.001)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    g.close()
    assert isinstance(g.observed[Key(Seed, HOST)], Seed)
    assert isinstance(g.observed[Key(Fruit, HOST)], Gap)
