"""What an app does besides its answer: work after it, and waiting for a visitor who may leave."""

from __future__ import annotations

import asyncio
import io
import json
import re
import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
from prometheus_client import generate_latest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from launchready.guard import guard
from launchready.guard.asgi import Receive, Scope, Send
from launchready.manifest import parse_manifest
from tests.guard.serving import serving

MANIFEST = parse_manifest("""
[launch]
domain = "willow.example"
[routes]
"willow.example/join" = { kind = "api", timeout_s = 0.2 }
"willow.example/chat" = { kind = "chat", timeout_s = 0.2 }
""")
WORK_S = 0.6


def joining(done: asyncio.Event, began: list[float] | None = None) -> Starlette:
    """An app that works on after its answer; it notes in `began` when that work begins."""

    async def mails() -> None:
        if began is not None:
            began.append(time.perf_counter())
        await asyncio.sleep(WORK_S)
        done.set()

    async def join(request: Request) -> Response:
        await request.body()
        return JSONResponse({"joined": True}, background=BackgroundTask(mails))

    return Starlette(routes=[Route("/join", join, methods=["GET", "POST"])])


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_work_after_the_answer_is_not_ended_when_an_answer_would_be_late(
    method: str,
) -> None:
    done = asyncio.Event()
    app = guard(joining(done), MANIFEST, log=io.StringIO())
    async with serving(app) as url, httpx.AsyncClient() as browser:
        content = b"{}" if method == "POST" else None
        answer = await browser.request(method, f"{url}/join", content=content)
        assert answer.status_code == 200
        await asyncio.wait_for(done.wait(), 60)


async def test_work_after_the_answer_is_no_time_that_a_visitor_waited() -> None:
    log, done, began = io.StringIO(), asyncio.Event(), list[float]()
    app = guard(joining(done, began), MANIFEST, log=log)
    async with serving(app) as url, httpx.AsyncClient() as browser:
        asked_at = time.perf_counter()
        await browser.get(f"{url}/join")
        await asyncio.wait_for(done.wait(), 60)
    waited_s = began[0] - asked_at
    (line,) = (one for one in map(json.loads, log.getvalue().splitlines()) if "ms" in one)
    assert line["ms"] <= waited_s * 1000 + 0.1
    figures = generate_latest(app.figures.registry).decode()
    (spent,) = re.findall(r'launchready_request_seconds_sum{.*route="/join".*} (\S+)', figures)
    assert float(spent) <= waited_s


async def test_a_stream_that_never_says_its_first_word_is_cut_in_time() -> None:
    async def words() -> AsyncIterator[str]:
        await asyncio.sleep(3600)
        yield "never"

    async def chat(request: Request) -> Response:
        await request.body()
        # Waits at the same time for the visitor to leave.
        return StreamingResponse(words(), media_type="text/plain")

    app = guard(
        Starlette(routes=[Route("/chat", chat, methods=["POST"])]), MANIFEST, log=io.StringIO()
    )
    async with serving(app) as url, httpx.AsyncClient(timeout=60) as browser:
        with pytest.raises(httpx.RemoteProtocolError):
            await browser.post(f"{url}/chat", content=b"{}")


async def test_an_answer_whose_last_piece_nobody_reads_is_ended_in_time() -> None:
    ended = asyncio.Event()

    async def pieces(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        body = {"type": "http.response.body", "body": bytes(50_000_000)}
        await send({**body, "more_body": True})
        try:
            # The server takes it when the visitor has read enough of what came before.
            await send(body)
        finally:
            ended.set()

    async with serving(guard(pieces, MANIFEST, log=io.StringIO())) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
        writer.write(b"GET /join HTTP/1.1\r\nHost: willow.example\r\n\r\n")
        await reader.readexactly(4)
        await asyncio.wait_for(ended.wait(), 60)
        writer.close()
