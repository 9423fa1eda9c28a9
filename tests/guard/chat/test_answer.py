from __future__ import annotations

import asyncio

import pytest

from launchready.demo.provider import WORDS, ScriptedProvider
from launchready.guard.chat import Chat, End, Happening, Text, ToolCall
from launchready.manifest.app import ChatSection
from tests.guard.chat.conftest import FALLBACK, QUESTION, MakeChat, pieces_of

TOOL = {"type": "function", "function": {"name": "search_posts", "parameters": {}}}


async def test_an_answer_is_the_providers_words_and_an_end(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    pieces = await pieces_of(chat_of(provider))
    assert "".join(p.text for p in pieces) == "".join(WORDS)
    assert all(isinstance(p, Text) for p in pieces[:-1])
    end = pieces[-1]
    assert isinstance(end, End)
    assert (end.reason, end.provider, end.fallback, end.cut) == ("stop", "first", False, False)
    assert end.usage.answer == len(WORDS)
    assert not end.usage.counted


async def test_a_whole_answer_comes_at_once(provider: ScriptedProvider, chat_of: MakeChat) -> None:
    answer = await chat_of(provider).whole(QUESTION)
    assert answer.text == answer.shown == "".join(WORDS)
    assert answer.end.reason == "stop"


async def test_words_are_passed_on_before_the_answer_is_over(chat_of: MakeChat) -> None:
    async with ScriptedProvider(words=["Hold", " on"]) as provider:
        provider.fault = "hang-in-the-middle"
        asking = chat_of(provider).ask(QUESTION)
        assert (await anext(asking)).text.startswith("Hold")
        assert not provider.calls[0].over.is_set()
        await asking.aclose()


async def test_the_provider_is_asked_for_a_stream_with_figures_and_a_longest_length(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    await pieces_of(chat_of(provider, answer_max_tokens=77), tools=[TOOL])
    asked = provider.calls[0].asked
    assert asked["messages"] == QUESTION
    assert (asked["model"], asked["stream"], asked["max_tokens"]) == ("guide-1", True, 77)
    assert asked["stream_options"] == {"include_usage": True}
    assert asked["tools"] == [TOOL]


async def test_a_model_that_wants_max_completion_tokens_gets_it_and_is_remembered(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.accepts_max_tokens = False
    chat = chat_of(provider)
    for _ in range(2):
        assert (await chat.whole(QUESTION)).end.reason == "stop"
    assert [("max_tokens" in c.asked) for c in provider.calls] == [True, False, False]


async def test_a_tool_call_comes_whole_with_its_arguments(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.fault = "tool-call"
    answer = await chat_of(provider).whole(QUESTION, tools=[TOOL])
    assert answer.calls == (
        ToolCall(id="call_1", name="search_posts", arguments='{"words": "welcome"}'),
    )
    assert answer.shown == ""
    assert answer.end.reason == "tool-calls"


async def test_an_answer_at_its_longest_length_says_that_it_stops_there(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.fault = "longest-length"
    answer = await chat_of(provider).whole(QUESTION)
    assert answer.text == "Welcome"
    assert answer.end.cut
    assert "longest length" in answer.end.text


async def test_a_missing_end_mark_after_the_last_word_loses_nobody_a_word(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.fault = "no-end-mark"
    answer = await chat_of(provider).whole(QUESTION)
    assert (answer.shown, answer.end.reason) == ("Welcome", "stop")


async def test_a_provider_that_hangs_after_the_last_word_delays_the_end_for_a_moment_only(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.fault = "hang-after-the-last-word"
    async with asyncio.timeout(15):
        answer = await chat_of(provider, first_token_s=20, answer_s=30).whole(QUESTION)
    assert (answer.shown, answer.end.reason) == ("".join(WORDS), "stop")


async def test_the_connection_is_used_again(provider: ScriptedProvider, chat_of: MakeChat) -> None:
    chat = chat_of(provider)
    for _ in range(3):
        await chat.whole(QUESTION)
    assert provider.accepted == 1


async def test_without_a_provider_the_fallback_answers_and_is_marked() -> None:
    answer = await Chat(ChatSection(fallback=FALLBACK)).whole(QUESTION)
    assert answer.text == ""
    assert answer.end == End(reason="no-provider", fallback=True, text=FALLBACK)


async def test_what_happened_is_told_without_a_word_of_the_conversation(
    provider: ScriptedProvider, chat_of: MakeChat, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[Happening] = []
    provider.script = ["500"]
    chat = chat_of(provider, on_event=seen.append)
    secret = "my-private-question"
    await chat.whole([{"role": "user", "content": secret}], member="m1")
    assert [h.kind for h in seen] == ["fault", "first-word", "spent"]
    assert seen[1].seconds > 0
    assert seen[2].tokens > 0
    assert secret not in caplog.text + repr(seen)
    assert "status (500)" in caplog.text


async def test_time_waited_for_a_tool_counts_towards_the_first_word(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.fault = "hang-before-headers"
    async with asyncio.timeout(10):
        answer = await chat_of(provider, first_token_s=30, answer_s=60).whole(QUESTION, waited_s=29)
    assert answer.end.fallback
