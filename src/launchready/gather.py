"""Collecting: every expected key is asked once, all at the same time, and ends as a fact or a gap."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from launchready.collect.world import World
from launchready.facts import Fact, Gap, Key, Subject

F = TypeVar("F", bound=Fact)


class Ask(Protocol):
    """How a collector asks for another fact; each is collected once however many ask."""

    async def __call__(self, kind: type[F], subject: Subject) -> F | Gap:
        """Return the fact, or the gap in its place."""


Collector = Callable[[Subject, World, Ask], Awaitable[Fact | Gap]]
Expected = Callable[[Mapping[Key, Fact | Gap]], set[Key]]

_CHAIN: ContextVar[tuple[Key, ...]] = ContextVar("chain", default=())


@dataclass(slots=True)
class Gatherer:
    """Runs collectors and remembers what each key came to."""

    world: World
    collectors: Mapping[type[Fact], Collector]
    on_observed: Callable[[Key, Fact | Gap], None] = lambda _key, _found: None
    observed: dict[Key, Fact | Gap] = field(default_factory=dict)
    crashes: list[str] = field(default_factory=list)
    """Tracebacks of our own bugs; each also stands as a gap."""
    keys: set[Key] = field(default_factory=set)
    """What was expected when the run ended or was stopped."""
    _tasks: dict[Key, asyncio.Task[Fact | Gap]] = field(default_factory=dict)

    async def ask(self, kind: type[F], subject: Subject) -> F | Gap:
        """Return the fact of this kind about the subject, or the gap in its place."""
        key = Key(kind, subject)
        known = self.observed.get(key)
        if isinstance(known, (kind, Gap)):
            return known
        chain = _CHAIN.get()
        if key in chain:
            raise RuntimeError("collectors wait for each other: " + " → ".join(map(str, chain)))
        self.begin({key})
        found = await asyncio.shield(self._tasks[key])
        assert isinstance(found, (kind, Gap))  # noqa: S101 - _collect has seen to it
        return found

    def begin(self, keys: Collection[Key]) -> None:
        """Start collecting what is not under way yet; whoever asks for it later waits for its end."""
        for key in keys:
            if key not in self._tasks and key not in self.observed:
                token = _CHAIN.set((*_CHAIN.get(), key))
                self._tasks[key] = asyncio.create_task(self._collect(key))
                _CHAIN.reset(token)

    async def gather(self, expected: Expected, discovers: frozenset[type[Fact]]) -> set[Key]:
        """Collect all keys that `expected` names, and those it names once it sees the first ones.

        `discovers` are the kinds of facts from which further keys follow; `expected` is asked
        again when one of them arrives. Returns the keys expected at the end.
        """
        arrived: asyncio.Queue[asyncio.Task[Fact | Gap]] = asyncio.Queue()
        kinds: dict[asyncio.Task[Fact | Gap], type[Fact]] = {}
        keys: set[Key] = set()

        def start(wanted: set[Key]) -> None:
            for key in wanted - keys:
                task = asyncio.create_task(self.ask(key.kind, key.subject))
                kinds[task] = key.kind
                task.add_done_callback(arrived.put_nowait)
            keys.update(wanted)

        try:
            start(expected(self.observed))
            while kinds:
                # All that has arrived by now at once: the whole launch is gone through each time.
                batch = [await arrived.get()]
                while not arrived.empty():
                    batch.append(arrived.get_nowait())
                for task in batch:
                    task.result()
                if discovers & {kinds.pop(task) for task in batch}:
                    start(expected(self.observed))
        except BaseException:
            await self.stop()
            raise
        finally:
            self.keys = keys
        return keys

    async def stop(self) -> None:
        """End what is still being collected; returns within half a second."""
        running = [t for t in self._tasks.values() if not t.done()]
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=0.5)

    def close(self) -> None:
        """Record a gap for every expected key that was not observed when the run was stopped."""
        for key in self.keys:
            if key not in self.observed:
                self.observed[key] = Gap(key=key, reason="stopped before it was observed")

    async def _collect(self, key: Key) -> Fact | Gap:
        deadline_s = self.world.deadline_s * key.kind.patience
        try:
            async with asyncio.timeout(deadline_s):
                found = await self.collectors[key.kind](key.subject, self.world, self.ask)
        except TimeoutError:
            found = Gap(key=key, reason=f"no answer within {deadline_s:.0f} seconds")
        except Exception as error:  # noqa: BLE001 - the one catch-all: a bug of ours must not hide the rest
            self.crashes.append(traceback.format_exc())
            reason = f"Launch Ready failed here ({type(error).__name__}); please report it"
            found = Gap(key=key, reason=reason)
        self.observed[key] = found
        self.on_observed(key, found)
        return found
