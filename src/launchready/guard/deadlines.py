"""How long an answer may keep its visitor waiting."""

from __future__ import annotations

import asyncio
import time
from typing import Any


class Waiting:
    """A request that is being answered, in the task that the server made for it."""

    __slots__ = ("due_s", "task")

    due_s: float
    """When it is late, by `time.monotonic`."""
    task: asyncio.Task[Any] | None

    def over(self) -> bool:
        """Return whether nobody waits for it any more, though the app goes on."""
        return False

    async def late(self) -> None:
        """Answer in the app's place, as far as that can be done."""
        raise NotImplementedError

    def stop(self) -> None:
        """End the app's work on it."""
        if self.task is not None:
            self.task.cancel()

    def calm(self) -> None:
        """Go on after `stop`: what has been cancelled is the app's work, not the server's."""
        if self.task is not None:
            self.task.uncancel()


class Deadlines:
    """Ends requests that are late.

    One timer for each event loop looks at all open ones, since a timer for each request would
    cost more than many a request itself. So a deadline is kept to about `every_s` seconds.
    """

    def __init__(self, every_s: float = 0.1) -> None:
        self._every_s = every_s
        self._open: dict[asyncio.AbstractEventLoop, set[Waiting]] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def watch(self, one: Waiting) -> set[Waiting]:
        """Watch a request that the running task answers, until it is removed from what is returned."""
        loop = asyncio.get_running_loop()
        one.task = asyncio.current_task(loop)
        found = self._open.get(loop)
        if found is None:
            found = self._watched(loop)
        found.add(one)
        return found

    def _watched(self, loop: asyncio.AbstractEventLoop) -> set[Waiting]:
        for gone in [other for other in self._open if other.is_closed()]:
            del self._open[gone]
        self._open[loop] = found = set[Waiting]()
        loop.call_later(self._every_s, self._look, loop)
        return found

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        found = self._open.get(loop)
        if not found:
            self._open.pop(loop, None)
            return
        loop.call_later(self._every_s, self._look, loop)
        now_s = time.monotonic()
        for one in found:
            if now_s >= one.due_s:
                one.due_s = float("inf")
                if one.over():
                    continue
                # The app may be deaf to being cancelled, in a thread for one: its visitor is
                # answered from beside it.
                task = loop.create_task(self._end(one, found))
                self._ending.add(task)
                task.add_done_callback(self._ending.discard)

    async def _end(self, one: Waiting, found: set[Waiting]) -> None:
        try:
            await one.late()
        finally:
            # It may have ended by itself meanwhile, and its task be busy with something else.
            if one in found:
                one.stop()
