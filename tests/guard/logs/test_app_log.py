from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard import guard
from launchready.guard.logs.app_log import JsonLines, install
from launchready.guard.logs.redaction import Redactor
from launchready.guard.visit import request_id
from launchready.manifest import parse_manifest
from tests.guard.serving import serving

SECRET = "7hQ2mZp9XwLr4TkVb8Nc"
REDACTOR = Redactor((SECRET,))
MANIFEST = parse_manifest('[launch]\ndomain = "willow.example"\n')


class Written:
    """A logger of its own with what it wrote."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.log = logging.Logger("community.posts")  # noqa: LOG001 - one that no other test can reach
        self.log.addHandler(JsonLines(REDACTOR, self.stream))

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    @property
    def line(self) -> dict[str, Any]:
        (line,) = self.lines
        return line


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Return where the root logger writes until the test is over."""
    stream = io.StringIO()
    undo = install(REDACTOR, stream)
    yield stream
    undo()


def test_a_record_is_one_line_with_time_level_logger_and_message(written: Written) -> None:
    written.log.warning("post %d is\nlong", 7)
    line = written.line
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {"level": "warning", "logger": "community.posts", "message": "post 7 is\nlong"}


def test_the_time_is_the_records_own_in_utc(written: Written) -> None:
    record = logging.makeLogRecord({"msg": "x", "created": 1_800_000_000.0004, "levelno": 20})
    written.log.handle(record)
    assert written.line["time"] == "2027-01-15T08:00:00.000Z"


def test_a_line_within_a_request_has_its_id(written: Written) -> None:
    token = request_id.set("abc123")
    try:
        written.log.info("x")
    finally:
        request_id.reset(token)
    assert written.line["id"] == "abc123"


def test_no_secret_is_written_from_message_arguments_extra_or_exception(written: Written) -> None:
    try:
        try:
            int(SECRET)
        except ValueError as error:
            raise KeyError(f"outer {SECRET}") from error
    except KeyError:
        written.log.exception(
            "%s and password=%s", SECRET, "hunter2", extra={"cookie": "c=1", "note": SECRET}
        )
    text = written.stream.getvalue()
    assert SECRET not in text
    assert "hunter2" not in text
    assert "c=1" not in text
    assert written.line["exception"]["because"]["message"].endswith("'[hidden]'")


def test_an_exception_is_type_message_and_own_frames_without_local_variables(
    written: Written,
) -> None:
    def parsed(text: str) -> object:
        local = "local value"
        return json.loads(text + local[:0])

    try:
        parsed("{")
    except ValueError as error:
        written.log.exception("no", exc_info=error)
    shown = written.line["exception"]
    assert shown["type"] == "JSONDecodeError"
    assert [re.sub(r":\d+ ", " ", f) for f in shown["frames"]] == [
        f"{f} {name}"
        for f in ["tests/guard/logs/test_app_log.py"]
        for name in (
            "test_an_exception_is_type_message_and_own_frames_without_local_variables",
            "parsed",
        )
    ]
    assert "local value" not in written.stream.getvalue()


def test_a_very_deep_trace_is_shown_by_its_last_frames(written: Written) -> None:
    def deeper(left: int) -> None:
        if left == 0:
            raise RuntimeError("deep")
        deeper(left - 1)

    try:
        deeper(200)
    except RuntimeError as error:
        written.log.exception("x", exc_info=error)
    assert len(written.line["exception"]["frames"]) == 20


def test_exceptions_in_a_group_are_shown_each(written: Written) -> None:
    group = ExceptionGroup("two", [ValueError("a"), OSError(SECRET)])
    written.log.error("x", exc_info=group)
    assert [one["message"] for one in written.line["exception"]["several"]] == ["a", "[hidden]"]


def test_an_exception_that_causes_itself_ends(written: Written) -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    written.log.error("x", exc_info=first)
    assert written.line["exception"]["because"]["because"]["message"] == "a"


class BrokenError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_a_broken_str_still_gives_a_line(written: Written) -> None:
    written.log.error("%s failed", BrokenError(), exc_info=BrokenError())
    assert written.line["message"].startswith("%s failed (RuntimeError while")
    assert written.line["exception"]["message"] == "[BrokenError that cannot be shown]"


class OddError(Exception):
    @property
    def __suppress_context__(self) -> bool:  # type: ignore[override]
        raise RuntimeError("no context")


def test_a_record_that_cannot_be_written_says_so_in_its_place(written: Written) -> None:
    written.log.error("x", exc_info=OddError())
    assert written.line["message"] == "a record could not be written: RuntimeError"


def test_arguments_that_do_not_fit_still_give_a_line(written: Written) -> None:
    written.log.error("%d and %d", "one")  # noqa: PLE1206 - the point
    assert written.line["message"] == "%d and %d (TypeError while its arguments were filled in)"


