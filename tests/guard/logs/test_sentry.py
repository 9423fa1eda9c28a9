from __future__ import annotations

import gzip
import importlib.util
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from launchready.guard.logs.redaction import Redactor
from launchready.guard.logs.sentry import CLOSE_S, REPORTS_A_SECOND, Reporting, report_to
from launchready.guard.start_up import NotReadyToStart
from launchready.guard.visit import request_id

SECRET = "7hQ2mZp9XwLr4TkVb8Nc"
REDACTOR = Redactor((SECRET,))


class Sentry:
    """A server that takes envelopes (https://develop.sentry.dev/sdk/foundations/envelopes/)."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                zipped = self.headers.get("Content-Encoding") == "gzip"
                bodies.append(gzip.decompress(raw) if zipped else raw)
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def dsn(self) -> str:
        return f"http://publickey@127.0.0.1:{self._server.server_port}/42"

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body.splitlines()[2]) for body in self.bodies]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    server = Sentry()
    yield server
    server.close()


def failed() -> Exception:
    password = SECRET + " as a local variable"
    try:
        _ = dict[str, str]()[f"{password[:20]} in the message"]
    except KeyError as error:
        return error
    raise AssertionError


def test_an_exception_arrives_with_type_route_and_request_id(sentry: Sentry) -> None:
    reporting = report_to(sentry.dsn, REDACTOR, environment="staging", release="1.2.3")
    token = request_id.set("abc123")
    assert reporting.exception(failed(), {"route": "/login"})
    request_id.reset(token)
    reporting.close()
    (event,) = sentry.events
    (shown,) = event["exception"]["values"]
    assert shown["type"] == "KeyError"
    assert shown["stacktrace"]["frames"][-1]["function"] == "failed"
    assert event["tags"] == {"request_id": "abc123", "route": "/login"}
    assert (event["environment"], event["release"]) == ("staging", "1.2.3")


def test_no_secret_local_variable_or_host_name_is_in_the_bytes(sentry: Sentry) -> None:
    reporting = report_to(sentry.dsn, REDACTOR)
    reporting.exception(failed(), {"cookie": "sid=1234567", "note": SECRET})
    reporting.close()
    (body,) = sentry.bodies
    assert b"[hidden] in the message" in body
    assert SECRET.encode() not in body
    assert b"sid=1234567" not in body
    assert b'"vars"' not in body
    assert socket.gethostname().encode() not in body


def test_what_one_request_is_tagged_with_is_not_on_the_next(sentry: Sentry) -> None:
    reporting = report_to(sentry.dsn, REDACTOR)
    reporting.exception(failed(), {"route": "/login"})
    reporting.exception(failed(), {"kind": "auth"})
    reporting.close()
    assert [event["tags"] for event in sentry.events] == [{"route": "/login"}, {"kind": "auth"}]


def test_a_storm_of_exceptions_is_reported_in_part(sentry: Sentry) -> None:
    now = [5.0]
    reporting = report_to(sentry.dsn, REDACTOR, clock=lambda: now[0])
    sent = [reporting.exception(failed()) for _ in range(3 * REPORTS_A_SECOND)]
    assert sum(sent) == REPORTS_A_SECOND
    now[0] = 6.0
    assert reporting.exception(failed())
    reporting.close()
    assert len(sentry.events) == REPORTS_A_SECOND + 1


class OddError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class OdderError(Exception):
    @property
    def __suppress_context__(self) -> bool:  # type: ignore[override]
        raise RuntimeError("no context")


def test_an_exception_that_fails_while_it_is_read_raises_nothing(sentry: Sentry) -> None:
    reporting = report_to(sentry.dsn, REDACTOR)
    assert reporting.exception(OddError())
    assert not reporting.exception(OdderError())
    reporting.close()
    (event,) = sentry.events
    assert event["exception"]["values"][0]["type"] == "OddError"


@pytest.fixture
def silent() -> Iterator[str]:
    """Return a DSN whose server accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://key@127.0.0.1:{server.getsockname()[1]}/1"


def closed_within(reporting: Reporting, seconds: float) -> bool:
    began = time.monotonic()
    for _ in range(3):
        reporting.exception(failed())
    reporting.close()
    return time.monotonic() - began < seconds


def test_a_sentry_that_never_answers_delays_neither_requests_nor_shutdown(silent: str) -> None:
    # The sdk itself waits 30 s for an answer.
    assert closed_within(report_to(silent, REDACTOR), CLOSE_S + 13)


def test_a_sentry_that_is_down_delays_neither_requests_nor_shutdown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert closed_within(report_to(f"http://key@127.0.0.1:{port}/1", REDACTOR), CLOSE_S + 13)


def test_an_address_that_is_none_is_refused_without_showing_it() -> None:
    with pytest.raises(NotReadyToStart) as raised:
        report_to("https://sentry.example/no-key-in-it", REDACTOR)
    assert "SENTRY_DSN is no Sentry address" in str(raised.value)
    assert "no-key-in-it" not in str(raised.value)


def test_a_missing_sdk_is_said_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(name: str, package: str | None = None) -> None:
        del name, package

    monkeypatch.setattr(importlib.util, "find_spec", without)
    with pytest.raises(NotReadyToStart, match="sentry-sdk is not installed"):
        report_to("https://key@sentry.example/1", REDACTOR, variable="ERRORS_TO")
