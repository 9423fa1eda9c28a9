"""Budgets: never overrun by parallel questions, honest when used up, settled as it really was."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from launchready.demo.provider import ScriptedProvider
from launchready.demo.provider_faults import Stream, chunk, usage_chunk
from launchready.guard.chat import (
    Allowance,
    Chat,
    ChatSetupError,
    Happening,
    Limits,
    Spend,
)
from launchready.guard.chat.sql import SqlLedger, spending_table
from launchready.manifest.app import ChatSection
from tests.guard.chat.conftest import FALLBACK, QUESTION, MakeChat
from tests.guard.chat.spending import spent_by, spent_by_all
from tests.stalls import stalls

WORST_TOKENS = 256 + 200
"""A short prompt, from above, and the longest answer."""
WORST_NANODOLLARS = 256 * 1_000 + 200 * 2_000
"""At 1 and 2 US dollars a million tokens."""


def launch(tokens: int | None = None, nanodollars: int | None = None) -> Limits:
    return Limits(launch=Allowance(tokens=tokens, nanodollars=nanodollars))


async def test_an_answer_costs_what_the_provider_says_it_took(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    chat = chat_of(provider, limits=launch(tokens=10_000))
    usage = (await chat.whole(QUESTION, member="m1")).end.usage
    everything = Spend(
        tokens=usage.prompt + usage.answer,
        nanodollars=usage.prompt * 1_000 + usage.answer * 2_000,
    )
    assert await spent_by_all(chat) == everything
    assert await spent_by(chat, "m1") == everything


async def test_spending_is_counted_without_any_limit_too(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    chat = chat_of(provider)
    usage = (await chat.whole(QUESTION)).end.usage
    assert (await spent_by_all(chat)).tokens == usage.prompt + usage.answer


class HoldsBack(ScriptedProvider):
    """A provider that says one word, and the others when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.told = asyncio.Event()

    async def say(self, stream: Stream, words: Sequence[str]) -> None:
        await super().say(stream, words[:1])
        await self.told.wait()
        await super().say(stream, words[1:])


@pytest.mark.parametrize(
    "limits", [launch(tokens=10 * WORST_TOKENS), launch(nanodollars=10 * WORST_NANODOLLARS)]
)
async def test_200_questions_at_once_never_overrun_the_limit(
    chat_of: MakeChat, limits: Limits
) -> None:
    async with HoldsBack() as provider:
        chat = chat_of(provider, limits=limits)
        asking = [asyncio.create_task(chat.whole(QUESTION)) for _ in range(200)]
        async with asyncio.timeout(20):
            while sum(one.done() for one in asking) < 190:  # noqa: ASYNC110 - they have no event
                await asyncio.sleep(0.01)
        provider.told.set()
        answers = await asyncio.gather(*asking)
    assert len(provider.calls) == 10
    refused = [a.end for a in answers if a.end.reason == "budget-held"]
    assert len(refused) == 190
    assert all(end.fallback and "ask again in a minute" in end.text for end in refused)
    # Settled since: what was not used is free again.
    assert (await spent_by_all(chat)).tokens < 10 * WORST_TOKENS


async def test_a_budget_that_is_used_up_asks_no_provider(
    provider: ScriptedProvider, second: ScriptedProvider, chat_of: MakeChat
) -> None:
    chat = chat_of(provider, second, limits=launch(tokens=WORST_TOKENS - 1))
    end = (await chat.whole(QUESTION)).end
    assert (end.reason, end.fallback) == ("launch-budget", True)
    assert end.text != FALLBACK
    assert "on the first day of the next one at the latest" in end.text
    assert provider.calls == second.calls == []


