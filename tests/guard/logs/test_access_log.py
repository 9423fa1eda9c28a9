from __future__ import annotations

import asyncio
import io
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard.logs import access_log
from launchready.guard.logs.access_log import AccessLog


async def test_a_request_is_one_json_line() -> None:
    stream = io.StringIO()
    log = AccessLog(stream)
    log.add("00ff", "GET", "/members", 200, 0.0123, 77)
    log.write()
    line = json.loads(stream.getvalue())
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info", "id": "00ff", "method": "GET", "route": "/members", "status": 200,
        "ms": 12.3, "bytes": 77,
    }  # fmt: skip


class Writes(io.StringIO):
    """A stream that counts how often it is written to."""

    count = 0

    def write(self, text: str) -> int:
        self.count += 1
        return super().write(text)


async def test_a_line_of_a_quiet_hour_is_written_at_once() -> None:
    stream = Writes()
    AccessLog(stream).add("00ff", "GET", "/", 200, 0.1, 1)
    await asyncio.sleep(0)
    assert stream.count == 1


async def test_what_ends_close_together_goes_out_in_one_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(access_log, "WRITES_APART_S", 2.0)
    stream = Writes()
    log = AccessLog(stream)
    log.write()
    for _ in range(3):
        log.add("00ff", "GET", "/", 200, 0.1, 1)
        await asyncio.sleep(0)
    assert stream.count == 0
    async with asyncio.timeout(20):
        while not stream.count:  # noqa: ASYNC110 - a stream has no event
            await asyncio.sleep(0.01)
    assert (stream.count, len(stream.getvalue().splitlines())) == (1, 3)


@given(st.text(), st.text(), st.integers(0, 999), st.floats(0, 1e6), st.integers(0))
def test_no_method_and_no_route_breaks_the_line(
    method: str, label: str, status: int, spent_s: float, size: int
) -> None:
    stream = io.StringIO()
    log = AccessLog(stream)

    async def noted() -> None:
        log.add("00ff", method, label, status, spent_s, size)
        await asyncio.sleep(0)

    asyncio.run(noted())
    assert stream.getvalue().count("\n") == 1
    assert json.loads(stream.getvalue())["route"] == label


def test_lines_of_a_loop_that_has_ended_are_written_with_the_next_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(access_log, "_OVERDUE_S", 0.0)
    monkeypatch.setattr(access_log, "WRITES_APART_S", 60.0)
    stream = io.StringIO()
    log = AccessLog(stream)
    log.write()

    async def noted(request_id: str) -> None:
        log.add(request_id, "GET", "/", 200, 0.1, 1)

    asyncio.run(noted("00aa"))
    assert stream.getvalue() == ""
    asyncio.run(noted("00bb"))
    assert [json.loads(line)["id"] for line in stream.getvalue().splitlines()] == ["00aa", "00bb"]


async def test_methods_that_somebody_makes_up_take_little_memory() -> None:
    stream = io.StringIO()
    log = AccessLog(stream)
    for n in range(3_000):
        log.add("00ff", f"{n}" if n % 2 else f"{n}" * 1_000, "/", 405, 0.1, 1)
    log.write()
    assert stream.getvalue().count("\n") == 3_000
    assert len(log._said) <= 1_000
    assert sum(len(method) for method, _, _ in log._said) <= 20_000


async def test_a_stream_that_is_closed_loses_lines_and_nothing_else() -> None:
    closed = io.StringIO()
    log = AccessLog(closed)
    closed.close()
    log.add("00ff", "GET", "/", 200, 0.1, 1)
    await asyncio.sleep(0)
    log._stream = open_again = io.StringIO()
    log.add("00aa", "GET", "/", 200, 0.1, 1)
    log.write()
    assert [json.loads(line)["id"] for line in open_again.getvalue().splitlines()] == ["00aa"]


async def test_lines_go_to_the_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    log = AccessLog()
    log.add("00ff", "GET", "/", 200, 0.1, 1)
    log.write()
    sys.stdout.flush()
    assert '"id":"00ff"' in capsys.readouterr().out
