"""Waiting where a limit counts what the audit itself has asked: it visits more often than a visitor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from launchready.collect.web.address import origin
from launchready.collect.world import World
from launchready.derive.sign_in.throttle import asks_to_wait, wait_s
from launchready.facts import Gap
from launchready.facts.hops import path
from launchready.facts.http import Exchange

PAUSES_S = (7.0, 14.0)
"""So long is waited where a limit names no time: one of ten a minute opens every six seconds."""
IN_ALL_S = 30.0
"""A look waits no longer, its turn included; what asks for more is told so."""


async def let_through(
    found: Exchange, again: Callable[[], Awaitable[Exchange | Gap]], world: World
) -> Exchange:
    """Return the answer that came once a limit let the request through; else the last of its own.

    Who waits at one place does so in turn: side by side they would keep each other out.
    """
    if not asks_to_wait(found):
        return found
    here = f"limit {origin(found.url)}{path(found.url)}"
    try:
        async with asyncio.timeout(IN_ALL_S), world.turns.setdefault(here, asyncio.Lock()):
            for pause_s in PAUSES_S:
                named_s = wait_s(found)
                if named_s is not None and named_s > IN_ALL_S:
                    break
                await world.wait_at(found.url, pause_s if named_s is None else named_s)
                other = await again()
                if isinstance(other, Gap):
                    break
                found = other
                if not asks_to_wait(found):
                    break
    except TimeoutError:
        pass
    return found
