"""Measure what guard's chat adds to a provider's first word, at one stream and at 200 at a time.

Prints a table; with --write, the chat's part of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import uvloop

from asking import WAYS, Ask
from launchready.demo.listening import allow_many_sockets
from measuring import Line, machine, table, write_part
from providing import providing

STREAMS = 200
FIRST_WORD_S, BETWEEN_S, WORDS = 0.1, 0.05, 40
WANTED_MS = {1: 5.0, STREAMS: 25.0}
WARM_STREAMS = 50

USUAL = """\
Another process serves a provider that waits {first:.0f} ms before the first word and {between:.0f} ms
before each of {words} more, over loopback. One client process asks in each way in turn, blocks
interleaved. In brackets is how much later the p95 is than that of raw sockets, which neither parse
nor check anything. At {streams} streams as many workers ask again and
again, so that about {streams} answers are open at any time ({rate:.0f} words a second in all); "at
once" is {streams} questions in the same moment, on connections that are open already. Guard has
its deadlines, its breaker and limits in money and tokens for the launch and each member. The openai
client has none of these. CPU is that of the client process for a whole answer. Memory is resident
memory for each of {streams} answers that wait between two words, after {warm} others that are open. All
processes run uvloop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What one block measured."""

    first_ms: list[float]
    """Time to the first word, an answer each."""
    cpu_ms: float
    """CPU for an answer."""


async def once(ask: Ask) -> float:
    """Ask, read to the end, and return the milliseconds to the first word."""
    began = time.perf_counter()
    first = 0.0
    async for moment in ask():
        first = first or moment
    if not first:
        raise RuntimeError("an answer without a word")
    return 1000 * (first - began)


async def one_by_one(ask: Ask, answers: int) -> Block:
    """Ask again and again, one stream at a time; only first words count, so streams are left then."""
    cpu = time.process_time()
    found = []
    for _ in range(answers):
        began = time.perf_counter()
        stream = ask()
        found.append(1000 * (await anext(stream) - began))
        async for _ in stream:
            pass
    return Block(first_ms=found, cpu_ms=1000 * (time.process_time() - cpu) / answers)


async def many(ask: Ask, streams: int, seconds: float) -> Block:
    """Keep so many streams open; what is asked once all are open counts."""
    whole_s = FIRST_WORD_S + BETWEEN_S * WORDS
    counts_from = time.perf_counter() + whole_s
    until = counts_from + seconds
    found: list[float] = []
    answers = 0

    async def work(number: int) -> None:
        nonlocal answers
        await asyncio.sleep(whole_s * number / streams)
        while (now := time.perf_counter()) < until:
            took = await once(ask)
            answers += 1
            if now >= counts_from:
                found.append(took)

    cpu = time.process_time()
    await asyncio.gather(*(work(n) for n in range(streams)))
    return Block(first_ms=found, cpu_ms=1000 * (time.process_time() - cpu) / answers)


async def at_once(ask: Ask, streams: int) -> Block:
    """Ask so many questions in the same moment."""
    cpu = time.process_time()
    found = list(await asyncio.gather(*(once(ask) for _ in range(streams))))
    return Block(first_ms=found, cpu_ms=1000 * (time.process_time() - cpu) / streams)


Found = dict[str, dict[str, list[Block]]]
"""By load, then by way: a block a round."""


async def measure(rounds: int, seconds: float, ways: Sequence[str]) -> Found:
    """Return the blocks; each way warms up once before."""
    found: Found = {load: {way: [] for way in ways} for load in ("one", "many", "burst")}
    with (
        providing(FIRST_WORD_S, BETWEEN_S, 2) as short,
        providing(FIRST_WORD_S, BETWEEN_S, WORDS) as long,
    ):
        async with AsyncExitStack() as stack:
            alone = {w: await stack.enter_async_context(WAYS[w](short)) for w in ways}
            crowd = {w: await stack.enter_async_context(WAYS[w](long)) for w in ways}
            for way in ways:
                await one_by_one(alone[way], 3)
                await at_once(crowd[way], STREAMS)
            for round_ in range(rounds):
                for way in ways if round_ % 2 else list(reversed(ways)):
                    found["one"][way].append(await one_by_one(alone[way], 40))
                for way in ways if round_ % 2 else list(reversed(ways)):
                    found["many"][way].append(await many(crowd[way], STREAMS, seconds))
                    found["burst"][way].append(await at_once(crowd[way], STREAMS))
                    print(f"round {round_ + 1} of {rounds}: {way}", file=sys.stderr)
    return found


def memory_kb(way: str) -> float:
    """Return the resident kilobytes that an open stream takes in a fresh process."""
    with providing(FIRST_WORD_S, 600, 2) as base_url:
        words = [sys.executable, str(Path(__file__).with_name("asking.py")), way, base_url]
        with subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            taken = []
            for streams in (WARM_STREAMS, STREAMS):
                process.stdin.write(f"{streams}\n")
                process.stdin.flush()
                taken.append(int(process.stdout.readline()))
            process.kill()
    return (taken[1] - taken[0]) / STREAMS / 1024


def p95(values: Sequence[float]) -> float:
    """Return the value that 95 of 100 stay below."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def firsts(blocks: Sequence[Block]) -> list[float]:
    """Return the milliseconds to the first word of every answer of every round."""
    return [took for block in blocks for took in block.first_ms]


def lines(found: Found, memory: dict[str, float]) -> list[Line]:
    """Return the table's lines."""
    told = []
    loads = {
        "one": (1, "1 stream"),
        "many": (STREAMS, f"{STREAMS} streams"),
        "burst": (None, f"{STREAMS} questions at once"),
    }
    for load, (streams, name) in loads.items():
        raw = p95(firsts(found[load]["bare"]))
        for way, blocks in found[load].items():
            took = firsts(blocks)
            added = p95(took) - raw
            limit = WANTED_MS.get(streams or 0) if way == "guard" else None
            cpu_ms = statistics.median(b.cpu_ms for b in blocks)
            told.append(
                Line(
                    what=f"{name}, {way}",
                    measured=f"first word after {statistics.median(took):.1f} ms, p95 "
                    f"{p95(took):.1f} ms ({added:+.1f}), of {len(took):,} answers; {cpu_ms:.1f} ms "
                    "CPU an answer",
                    wanted=f"p95 under {limit:+g} ms" if limit else "",
                    holds=added < limit if limit else None,
                )
            )
    for way, kilobytes in memory.items():
        told.append(Line(what=f"memory of an open stream, {way}", measured=f"{kilobytes:.0f} KB"))
    return told


def main() -> int:
    """Measure, print, and return 0 when everything wanted holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help=f"of {STREAMS} streams")
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    allow_many_sockets()
    found = uvloop.run(measure(options.rounds, options.seconds, options.ways))
    shown = lines(found, {way: memory_kb(way) for way in options.ways})
    print(table(shown))
    if options.write:
        told = USUAL.format(
            first=1000 * FIRST_WORD_S, between=1000 * BETWEEN_S, words=WORDS, streams=STREAMS,
            rate=STREAMS * WORDS / (FIRST_WORD_S + BETWEEN_S * WORDS), warm=WARM_STREAMS,
        )  # fmt: skip
        write_part(
            "The chat", "make bench-chat",
            [f"{machine()}, {options.rounds} rounds.", "", table(shown), "", told],
        )  # fmt: skip
    return 0 if all(line.holds is not False for line in shown) else 1


if __name__ == "__main__":
    sys.exit(main())
