"""Each call's money: its worst case set aside before, what it really took written down after."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from launchready.guard.chat.happenings import Happening, Observer
from launchready.guard.chat.ledger import (
    Claim,
    Ledger,
    LedgerError,
    Limits,
    Refusal,
    Spend,
    month_of,
)
from launchready.guard.chat.pieces import Reason, Usage
from launchready.guard.chat.prices import prompt_max_tokens
from launchready.guard.chat.providers import Provider

SETTLING_S = 1.0
"""How long an answer's end waits for the ledger; writing goes on after that."""

_log = logging.getLogger("launchready.chat")


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked, by whom."""

    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]]
    member: str | None
    answer_max_tokens: int

    @cached_property
    def worst(self) -> Usage:
        """The most tokens that an answer to it can take."""
        prompt = prompt_max_tokens(self.messages, self.tools)
        return Usage(prompt=prompt, answer=self.answer_max_tokens)


class Paying:
    """Keeps a chat's calls within its limits."""

    def __init__(
        self, ledger: Ledger, limits: Limits, tell: Observer, now: Callable[[], datetime]
    ) -> None:
        self._ledger = ledger
        self._limits = limits
        self._tell = tell
        self._now = now
        self._settling: set[asyncio.Task[None]] = set()
        self._held: dict[int, Claim] = {}
        """What this process has set aside and not settled yet, by identity."""

    async def reserve(self, question: Question, provider: Provider, by: float) -> Claim | Reason:
        """Set a call's worst case aside; return why not when a budget or the ledger says no.

        Without limits nothing is set aside, and nothing can say no.
        """
        month = month_of(self._now())
        if not self._limits.any:
            return Claim(month=month, member=question.member, worst=Spend())
        worst = _spend(provider, question.worst)
        claim = Claim(month=month, member=question.member, worst=worst)
        try:
            async with asyncio.timeout_at(by):
                refusal = await self._ledger.reserve(claim, self._limits)
                if refusal is not None:
                    return await self._why(refusal, claim)
        except (LedgerError, TimeoutError) as error:
            _log.warning("the ledger of the chat's spending does not answer: %r", error)
            return "ledger"
        self._held[id(claim)] = claim
        return claim

    def settle(self, claim: Claim, provider: Provider, usage: Usage) -> asyncio.Task[None]:
        """Write down what a call took, even when whoever asked has left by now."""
        used = _spend(provider, usage)
        task = asyncio.create_task(self._settle(claim, provider, used))
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)
        return task

    async def close(self) -> None:
        """Wait until everything is written."""
        await asyncio.gather(*self._settling)

    async def _why(self, refusal: Refusal, claim: Claim) -> Reason:
        """Return the budget that refused, or that it would not without the answers under way here.

        What other processes have set aside is in the ledger, and not told apart from what is spent.
        """
        whole = refusal == "launch-budget"
        total = await self._ledger.spent(claim.month, None if whole else claim.member)
        for held in self._held.values():
            if held.month == claim.month and (whole or held.member == claim.member):
                total -= held.worst
        allowance = self._limits.launch if whole else self._limits.member
        return "budget-held" if allowance.covers(total + claim.worst) else refusal

    async def _settle(self, claim: Claim, provider: Provider, used: Spend) -> None:
        if used.tokens:
            self._tell(
                Happening(
                    kind="spent", provider=provider.name,
                    tokens=used.tokens, nanodollars=used.nanodollars,
                )
            )  # fmt: skip
        try:
            if used != claim.worst:
                await self._ledger.settle(claim, used)
        except LedgerError as error:
            # The worst case stays, so that the limit holds.
            _log.warning("the ledger of the chat's spending cannot be written: %r", error)
            self._tell(Happening(kind="uncounted", provider=provider.name))
        finally:
            self._held.pop(id(claim), None)


def _spend(provider: Provider, usage: Usage) -> Spend:
    price = provider.price
    return Spend(
        tokens=usage.prompt + usage.answer,
        nanodollars=0 if price is None else price.nanodollars(usage),
    )
