"""Each fault of a provider, and what the member sees: a word or the fallback, in time."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

import pytest

from launchready.demo.listening import ClosedPort
from launchready.demo.provider import ScriptedProvider
from launchready.demo.provider_faults import FAULTS
from launchready.guard.chat import End, Text
from tests.guard.chat.conftest import FALLBACK, QUESTION, MakeChat, pieces_of
from tests.stalls import stalls

SECOND = "The second speaks."
# Faults before the first word, and the reason that the member's fallback is counted under.
BEFORE_A_WORD = {
    "429": "busy",
    "429-retry-after-60": "busy",
    "400": "status",
    "401": "status",
    "500": "status",
    "503": "status",
    "redirect": "status",
    "hang-before-headers": "slow",
    "hang-after-headers": "slow",
    "pings": "slow",
    "empty-deltas": "slow",
    "html": "not-a-stream",
    "html-as-events": "empty",
    "not-streamed": "not-a-stream",
    "empty": "empty",
    "blanks": "empty",
    "nothing": "empty",
    "cut-before-a-word": "empty",
    "invalid-json": "malformed",
    "odd-shape": "malformed",
    "error-in-stream": "error",
    "filtered": "content-filter",
    "reset-before-headers": "cut",
    "endless-headers": "cut",
    "huge-line": "too-long",
}
AFTER_WORDS = {
    "hang-in-the-middle": "silent",
    "pings-in-the-middle": "silent",
    "reset-in-the-middle": "cut",
    "closed-in-a-chunk": "cut",
    "cut-in-the-middle": "cut",
    "endless": "too-long",
    "slow-drip": "too-long",
    "filtered-in-the-middle": "content-filter",
}
SLOW = {fault for fault, reason in BEFORE_A_WORD.items() if reason == "slow"}
NO_FAULTS = {"none", "tool-call", "no-end-mark", "longest-length", "hang-after-the-last-word"}
EITHER = {"error-in-the-middle", "invalid-json-in-the-middle", "429-retry-after-1"}
"""Whether words were shown before depends on how the network cuts the packets; or a test of its own."""


def test_every_fault_of_the_scripted_provider_is_tried_here() -> None:
    assert set(FAULTS) == set(BEFORE_A_WORD) | set(AFTER_WORDS) | NO_FAULTS | EITHER


@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_the_first_thing_to_show_comes_within_the_deadline(
    provider: ScriptedProvider, chat_of: MakeChat, fault: str
) -> None:
    provider.fault = fault
    asking = chat_of(provider, first_token_s=1.5, answer_s=3).ask(QUESTION)
    with stalls() as machine:
        began = time.monotonic()
        await anext(asking)
        took_s = time.monotonic() - began
    assert took_s - machine.lost_s < 1.5
    await asking.aclose()


@pytest.mark.parametrize("fault", sorted(BEFORE_A_WORD))
async def test_a_fault_before_the_first_word_shows_the_fallback_marked_as_such(
    provider: ScriptedProvider, chat_of: MakeChat, fault: str
) -> None:
    provider.fault = fault
    pieces = await pieces_of(chat_of(provider, first_token_s=1 if fault in SLOW else 20))
    assert pieces == [End(reason=BEFORE_A_WORD[fault], fallback=True, text=FALLBACK)]  # type: ignore[arg-type]


@pytest.mark.parametrize("fault", sorted(set(BEFORE_A_WORD) - SLOW))
async def test_a_fault_before_the_first_word_is_made_good_by_the_second_provider(
    provider: ScriptedProvider, second: ScriptedProvider, chat_of: MakeChat, fault: str
) -> None:
    provider.fault = fault
    answer = await chat_of(provider, second).whole(QUESTION)
    assert answer.shown == SECOND
    assert (answer.end.provider, answer.end.fallback) == ("second", False)
    assert len(second.calls) == 1


async def test_a_provider_without_a_word_leaves_the_second_one_time_for_its_own(
    second: ScriptedProvider, chat_of: MakeChat
) -> None:
    async with AsyncExitStack() as stack:
        # Together, as each takes three seconds until it is given up.
        slow = [await stack.enter_async_context(ScriptedProvider(fault=f)) for f in sorted(SLOW)]
        asking = [chat_of(one, second, first_token_s=5).whole(QUESTION) for one in slow]
        answers = await asyncio.gather(*asking)
    assert [answer.shown for answer in answers] == [SECOND] * len(SLOW)
    assert {(a.end.provider, a.end.fallback) for a in answers} == {("second", False)}
    assert len(second.calls) == len(SLOW)


@pytest.mark.parametrize("fault", sorted(AFTER_WORDS))
async def test_a_fault_after_words_keeps_them_and_says_that_the_answer_was_cut(
    provider: ScriptedProvider, second: ScriptedProvider, chat_of: MakeChat, fault: str
) -> None:
    provider.fault = fault
    deadlines = {"silent": {"first_token_s": 1.5}, "too-long": {"answer_s": 2.5}}
    told = deadlines.get(AFTER_WORDS[fault], {})
    *words, end = await pieces_of(chat_of(provider, second, **told))
    assert words
    assert all(isinstance(w, Text) and w.text for w in words)
    assert isinstance(end, End)
    assert (end.reason, end.cut, end.fallback) == (AFTER_WORDS[fault], True, False)
    assert "interrupted" in end.text
    # Nothing is asked twice once a word was shown.
    assert (len(provider.calls), len(second.calls)) == (1, 0)


@pytest.mark.parametrize("fault", sorted(EITHER - {"429-retry-after-1"}))
async def test_an_error_in_the_middle_ends_honestly_however_the_packets_fall(
    provider: ScriptedProvider, chat_of: MakeChat, fault: str
) -> None:
    provider.fault = fault
    end = (await chat_of(provider).whole(QUESTION)).end
    assert end.cut != end.fallback
    assert end.reason in {"error", "malformed"}


async def test_a_short_retry_after_is_waited_for(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.script = ["429-retry-after-1"]
    began = time.monotonic()
    answer = await chat_of(provider, first_token_s=10, answer_s=20).whole(QUESTION)
    assert answer.end.reason == "stop"
    assert time.monotonic() - began >= 1
    assert len(provider.calls) == 2


async def test_a_retry_after_beyond_the_deadline_is_not_waited_for(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.fault = "429-retry-after-60"
    chat = chat_of(provider, first_token_s=20, answer_s=60)
    async with asyncio.timeout(10):
        assert (await chat.whole(QUESTION)).end.reason == "busy"
        # And the next question leaves the provider the pause that it asked for.
        assert (await chat.whole(QUESTION)).end.fallback
    assert len(provider.calls) == 1


async def test_a_passing_fault_is_tried_again(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.script = ["500", "reset-before-headers"]
    answer = await chat_of(provider, first_token_s=10, answer_s=20).whole(QUESTION)
    assert answer.end.reason == "stop"
    assert len(provider.calls) == 3


async def test_a_refused_key_is_not_tried_again(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.fault = "401"
    await chat_of(provider).whole(QUESTION)
    assert len(provider.calls) == 1


async def test_a_refused_connection_is_made_good_by_the_second_provider(
    second: ScriptedProvider, chat_of: MakeChat
) -> None:
    closed = ClosedPort()
    try:
        answer = await chat_of(f"http://127.0.0.1:{closed.port}/v1", second).whole(QUESTION)
        alone = await chat_of(f"http://127.0.0.1:{closed.port}/v1").whole(QUESTION)
    finally:
        closed.close()
    assert answer.shown == SECOND
    assert (alone.end.reason, alone.end.fallback) == ("unreachable", True)


async def test_a_name_that_does_not_resolve_is_unreachable(chat_of: MakeChat) -> None:
    answer = await chat_of("http://provider.invalid/v1").whole(QUESTION)
    assert (answer.end.reason, answer.end.fallback) == ("unreachable", True)


async def test_the_reader_that_stops_reading_does_not_keep_the_provider_open(
    provider: ScriptedProvider, chat_of: MakeChat
) -> None:
    provider.fault = "slow-drip"
    asking = chat_of(provider, first_token_s=0.5, answer_s=1).ask(QUESTION)
    await anext(asking)
    # The member's side takes nothing more; the time for the whole answer passes.
    async with asyncio.timeout(10):
        await provider.calls[0].left.wait()
    await asking.aclose()
