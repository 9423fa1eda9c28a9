from __future__ import annotations

import io
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard.access_log import AccessLog


def test_a_request_is_one_json_line() -> None:
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


def test_what_ends_in_the_same_moment_goes_out_in_one_write() -> None:
    stream = io.StringIO()
    log = AccessLog(stream)
    assert [log.add("00ff", "GET", "/", 200, 0.1, 1) for _ in range(3)] == [True, False, False]
    log.write()
    assert len(stream.getvalue().splitlines()) == 3
    assert log.add("00ff", "GET", "/", 200, 0.1, 1)


@given(st.text(), st.text(), st.integers(0, 999), st.floats(0, 1e6), st.integers(0))
def test_no_method_and_no_route_breaks_the_line(
    method: str, label: str, status: int, spent_s: float, size: int
) -> None:
    stream = io.StringIO()
    log = AccessLog(stream)
    log.add("00ff", method, label, status, spent_s, size)
    log.write()
    assert stream.getvalue().count("\n") == 1
    assert json.loads(stream.getvalue())["route"] == label


def test_a_stream_that_is_closed_loses_lines_and_nothing_else() -> None:
    stream = io.StringIO()
    stream.close()
    log = AccessLog(stream)
    log.add("00ff", "GET", "/", 200, 0.1, 1)
    log.write()
    assert log.add("00ff", "GET", "/", 200, 0.1, 1), "the next line is a first one again"


def test_lines_go_to_the_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    log = AccessLog()
    log.add("00ff", "GET", "/", 200, 0.1, 1)
    log.write()
    sys.stdout.flush()
    assert '"id":"00ff"' in capsys.readouterr().out
