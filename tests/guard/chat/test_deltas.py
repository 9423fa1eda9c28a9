from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard.chat import ToolCall, Usage
from launchready.guard.chat.deltas import Adding, estimated_tokens
from launchready.guard.chat.faults import ProviderFaultError


def event(delta: Any, finish: str | None = None, **more: Any) -> bytes:
    return json.dumps({"choices": [{"delta": delta, "finish_reason": finish}], **more}).encode()


def call(index: int | None, arguments: str, **more: Any) -> dict[str, Any]:
    number = {} if index is None else {"index": index}
    name = {"name": more.pop("name")} if "name" in more else {}
    return {**number, **more, "function": {**name, "arguments": arguments}}


def test_words_finish_and_figures_are_read() -> None:
    adding = Adding(100)
    assert adding.take(event({"role": "assistant", "content": "Wel"})) == "Wel"
    assert adding.take(event({"content": "come"}, "stop")) == "come"
    details = {"cached_tokens": 5}
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": details}
    assert adding.take(json.dumps({"choices": [], "usage": usage}).encode()) == ""
    assert (adding.finish, adding.usage) == ("stop", Usage(prompt=9, answer=2, cached=5))


def test_a_refusal_is_the_models_words() -> None:
    assert Adding(100).take(event({"refusal": "I cannot."})) == "I cannot."


def test_thinking_aloud_is_no_word() -> None:
    adding = Adding(100)
    assert adding.take(event({"reasoning_content": "Hmm", "content": None})) == ""
    assert not adding.spoke


def test_blanks_alone_are_no_word_and_stand_before_the_first_one() -> None:
    adding = Adding(100)
    assert adding.take(event({"content": "\n"})) == adding.take(event({"content": " "})) == ""
    assert not adding.spoke
    assert adding.take(event({"content": "Welcome"})) == "\n Welcome"
    assert adding.take(event({"content": " "})) == " "


def test_blanks_without_end_are_stopped() -> None:
    adding = Adding(10)
    for _ in range(40):
        adding.take(event({"content": " "}))
    with pytest.raises(ProviderFaultError, match="too-long"):
        adding.take(event({"content": " "}))


def test_a_call_without_a_number_has_its_place_for_one() -> None:
    adding = Adding(100)
    told = {"index": None, "id": "a", "function": {"name": "x", "arguments": "{}"}}
    adding.take(event({"tool_calls": [told]}))
    assert adding.calls == (ToolCall(id="a", name="x", arguments="{}"),)


def test_two_calls_are_put_together_each() -> None:
    adding = Adding(100)
    adding.take(
        event({"tool_calls": [call(0, "", id="a", name="x"), call(1, "", id="b", name="y")]})
    )
    adding.take(event({"tool_calls": [call(1, "{}")]}))
    adding.take(event({"tool_calls": [call(0, '{"q":1}')]}))
    assert adding.calls == (
        ToolCall(id="a", name="x", arguments='{"q":1}'),
        ToolCall(id="b", name="y", arguments="{}"),
    )


def test_calls_that_all_have_the_same_number_are_told_apart_by_their_ids() -> None:
    adding = Adding(100)
    adding.take(event({"tool_calls": [call(0, "{}", id="a", name="x")]}))
    adding.take(event({"tool_calls": [call(0, "{}", id="b", name="y")]}))
    assert [c.id for c in adding.calls] == ["a", "b"]


def test_half_a_character_does_not_break_who_sends_it_on() -> None:
    words = Adding(100).take(b'{"choices": [{"delta": {"content": "a\\ud83d"}}]}')
    assert words == "a?"


def test_figures_that_no_model_can_have_are_no_figures() -> None:
    for prompt in (-1, 10**12, True, "9", None, 1.5):
        adding = Adding(100)
        usage = {"prompt_tokens": prompt, "completion_tokens": 2}
        adding.take(json.dumps({"choices": [], "usage": usage}).encode())
        assert adding.usage is None


@pytest.mark.parametrize("delta", [{"content": "x" * 100}, {"tool_calls": [call(0, "y" * 100)]}])
def test_more_than_was_asked_for_is_stopped(delta: dict[str, Any]) -> None:
    adding = Adding(10)
    adding.take(event(delta))
    with pytest.raises(ProviderFaultError) as raised:
        adding.take(event(delta))
    assert raised.value.fault.reason == "too-long"
    assert adding.text_tokens <= 10


def test_more_calls_than_anybody_needs_are_stopped() -> None:
    calls = [call(n, "", name="x", id=str(n)) for n in range(100)]
    with pytest.raises(ProviderFaultError):
        Adding(1000).take(event({"tool_calls": calls}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "delta", "content", "tool_calls", "function", "index", "usage",
                 "prompt_tokens", "completion_tokens", "finish_reason", "error", "name", "id"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)  # fmt: skip


@given(JSON)
def test_any_json_is_words_or_a_fault(told: Any) -> None:
    adding = Adding(100)
    try:
        words = adding.take(json.dumps(told).encode())
    except ProviderFaultError:
        return
    words.encode()


@given(st.binary(max_size=60))
def test_bytes_that_are_no_object_are_a_fault(data: bytes) -> None:
    with pytest.raises(ProviderFaultError):
        Adding(100).take(b"[" + data)


def test_tokens_are_estimated_rather_above() -> None:
    assert estimated_tokens("Where do I begin?") == 6
    assert estimated_tokens("どこから") == 4
    assert estimated_tokens("") == 0
