"""Who is asked next, when, and how long: the plan for one question."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from launchready.guard.chat.faults import Fault
from launchready.guard.chat.providers import Provider

CALLS_MAX = 3
"""Calls of one provider for one question."""
FIRST_SHARE = 0.6
"""How much of the time that is left a provider gets while another could still be asked."""
PAUSE_S = 0.2
"""The pause before the same provider is asked again; doubled each time, and shaken."""
LEAST_S = 0.05
"""Less time than this is not worth a call."""


@dataclass(slots=True, kw_only=True)
class _Side:
    provider: Provider
    calls: int = 0
    not_before: float = 0.0
    over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The next call: of whom, from when on, and until when its first word may come."""

    provider: Provider
    at: float
    first_word_by: float


@dataclass(slots=True)
class Turns:
    """Deals out the time until `by` among the providers.

    Whoever may be asked soonest is next, the first before the second. While another provider could
    still be asked, a call gets `FIRST_SHARE` of the time left, the last one all of it.
    """

    providers: Sequence[Provider]
    by: float
    _sides: list[_Side] = field(init=False)

    def __post_init__(self) -> None:
        self._sides = [_Side(provider=p) for p in self.providers]

    def next(self, now: float) -> Turn | None:
        """Return the next call; None when nobody can answer in time."""
        open_sides = [s for s in self._sides if not s.over and s.provider.breaker.lets_through]
        if not open_sides:
            return None
        side = min(open_sides, key=lambda s: max(now, self._may_ask(s)))
        at = max(now, self._may_ask(side))
        left_s = self.by - at
        if left_s < LEAST_S:
            return None
        others = [
            s for s in open_sides if s is not side and self._may_ask(s) < at + FIRST_SHARE * left_s
        ]
        side.calls += 1
        share = FIRST_SHARE if others else 1.0
        return Turn(provider=side.provider, at=at, first_word_by=at + share * left_s)

    def failed(self, provider: Provider, fault: Fault, now: float) -> None:
        """Note how a call went, and when its provider may be asked again."""
        side = next(s for s in self._sides if s.provider is provider)
        if not fault.passing or side.calls >= CALLS_MAX:
            side.over = True
            return
        pause_s = PAUSE_S * 2 ** (side.calls - 1) * random.uniform(0.75, 1.25)  # noqa: S311
        side.not_before = now + max(pause_s, fault.retry_after_s or 0.0)

    @staticmethod
    def _may_ask(side: _Side) -> float:
        return max(side.not_before, side.provider.breaker.asked_to_wait_until)
