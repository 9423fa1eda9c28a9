"""What an answer is made of: words, calls of the app's tools, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Reason = Literal[
    # as the provider ended it
    "stop", "length", "tool-calls", "content-filter",
    # as it broke
    "unreachable", "tls", "busy", "status", "slow", "silent", "cut", "not-a-stream", "malformed",
    "empty", "error", "too-long",
    # as we did not ask at all
    "no-provider", "resting", "launch-budget", "member-budget", "budget-held", "ledger",
]  # fmt: skip
"""Why an answer ended.

unreachable: no connection; tls: no trusted one; busy: 429; status: another refusal; slow: no word in
time; silent: no further word in time; cut: ended in the middle; not-a-stream: a page instead of
events; malformed: events that are no answer; empty: an answer without a word; error: an error told
inside the stream; too-long: more than was asked for; resting: every provider failed a moment ago;
budget-held: what is left of a budget is set aside for questions that are being answered now;
ledger: what may be spent cannot be looked up.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens that an answer took."""

    prompt: int = 0
    answer: int = 0
    cached: int = 0
    """Tokens of the prompt that the provider had kept, which many sell for less."""
    counted: bool = False
    """Whether it is our own estimate, because the provider did not come to tell."""


@dataclass(frozen=True, slots=True)
class Text:
    """The guide's own words."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A tool of the app's that the model wants called. Name and arguments are the model's: check them."""

    id: str
    name: str
    arguments: str
    """JSON, as the model wrote it."""

    @property
    def text(self) -> str:
        """Nothing to show."""
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How it ended; the last piece of every answer."""

    reason: Reason
    usage: Usage = Usage()
    provider: str = ""
    """`first`, `second`, or empty when nobody answered."""
    fallback: bool = False
    """Whether `text` stands in for the answer: not a word of it is the guide's."""
    cut: bool = False
    """Whether the words before are not the whole answer."""
    text: str = ""
    """What to show the member at the end, in the launch's name; empty after a whole answer."""


Piece = Text | ToolCall | End


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer at once."""

    text: str
    """The guide's own words; empty when it could not answer."""
    calls: tuple[ToolCall, ...]
    end: End

    @property
    def shown(self) -> str:
        """What a member reads: the guide's words, and what is to be said about how they ended."""
        return self.text + self.end.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What members read that the manifest does not say; replace it in a community's own language."""

    launch_budget: str = (
        "The guide has had enough for this month. It is back on the first day of the next one at "
        "the latest."
    )
    member_budget: str = (
        "You have asked the guide as much as one member can this month. It is back for you on the "
        "first day of the next one at the latest."
    )
    budget_held: str = (
        "So many questions are being answered right now that the guide cannot take another one. "
        "Please ask again in a minute."
    )
    cut: str = "\n\n(The guide was interrupted here. Please ask again.)"
    length: str = "\n\n(The guide stops here: its answer reached the longest length.)"
