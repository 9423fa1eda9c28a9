"""Spending in the app's own database, for every process alike: SQLite or PostgreSQL.

spending = spending_table(metadata)         # for create_all, or Alembic's autogenerate
guide = Chat.of(manifest, ledger=SqlLedger(engine, spending))
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, Column, MetaData, String, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from launchready.guard.chat.ledger import (
    EVERYBODY,
    Claim,
    LedgerError,
    Limits,
    Refusal,
    Spend,
    admitted,
    corrected,
)

BATCH = 200
"""Entries written in one transaction; databases bound how many names one query may have."""


def spending_table(metadata: MetaData, name: str = "ai_spending") -> Table:
    """Return the table: a row a month and member, and one a month for everybody together."""
    return Table(
        name,
        metadata,
        Column("month", String(7), primary_key=True),
        Column("member", String(255), primary_key=True),
        Column("tokens", BigInteger, nullable=False),
        Column("nanodollars", BigInteger, nullable=False),
    )


@dataclass(slots=True, kw_only=True, eq=False)
class _Entry:
    claim: Claim
    apply: Callable[[dict[str, Spend]], Refusal | None]
    done: asyncio.Future[Refusal | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class SqlLedger:
    """A ledger that other processes share.

    Whoever writes holds the row of the whole launch first, so that no two decide by the same figures
    and none waits for another in a circle. What is asked for while one transaction is under way goes
    together into the next, so that 200 questions at once take a few transactions, not 200.
    """

    def __init__(self, engine: AsyncEngine, table: Table) -> None:
        self._engine = engine
        self._table = table
        self._waiting: list[_Entry] = []
        self._writer: asyncio.Task[None] | None = None
        insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
        self._insert: Any = insert

    async def reserve(self, claim: Claim, limits: Limits) -> Refusal | None:
        """Count a claim at its worst case, or return which budget does not cover it.

        Raises LedgerError. Cancelled while it waits, it takes back what was counted.
        """
        entry = _Entry(claim=claim, apply=lambda totals: admitted(totals, claim, limits))
        try:
            return await self._written(entry)
        except asyncio.CancelledError:
            entry.done.add_done_callback(lambda done: self._take_back(done, claim))
            raise

    async def settle(self, claim: Claim, used: Spend) -> None:
        """Replace a claim's worst case by what was used. Raises LedgerError; the worst case stays."""
        await self._written(_settling(claim, used))

    async def spent(self, month: str, member: str | None = None) -> Spend:
        """Return what a member, or without one the whole launch, has spent. Raises LedgerError."""
        try:
            async with self._engine.connect() as connection:
                totals = await self._totals(connection, month, [member or EVERYBODY])
        except (SQLAlchemyError, OSError) as error:
            raise LedgerError(type(error).__name__) from None
        return totals.get(member or EVERYBODY, Spend())

    async def _written(self, entry: _Entry) -> Refusal | None:
        self._put(entry)
        return await asyncio.shield(entry.done)

    def _put(self, entry: _Entry) -> None:
        self._waiting.append(entry)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())

    def _take_back(self, done: asyncio.Future[Refusal | None], claim: Claim) -> None:
        if not done.cancelled() and done.exception() is None and done.result() is None:
            self._put(_settling(claim, Spend()))

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            try:
                async with self._engine.begin() as connection:
                    results = await self._apply(connection, batch)
            except (SQLAlchemyError, OSError) as error:
                # The error's own words may hold the members' names.
                for entry in batch:
                    _fail(entry, LedgerError(type(error).__name__))
                continue
            except BaseException:
                for entry in batch:
                    _fail(entry, LedgerError("not written"))
                raise
            for entry, result in zip(batch, results, strict=True):
                if not entry.done.done():
                    entry.done.set_result(result)

    async def _apply(
        self, connection: AsyncConnection, batch: Sequence[_Entry]
    ) -> list[Refusal | None]:
        months = {e.claim.month: set[str]() for e in sorted(batch, key=lambda e: e.claim.month)}
        for entry in batch:
            months[entry.claim.month] |= {entry.claim.member or EVERYBODY, EVERYBODY}
        before: dict[str, dict[str, Spend]] = {}
        for month, names in months.items():
            await self._hold(connection, month)
            before[month] = await self._totals(connection, month, sorted(names))
        after = {month: dict(totals) for month, totals in before.items()}
        results = [entry.apply(after[entry.claim.month]) for entry in batch]
        rows = [
            {"month": m, "member": n, "tokens": s.tokens, "nanodollars": s.nanodollars}
            for m, totals in after.items()
            for n, s in totals.items()
            if before[m].get(n) != s
        ]
        if rows:
            insert = self._insert(self._table)
            values = {c: insert.excluded[c] for c in ("tokens", "nanodollars")}
            upsert = insert.on_conflict_do_update(index_elements=["month", "member"], set_=values)
            await connection.execute(upsert, rows)
        return results

    async def _hold(self, connection: AsyncConnection, month: str) -> None:
        """Lock the row of the whole launch until the transaction's end, and make it if need be."""
        insert = self._insert(self._table).values(
            month=month, member=EVERYBODY, tokens=0, nanodollars=0
        )
        unchanged = {"tokens": self._table.c.tokens}
        await connection.execute(
            insert.on_conflict_do_update(index_elements=["month", "member"], set_=unchanged)
        )

    async def _totals(
        self, connection: AsyncConnection, month: str, names: Sequence[str]
    ) -> dict[str, Spend]:
        table = self._table
        found = await connection.execute(
            select(table.c.member, table.c.tokens, table.c.nanodollars).where(
                table.c.month == month, table.c.member.in_(names)
            )
        )
        return {name: Spend(tokens=t, nanodollars=n) for name, t, n in found}


def _settling(claim: Claim, used: Spend) -> _Entry:
    def apply(totals: dict[str, Spend]) -> None:
        corrected(totals, claim, used)

    return _Entry(claim=claim, apply=apply)


def _fail(entry: _Entry, error: LedgerError) -> None:
    if not entry.done.done():
        entry.done.set_exception(error)
        # Whoever asked may have left; that is no error of theirs.
        entry.done.exception()
