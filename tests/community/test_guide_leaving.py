"""A member who leaves in the middle: nothing more is paid for, and what was said is kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select

from launchready.community.running import Community
from launchready.community.sessions import close_all_sessions
from launchready.community.tables import Question
from launchready.guard import Guard, presence
from tests.community.browser import Browser
from tests.community.conftest import ADA
from tests.community.guiding import ToolCaller, community_asking, running_in, sqlite_in
from tests.guard.serving import serving

AT_ONCE_S = 10.0


async def _kept(running: Community, state: str) -> Question:
    """Wait until the only question stands as this, and return it."""
    async with asyncio.timeout(AT_ONCE_S):
        while True:
            async with running.database.read() as session:
                kept = (await session.execute(select(Question))).scalar_one_or_none()
            if kept is not None and kept.state == state:
                return kept
            await asyncio.sleep(0.02)


async def _signed_in(app: Guard) -> dict[str, str]:
    async with Browser(app) as browser:
        return dict((await browser.log_in(ADA)).cookies)


async def _ask(client: aiohttp.ClientSession, address: str, accept: str) -> aiohttp.ClientResponse:
    return await client.post(
        f"{address}/chat", json={"message": "Where do I begin?"}, headers={"accept": accept}
    )


@pytest.mark.parametrize("fault", ["hang-in-the-middle", "slow-drip"])
async def test_leaving_in_the_middle_ends_the_call_and_keeps_what_was_said(
    tmp_path: Path, password_hash: str, fault: str
) -> None:
    async with (
        ToolCaller(fault=fault) as provider,
        community_asking(provider, sqlite_in(tmp_path), password_hash, first_token_s=30) as app,
        serving(app) as address,
        aiohttp.ClientSession(cookies=await _signed_in(app)) as client,
    ):
        answer = await _ask(client, address, "text/event-stream")
        await answer.content.readuntil(b'{"text"')
        answer.close()
        async with asyncio.timeout(AT_ONCE_S):
            await provider.calls[0].left.wait()
        kept = await _kept(running_in(app), "cut")
        assert kept.answer
        assert "interrupted" in kept.note
        async with Browser(app) as browser:
            await browser.log_in(ADA)
            assert "Broken off." in (await browser.get("/guide")).text


async def test_leaving_before_the_first_word_ends_the_call_and_keeps_the_question(
    tmp_path: Path, password_hash: str
) -> None:
    async with (
        ToolCaller(fault="hang-after-headers") as provider,
        community_asking(provider, sqlite_in(tmp_path), password_hash, first_token_s=30) as app,
        serving(app) as address,
        aiohttp.ClientSession(cookies=await _signed_in(app)) as client,
    ):
        answer = await _ask(client, address, "text/event-stream")
        await provider.asked.wait()
        answer.close()
        async with asyncio.timeout(AT_ONCE_S):
            await provider.calls[0].left.wait()
        kept = await _kept(running_in(app), "cut")
        assert (kept.question, kept.answer) == ("Where do I begin?", "")


async def test_without_a_stream_the_answer_is_in_the_history_of_whoever_left(
    tmp_path: Path, password_hash: str
) -> None:
    async with (
        ToolCaller(between_s=0.1) as provider,
        community_asking(provider, sqlite_in(tmp_path), password_hash) as app,
        serving(app) as address,
        aiohttp.ClientSession(cookies=await _signed_in(app)) as client,
    ):
        asking = asyncio.create_task(_ask(client, address, "application/json"))
        await provider.asked.wait()
        asking.cancel()
        kept = await _kept(running_in(app), "whole")
        assert kept.answer.endswith("to begin.")


async def test_who_logs_out_in_another_tab_is_told_no_more_words(
    tmp_path: Path, password_hash: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "ASKS_AGAIN_S", 0.2)
    async with (
        ToolCaller(fault="slow-drip") as provider,
        community_asking(provider, sqlite_in(tmp_path), password_hash, first_token_s=30) as app,
        serving(app) as address,
        aiohttp.ClientSession(cookies=await _signed_in(app)) as client,
    ):
        answer = await _ask(client, address, "text/event-stream")
        await answer.content.readuntil(b'{"text"')
        running = running_in(app)
        async with running.database.write() as session:
            member_id = (await session.execute(select(Question.member_id))).scalar_one()
            await close_all_sessions(session, member_id)
        with pytest.raises(aiohttp.ClientPayloadError):
            async with asyncio.timeout(AT_ONCE_S):
                await answer.read()
        assert (await _kept(running, "cut")).answer
