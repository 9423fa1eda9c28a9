"""The ledger in memory, in SQLite and in PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from launchready.guard.chat import (
    Allowance,
    Claim,
    Ledger,
    LedgerError,
    Limits,
    MemoryLedger,
    Spend,
)
from launchready.guard.chat.sql import SqlLedger, spending_table
from tests.databases import async_url

METADATA = MetaData()
TABLE = spending_table(METADATA)
MONTH = "2026-11"


def claim(member: str | None = "m1", tokens: int = 10, month: str = MONTH) -> Claim:
    return Claim(month=month, member=member, worst=Spend(tokens=tokens, nanodollars=5 * tokens))


def limits(launch: int | None = None, member: int | None = None) -> Limits:
    return Limits(launch=Allowance(tokens=launch), member=Allowance(tokens=member))


@pytest.fixture
async def engines(database: str) -> AsyncIterator[Callable[[], AsyncEngine]]:
    made: list[AsyncEngine] = []

    def engine() -> AsyncEngine:
        made.append(create_async_engine(async_url(database)))
        return made[-1]

    async with engine().begin() as connection:
        await connection.run_sync(METADATA.create_all)
    yield engine
    for each in made:
        await each.dispose()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ledger]:
    if request.param == "memory":
        yield MemoryLedger()
        return
    file = f"sqlite:///{tmp_path}/ledger.db"
    url = file if request.param == "sqlite" else request.getfixturevalue("postgres")
    engine = create_async_engine(async_url(url))
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    yield SqlLedger(engine, TABLE)
    await engine.dispose()


async def test_a_claim_counts_at_its_worst_case_for_the_member_and_for_all(ledger: Ledger) -> None:
    assert await ledger.reserve(claim("m1"), limits()) is None
    assert await ledger.reserve(claim("m2"), limits()) is None
    assert await ledger.spent(MONTH, "m1") == Spend(tokens=10, nanodollars=50)
    assert await ledger.spent(MONTH) == Spend(tokens=20, nanodollars=100)


async def test_settling_replaces_the_worst_case(ledger: Ledger) -> None:
    await ledger.reserve(claim(), limits())
    await ledger.settle(claim(), Spend(tokens=3, nanodollars=7))
    assert await ledger.spent(MONTH) == Spend(tokens=3, nanodollars=7)
    assert await ledger.spent(MONTH, "m1") == Spend(tokens=3, nanodollars=7)


async def test_a_claim_that_is_never_settled_stays_at_its_worst_case(ledger: Ledger) -> None:
    await ledger.reserve(claim(tokens=10), limits(launch=15))
    assert await ledger.reserve(claim(tokens=10), limits(launch=15)) == "launch-budget"


async def test_a_refused_claim_counts_nowhere(ledger: Ledger) -> None:
    assert await ledger.reserve(claim("m1"), limits(member=9)) == "member-budget"
    assert await ledger.reserve(claim("m1"), limits(launch=9)) == "launch-budget"
    assert await ledger.spent(MONTH) == await ledger.spent(MONTH, "m1") == Spend()


async def test_a_claim_without_a_member_counts_for_all(ledger: Ledger) -> None:
    assert await ledger.reserve(claim(None), limits(launch=10, member=0)) is None
    assert (await ledger.spent(MONTH)).tokens == 10


async def test_each_month_begins_anew_and_the_last_ones_answers_settle_there(
    ledger: Ledger,
) -> None:
    await ledger.reserve(claim(), limits(launch=10))
    assert await ledger.reserve(claim(month="2026-12"), limits(launch=10)) is None
    await ledger.settle(claim(), Spend(tokens=1))
    assert (await ledger.spent(MONTH)).tokens == 1
    assert (await ledger.spent("2026-12")).tokens == 10


async def test_200_claims_at_once_never_overrun_the_limit(ledger: Ledger) -> None:
    found = await asyncio.gather(
        *(ledger.reserve(claim(f"m{n % 20}"), limits(launch=1000, member=70)) for n in range(200))
    )
    assert found.count(None) == 100
    assert (await ledger.spent(MONTH)).tokens == 1000
    members = [(await ledger.spent(MONTH, f"m{n}")).tokens for n in range(20)]
    assert sum(members) == 1000
    assert max(members) <= 70


async def test_processes_that_share_a_database_never_overrun_the_limit_together(
    engines: Callable[[], AsyncEngine],
) -> None:
    ledgers = [SqlLedger(engines(), TABLE) for _ in range(4)]
    found = await asyncio.gather(
        *(
            ledgers[n % 4].reserve(claim(f"m{n % 7}"), limits(launch=500, member=200))
            for n in range(200)
        )
    )
    assert found.count(None) == 50
    assert (await ledgers[0].spent(MONTH)).tokens == 500


async def test_a_claim_whose_asker_left_before_it_was_written_is_taken_back(
    engines: Callable[[], AsyncEngine],
) -> None:
    ledger = SqlLedger(engines(), TABLE)
    asking = asyncio.create_task(ledger.reserve(claim(), limits()))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    # The next entry is written after both.
    await ledger.settle(claim(tokens=0), Spend())
    async with asyncio.timeout(10):
        while (await ledger.spent(MONTH)).tokens:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


async def test_spending_outlives_the_process(engines: Callable[[], AsyncEngine]) -> None:
    await SqlLedger(engines(), TABLE).reserve(claim(), limits())
    assert (await SqlLedger(engines(), TABLE).spent(MONTH)).tokens == 10


async def test_a_missing_table_is_an_error_of_the_ledger_without_the_members_name(
    engines: Callable[[], AsyncEngine],
) -> None:
    ledger = SqlLedger(engines(), spending_table(MetaData(), "not_there"))
    for attempt in (ledger.reserve(claim("ann"), limits()), ledger.settle(claim("ann"), Spend())):
        with pytest.raises(LedgerError) as raised:
            await attempt
        assert "ann" not in str(raised.value)
    with pytest.raises(LedgerError):
        await ledger.spent(MONTH, "ann")
