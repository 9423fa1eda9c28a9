"""A process killed in the middle of a webhook, and the sender who sends it again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.databases import async_url
from tests.guard.granting import granted, opened
from tests.guard.signing import STRIPE_SECRET, stripe_header

TIMES = 20


@contextlib.asynccontextmanager
async def shop(
    database: str, crash: str = ""
) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """Start the app as a process of its own; yield its address."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.guard.paid_app",
            async_url(database), str(listening.fileno()), STRIPE_SECRET,
            pass_fds=[listening.fileno()], env={**os.environ, "CRASH": crash},
        )  # fmt: skip
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/webhooks/billing"
        if crash:
            # The socket is the process's alone, so that its end is the end of every connection.
            listening.close()
        try:
            yield address, process
        finally:
            if process.returncode is None:
                process.terminate()
            await ended(process)


async def deliver(session: aiohttp.ClientSession, url: str, event_id: str) -> int:
    """Send an event as its sender does; return the status, 0 when the app died over it."""
    body = json.dumps({"id": event_id, "object": "event", "type": "invoice.paid"}).encode()
    headers = {"Stripe-Signature": stripe_header(body, now=time.time()).decode()}
    try:
        async with session.post(url, data=body, headers=headers) as reply:
            return reply.status
    except aiohttp.ClientError:
        return 0


async def ended(process: asyncio.subprocess.Process) -> int:
    async with asyncio.timeout(60):
        return await process.wait()


async def deliver_all(url: str, event_ids: list[str]) -> list[int]:
    connections = aiohttp.TCPConnector(limit=TIMES, force_close=True)
    async with aiohttp.ClientSession(connector=connections) as session:
        return await asyncio.gather(*(deliver(session, url, name) for name in event_ids))


@pytest.mark.parametrize(("crash", "left"), [("commit:1", 0), ("answer:1", 1)])
async def test_an_event_whose_process_was_killed_has_one_effect_when_it_is_sent_again(
    database: str, crash: str, left: int
) -> None:
    opened(database).dispose()
    async with shop(database, crash) as (url, process):
        assert await deliver_all(url, ["evt_1"]) == [0]
        assert await ended(process) == -signal.SIGKILL
    assert granted(database) == ({"evt_1": 1} if left else {})
    async with shop(database) as (url, _):
        assert await deliver_all(url, ["evt_1", "evt_1"]) == [200, 200]
    assert granted(database) == {"evt_1": 1}


async def test_five_events_sent_twenty_times_each_shuffled_over_a_crash_have_one_effect_each(
    database: str,
) -> None:
    opened(database).dispose()
    # A fixed shuffle: 37 and 101 have no common factor, so each place comes up once.
    deliveries = [f"evt_{place * 37 % 101 % 5}" for place in range(1, 5 * TIMES + 1)]
    async with shop(database, "answer:3") as (url, process):
        answers = await deliver_all(url, deliveries)
        assert await ended(process) == -signal.SIGKILL
    unanswered = [n for n, status in zip(deliveries, answers, strict=True) if status != 200]
    assert unanswered
    assert len(granted(database)) >= 3
    async with shop(database) as (url, _):
        assert set(await deliver_all(url, unanswered)) == {200}
    assert granted(database) == {f"evt_{number}": 1 for number in range(5)}
