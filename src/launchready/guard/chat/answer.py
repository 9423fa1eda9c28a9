"""The guide: one question in, the words of an honest answer out, in time and within the budget."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from launchready.guard.chat.breaker import Breaker, State
from launchready.guard.chat.exchange import Exchange, patiently
from launchready.guard.chat.happenings import Happening, Kind, Observer
from launchready.guard.chat.ledger import Ledger, Limits, MemoryLedger
from launchready.guard.chat.paying import Paying, Question
from launchready.guard.chat.pieces import (
    Answer,
    End,
    Piece,
    Reason,
    Text,
    ToolCall,
    Usage,
    Wording,
)
from launchready.guard.chat.prices import price_of
from launchready.guard.chat.providers import READY_WITHIN_S, Connections, Provider, answers
from launchready.guard.chat.turns import Turns
from launchready.manifest.app import ChatSection, ProviderEntry
from launchready.manifest.model import Manifest

MARGIN_S = 0.5
MARGIN_SHARE = 0.15
"""How much before the deadline the fallback is sent, so that the member has it in time: the lesser one.

A busy server needs it for what stands around the chat: the connection, the session, the first write.
"""

_log = logging.getLogger("launchready.chat")


class ChatSetupError(ValueError):
    """The manifest asks for what cannot be done; the message says what to write instead."""


class Chat:
    """Asks the manifest's providers. Safe to share: one for the whole app.

    Within `first_token_s` a member sees the guide's first word or the fallback. The first provider
    has 60 % of that time while the second could still answer, which has the rest. Comments and
    events without words are no words. After the first word nothing is asked again: an answer that
    breaks off, says nothing for `first_token_s` or is not over after `answer_s` ends with a piece
    that says so.
    """

    def __init__(
        self,
        section: ChatSection,
        *,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        ledger: Ledger | None = None,
        environment: Mapping[str, str] | None = None,
        wording: Wording = Wording(),  # noqa: B008 - frozen
        on_event: Observer | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Read keys from the environment and find prices. Raises ChatSetupError."""
        variables = os.environ if environment is None else environment
        self.section = section
        self.ledger = MemoryLedger() if ledger is None else ledger
        self.providers = _providers(section, limits, variables)
        self._wording = wording
        self._tell = on_event or (lambda _: None)
        self._connections = Connections(self.providers)
        self._paying = Paying(self.ledger, limits, self._tell, now)

    @classmethod
    def of(
        cls,
        manifest: Manifest,
        *,
        ledger: Ledger | None = None,
        wording: Wording = Wording(),  # noqa: B008 - frozen
        on_event: Observer | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Chat:
        """Return the chat that `[chat]` and `[budgets]` describe. Raises ChatSetupError."""
        return cls(
            manifest.chat, limits=Limits.of(manifest.budgets), ledger=ledger, wording=wording,
            on_event=on_event, environment=environment,
        )  # fmt: skip

    async def ask(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        member: str | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
        waited_s: float = 0.0,
    ) -> AsyncGenerator[Piece, None]:
        """Yield an answer's pieces as they come, an End last; `piece.text` is what to show of each.

        `messages` and `tools` are as OpenAI's chat completions take them. `waited_s`: how long the
        member has waited for this answer already, while a tool was asked for and called. Calls of
        tools come once they are complete. Closing the iterator, or cancelling whoever waits for
        it, closes the provider's connection at once.
        """
        loop = asyncio.get_running_loop()
        section = self.section
        asked = loop.time() - waited_s
        answer_by = asked + section.answer_s
        margin_s = min(MARGIN_S, MARGIN_SHARE * section.first_token_s)
        turns = Turns(self.providers, min(asked + section.first_token_s - margin_s, answer_by))
        question = Question(
            messages=messages, tools=tools, member=member or None,
            answer_max_tokens=section.answer_max_tokens,
        )  # fmt: skip
        reason: Reason = "resting" if self.providers else "no-provider"
        while (turn := turns.next(loop.time())) is not None:
            await asyncio.sleep(max(0.0, turn.at - loop.time()))
            claim = await self._paying.reserve(question, turn.provider, turns.by)
            if isinstance(claim, str):
                reason = claim
                break
            call = turn.provider.breaker.enter()
            if call is None:
                # Another question is the probe by now.
                await patiently(self._paying.settle(claim, turn.provider, Usage()))
                continue
            exchange = Exchange(
                turn, call, claim, question, connections=self._connections,
                answer_by=answer_by, silence_s=section.first_token_s,
            )  # fmt: skip
            began = loop.time()
            spoke = False
            try:
                while words := await exchange.words():
                    if not spoke:
                        spoke = True
                        self._happened("first-word", exchange, loop.time() - asked)
                    yield Text(words)
            finally:
                settling = exchange.over(self._paying)
            if exchange.fault is not None:
                self._happened("cut" if spoke else "fault", exchange, loop.time() - began)
            await patiently(settling)
            if spoke or exchange.fault is None:
                for piece in self._ending(exchange):
                    yield piece
                return
            turns.failed(turn.provider, exchange.fault, loop.time())
            reason = exchange.reason
        yield self._fallback(reason, loop.time() - asked)

    async def whole(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        member: str | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
        waited_s: float = 0.0,
    ) -> Answer:
        """Return the whole answer at once; arguments as of `ask`."""
        words: list[str] = []
        calls: list[ToolCall] = []
        end = End(reason="cut")
        asking = self.ask(messages, member=member, tools=tools, waited_s=waited_s)
        async with aclosing(asking) as pieces:
            async for piece in pieces:
                match piece:
                    case Text():
                        words.append(piece.text)
                    case ToolCall():
                        calls.append(piece)
                    case End():
                        end = piece
        return Answer(text="".join(words), calls=tuple(calls), end=end)

    async def ready(self, within_s: float = READY_WITHIN_S) -> dict[str, str]:
        """Return what is wrong with each provider, by name; empty words where nothing is.

        Asks for the list of models, which costs nothing. The chat can answer when one value is empty.
        """
        asked = (answers(p, self._connections, within_s) for p in self.providers)
        problems = await asyncio.gather(*asked)
        return {p.name: problem for p, problem in zip(self.providers, problems, strict=True)}

    @property
    def breakers(self) -> dict[str, State]:
        """How each provider's circuit breaker stands, by the provider's name."""
        return {p.name: p.breaker.state for p in self.providers}

    def doubts(self, provider: str) -> bool:
        """Whether a provider, by its name, failed since its last whole answer."""
        return any(p.breaker.doubts for p in self.providers if p.name == provider)

    async def close(self) -> None:
        """Write down what was spent, and close all connections."""
        await self._paying.close()
        await self._connections.close()

    def _ending(self, exchange: Exchange) -> Iterator[Piece]:
        yield from exchange.calls
        cut = exchange.fault is not None or exchange.reason in {"length", "content-filter"}
        words = ""
        if cut:
            words = self._wording.length if exchange.reason == "length" else self._wording.cut
        yield End(
            reason=exchange.reason, usage=exchange.usage, provider=exchange.provider.name,
            cut=cut, text=words,
        )  # fmt: skip

    def _fallback(self, reason: Reason, seconds: float) -> End:
        self._tell(Happening(kind="fallback", reason=reason, seconds=seconds))
        own = {
            "launch-budget": self._wording.launch_budget,
            "member-budget": self._wording.member_budget,
            "budget-held": self._wording.budget_held,
        }
        return End(reason=reason, fallback=True, text=own.get(reason, self.section.fallback))

    def _happened(self, kind: Kind, exchange: Exchange, seconds: float) -> None:
        name, fault = exchange.provider.name, exchange.fault
        if fault is not None:
            _log.warning("AI provider %s: %s after %.2f s", name, fault, seconds)
        reason = fault.reason if fault else None
        self._tell(Happening(kind=kind, provider=name, reason=reason, seconds=seconds))


def _providers(
    section: ChatSection, limits: Limits, variables: Mapping[str, str]
) -> tuple[Provider, ...]:
    declared = (("first", section.first), ("second", section.second))
    return tuple(
        _provider(name, entry, limits, variables) for name, entry in declared if entry is not None
    )


def _provider(
    name: str, entry: ProviderEntry, limits: Limits, variables: Mapping[str, str]
) -> Provider:
    where = "[chat]" if name == "first" else "[chat.second]"
    key = variables.get(entry.key_env, "").strip() if entry.key_env else None
    if key == "":
        raise ChatSetupError(
            f"{where} key_env: the environment variable {entry.key_env} is empty or not set; put "
            "the provider's API key into it"
        )
    price = price_of(entry)
    if price is None and limits.money:
        raise ChatSetupError(
            f"[budgets] limits money, but the price of the model {entry.model!r} is in no list; "
            f"write price = [ASKED, ANSWERED] into {where}, in US dollars for a million tokens "
            "([0, 0] for a model of your own), or limit tokens instead"
        )
    return Provider(name=name, entry=entry, key=key, price=price, breaker=Breaker())
