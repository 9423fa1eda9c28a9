"""What a hostile visitor and a sloppy app do to a guarded app, in each framework."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.guard.frameworks.asking import BROWSER, guarded
from tests.guard.frameworks.serving import exchange, head, serving
from tests.guard.frameworks.two_pages import DEAF


def test_a_body_within_the_limit_arrives_whole(ask: httpx.Client) -> None:
    assert ask.post("/send", content=b"x" * 1000).json() == {"bytes": 1000}


def test_a_body_that_tells_it_is_too_large_is_refused(port: int) -> None:
    answer = exchange(port, [head("POST", "/send", "Content-Length: 1001")])
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer.lower()


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_body_in_chunks_that_turns_out_too_large_is_refused(port: int, method: str) -> None:
    chunk = b"190\r\n" + b"x" * 400 + b"\r\n"
    answer = exchange(
        port, [head(method, "/send", "Transfer-Encoding: chunked"), chunk * 3, b"0\r\n\r\n"]
    )
    assert answer.startswith(b"HTTP/1.1 413")


def test_a_body_that_does_not_come_is_not_waited_for(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("launchready.guard.bodies.CHUNK_MAX_S", 0.2)
    answer = exchange(port, [head("POST", "/send", "Content-Length: 100"), b"only this"])
    assert answer.startswith(b"HTTP/1.1 408")


def test_a_body_that_drips_is_not_waited_for(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("launchready.guard.bodies.BODY_MAX_S", 0.3)
    begun = time.monotonic()

    def drip() -> Iterator[bytes]:
        yield head("POST", "/send", "Content-Length: 100")
        for _ in range(50):
            if time.monotonic() - begun > 5:
                return
            time.sleep(0.05)
            yield b"x"

    # The answer may be lost where the server closes while the visitor still drips.
    assert exchange(port, drip())[:12] in {b"HTTP/1.1 408", b""}
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("path", ["/never", "/deaf"])
def test_an_app_that_never_answers_does_not_keep_its_visitor(ask: httpx.Client, path: str) -> None:
    DEAF.clear()
    begun = time.monotonic()
    try:
        answer = ask.get(path, headers=BROWSER)
        took_s = time.monotonic() - begun
    finally:
        DEAF.set()
    assert answer.status_code == 504
    assert "That took too long" in answer.text
    assert took_s < 10, "it waited for a thread that is deaf"


@pytest.mark.parametrize("path", ["/half", "/stall"])
def test_an_answer_that_breaks_off_cuts_the_connection(ask: httpx.Client, path: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        ask.get(path)


def test_a_stream_passes_as_it_comes_and_as_long_as_it_goes_on(ask: httpx.Client) -> None:
    """The pieces of a second together, with a deadline of half of one."""
    arrived: list[float] = []
    got = b""
    with ask.stream("GET", "/stream") as answer:
        for piece in answer.iter_raw():
            arrived.append(time.monotonic())
            got += piece
    assert got == b"".join(b"data: %d\n\n" % n for n in range(5))
    assert arrived[-1] - arrived[0] > 0.5


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /%00%ff%2e%2e/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\nCookie: \xff\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nAccept: \xff;q=\xff,;;q=nan,text/html;q=x\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: "
        + b'W/"' * 1000
        + b"\r\nConnection: close\r\n\r\n",
        b"GET /" + b"a/" * 4000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"OPTIONS / HTTP/1.1\r\nHost: x\r\nOrigin: \xff\r\nAccess-Control-Request-Method: \xff\r\nConnection: close\r\n\r\n",
    ],
)
def test_a_hostile_request_is_answered_without_a_failure(port: int, request_: bytes) -> None:
    answer = exchange(port, [request_])
    assert answer.startswith((b"HTTP/1.1 2", b"HTTP/1.1 4", b"HTTP/1.1 3"))


@pytest.mark.parametrize("http", ["h11", "httptools"])
def test_a_length_beside_chunks_lets_no_body_past_the_limit(http: str) -> None:
    app = guarded("starlette")
    chunk = b"190\r\n" + b"x" * 400 + b"\r\n"
    with serving(app, http=http) as port:
        answer = exchange(
            port,
            [
                head("POST", "/send", "Content-Length: 0", "Transfer-Encoding: chunked"),
                chunk * 3 + b"0\r\n\r\n",
            ],
        )
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413"))
