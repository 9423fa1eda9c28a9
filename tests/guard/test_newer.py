from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import create_async_engine

from launchready.guard.once import forget, newer
from tests.databases import async_url
from tests.guard.granting import opened

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    engine = opened(database)
    yield engine
    engine.dispose()


def applied(engine: Engine, *events: tuple[datetime, int]) -> list[bool]:
    with engine.begin() as connection:
        return [newer(connection, "sub_1", created, rank=rank) for created, rank in events]


def test_an_older_event_is_not_applied_over_a_newer_one(engine: Engine) -> None:
    events = [(NOON, 0), (NOON - SECOND, 9), (NOON + SECOND, 0), (NOON, 0)]
    assert applied(engine, *events) == [True, False, True, False]


def test_a_microsecond_decides(engine: Engine) -> None:
    microsecond = timedelta(microseconds=1)
    events = [(NOON, 0), (NOON - microsecond, 0), (NOON + microsecond, 0)]
    assert applied(engine, *events) == [True, False, True]


def test_within_the_same_second_the_rank_decides_and_then_the_later_delivery(
    engine: Engine,
) -> None:
    assert applied(engine, (NOON, 1), (NOON, 0), (NOON, 1), (NOON, 2)) == [True, False, True, True]


def test_times_of_two_zones_are_compared_as_moments(engine: Engine) -> None:
    east = NOON.astimezone(timezone(timedelta(hours=9)))
    assert applied(engine, (NOON, 0), (east - SECOND, 0), (east, 0)) == [True, False, True]


def test_times_before_1970_are_ordered_too(engine: Engine) -> None:
    old = datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert applied(engine, (old, 0), (old - SECOND, 0)) == [True, False]


def test_subjects_do_not_meet(engine: Engine) -> None:
    with engine.begin() as connection:
        assert newer(connection, "sub_1", NOON)
        assert newer(connection, "sub_2", NOON - SECOND)


def test_what_is_rolled_back_is_not_the_newest(engine: Engine) -> None:
    connection = engine.connect()
    assert newer(connection, "sub_1", NOON)
    connection.close()
    assert applied(engine, (NOON - SECOND, 0)) == [True]


def test_twenty_at_once_leave_the_newest_as_the_last_one_applied(engine: Engine) -> None:
    order = [number * 7 % 20 for number in range(20)]

    def deliver(number: int) -> bool:
        return applied(engine, (NOON + number * SECOND, 0))[0]

    with ThreadPoolExecutor(20) as pool:
        answers = dict(zip(order, pool.map(deliver, order), strict=True))
    assert answers[19] is True
    assert applied(engine, (NOON + 18 * SECOND, 0), (NOON + 19 * SECOND, 0)) == [False, True]


@pytest.mark.usefixtures("engine")
async def test_async_code_awaits_it(database: str) -> None:
    apart = create_async_engine(async_url(database))
    async with apart.begin() as connection:
        assert await newer(connection, "sub_1", NOON) is True
        assert await newer(connection, "sub_1", NOON - SECOND) is False
    await apart.dispose()


def test_old_subjects_are_forgotten(engine: Engine) -> None:
    assert applied(engine, (NOON, 0)) == [True]
    with engine.begin() as connection:
        assert forget(connection, now=NOON.timestamp() + 39 * 86400) == 0
        assert forget(connection, now=NOON.timestamp() + 41 * 86400) == 1


@pytest.mark.parametrize(
    ("subject", "created", "wrong"),
    [
        ("", NOON, "255 characters"),
        ("s" * 256, NOON, "255 characters"),
        ("sub_1", NOON.replace(tzinfo=None), "without a zone"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    subject: str, created: datetime, wrong: str, tmp_path: Path
) -> None:
    engine = opened(f"sqlite:///{tmp_path}/app.db")
    with engine.begin() as connection, pytest.raises(ValueError, match=wrong):
        newer(connection, subject, created)
    engine.dispose()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(deliveries=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=1))
def test_whatever_the_order_what_is_applied_last_is_the_newest(
    engine: Engine, deliveries: list[tuple[int, int]]
) -> None:
    connection = engine.connect()
    last = None
    for seconds, rank in deliveries:
        if newer(connection, "sub_1", NOON + seconds * SECOND, rank=rank):
            last = (seconds, rank)
    connection.close()  # rolled back: the next example starts afresh
    assert last == max(deliveries)
