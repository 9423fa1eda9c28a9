from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from launchready.guard.health import Probe, Readiness, UnwellError, alive, rarely, reason


async def well() -> None:
    pass


async def unwell() -> None:
    raise UnwellError("is ill")


async def hangs() -> None:
    await asyncio.Event().wait()


@asynccontextmanager
async def looking(readiness: Readiness) -> AsyncIterator[Readiness]:
    yield readiness
    await readiness.close()


async def answered(app: Any, method: str = "GET") -> tuple[int, bytes]:
    """Return what an ASGI app answers."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is read")

    await app({"type": "http", "method": method, "path": "/readyz", "headers": []}, receive, send)
    return sent[0]["status"], sent[1]["body"]


async def test_a_process_that_runs_is_alive() -> None:
    assert await answered(alive) == (200, b'{"alive": true}')


async def test_an_app_whose_parts_all_work_is_ready() -> None:
    readiness = Readiness({"database": well, "mail": well})
    status, body = await answered(readiness)
    shown = json.loads(body)
    assert status == 200
    assert shown["ready"] is True
    assert {name: check["ok"] for name, check in shown["checks"].items()} == {
        "database": True,
        "mail": True,
    }


async def test_one_part_that_does_not_work_is_named_with_its_reason() -> None:
    status, body = await answered(Readiness({"database": well, "mail": unwell}))
    shown = json.loads(body)
    assert (status, shown["ready"]) == (503, False)
    assert shown["checks"]["mail"] == {
        "ok": False, "why": "is ill", "ms": shown["checks"]["mail"]["ms"],
    }  # fmt: skip
    assert shown["checks"]["database"]["ok"] is True


async def test_an_answer_to_head_has_no_body() -> None:
    assert await answered(Readiness({"mail": unwell}), "HEAD") == (503, b"")


async def test_parts_that_hang_are_late_together_not_one_after_the_other() -> None:
    began = time.monotonic()
    async with looking(Readiness({str(i): hangs for i in range(50)}, 0.2)) as readiness:
        found = await readiness.check()
    assert {state.why for state in found.values()} == {"no answer within 0.2 s"}
    assert all(state.ms >= 200 for state in found.values())
    assert time.monotonic() - began < 8  # one after the other: 10 s


async def test_a_flood_of_questions_asks_each_part_once() -> None:
    asked = 0

    async def counted() -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.05)

    readiness = Readiness({"database": counted})
    await asyncio.gather(*(readiness.answer() for _ in range(500)))
    await readiness.answer()
    assert asked == 1


async def test_what_was_found_is_asked_again_when_it_is_old() -> None:
    now = 100.0
    asked = 0

    async def counted() -> None:
        nonlocal asked
        asked += 1

    readiness = Readiness({"database": counted}, keep_s=3, clock=lambda: now)
    await readiness.check()
    now = 102.9
    await readiness.check()
    assert asked == 1
    now = 103.0
    await readiness.check()
    assert asked == 2


async def test_who_leaves_early_does_not_end_the_look_of_others() -> None:
    async def slow() -> None:
        await asyncio.sleep(0.1)

    readiness = Readiness({"database": slow})
    first = asyncio.create_task(readiness.check())
    second = asyncio.create_task(readiness.check())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    assert (await second)["database"].why == ""


async def test_a_probe_that_cannot_be_ended_delays_nobody_and_does_not_pile_up() -> None:
    started = 0
    end = asyncio.Event()

    async def stubborn() -> None:
        nonlocal started
        started += 1
        while not end.is_set():
            try:
                await end.wait()
            except asyncio.CancelledError:
                continue

    async with looking(Readiness({"a": stubborn}, 0.05, keep_s=0)) as readiness:
        for _ in range(3):
            assert (await readiness.check())["a"].why == "no answer within 0.05 s"
        assert started == 1
        end.set()


async def test_a_part_that_comes_back_is_ready_again_and_both_are_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    error: Exception | None = OSError("cannot reach db.internal:5432")

    async def probe() -> None:
        if error:
            raise error

    readiness = Readiness({"database": probe}, keep_s=0)
    await readiness.check()
    await readiness.check()
    error = None
    await readiness.check()
    assert [record.getMessage() for record in caplog.records] == [
        "not ready: database: cannot be reached (OSError: cannot reach db.internal:5432)",
        "ready again: database",
    ]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (UnwellError("is ill"), "is ill"),
        (ConnectionRefusedError(111, "10.0.0.7:5432"), "refuses connections"),
        (ConnectionResetError("10.0.0.7"), "broke the connection off"),
        (TimeoutError("10.0.0.7"), "no answer in time"),
        (OSError("no route to 10.0.0.7"), "cannot be reached"),
        (KeyError("user=app password=x"), "failed (KeyError)"),
    ],
)
async def test_strangers_read_a_reason_without_addresses(error: Exception, why: str) -> None:
    async def probe() -> None:
        raise error

    assert (await Readiness({"a": probe}).check())["a"].why == why


def test_the_reason_is_what_an_exception_was_caused_by() -> None:
    error = RuntimeError("wrapped")
    error.__cause__ = ConnectionRefusedError()
    assert reason(error) == "refuses connections"


def test_reasons_that_cause_each_other_end() -> None:
    error, other = RuntimeError("a"), RuntimeError("b")
    error.__cause__, other.__cause__ = other, error
    assert reason(error) == "failed (RuntimeError)"


async def test_a_server_of_others_is_asked_rarely_while_well_and_each_time_while_not() -> None:
    now = 0.0
    asked = 0
    error: Exception | None = None

    async def counted() -> None:
        nonlocal asked
        asked += 1
        if error:
            raise error

    probe = rarely(counted, 60, clock=lambda: now)
    await probe()
    now = 59.9
    await probe()
    assert asked == 1
    now = 60.0
    error = UnwellError("is ill")
    for _ in range(2):
        with pytest.raises(UnwellError):
            await probe()
    assert asked == 3


async def test_a_server_of_others_that_failed_meanwhile_is_asked_at_once_until_it_is_well() -> None:
    asked, doubted = 0, False

    async def counted() -> None:
        nonlocal asked
        asked += 1

    probe = rarely(counted, 60, doubted=lambda: doubted, clock=lambda: 0.0)
    await probe()
    doubted = True
    await probe()
    await probe()
    doubted = False
    await probe()
    assert asked == 3


@pytest.mark.parametrize("make", [dict, lambda: {"a": well}])
async def test_nothing_to_ask_is_ready(make: Callable[[], dict[str, Probe]]) -> None:
    assert (await Readiness(make()).answer())[0] == 200


async def test_a_probe_that_is_no_async_function_says_so_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    readiness = Readiness({"database": lambda: None})  # type: ignore[dict-item,return-value]
    status, body = await answered(readiness)
    assert (status, json.loads(body)["checks"]["database"]["why"]) == (503, "failed (TypeError)")
    assert "a probe is an async function" in caplog.text
