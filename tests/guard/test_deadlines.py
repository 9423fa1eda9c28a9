from __future__ import annotations

import asyncio
import time

from launchready.guard.deadlines import Deadlines, Waiting


class Asked(Waiting):
    def __init__(self, due_in_s: float) -> None:
        self.due_s = time.monotonic() + due_in_s
        self.told = asyncio.Event()
        self.stopped = asyncio.Event()

    async def late(self) -> None:
        self.told.set()

    def stop(self) -> None:
        self.stopped.set()


async def test_what_is_late_is_told_and_then_stopped() -> None:
    deadlines = Deadlines(every_s=0.01)
    late, early = Asked(0.0), Asked(3600.0)
    deadlines.watch(late)
    deadlines.watch(early)
    await asyncio.wait_for(late.stopped.wait(), 10)
    assert late.told.is_set()
    assert not early.told.is_set()


async def test_what_nobody_waits_for_any_more_is_left_alone() -> None:
    deadlines = Deadlines(every_s=0.01)
    over, late = Asked(0.0), Asked(0.0)
    over.over = lambda: True  # type: ignore[method-assign]
    deadlines.watch(over)
    deadlines.watch(late)
    await asyncio.wait_for(late.stopped.wait(), 10)
    assert not over.told.is_set()
    assert not over.stopped.is_set()


async def test_what_has_ended_meanwhile_is_not_stopped() -> None:
    deadlines = Deadlines(every_s=0.01)
    asked = Asked(0.0)
    here = deadlines.watch(asked)

    async def late() -> None:
        here.discard(asked)
        asked.told.set()

    asked.late = late  # type: ignore[method-assign]
    await asyncio.wait_for(asked.told.wait(), 10)
    await asyncio.sleep(0.05)
    assert not asked.stopped.is_set()


def test_a_loop_that_was_closed_is_forgotten() -> None:
    deadlines = Deadlines(every_s=3600)

    async def ask() -> None:
        deadlines.watch(Asked(3600))

    asyncio.run(ask())
    asyncio.run(ask())
    assert len(deadlines._open) == 1


async def test_nothing_is_looked_at_while_nobody_asks() -> None:
    deadlines = Deadlines(every_s=0.01)
    ended = Asked(0.0)
    deadlines.watch(ended).discard(ended)
    async with asyncio.timeout(10):
        while deadlines._open:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.01)