def test_values_that_json_does_not_know_are_written(written: Written) -> None:
    cycle: dict[str, Any] = {"nan": float("nan"), "bytes": b"\xff", "odd": "\ud800"}
    cycle["self"] = cycle
    written.log.error(b"message", extra={"cycle": cycle})
    assert written.line["cycle"]["nan"] == "nan"
    assert written.line["message"] == "b'message'"


def test_extra_never_replaces_what_the_line_is_about(written: Written) -> None:
    written.log.error("x", extra={"level": "debug", "time": "never", "id": "a"})
    assert "id" not in written.line
    assert written.line["level"] == "error"
    assert written.line["time"] != "never"


def test_a_message_of_a_megabyte_is_cut_without_half_a_secret(written: Written) -> None:
    written.log.error("%s", "x " * 8185 + SECRET * 2 + "y" * 1_000_000)
    message = written.line["message"]
    assert len(message) < 17_000
    assert SECRET[:6] not in message
    assert message.endswith("characters)")


def test_a_closed_stream_is_no_error(written: Written) -> None:
    written.stream.close()
    written.log.error("x")


@given(st.text(), st.lists(st.one_of(st.text(), st.integers(), st.floats(), st.binary())))
def test_any_record_is_one_line_of_json_without_the_secret(text: str, args: list[object]) -> None:
    written = Written()
    written.log.error(text + SECRET, *args)  # noqa: G003 - a text of any kind
    assert "\n" not in written.stream.getvalue()[:-1]
    assert written.line["level"] == "error"
    assert SECRET not in written.stream.getvalue()


def test_a_record_through_the_root_logger_is_written_once(stream: io.StringIO) -> None:
    undo = install(REDACTOR, stream)
    logging.getLogger("anything.at.all").warning("once")
    undo()
    assert stream.getvalue().count("once") == 1


@pytest.mark.parametrize("name", ["hypercorn.error", "_granian"])
def test_other_servers_write_what_failed_once_and_without_secrets(
    name: str, tmp_path: Path, stream: io.StringIO
) -> None:
    # As they set them up: the one tells the root logger too, the other does not.
    server, shown = logging.getLogger(name), logging.StreamHandler(sys.stderr)
    kept = logging.FileHandler(tmp_path / "server.log")
    server.handlers, server.propagate = [shown, kept], name == "hypercorn.error"
    undo = install(REDACTOR, stream)
    server.error("Error in ASGI Framework: %s", SECRET)
    assert server.handlers == [kept]
    undo()
    assert server.handlers == [shown, kept]
    server.handlers = []
    kept.close()
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == [
        "Error in ASGI Framework: [hidden]"
    ]


def test_a_terminal_handler_gives_way_and_comes_back() -> None:
    root = logging.getLogger()
    plain = logging.StreamHandler(sys.stderr)
    root.addHandler(plain)
    level = root.level
    undo = install(REDACTOR, io.StringIO())
    assert plain not in root.handlers
    undo()
    assert plain in root.handlers
    assert root.level == level
    root.removeHandler(plain)


def test_uvicorn_writes_its_own_lines_as_json_once_and_no_access_lines(
    stream: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def one_request() -> None:
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off"))
        undo = install(REDACTOR, stream)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert b"204" in await reader.read()
            writer.close()
            server.should_exit = True
            await serving
        undo()

    asyncio.run(one_request())
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    messages = [line["message"] for line in lines]
    assert messages.count("Application startup complete.") <= 1
    assert sum(m.startswith("Started server process") for m in messages) == 1
    assert not any("GET /" in m for m in messages)
    assert capfd.readouterr().err == ""
    assert {line["logger"] for line in lines} >= {"uvicorn.error"}


async def test_the_apps_lines_are_guarded_where_the_server_has_no_lifespan() -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        logging.getLogger("community.pay").error("refused the key sk_live_%s", SECRET)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    log = io.StringIO()
    guarded = guard(app, MANIFEST, log=log, environ={})
    async with serving(guarded) as url, httpx.AsyncClient() as browser:
        await browser.get(url)
        await browser.get(url)
    await guarded.close()
    told = [
        one
        for one in map(json.loads, log.getvalue().splitlines())
        if one.get("logger") == "community.pay"
    ]
    assert [line["message"] for line in told] == ["refused the key [hidden]"] * 2
    assert SECRET not in log.getvalue()


def test_what_is_logged_before_the_first_request_is_guarded_where_nothing_is_set_up(
    tmp_path: Path,
) -> None:
    program = """
import logging
from launchready.guard import guard
from launchready.manifest import parse_manifest
manifest = '[launch]\\ndomain = "willow.example"\\n[environment]\\nAPI_KEY = "secret"\\n'
app = guard(None, parse_manifest(manifest))
logging.getLogger("app").warning("connecting with %s", "k3J9x0Qw7ZpLm2Vt8Rb5")
"""
    told = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=tmp_path,
        env={**os.environ, "API_KEY": "k3J9x0Qw7ZpLm2Vt8Rb5"},
    )  # fmt: skip
    assert json.loads(told.stdout)["message"] == "connecting with [hidden]"
    assert told.stderr == ""
