"""A member who leaves is no longer paid for: the provider's side sees it at once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.responses import StreamingResponse

from launchready.demo.provider import ScriptedProvider
from launchready.guard.chat import Allowance, Chat, Limits
from tests.guard.chat.conftest import QUESTION, MakeChat
from tests.guard.chat.spending import spent_by_all

AT_ONCE_S = 20.0
TOKENS = Limits(launch=Allowance(tokens=100_000))


async def _left(provider: ScriptedProvider) -> None:
    async with asyncio.timeout(AT_ONCE_S):
        await provider.asked.wait()
        await provider.calls[0].left.wait()


async def test_closing_the_iterator_closes_the_connection(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.fault = "hang-in-the-middle"
    asking = chat_of(provider, first_token_s=30, answer_s=60).ask(QUESTION)
    await anext(asking)
    await asking.aclose()
    await _left(provider)


@pytest.mark.parametrize("fault", ["hang-before-headers", "hang-after-headers", "slow-drip"])
async def test_cancelling_whoever_waits_closes_the_connection(
    provider: ScriptedProvider, chat_of: MakeChat, fault: str
) -> None:
    provider.fault = fault
    waiting = asyncio.create_task(chat_of(provider, first_token_s=30, answer_s=60).whole(QUESTION))
    await provider.asked.wait()
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    await _left(provider)


async def test_an_iterator_that_is_dropped_closes_the_connection(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.fault = "hang-in-the-middle"
    chat = chat_of(provider, first_token_s=30, answer_s=60)
    async for _ in chat.ask(QUESTION):
        break
    await _left(provider)


async def test_what_the_member_heard_before_leaving_is_counted_and_no_more(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.fault = "hang-in-the-middle"
    chat = chat_of(provider, first_token_s=30, answer_s=60, limits=TOKENS)
    asking = chat.ask(QUESTION)
    await anext(asking)
    held = (await spent_by_all(chat)).tokens
    await asking.aclose()
    await chat.close()
    assert 0 < (await spent_by_all(chat)).tokens < held


@pytest.fixture
async def site(provider: ScriptedProvider, chat_of: MakeChat) -> AsyncIterator[str]:
    """Serve a real app that streams the guide's answer, and return its address."""
    guide: Chat = chat_of(provider, first_token_s=30, answer_s=60)
    app = FastAPI()

    @app.post("/ask")
    async def ask() -> StreamingResponse:
        async def body() -> AsyncIterator[str]:
            async for piece in guide.ask(QUESTION, member="m1"):
                yield piece.text

        return StreamingResponse(body(), media_type="text/plain")

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    server.force_exit = True
    await serving


@pytest.mark.parametrize("fault", ["hang-in-the-middle", "slow-drip", "hang-after-headers"])
async def test_a_closed_browser_tab_closes_the_connection_to_the_provider(
    provider: ScriptedProvider, site: str, fault: str
) -> None:
    provider.fault = fault
    async with aiohttp.ClientSession() as browser:
        visiting = asyncio.create_task(browser.post(site + "/ask"))
        await provider.asked.wait()
        if fault == "hang-after-headers":
            visiting.cancel()
        else:
            response = await visiting
            await response.content.readany()
            response.close()
    await _left(provider)
