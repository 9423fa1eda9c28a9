"""What a running community is told from outside."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from launchready.community.plans import TRIAL_PRICE, WILLOW


def utc_now() -> dt.datetime:
    """Return the moment, with its zone."""
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the community keeps its data, where it is reached, and what it works with.

    The URLs are prefixes without a slash at the end; empty ones mean the host that is asked.
    """

    database_url: str
    """`sqlite+aiosqlite:///community.db` or `postgresql+psycopg://user@host/name`."""
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    """What links in mails and form tokens are made from; one for all processes of a launch."""
    name: str = "Willow"
    site_url: str = ""
    """The public pages."""
    app_url: str = ""
    """The members' part; it stands in mails."""
    community_url: str = ""
    """The public page about the conversations, if it has a host of its own."""
    static_url: str = ""
    session_cookie: str = "__Host-session"
    session_days: int = 30
    mail_from: str = "hello@willow.example"
    smtp_url: str | None = field(default=None, repr=False)
    """`smtp://user:password@host:587` (STARTTLS when offered) or `smtps://…:465`."""
    mail_folder: Path | None = None
    """Where letters are written as files when there is no server for them."""
    payment_link: str | None = None
    """The payment provider's page, such as a Stripe payment link."""
    payment_portal: str | None = None
    """The provider's page where members cancel, such as the link of Stripe's customer portal."""
    payments_secret: str | None = field(default=None, repr=False)
    """Without a payment link: signs the webhooks of the built-in test payment. It is the value of
    the variable that the manifest's webhook route names."""
    prices: Mapping[str, str] = field(default_factory=dict)
    """Which plan each of the provider's prices buys; what is bought at any other opens nothing."""
    clock: Callable[[], dt.datetime] = utc_now

    @property
    def trial_secret(self) -> str | None:
        """What the test payment signs with; None when a provider takes real ones, or nobody does."""
        return None if self.payment_link else self.payments_secret

    @property
    def plans(self) -> Mapping[str, str]:
        """Which plan each price buys, that of the test payment included where it is on."""
        trial = {TRIAL_PRICE: WILLOW} if self.trial_secret else {}
        return {**trial, **self.prices}

    def absolute(self, path: str) -> str:
        """Return a URL of the members' part that works from a mail."""
        return f"{self.app_url or 'http://localhost:8000'}{path}"
