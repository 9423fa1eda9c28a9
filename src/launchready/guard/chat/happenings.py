"""What a chat tells whoever counts: never a word of what was asked or answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from launchready.guard.chat.pieces import Reason

Kind = Literal["first-word", "fault", "cut", "fallback", "spent", "uncounted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happened to an answer.

    first-word: the member sees the guide's first word, after `seconds` of waiting. fault: a call of
    `provider` failed for `reason`. cut: an answer broke off after words were shown. fallback: the
    member reads the fallback, after `seconds`. spent: an answer took `tokens` and `nanodollars`.
    uncounted: the ledger could not be written.
    """

    kind: Kind
    provider: str = ""
    reason: Reason | None = None
    seconds: float = 0.0
    tokens: int = 0
    nanodollars: int = 0


Observer = Callable[[Happening], None]
