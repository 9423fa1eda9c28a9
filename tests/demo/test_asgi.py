"""The web server serves any ASGI application, not only the demo's own sites."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from launchready.demo.web_scope import Application, Receive, Send
from launchready.demo.web_server import WebListener


async def _echo(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    text = f"{scope['method']} {scope['path']} {scope['query_string'].decode()} "
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"1")]})
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
    await send({"type": "http.response.body", "body": b"".join(parts)})


async def _exchange(application: Application, wire: bytes) -> bytes:
    listener = WebListener(application)
    await listener.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    writer.write(wire)
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    await listener.close()
    return answer


async def test_an_application_gets_the_request_and_its_body() -> None:
    answer = await _exchange(
        _echo,
        b"POST /a%20b?c=d HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        b"Connection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    )
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"POST /a b c=d " in answer
    assert b"abcde" in answer
    assert b"\r\ndate: " in answer


async def test_two_requests_share_a_connection() -> None:
    one = b"GET /%d HTTP/1.1\r\nHost: x\r\n%s\r\n"
    answer = await _exchange(_echo, one % (1, b"") + one % (2, b"Connection: close\r\n"))
    assert answer.count(b"HTTP/1.1 200 ") == 2
    assert answer.index(b"GET /1") < answer.index(b"GET /2")


async def test_an_old_client_gets_an_answer_and_the_end() -> None:
    answer = await _exchange(_echo, b"GET / HTTP/1.0\r\n\r\n")
    assert b"GET / " in answer
    assert b"transfer-encoding" not in answer.lower()


async def test_a_client_that_waits_to_be_told_is_told_to_go_on() -> None:
    listener = WebListener(_echo)
    await listener.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    writer.write(
        b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
        b"Connection: close\r\n\r\n"
    )
    async with asyncio.timeout(10):
        assert (await reader.readline()).startswith(b"HTTP/1.1 100 ")
        writer.write(b"hi")
        assert (await reader.read()).endswith(b"2\r\nhi\r\n0\r\n\r\n")
    writer.close()
    await listener.close()


@pytest.mark.parametrize(
    "wire",
    [b"GET / HTTP/1.1\r\n\r\n", b"GET /\r\n\r\n", b"\x00\x01\x02\r\n\r\n",
     b"GET / HTTP/1.1\r\nHost: x\r\nBad Name: y\r\n\r\n",
     b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: a\r\n\r\n"],
)  # fmt: skip
async def test_what_breaks_the_rules_of_http_is_refused(wire: bytes) -> None:
    assert (await _exchange(_echo, wire)).startswith(b"HTTP/1.1 400 ")
