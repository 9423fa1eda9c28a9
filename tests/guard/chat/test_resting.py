"""Breakers, readiness and set-up of a whole chat."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest
from openai import AsyncOpenAI

from launchready.demo.listening import ClosedPort
from launchready.demo.provider import WORDS, ScriptedProvider
from launchready.guard.chat import Chat, ChatSetupError
from launchready.guard.chat.breaker import FAILURES
from launchready.guard.chat.faults import retry_after_s
from launchready.guard.health import Readiness
from launchready.guard.probes import openai_provider
from launchready.manifest.app import ChatSection
from launchready.manifest.model import Manifest
from tests.guard.chat.conftest import FALLBACK, QUESTION, MakeChat


async def test_a_provider_that_keeps_failing_is_left_alone(
    provider: ScriptedProvider, second: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.fault = "500"
    chat = chat_of(provider, second)
    for _ in range(FAILURES + 3):
        assert (await chat.whole(QUESTION)).end.provider == "second"
    assert len(provider.calls) == FAILURES
    assert chat.breakers == {"first": "open", "second": "closed"}


async def test_when_every_provider_rests_the_fallback_comes_at_once(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.fault = "500"
    chat = chat_of(provider)
    while chat.breakers["first"] == "closed":
        await chat.whole(QUESTION)
    before = len(provider.calls)
    end = (await chat.whole(QUESTION)).end
    assert (end.reason, end.text) == ("resting", FALLBACK)
    assert len(provider.calls) == before


async def test_a_member_who_leaves_says_nothing_about_the_provider(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.fault = "hang-in-the-middle"
    chat = chat_of(provider)
    for _ in range(FAILURES + 1):
        asking = chat.ask(QUESTION)
        await anext(asking)
        await asking.aclose()
    assert chat.breakers["first"] == "closed"


async def test_ready_says_what_is_wrong_with_each_provider(
    provider: ScriptedProvider, second: ScriptedProvider, chat_of: MakeChat
) -> None:
    chat = chat_of(provider, second)
    assert await chat.ready() == {"first": "", "second": ""}
    provider.models_status, second.models_status = 401, 404
    assert await chat.ready() == {"first": "the key is refused (401)", "second": ""}
    assert provider.calls == second.calls == []


async def test_ready_keeps_its_own_deadline_and_says_what_does_not_answer(
    chat_of: MakeChat,
) -> None:
    closed = ClosedPort()
    open_ = []

    async def hold(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # From Python 3.13 on a writer that nobody holds closes its connection.
        open_.append(writer)

    silent = await asyncio.start_server(hold, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    try:
        away = chat_of(f"http://127.0.0.1:{closed.port}/v1")
        assert await away.ready() == {"first": "no connection"}
        hanging = chat_of(f"http://127.0.0.1:{port}/v1")
        assert await hanging.ready(within_s=0.2) == {"first": "no answer within 0.2 s"}
    finally:
        closed.close()
        silent.close()
        for writer in open_:
            writer.transport.abort()


def test_the_key_comes_from_its_variable_and_is_never_shown() -> None:
    section = ChatSection(base_url="http://127.0.0.1:9/v1", model="m", key_env="GUIDE_KEY")
    chat = Chat(section, environment={"GUIDE_KEY": "sk-very-private"})
    assert chat.providers[0].headers["Authorization"] == "Bearer sk-very-private"
    assert "sk-very-private" not in repr(chat.providers)


def test_a_missing_key_names_its_variable() -> None:
    section = ChatSection(base_url="http://127.0.0.1:9/v1", model="m", key_env="GUIDE_KEY")
    with pytest.raises(ChatSetupError, match=r"\[chat\] key_env: .* GUIDE_KEY is empty or not set"):
        Chat(section, environment={})


async def test_the_manifest_says_all_of_it(provider: ScriptedProvider) -> None:
    manifest = Manifest.model_validate(
        {
            "launch": {"domain": "willow.test"},
            "chat": {
                "base_url": provider.base_url,
                "model": "guide-1",
                "price": [0, 0],
                "key_env": "GUIDE_KEY",
            },
            "budgets": {"ai_monthly": 10, "ai_member_monthly_tokens": 1},
        }
    )
    chat = Chat.of(manifest, environment={"GUIDE_KEY": "sk-1"})
    assert (await chat.whole(QUESTION)).text == "".join(WORDS)
    assert (await chat.whole(QUESTION, member="m1")).end.reason == "member-budget"
    assert provider.calls[0].headers["authorization"] == "Bearer sk-1"
    await chat.close()


async def test_the_official_client_understands_the_scripted_provider(
    provider: ScriptedProvider,
) -> None:
    async with AsyncOpenAI(base_url=provider.base_url, api_key="none") as client:
        stream = await client.chat.completions.create(
            model="guide",
            messages=[{"role": "user", "content": "Hello"}],
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]
    words = [c.choices[0].delta.content or "" for c in chunks if c.choices]
    assert "".join(words) == "".join(WORDS)
    usage = chunks[-1].usage
    assert usage is not None
    assert usage.completion_tokens == len(WORDS)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3.0), ("0.5", 0.5), ("-1", 0.0), ("nan", None), ("inf", None), ("soon", None),
        (None, None), ("Sun, 01 Nov 2026 00:00:30 GMT", 30.0),
        ("Sun, 01 Nov 2026 00:00:30", 30.0), (json.dumps({}), None),
    ],
)  # fmt: skip
def test_retry_after_is_read_as_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after_s(value, datetime(2026, 11, 1, tzinfo=UTC)) == seconds


async def test_a_provider_that_died_is_not_ready_as_soon_as_a_chat_has_failed(
    chat_of: MakeChat,
) -> None:
    async with ScriptedProvider() as provider:
        chat = chat_of(provider)
        probe = openai_provider(provider.base_url, doubted=lambda: chat.doubts("first"))
        ready = Readiness({"AI provider": probe}, keep_s=0)
        assert (await ready.answer())[0] == 200
    # Nobody has noticed: it is asked once a minute.
    assert (await ready.answer())[0] == 200
    await chat.whole(QUESTION)
    assert (await ready.answer())[0] == 503
