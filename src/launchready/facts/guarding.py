"""What the guarded app's own process says of itself to whoever holds its token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from launchready.facts.subject import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardFigures(Fact):
    """`/metrics` of a host, asked with the token of `[guard] metrics_token_env`.

    Nothing here is the server's own text: it might hold the token that it was sent.
    """

    plain: ClassVar[str] = "guard's figures"

    token_env: str
    """The variable that holds the token."""
    status: int
    seen: str
    """What came, in our words."""
    parts: tuple[tuple[str, bool], ...] = ()
    """Parts of guard, and whether the running process has them switched on; empty if it does not say."""

    @property
    def off(self) -> tuple[str, ...]:
        """The parts that are switched off."""
        return tuple(part for part, on in self.parts if not on)

    @property
    def faults(self) -> tuple[str, ...]:
        """`limits-off`, `caching-off` and so on: one for each part that is switched off."""
        return tuple(f"{part}-off" for part in self.off)
