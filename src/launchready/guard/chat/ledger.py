"""What was spent at AI providers this month, by member and by all: worst case first, then as it was.

A reservation is counted as spent at once, at its worst case, and corrected when the answer has
ended. So parallel answers never spend more than is allowed; and after a crash in the middle of an
answer its worst case stays counted: the provider may have charged for it, nobody can know.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

from launchready.guard.chat.prices import NANO
from launchready.manifest.model import BudgetsSection

Refusal = Literal["launch-budget", "member-budget"]
EVERYBODY = ""
"""The name under which the whole launch's spending stands."""


class LedgerError(Exception):
    """What was spent cannot be read or written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """Tokens, and billionths of a US dollar."""

    tokens: int = 0
    nanodollars: int = 0

    def __add__(self, other: Spend) -> Spend:
        return Spend(
            tokens=self.tokens + other.tokens, nanodollars=self.nanodollars + other.nanodollars
        )

    def __sub__(self, other: Spend) -> Spend:
        return Spend(
            tokens=self.tokens - other.tokens, nanodollars=self.nanodollars - other.nanodollars
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What may be spent in a month; None: as much as there is."""

    tokens: int | None = None
    nanodollars: int | None = None

    def covers(self, spend: Spend) -> bool:
        """Return whether this much stays within it."""
        return (self.tokens is None or spend.tokens <= self.tokens) and (
            self.nanodollars is None or spend.nanodollars <= self.nanodollars
        )

    @property
    def limits(self) -> bool:
        """Whether it says anything."""
        return self.tokens is not None or self.nanodollars is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What all members together, and what each of them, may spend in a month."""

    launch: Allowance = Allowance()
    member: Allowance = Allowance()

    @classmethod
    def of(cls, budgets: BudgetsSection) -> Limits:
        """Return what the manifest's `[budgets]` allow."""
        return cls(
            launch=_allowance(budgets.ai_monthly_tokens, budgets.ai_monthly),
            member=_allowance(budgets.ai_member_monthly_tokens, budgets.ai_member_monthly),
        )

    @property
    def any(self) -> bool:
        """Whether anything is limited."""
        return self.launch.limits or self.member.limits

    @property
    def money(self) -> bool:
        """Whether money is limited, so that prices have to be known."""
        return not (self.launch.nanodollars is None and self.member.nanodollars is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One answer's place in the ledger."""

    month: str
    """`2026-11`."""
    member: str | None
    worst: Spend


class Ledger(Protocol):
    """Where spending is kept."""

    async def reserve(self, claim: Claim, limits: Limits) -> Refusal | None:
        """Count a claim at its worst case, or return which budget does not cover it.

        Raises LedgerError.
        """

    async def settle(self, claim: Claim, used: Spend) -> None:
        """Replace a claim's worst case by what was used. Raises LedgerError; the worst case stays."""

    async def spent(self, month: str, member: str | None = None) -> Spend:
        """Return what a member, or without one the whole launch, has spent. Raises LedgerError."""


def month_of(now: datetime) -> str:
    """Return the month that spending counts for: in UTC, as providers bill."""
    return now.astimezone(UTC).strftime("%Y-%m")


def admitted(totals: dict[str, Spend], claim: Claim, limits: Limits) -> Refusal | None:
    """Add a claim to the month's totals, or leave them and return which budget refuses it."""
    everybody = totals.get(EVERYBODY, Spend()) + claim.worst
    if not limits.launch.covers(everybody):
        return "launch-budget"
    if claim.member is not None:
        own = totals.get(claim.member, Spend()) + claim.worst
        if not limits.member.covers(own):
            return "member-budget"
        totals[claim.member] = own
    totals[EVERYBODY] = everybody
    return None


def corrected(totals: dict[str, Spend], claim: Claim, used: Spend) -> None:
    """Replace a claim's worst case in the month's totals by what was used."""
    for name in (EVERYBODY, claim.member):
        if name is not None:
            totals[name] = totals.get(name, Spend()) - claim.worst + used


class MemoryLedger:
    """Spending in this process's memory: for one process, and until it restarts."""

    def __init__(self) -> None:
        self._months: dict[str, dict[str, Spend]] = {}

    async def reserve(self, claim: Claim, limits: Limits) -> Refusal | None:
        """Count a claim at its worst case, or return which budget does not cover it."""
        return admitted(self._totals(claim.month), claim, limits)

    async def settle(self, claim: Claim, used: Spend) -> None:
        """Replace a claim's worst case by what was used."""
        corrected(self._totals(claim.month), claim, used)

    async def spent(self, month: str, member: str | None = None) -> Spend:
        """Return what a member, or without one the whole launch, has spent."""
        return self._months.get(month, {}).get(member or EVERYBODY, Spend())

    def _totals(self, month: str) -> dict[str, Spend]:
        if month not in self._months:
            # An answer may still be open since last month; what was before is nobody's question.
            kept = sorted([*self._months, month])[-2:]
            self._months = {m: self._months.get(m, {}) for m in kept}
        return self._months.setdefault(month, {})


def _allowance(tokens: int | None, dollars: float | None) -> Allowance:
    return Allowance(tokens=tokens, nanodollars=None if dollars is None else round(dollars * NANO))
