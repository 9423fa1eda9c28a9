"""What a member sees, and how soon, under each fault of an AI provider: guard's chat alone."""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from faults_section import Section
from launchready.demo.listening import ClosedPort, allow_many_sockets
from launchready.demo.provider import ScriptedProvider
from launchready.demo.provider_faults import FAULTS as SCRIPTED
from launchready.guard.chat import Chat, End
from launchready.manifest.app import ChatSection, ProviderEntry

FIRST_TOKEN_S, ANSWER_S, MAX_TOKENS = 2.0, 6.0, 400
REFUSED = "connection-refused"
FAULTS = (*SCRIPTED, REFUSED)
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


async def section(questions: int, at_once: int, faults: Sequence[str]) -> Section:
    """Return the table, and whether nobody waited longer than the manifest says."""
    allow_many_sockets()
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
    kept = worst <= FIRST_TOKEN_S
    verdict = (
        f"The longest wait for something to read was {worst:.2f} s of {FIRST_TOKEN_S:g} s: "
        f"{'kept every time' if kept else '**not kept**'}."
    )
    return Section(
        title="A provider that fails", verdict=verdict, rows=rows, kept=kept,
        told=USUAL.format(at_once=at_once, first=FIRST_TOKEN_S, whole=ANSWER_S),
    )  # fmt: skip
