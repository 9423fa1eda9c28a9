"""The same question put to several resolvers, one after the other as long as none answers."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from launchready.collect.dns.reply import GOOD, Reply


async def first_good(questions: Iterable[Coroutine[Any, Any, Reply]], hedge_s: float) -> Reply:
    """Return the first answer that is one, else the best of the failures."""
    waiting = list(questions)
    tasks: set[asyncio.Task[Reply]] = set()
    failures: list[Reply] = []
    try:
        while waiting or tasks:
            if waiting:
                tasks.add(asyncio.create_task(waiting.pop(0)))
            done, tasks = await asyncio.wait(
                tasks,
                timeout=hedge_s if waiting else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                reply = task.result()
                if reply.rcode in GOOD:
                    return reply
                failures.append(reply)
    finally:
        for coroutine in waiting:
            coroutine.close()
        for task in tasks:
            task.cancel()
    return min(failures, key=lambda r: (r.rcode is None, r.rcode != "SERVFAIL"))
