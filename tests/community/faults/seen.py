"""What a drill saw: its tests ask whether anything was wrong, the benchmark prints the figures."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Executable, create_engine

from tests.community.faults.visiting import Reply


@dataclass(slots=True, kw_only=True)
class Seen:
    """Answers and how long each took, in seconds; what was counted; and what should not be so."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    counted: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    async def note(self, asking: Awaitable[Reply]) -> Reply:
        """Wait for an answer and note it."""
        began = time.perf_counter()
        reply = await asking
        self.statuses[reply.status] += 1
        if reply.status:
            self.seconds.append(time.perf_counter() - began)
        return reply

    def expect(self, what: str, found: object, wanted: object) -> None:
        """Note what is not as wanted, observed first."""
        if found != wanted:
            self.wrong.append(f"{what}: {found!r}, {wanted!r} wanted")


async def at_most(count: int, work: Iterable[Awaitable[Reply]]) -> list[Reply]:
    """Do work in parallel, so much of it at a time; return its answers in order."""
    places = asyncio.Semaphore(count)

    async def one(asking: Awaitable[Reply]) -> Reply:
        async with places:
            return await asking

    return await asyncio.gather(*(one(asking) for asking in work))


def rows(database_url: str, *statements: Executable) -> list[list[tuple[Any, ...]]]:
    """Return what the database answers, from outside of the app."""
    engine = create_engine(database_url.replace("+aiosqlite", ""))
    try:
        with closing(engine.connect()) as connection:
            return [[tuple(row) for row in connection.execute(s)] for s in statements]
    finally:
        engine.dispose()
