"""One call with all that hangs on it: the breaker's verdict, the money, the deadlines."""

from __future__ import annotations

import asyncio

from launchready.guard.chat.attempt import AFTER_FINISH_S, Attempt
from launchready.guard.chat.breaker import Call
from launchready.guard.chat.faults import Fault, ProviderFaultError
from launchready.guard.chat.ledger import Claim
from launchready.guard.chat.paying import SETTLING_S, Paying, Question
from launchready.guard.chat.pieces import Reason, ToolCall, Usage
from launchready.guard.chat.providers import Connections
from launchready.guard.chat.turns import Turn

_FINISHES: dict[str, Reason] = {"length": "length", "content_filter": "content-filter"}


class Exchange:
    """Asks `words` until there are none; then `fault`, or how it ended, is there. `over` is a must."""

    def __init__(
        self, turn: Turn, call: Call, claim: Claim, question: Question,
        *, connections: Connections, answer_by: float, silence_s: float,
    ) -> None:  # fmt: skip
        self.provider = turn.provider
        self.fault: Fault | None = None
        self.spoke = False
        self.calls: tuple[ToolCall, ...] = ()
        self.usage = Usage()
        self._attempt = Attempt(turn.provider, connections, question.answer_max_tokens)
        self._call = call
        self._claim = claim
        self._question = question
        self._first_word_by = turn.first_word_by
        self._answer_by = answer_by
        self._silence_s = silence_s
        self._opened = False
        self._ended = False
        # Also ends a call whose answer nobody reads on.
        self._too_late = asyncio.get_running_loop().call_at(
            answer_by + AFTER_FINISH_S, self._attempt.cut_off
        )

    @property
    def reason(self) -> Reason:
        """How it ended."""
        if self.fault is not None:
            return self.fault.reason
        default: Reason = "tool-calls" if self.calls else "stop"
        return _FINISHES.get(self._attempt.adding.finish, default)

    async def words(self) -> str:
        """Return the next words; none when the call is over, well or not."""
        try:
            return await self._words()
        except ProviderFaultError as error:
            late = self.spoke and asyncio.get_running_loop().time() >= self._answer_by
            self.fault = Fault(reason="too-long") if late else error.fault
            return ""

    async def _words(self) -> str:
        attempt, now = self._attempt, asyncio.get_running_loop().time
        by = self._first_word_by
        if not self._opened:
            await attempt.open(self._question.messages, self._question.tools, by)
            self._opened = True
        elif self.spoke:
            by = min(now() + self._silence_s, self._answer_by)
        while not attempt.done:
            if words := await attempt.read(by):
                if not self.spoke:
                    self.spoke = True
                    self.provider.breaker.spoke(self._call)
                return words
        adding = attempt.adding
        if adding.finish != "length":
            # The arguments of a call that was cut short are not what the model meant.
            self.calls = adding.calls
        if not self.spoke and not self.calls:
            filtered = adding.finish == "content_filter"
            raise ProviderFaultError(Fault(reason="content-filter" if filtered else "empty"))
        self._ended = True
        return ""

    def over(self, paying: Paying) -> asyncio.Task[None]:
        """End the call, whoever has left; return the task that writes down what it took."""
        self._too_late.cancel()
        breaker = self.provider.breaker
        question = self._question
        self.usage = self._attempt.usage([*question.messages, *question.tools])
        if self._ended:
            breaker.ended(self._call)
            self._attempt.release()
        else:
            self._attempt.cut_off()
            if self.fault is None or not self.fault.providers:
                breaker.left(self._call)
            else:
                breaker.failed(self._call)
                if self.fault.retry_after_s is not None:
                    breaker.wait(self.fault.retry_after_s)
        return paying.settle(self._claim, self.provider, self.usage)


async def patiently(task: asyncio.Task[None]) -> None:
    """Wait for a task a moment; it goes on when that is over, or when whoever waits is gone."""
    await asyncio.wait({task}, timeout=SETTLING_S)
