"""What a running demo remembers: what it was asked, and what the edge has cached."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from launchready.demo.answers import Answer


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class AskedPage:
    """One request as it came."""

    method: str
    url: str
    direct: bool
    """It came to the origin itself."""
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class AskedName:
    """One question to a name server; the flags make it another question."""

    server: str
    name: str
    type: str
    checking_disabled: bool
    dnssec: bool


@dataclass(slots=True)
class State:
    """The memory of one running demo; `username` and `password` are those of its test member.

    `metrics_token` opens the figures of its guard.
    """

    username: str = "member@willow.example"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    payments_secret: str = field(default_factory=lambda: f"whsec_{secrets.token_urlsafe(24)}")
    """With it the provider, or who stands in for it, signs webhooks."""
    metrics_token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    counters: dict[str, int] = field(default_factory=dict)
    """For behaviours that answer differently with time."""
    cached: dict[tuple[str, str], tuple[float, Answer]] = field(default_factory=dict)
    """(host, URL path and query) → when it was stored, and the answer."""
    pages: Counter[AskedPage] = field(default_factory=Counter)
    """How often each request came."""
    names: Counter[AskedName] = field(default_factory=Counter)
    """How often each question came."""

    def count(self, name: str) -> int:
        """Return how often this has been asked for the name, this time included."""
        self.counters[name] = self.counters.get(name, 0) + 1
        return self.counters[name]
