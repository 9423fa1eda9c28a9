"""What only an active check can see: how a route throttles, how a member signs in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from launchready.facts.http import Exchange
from launchready.facts.subject import Fact
from launchready.manifest import RouteEntry

OPEN_BEFORE = "private page is closed before the log-in"
"""The step that fails when everybody sees what only members should."""
OPEN_TO_OTHERS = "private page is closed to others while a member is in"
"""The step that fails when strangers are given the page that the member has just opened."""
CLOSED_TO_EARLIER = "private page is closed to the cookies of before the log-in"
"""The step that fails when the log-in lets in whoever held the visitor's cookies before it."""
LOG_OUT = "log out"
"""The step of leaving, by what is declared or what the page shows."""
CLOSED_AFTERWARDS = "private page is closed afterwards"
"""The step that fails when log-out changes nothing for the browser that it was sent from."""
COPY_CLOSED = "private page is closed to a copy of the session"
"""The step that fails when the cookies of before the log-out still open the page."""
GETS_IN = ("reach the log-in page", "log in", "open the private page")
"""The steps of a member who gets in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """A request that holds nothing but made-up values, so that it may be shown and sent again."""

    url: str
    method: str
    content_type: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttling(Fact):
    """The same bounded request repeated on a route, with unknown accounts only.

    A chat that talks to members alone is tried as the test member.
    """

    plain: ClassVar[str] = "the rate limit"
    patience: ClassVar[int] = 20

    route: RouteEntry
    requests: int
    """How many were sent."""
    throttled_after: int | None
    """How many answers came before the answer changed; None when it never did."""
    first_answer: str
    """Status and gist of the usual answer."""
    changed_answer: str
    earlier: int = 0
    """Calls to the route shortly before, which its limit may count as well."""
    inconclusive: str = ""
    """Why the repetition proves nothing (the server failed from the start, a challenge answered)."""
    by_hand: ByHand | None = None
    """The request as anyone can send it; None where it takes a cookie, a page's token or a session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyStep:
    """One step of a journey: what was done, whether it went as it should, what was seen."""

    name: str
    passed: bool
    seen: str
    wanted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CookieSeen:
    """A cookie by its name and attributes (RFC 6265 section 4.1), never by its value."""

    name: str
    host: str
    """The host whose answer set it."""
    secure: bool
    http_only: bool
    same_site: str
    """`lax`, `strict` or `none`; empty when it says nothing."""
    long_value: bool = False
    """Its value is long enough for a session's."""
    at_login: bool = False
    """It came once the right password had been sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn(Fact):
    """The test member's way through log-in, a private page and log-out at one entrance."""

    plain: ClassVar[str] = "the sign-in"
    patience: ClassVar[int] = 10

    entrance: str
    steps: tuple[JourneyStep, ...]
    cookies: tuple[CookieSeen, ...] = ()
    """What the hosts of the launch set on the way, each name once for a host."""
    form_url: str = ""
    """Where the log-in is sent; empty when none was reached."""
    refused_with: int | None = None
    """The status of the answer to a wrong password; None when none was tried, or none answered."""
    self_contained: bool = False
    """The session that outlived the log-out stands in its cookie, and not at the server."""
    by_token: bool = False
    """The log-in handed out a token that the page's script sends along (RFC 6750)."""
    opened: Exchange | None = None
    """The private page as the member got it, its head alone and without cookies; None when it was not seen."""
    kept_back: str = ""
    """The private page, where strangers are given nothing of what the member read there."""
    unseen: tuple[tuple[str, str], ...] = ()
    """Steps whose end could not be observed, each with the reason; they are not among `steps`."""

    @property
    def fault(self) -> str:
        """`shut-out` when the member does not get in."""
        return "shut-out" if any(s.name in GETS_IN and not s.passed for s in self.steps) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBack(Fact):
    """A private route where the member read what strangers are given nothing of."""

    plain: ClassVar[str] = "what strangers are not shown"
    patience: ClassVar[int] = 10
