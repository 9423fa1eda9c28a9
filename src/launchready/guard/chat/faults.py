"""What can be wrong with a provider's answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from launchready.guard.chat.pieces import Reason

PASSING_STATUSES = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
"""Statuses after which the same request may be sent again."""
THE_REQUESTS_FAULT = frozenset({400, 413, 422})
"""Statuses that say nothing about the provider's health."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One failed call, without a word of what was asked or answered."""

    reason: Reason
    status: int | None = None
    retry_after_s: float | None = None

    @property
    def passing(self) -> bool:
        """Whether asking the same provider again at once may help."""
        if self.reason == "status":
            return self.status in PASSING_STATUSES
        return self.reason not in {"tls", "slow", "too-long", "content-filter"}

    @property
    def providers(self) -> bool:
        """Whether it counts against the provider."""
        return self.status not in THE_REQUESTS_FAULT and self.reason != "content-filter"

    def __str__(self) -> str:
        return f"{self.reason} ({self.status})" if self.status else self.reason


class ProviderFaultError(Exception):
    """A call of a provider failed."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def retry_after_s(value: str | None, now: datetime | None = None) -> float | None:
    """Return how many seconds a Retry-After field asks to wait (RFC 9110, section 10.2.3).

    Seconds or a date; decimals, which some providers send, are read too. None when it says nothing.
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            date = parsedate_to_datetime(value)
        except (ValueError, TypeError, OverflowError):
            return None
        if date.tzinfo is None:
            date = date.replace(tzinfo=UTC)
        seconds = (date - (now or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None
