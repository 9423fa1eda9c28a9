from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard.limits.rules import Rule
from launchready.guard.limits.throttle import Throttle, fields
from launchready.guard.limits.windows import Windows

FIVE = Rule(name="five", requests=5, window_s=60)
TWO = Rule(name="two", requests=2, window_s=600, by="account")


@dataclass(slots=True)
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_as_many_as_the_rule_says_are_let_in_and_no_more() -> None:
    throttle = Throttle()
    tallies = [await throttle.hit(FIVE, "ana") for _ in range(7)]
    assert [t.allowed for t in tallies] == [True] * 5 + [False] * 2
    assert [t.remaining for t in tallies] == [4, 3, 2, 1, 0, 0, 0]
    assert {t.limit for t in tallies} == {5}


async def test_parallel_hits_let_in_exactly_as_many_as_the_rule_says() -> None:
    throttle = Throttle()
    tallies = await asyncio.gather(*(throttle.hit(FIVE, "ana") for _ in range(200)))
    assert sum(t.allowed for t in tallies) == 5


async def test_everyone_is_counted_apart_and_so_is_every_rule() -> None:
    throttle = Throttle()
    for _ in range(5):
        await throttle.hit(FIVE, "ana")
    assert (await throttle.hit(FIVE, "ben")).allowed
    assert (await throttle.hit(TWO, "ana")).allowed


async def test_the_window_moves_with_each_request() -> None:
    clock = Clock()
    throttle = Throttle(clock=clock)
    for _ in range(5):
        await throttle.hit(FIVE, "ana")
        clock.now += 10
    refused = await throttle.hit(FIVE, "ana")
    assert (refused.allowed, refused.reset_s) == (False, 10)
    clock.now += 9.9
    assert not (await throttle.hit(FIVE, "ana")).allowed
    clock.now += 0.1
    assert (await throttle.hit(FIVE, "ana")).allowed
    assert not (await throttle.hit(FIVE, "ana")).allowed


async def test_who_is_refused_and_goes_on_waits_no_longer() -> None:
    clock = Clock()
    throttle = Throttle(clock=clock)
    for _ in range(50):
        await throttle.hit(FIVE, "ana")
        clock.now += 1
    assert (await throttle.hit(FIVE, "ana")).reset_s == 10


async def test_a_refused_attempt_uses_up_no_other_rule() -> None:
    throttle = Throttle()
    for _ in range(20):
        await throttle.hit_all([(FIVE, "203.0.113.7"), (TWO, "ana")])
    assert (await throttle.hit(FIVE, "203.0.113.7")).remaining == 2


async def test_the_longest_wait_tells_of_a_refusal() -> None:
    throttle = Throttle()
    for _ in range(5):
        await throttle.hit(FIVE, "x")
    for _ in range(2):
        await throttle.hit(TWO, "x")
    tally = await throttle.hit_all([(FIVE, "x"), (TWO, "x")])
    assert (tally.rule, tally.reset_s) == (TWO, 600)


async def test_the_fewest_left_tells_of_what_is_let_in() -> None:
    tally = await Throttle().hit_all([(FIVE, "x"), (TWO, "x")])
    assert (tally.allowed, tally.rule, tally.remaining) == (True, TWO, 1)


async def test_to_forgive_takes_back_one_attempt_and_not_all() -> None:
    throttle = Throttle()
    for _ in range(5):
        await throttle.hit(FIVE, "ana")
    await throttle.forgive(FIVE, "ana")
    assert (await throttle.hit(FIVE, "ana")).allowed
    assert not (await throttle.hit(FIVE, "ana")).allowed


async def test_to_forgive_who_was_never_counted_does_nothing() -> None:
    throttle = Throttle()
    await throttle.forgive(FIVE, "ana")
    assert (await throttle.hit(FIVE, "ana")).remaining == 4


async def test_a_rule_that_became_stricter_holds_at_once() -> None:
    clock = Clock()
    throttle = Throttle(clock=clock)
    for _ in range(5):
        await throttle.hit(FIVE, "ana")
        clock.now += 10
    stricter = Rule(name="five", requests=2, window_s=60)
    tally = await throttle.hit(stricter, "ana")
    assert (tally.allowed, tally.reset_s) == (False, 40)


