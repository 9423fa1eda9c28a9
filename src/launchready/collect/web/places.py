"""How many requests a host gets at once: fewer where they only wait for each other."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

FEWEST = 2
_SLOW_S = 1.0
_SLOW_RATIO = 4.0
"""An answer that took so many times as long as the quickest waited, most likely, for the others."""


class Places:
    """The places for requests to one host; who finds none waits, first come, first served.

    Many launches run on a server that answers two requests at a time. Asked for two dozen, it
    keeps the last of them, and its members, waiting for seconds. So the number is halved when an
    answer is slow for this host, and grows again by one for as many quick answers as there are
    places (additive increase, multiplicative decrease, as of TCP: RFC 5681 section 3.1).
    """

    def __init__(self, most: int) -> None:
        self._ceiling = most
        self._most = float(most)
        self._used = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._quickest_s = float("inf")
        self._fewer_since_s = 0.0

    @property
    def most(self) -> int:
        """How many may be under way at once now."""
        return int(self._most)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Hold a place as long as the context lasts."""
        if self._used >= self.most or self._waiting:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    # The place had just been given to us.
                    self._used -= 1
                    self._let_in()
                raise
        else:
            self._used += 1
        try:
            yield
        finally:
            self._used -= 1
            self._let_in()

    def widen(self, most: int) -> None:
        """Let more in at once, where a host takes them all on one connection."""
        if most > self._ceiling:
            self._most += most - self._ceiling
            self._ceiling = most
            self._let_in()

    def waited(self, begun_s: float, ended_s: float) -> None:
        """Take note of when a request began and ended to wait for its answer, by one clock."""
        spent_s = ended_s - begun_s
        self._quickest_s = min(self._quickest_s, spent_s)
        if spent_s < max(_SLOW_S, _SLOW_RATIO * self._quickest_s):
            self._most = min(self._ceiling, self._most + 1 / self._most)
            self._let_in()
        elif begun_s >= self._fewer_since_s:
            # Those that were under way already tell of the same crowd once more.
            self._most = max(float(min(FEWEST, self._ceiling)), self._most / 2)
            self._fewer_since_s = ended_s

    def _let_in(self) -> None:
        while self._waiting and self._used < self.most:
            turn = self._waiting.popleft()
            if not turn.done():
                self._used += 1
                turn.set_result(None)
