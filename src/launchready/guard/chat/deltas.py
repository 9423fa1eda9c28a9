"""One event of a streamed answer, read without trust in its shape, and what adds up over them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from launchready.guard.chat.faults import Fault, ProviderFaultError
from launchready.guard.chat.pieces import ToolCall, Usage

TOOL_CALLS_MAX = 64
BYTES_A_TOKEN = 16
"""More than tokens have on average in any language, so that no honest answer is taken for endless."""
DELTAS_A_TOKEN = 4
TOKENS_MAX = 10**9


@dataclass(slots=True, kw_only=True)
class _Call:
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class Adding:
    """Adds up the events of one answer, and stops it when it is longer than was asked for."""

    def __init__(self, answer_max_tokens: int) -> None:
        self.finish: str = ""
        """The provider's finish_reason, once it has told it."""
        self.usage: Usage | None = None
        self.spoke = False
        self._bytes_left = BYTES_A_TOKEN * answer_max_tokens
        self._deltas_left = DELTAS_A_TOKEN * answer_max_tokens
        self._max_tokens = answer_max_tokens
        self._calls: dict[int, _Call] = {}
        self._narrow = self._wide = 0
        self._blanks = ""

    def take(self, data: bytes) -> str:
        """Take the data of one event and return the words in it, often none.

        Raises ProviderFaultError.
        """
        try:
            # From text: json would look for the encoding first.
            chunk = json.loads(data.decode())
        except (ValueError, RecursionError):
            raise _malformed() from None
        if not isinstance(chunk, dict):
            raise _malformed()
        if chunk.get("error"):
            raise ProviderFaultError(Fault(reason="error"))
        if isinstance(usage := chunk.get("usage"), dict):
            self.usage = _usage(usage) or self.usage
        choices = chunk.get("choices")
        if not choices:
            return ""
        if not isinstance(choices, list) or not isinstance(choices[0], dict):
            raise _malformed()
        choice = choices[0]
        delta = choice.get("delta") or {}
        if not isinstance(delta, dict):
            raise _malformed()
        # A refusal is worded by the model too.
        words = delta.get("content") or delta.get("refusal") or ""
        if not isinstance(words, str):
            raise _malformed()
        if calls := delta.get("tool_calls"):
            self._add_calls(calls)
        if words:
            words = self._counted(words)
        if words and not self.spoke:
            # Blanks alone show a member nothing: an answer of them is empty, however long they come.
            words, self._blanks = self._blanks + words, ""
            if words.isspace():
                words, self._blanks = "", words
        if words:
            self.spoke = True
        if isinstance(finish := choice.get("finish_reason"), str):
            self.finish = finish
        return words

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The tools that the model wants called. Raises ProviderFaultError when one has no name."""
        calls = []
        for index, call in sorted(self._calls.items()):
            if not call.name:
                raise _malformed()
            arguments = "".join(call.arguments) or "{}"
            calls.append(
                ToolCall(id=call.id or f"call_{index}", name=call.name, arguments=arguments)
            )
        return tuple(calls)

    def _add_calls(self, calls: Any) -> None:
        if not isinstance(calls, list):
            raise _malformed()
        for position, told in enumerate(calls):
            if not isinstance(told, dict):
                raise _malformed()
            index = position if told.get("index") is None else told["index"]
            function = told.get("function") or {}
            if not isinstance(index, int) or not isinstance(function, dict):
                raise _malformed()
            known = self._calls.get(index)
            told_id = str(told.get("id") or "")
            if known and told_id and known.id not in {"", told_id}:
                # Some servers number none of their calls.
                index = max(self._calls) + 1
            call = self._calls.setdefault(index, _Call(id=told_id))
            if len(self._calls) > TOOL_CALLS_MAX:
                raise ProviderFaultError(Fault(reason="too-long"))
            name, arguments = function.get("name") or "", function.get("arguments") or ""
            if not isinstance(name, str) or not isinstance(arguments, str):
                raise _malformed()
            # Sent once by most, again with every piece by some.
            call.name = call.name or name
            call.arguments.append(self._counted(arguments))

    @property
    def text_tokens(self) -> int:
        """How many tokens came, estimated."""
        return min(_tokens(self._narrow, self._wide), self._max_tokens)

    def _counted(self, words: str) -> str:
        """Count words and return them, half characters replaced: no server could send those on."""
        self._deltas_left -= 1
        if words.isascii():
            self._narrow += len(words)
            self._bytes_left -= len(words)
        else:
            written = words.encode("utf-8", "replace")
            words = written.decode("utf-8")
            wide = _wide(words)
            self._wide += wide
            self._narrow += len(words) - wide
            self._bytes_left -= len(written)
        if self._bytes_left < 0 or self._deltas_left < 0:
            raise ProviderFaultError(Fault(reason="too-long"))
        return words


def estimated_tokens(words: str) -> int:
    """Return about how many tokens a text has, rather more than fewer: no tokenizer is asked.

    English has four letters a token and is counted with three; every letter beyond ASCII is one.
    """
    wide = 0 if words.isascii() else _wide(words)
    return _tokens(len(words) - wide, wide)


def _wide(words: str) -> int:
    return sum(1 for letter in words if letter > "\x7f")


def _tokens(narrow: int, wide: int) -> int:
    return wide + -(-narrow // 3)


def _usage(told: dict[str, Any]) -> Usage | None:
    details = told.get("prompt_tokens_details")
    prompt, answer = _count(told.get("prompt_tokens")), _count(told.get("completion_tokens"))
    if prompt is None or answer is None:
        return None
    cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else 0
    return Usage(prompt=prompt, answer=answer, cached=min(cached or 0, prompt))


def _count(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    # What no model can have read is not a figure but a mistake.
    return value if 0 <= value <= TOKENS_MAX else None


def _malformed() -> ProviderFaultError:
    return ProviderFaultError(Fault(reason="malformed"))