async def test_a_refusal_says_when_to_come_back_and_by_which_rule() -> None:
    throttle = Throttle()
    for _ in range(2):
        await throttle.hit(TWO, "ana")
    assert fields(await throttle.hit(TWO, "ana")) == [
        (b"ratelimit-policy", b'"two";q=2;w=600'),
        (b"ratelimit", b'"two";r=0;t=600'),
        (b"retry-after", b"600"),
    ]


async def test_what_is_let_in_is_told_what_is_left() -> None:
    assert fields(await Throttle().hit(FIVE, "203.0.113.7")) == [
        (b"ratelimit-policy", b'"five";q=5;w=60'),
        (b"ratelimit", b'"five";r=4;t=60'),
    ]


async def test_nobody_learns_how_often_an_account_was_tried() -> None:
    assert fields(await Throttle().hit(TWO, "ana")) == []


async def test_without_a_store_it_is_ready_and_closes() -> None:
    throttle = Throttle()
    await throttle.ready()
    await throttle.close()
    assert (throttle.store_down, throttle.fallbacks) == (False, 0)


async def test_no_name_is_kept_in_clear() -> None:
    throttle = Throttle()
    await throttle.hit(TWO, "ana@example.org")
    keys = [key for table in throttle._windows._tables.values() for key in table]
    assert len(keys) == 1
    assert len(keys[0]) == 16
    assert b"ana" not in keys[0]


async def test_the_same_name_has_another_key_in_another_process() -> None:
    one, other = Throttle(), Throttle()
    assert one._keyed("ana") != other._keyed("ana")
    assert Throttle(secret=b"s")._keyed("ana") == Throttle(secret=b"s")._keyed("ana")


async def test_any_text_can_be_counted() -> None:
    throttle = Throttle()
    for who in ("", "\udcff", "\x00", "é" * 10_000):
        assert (await throttle.hit(FIVE, who)).allowed


def test_a_flood_of_keys_fills_no_more_than_its_bound() -> None:
    windows = Windows(keys_max=100)
    for number in range(10_000):
        windows.take([(FIVE, b"%d" % number)])
    assert len(windows) == 100


def test_a_table_shrinks_when_a_flood_is_over() -> None:
    clock = Clock()
    windows = Windows(keys_max=1000, clock=clock)
    for number in range(1000):
        windows.take([(FIVE, b"%d" % number)])
    clock.now += 61
    for number in range(600):
        windows.take([(FIVE, b"again %d" % number)])
    assert len(windows) == 600


def test_a_flood_by_one_rule_leaves_the_other_rules_alone() -> None:
    windows = Windows(keys_max=100)
    windows.take([(TWO, b"ana")])
    for number in range(1000):
        windows.take([(FIVE, b"%d" % number)])
    free, counts = windows.take([(TWO, b"ana")])
    assert (free, counts[0].used) == (True, 1)


def test_a_flood_of_strangers_does_not_free_an_account_at_its_limit() -> None:
    windows = Windows(keys_max=100)
    for _ in range(2):
        windows.take([(TWO, b"ana")])
    for number in range(1000):
        windows.take([(TWO, b"%d" % number)])
    assert not windows.take([(TWO, b"ana")])[0]


@given(
    st.lists(st.tuples(st.floats(0, 30), st.sampled_from([b"a", b"b"])), max_size=80),
    st.integers(1, 6),
    st.integers(1, 60),
)
def test_no_window_of_time_ever_holds_more_than_the_rule_says(
    steps: list[tuple[float, bytes]], requests: int, window_s: int
) -> None:
    clock = Clock()
    windows = Windows(clock=clock)
    rule = Rule(name="any", requests=requests, window_s=window_s)
    taken: dict[bytes, list[float]] = {b"a": [], b"b": []}
    for wait_s, key in steps:
        clock.now += wait_s
        inside = [at for at in taken[key] if at > clock.now - window_s]
        free, (count,) = windows.take([(rule, key)])
        assert free == (len(inside) < requests)
        assert count.used == len(inside)
        if free:
            taken[key].append(clock.now)


@pytest.mark.parametrize("name", ["", 'a"b', "a b", "é", "-"])
def test_a_rule_has_a_name_that_may_stand_in_a_field(name: str) -> None:
    with pytest.raises(ValueError, match="letters, digits and hyphens"):
        Rule(name=name, requests=1, window_s=1)


def test_a_rule_lets_at_least_one_in() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Rule(name="none", requests=0, window_s=60)
