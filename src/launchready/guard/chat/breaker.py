"""A circuit breaker: a provider that fails again and again is left alone for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

State = Literal["closed", "open", "half-open"]

FAILURES = 5
REST_S = 10.0
REST_MAX_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Call:
    """A call that a breaker let through."""

    probe: bool
    """Whether it finds out for all others if the provider is back."""


class Breaker:
    """Closed until `FAILURES` in a row; then open for `REST_S`, doubled as long as probes fail.

    After the rest one call at a time goes through as a probe (half-open): a first word closes the
    breaker on probation, so that one more failure opens it again; a whole answer clears the record.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._rest_s = REST_S
        self._until: float | None = None
        self._probe: Call | None = None
        self.asked_to_wait_until = 0.0
        """When the provider wants to be asked again (Retry-After), by the same clock."""

    @property
    def state(self) -> State:
        """How it stands now."""
        if self._until is None:
            return "closed"
        return "open" if self._clock() < self._until else "half-open"

    @property
    def doubts(self) -> bool:
        """Whether a call failed since the last whole answer."""
        return self._failures > 0 or self._until is not None

    @property
    def lets_through(self) -> bool:
        """Whether a call could go through now."""
        state = self.state
        return state == "closed" or (state == "half-open" and self._probe is None)

    def enter(self) -> Call | None:
        """Let a call through and return it, to say later how it went; None when the way is shut."""
        if not self.lets_through:
            return None
        if self._until is None:
            return Call(probe=False)
        self._probe = Call(probe=True)
        return self._probe

    def spoke(self, call: Call) -> None:
        """Note the first word of an answer."""
        self._over(call)
        if self._until is not None:
            self._until = None
            self._failures = FAILURES - 1

    def ended(self, call: Call) -> None:
        """Note a whole answer."""
        self._over(call)
        self._until = None
        self._failures = 0
        self._rest_s = REST_S

    def failed(self, call: Call) -> None:
        """Note a call that failed."""
        now = self._clock()
        was_probe = self._over(call)
        if self._until is None:
            self._failures += 1
            if self._failures >= FAILURES:
                self._until = now + self._rest_s
        elif was_probe:
            self._rest_s = min(2 * self._rest_s, REST_MAX_S)
            self._until = now + self._rest_s

    def left(self, call: Call) -> None:
        """Note a call that was given up for reasons that are not the provider's."""
        self._over(call)

    def _over(self, call: Call) -> bool:
        """Free the probe's place if this was the probe, and return whether it was."""
        if self._probe is not call:
            return False
        self._probe = None
        return True

    def wait(self, seconds: float) -> None:
        """Note that the provider asks for this long a pause; at most `REST_MAX_S` counts."""
        until = self._clock() + min(seconds, REST_MAX_S)
        self.asked_to_wait_until = max(self.asked_to_wait_until, until)
