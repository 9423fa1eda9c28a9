"""Members ask the guide while its AI provider misbehaves, and others log in, read and join meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import Awaitable

from launchready.demo.provider import ScriptedProvider
from tests.community.browser import PASSWORD
from tests.community.faults.process import Plan
from tests.community.faults.seen import Seen
from tests.community.faults.serving import prepare, serving
from tests.community.faults.visiting import Reply, Visitor, visitors

ASKERS = 4
"""Fewer than the failures that open guard's breaker, so that everybody meets the fault itself."""
NAMED = (
    "hang-before-headers", "hang-after-headers", "hang-in-the-middle", "cut-in-the-middle", "429",
    "429-retry-after-1", "429-retry-after-60", "500", "503", "html", "invalid-json", "empty",
    "pings", "endless", "slow-drip",
)  # fmt: skip


async def ask_while_it_fails(fault: str, database_url: str) -> Seen:
    """Ask by the community's own route; note when each member saw a word or the fallback, and what.

    What others waited for stands in `counted["others"]`: seconds by what they did.
    """
    seen = Seen()
    others: dict[str, list[float]] = {"log-in": [], "feed": [], "join": []}
    endings: Counter[str] = Counter()
    *askers, reads = await prepare(database_url, ASKERS + 1)
    async with ScriptedProvider(fault=fault) as provider:
        plan = Plan(database_url=database_url, provider_url=provider.base_url)
        async with serving(plan) as served, visitors(served.url, ASKERS + 1) as (*people, reader):
            for person, address in zip(people, askers, strict=True):
                await person.log_in(address)
            await reader.log_in(reads)
            over = asyncio.Event()
            elsewhere = asyncio.create_task(_elsewhere(reader, reads, others, seen, over))
            told = await asyncio.gather(*(_ask(person, seen) for person in people))
            endings.update(told)
            over.set()
            await elsewhere
        asked = len(provider.calls)
    seen.counted |= {"fault": fault, "endings": endings, "others": others, "provider asked": asked}
    if not asked:
        seen.wrong.append("the provider was never asked")
    return seen


async def _ask(person: Visitor, seen: Seen) -> str:
    """Ask once; return how it ended."""
    began = time.perf_counter()
    first_s = None
    fields = {"Accept": "text/event-stream", "Content-Type": "application/json"}
    body = json.dumps({"message": "Where do I begin?"}).encode()
    async for event in person.events("/chat", body, fields):
        if first_s is None and ("text" in event or event.get("over")):
            first_s = time.perf_counter() - began
            seen.seconds.append(first_s)
        if event.get("over"):
            return _ending(event["html"])
    seen.wrong.append("an answer without an end")
    return "no end"


def _ending(html: str) -> str:
    if "No answer." in html:
        return "fallback"
    return "words, then cut" if "Broken off." in html else "whole answer"


async def _elsewhere(
    reader: Visitor, address: str, others: dict[str, list[float]], seen: Seen, over: asyncio.Event
) -> None:
    """Log in, read and join until the asking is over, at least once each."""

    async def timed(what: str, doing: Awaitable[Reply]) -> Reply:
        began = time.perf_counter()
        reply = await doing
        others[what].append(time.perf_counter() - began)
        seen.statuses[reply.status] += 1
        return reply

    for number in itertools.count():
        stranger = reader.stranger()
        came_in = await timed("log-in", stranger.log_in(address))
        seen.expect("a log-in leads to", came_in.location, "/members")
        room = await timed("feed", reader.get("/members"))
        seen.expect("the feed", (room.status, "Welcome back" in room.text), (200, True))
        email = f"new{number}@willow.example"
        joined = await timed(
            "join",
            reader.stranger().send("/signup", name="Jo", email=email, password=PASSWORD),
        )
        seen.expect("a join", (joined.status, "Nearly there" in joined.text), (200, True))
        if over.is_set():
            return