async def test_one_members_budget_leaves_the_others_theirs(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    chat = chat_of(provider, limits=Limits(member=Allowance(tokens=WORST_TOKENS)))
    assert (await chat.whole(QUESTION, member="m1")).end.reason == "stop"
    assert (await chat.whole(QUESTION, member="m1")).end.reason == "member-budget"
    assert (await chat.whole(QUESTION, member="m2")).end.reason == "stop"


async def test_a_member_whose_own_question_holds_the_rest_is_asked_to_wait_for_it(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.fault = "hang-in-the-middle"
    chat = chat_of(
        provider, limits=Limits(member=Allowance(tokens=2 * WORST_TOKENS - 1)), first_token_s=3
    )
    answers = await asyncio.gather(*(chat.whole(QUESTION, member="m1") for _ in range(2)))
    assert sorted(a.end.reason == "budget-held" for a in answers) == [False, True]
    provider.fault = "none"
    # Settled since.
    assert (await chat.whole(QUESTION, member="m1")).end.reason == "stop"


async def test_a_call_that_was_refused_costs_nothing(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.fault = "503"
    chat = chat_of(provider, limits=launch(tokens=10_000))
    await chat.whole(QUESTION)
    assert await spent_by_all(chat) == Spend()


async def test_a_call_that_hung_costs_its_prompt(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.fault = "hang-after-headers"
    chat = chat_of(provider, limits=launch(tokens=10_000), first_token_s=1)
    await chat.whole(QUESTION)
    assert 0 < (await spent_by_all(chat)).tokens < WORST_TOKENS


async def test_an_answer_that_was_cut_costs_what_came_of_it(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.fault = "reset-in-the-middle"
    chat = chat_of(provider, limits=launch(tokens=10_000))
    usage = (await chat.whole(QUESTION)).end.usage
    assert usage.counted
    assert usage.answer > 0
    assert (await spent_by_all(chat)).tokens == usage.prompt + usage.answer


class CountsNothing(ScriptedProvider):
    """A provider whose figures are noughts."""

    prompt = 0

    async def answer(self, stream: Stream, asked: dict[str, Any]) -> None:
        del asked
        await stream.begin()
        await self.say(stream, self.words)
        await stream.send(chunk({}, finish="stop"))
        await stream.send(usage_chunk(self.prompt, 0))
        await stream.done()


@pytest.mark.parametrize("prompt", [0, 9])
async def test_noughts_for_an_answer_with_words_are_no_figures(
    chat_of: MakeChat, prompt: int
) -> None:
    async with CountsNothing() as provider:
        provider.prompt = prompt
        chat = chat_of(provider, limits=launch(tokens=10_000))
        usage = (await chat.whole(QUESTION)).end.usage
        assert usage.counted
        assert usage.answer > 0
        assert (await spent_by_all(chat)).tokens == usage.prompt + usage.answer


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/app.db")
    yield engine
    await engine.dispose()


async def test_without_its_ledger_a_limited_chat_asks_nobody(
    provider: ScriptedProvider, chat_of: MakeChat, engine: AsyncEngine
) -> None:
    ledger = SqlLedger(engine, spending_table(MetaData(), "not_there"))
    chat = chat_of(provider, limits=launch(tokens=10_000), ledger=ledger)
    end = (await chat.whole(QUESTION)).end
    assert (end.reason, end.fallback, end.text) == ("ledger", True, FALLBACK)
    assert provider.calls == []


async def test_a_ledger_that_does_not_answer_keeps_nobody_waiting_beyond_the_deadline(
    provider: ScriptedProvider, chat_of: MakeChat, engine: AsyncEngine
) -> None:
    metadata = MetaData()
    ledger = SqlLedger(engine, spending_table(metadata))
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    chat = chat_of(provider, limits=launch(tokens=10_000), ledger=ledger, first_token_s=1)
    async with engine.connect() as other:
        await other.exec_driver_sql("BEGIN EXCLUSIVE")
        with stalls() as machine:
            began = time.monotonic()
            end = (await chat.whole(QUESTION)).end
            took_s = time.monotonic() - began
        await other.rollback()
    assert took_s - machine.lost_s < 1
    assert (end.reason, end.fallback) == ("ledger", True)
    assert provider.calls == []


async def test_without_its_ledger_an_unlimited_chat_answers(
    provider: ScriptedProvider, chat_of: MakeChat, engine: AsyncEngine
) -> None:
    seen: list[Happening] = []
    ledger = SqlLedger(engine, spending_table(MetaData(), "not_there"))
    chat = chat_of(provider, ledger=ledger, on_event=seen.append)
    assert (await chat.whole(QUESTION)).end.reason == "stop"
    assert seen[-1].kind == "uncounted"


def test_money_cannot_be_limited_when_a_price_is_unknown() -> None:
    section = ChatSection(base_url="http://127.0.0.1:9/v1", model="a-model-of-our-own")
    with pytest.raises(ChatSetupError, match=r"price = \[ASKED, ANSWERED\] into \[chat\]"):
        Chat(section, limits=launch(nanodollars=1))
    assert Chat(section, limits=launch(tokens=1)).providers[0].price is None
