"""Measure what a member sees, and how soon, under each fault of an AI provider.

Prints a table; with --write, the provider's part of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from launchready.demo.listening import ClosedPort, allow_many_sockets
from launchready.demo.provider import ScriptedProvider
from launchready.demo.provider_faults import FAULTS
from launchready.guard.chat import Chat, End
from launchready.manifest.app import ChatSection, ProviderEntry
from measuring import machine, write_part

FIRST_TOKEN_S, ANSWER_S, MAX_TOKENS = 2.0, 6.0, 400
REFUSED = "connection-refused"
MESSAGES = [{"role": "user", "content": "Where do I begin?"}]

USUAL = """\
Each fault is a real server on loopback that misbehaves so; every question goes to a chat of its own,
so that no circuit breaker spares it the fault, and {at_once} are asked at a time. `[chat]
first_token_s` is {first:g}, `answer_s` {whole:g}. Seconds are until the member sees something: the guide's first
word, or the fallback; the call of a tool counts as a word. "Cut" is an answer whose end says that it
was cut, below the words that were shown."""


@dataclass(slots=True, kw_only=True)
class Seen:
    """What members saw under one fault."""

    seconds: list[float] = field(default_factory=list)
    endings: Counter[str] = field(default_factory=Counter)


def chat(first: str, second: str | None) -> Chat:
    """Return a chat of its own, so that no earlier question has opened its breaker."""
    other = second and ProviderEntry(base_url=second, model="guide-2")
    section = ChatSection(
        base_url=first, model="guide-1", second=other or None, first_token_s=FIRST_TOKEN_S,
        answer_s=ANSWER_S, answer_max_tokens=MAX_TOKENS,
    )  # fmt: skip
    return Chat(section)


async def ask(first: str, second: str | None, seen: Seen) -> None:
    """Ask once and note what came."""
    guide = chat(first, second)
    began = time.perf_counter()
    first_s: float | None = None
    async for piece in guide.ask(MESSAGES):
        if first_s is None:
            first_s = time.perf_counter() - began
        if isinstance(piece, End):
            seen.endings[ending(piece)] += 1
    await guide.close()
    assert first_s is not None
    seen.seconds.append(first_s)


def ending(end: End) -> str:
    """Return in words how an answer ended."""
    if end.fallback:
        return f"fallback ({end.reason})"
    if end.cut:
        return f"words, then cut ({end.reason})"
    whole = "a tool's call" if end.reason == "tool-calls" else "whole answer"
    return whole if end.provider == "first" else "whole answer of the second provider"


async def measure(fault: str, second: str | None, questions: int, at_once: int) -> Seen:
    """Return what members saw under one fault."""
    seen = Seen()
    async with AsyncExitStack() as stack:
        if fault == REFUSED:
            closed = ClosedPort()
            stack.callback(closed.close)
            first = f"http://127.0.0.1:{closed.port}/v1"
        else:
            first = (await stack.enter_async_context(ScriptedProvider(fault=fault))).base_url
        waiting = asyncio.Semaphore(at_once)

        async def one() -> None:
            async with waiting:
                await ask(first, second, seen)

        await asyncio.gather(*(one() for _ in range(questions)))
    return seen


def row(fault: str, providers: int, seen: Seen) -> str:
    """Return a line of the table."""
    endings = "; ".join(f"{what}: {n}" for what, n in sorted(seen.endings.items()))
    p95 = statistics.quantiles(seen.seconds, n=20, method="inclusive")[-1]
    return (
        f"| {fault} | {providers} | {len(seen.seconds)} | {statistics.median(seen.seconds):.2f} | "
        f"{p95:.2f} | {max(seen.seconds):.2f} | {endings} |"
    )


async def run(questions: int, at_once: int, faults: list[str]) -> tuple[list[str], float]:
    """Return the table, and the longest that any member waited."""
    rows = [
        "| fault | providers | asked | median s | p95 s | worst s | what the members saw |",
        "|---|---|---|---|---|---|---|",
    ]
    worst = 0.0
    async with ScriptedProvider() as healthy:
        for fault in faults:
            for second in (None, healthy.base_url):
                seen = await measure(fault, second, questions, at_once)
                worst = max(worst, *seen.seconds)
                rows.append(row(fault, 2 if second else 1, seen))
                print(rows[-1], file=sys.stderr)
    return rows, worst


def main() -> int:
    """Measure, print, and return 0 when nobody waited longer than the manifest says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=40, help="under each fault")
    parser.add_argument("--at-once", type=int, default=40)
    parser.add_argument("--only", nargs="+", default=[*FAULTS, REFUSED])
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    allow_many_sockets()
    rows, worst = asyncio.run(run(options.questions, options.at_once, options.only))
    kept = worst <= FIRST_TOKEN_S
    verdict = (
        f"The longest wait for something to read was {worst:.2f} s of {FIRST_TOKEN_S:g} s: "
        f"{'kept every time' if kept else '**not kept**'}."
    )
    print("\n".join([*rows, "", verdict]))
    if options.write:
        told = USUAL.format(at_once=options.at_once, first=FIRST_TOKEN_S, whole=ANSWER_S)
        write_part(
            "A provider that fails", "make bench-faults",
            [f"{machine()}.", "", verdict, "", *rows, "", told],
        )  # fmt: skip
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
