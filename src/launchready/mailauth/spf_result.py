"""What an SPF evaluation returns: the result of RFC 7208, 2.6, and the tree behind it."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Result: TypeAlias = Literal["pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"]
Outcome: TypeAlias = Literal["match", "no match", "error", "not reached", "followed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfTerm:
    """One term as it was evaluated. `lookups` counts it and all that stands under it."""

    text: str
    outcome: Outcome
    lookups: int = 0
    void_lookups: int = 0
    child: "SpfNode | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfNode:
    """One domain whose record was evaluated. `record` is empty where none was found."""

    domain: str
    record: str
    result: Result
    terms: tuple[SpfTerm, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfResult:
    """What check_host() returns, and how it got there.

    `mechanism` is the term that decided, `explanation` what the domain says to a refused sender,
    `problem` why a result is temperror, permerror or none. Look-ups are counted as RFC 7208,
    4.6.4 counts terms, void look-ups as queries without an answer.
    """

    result: Result
    domain: str
    mechanism: str
    explanation: str
    lookups: int
    void_lookups: int
    tree: SpfNode
    steps: tuple[str, ...]
    problem: str
