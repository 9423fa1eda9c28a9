"""Which limits hold on which route, and whom each of them counts."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from launchready.guard.client import counted_as
from launchready.manifest import RouteEntry, RouteKind

# RFC 5321 section 4.5.3.1: 64 characters, @, 255 characters.
_ACCOUNT_MAX = 320


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """So many requests in so long: never more than `requests` within any `window_s` seconds."""

    name: str
    """What the `RateLimit` fields call it; one count for each name and each one counted."""
    requests: int
    window_s: int
    by: Literal["address", "account", "member"] = "address"
    counts: Literal["every", "wrong"] = "every"
    """`wrong`: an attempt that turns out right (password, code, signature) is not to count."""

    def __post_init__(self) -> None:
        if not (self.name and self.name.replace("-", "").isalnum() and self.name.isascii()):
            raise ValueError(f"{self.name!r} is not a rule's name of letters, digits and hyphens")
        if self.requests < 1 or self.window_s < 1:
            raise ValueError(f"rule {self.name}: requests and window_s are at least 1")


Hit = tuple[Rule, str]
"""A rule, and whom it counts."""

_AN_HOUR_S = 3600
# By address: below what the audit tries before it says that nothing limits, and with room for an
# office that joins together. By account: room for a member who has forgotten which password it was.
_RULES: dict[RouteKind, tuple[Rule, ...]] = {
    "auth": (
        Rule(name="auth-address", requests=15, window_s=60, counts="wrong"),
        Rule(name="auth-account", requests=10, window_s=900, by="account", counts="wrong"),
    ),
    "invite": (
        Rule(name="invite-address", requests=15, window_s=60, counts="wrong"),
        Rule(name="invite-account", requests=10, window_s=900, by="account", counts="wrong"),
    ),
    "signup": (
        Rule(name="signup-address", requests=20, window_s=60),
        Rule(name="signup-account", requests=5, window_s=_AN_HOUR_S, by="account"),
    ),
    "reset": (
        Rule(name="reset-address", requests=15, window_s=60),
        Rule(name="reset-account", requests=5, window_s=_AN_HOUR_S, by="account"),
    ),
    "chat": (
        Rule(name="chat-member", requests=20, window_s=60, by="member"),
        Rule(name="chat-address", requests=20, window_s=60),
    ),
    "webhook": (Rule(name="webhook-unsigned", requests=30, window_s=60, counts="wrong"),),
}


def rules_for(route: RouteEntry) -> tuple[Rule, ...]:
    """Return the limits of a route: those of its kind, or by its own `limit`; () for none.

    - auth and invite count what is wrong, by address and by account: hit before the attempt, so
      that parallel guesses are bounded, and forgive what was right. So an office behind one
      address may log in together, and one who guesses may not.
    - signup and reset count every request, for each sends a mail.
    - chat counts by member where one is signed in, otherwise by address.
    - webhook counts by sender what has no valid signature: verify first, hit when it is wrong.
      What is signed is never refused, however much of it comes: it is money that arrives.

    `limit` takes the place of the counts by address and by member. It is the number by which a
    limit must show, so that one request less passes. A route with a limit of its own shares its
    counts only with routes of the same kind and limit.
    """
    rules = _RULES.get(route.kind, ())
    if route.limit is None:
        return rules
    limit = route.limit
    rules = rules or (Rule(name=f"{route.kind}-address", requests=1, window_s=60),)
    return tuple(
        rule if rule.by == "account" else _limited(rule, requests=max(1, limit - 1))
        for rule in rules
    )


def _limited(rule: Rule, *, requests: int) -> Rule:
    return replace(rule, name=f"{rule.name}-{requests}", requests=requests, window_s=60)


def is_attempt(route: RouteEntry, method: str) -> bool:
    """Return whether a request is one that the route's rules count.

    To look at the form is no attempt, unless the route is declared to be called by GET.
    """
    return method not in {"GET", "HEAD", "OPTIONS"} or (
        route.method == "GET" and method in {"GET", "HEAD"}
    )


def hits(
    rules: Sequence[Rule],
    *,
    client: str,
    account: str | None = None,
    member: str | None = None,
    familiar: bool = False,
) -> list[Hit]:
    """Return what to count for one attempt, for `Throttle.hit_all`; empty when nothing counts.

    `client` is the visitor's address (IPv6 counts by /64), `account` the name that was typed,
    `member` who is signed in. A rule by account counts only where a name was typed; where the
    account has signed in from this address before (`familiar`), it counts the two together, apart
    from what strangers try.
    """
    by_member = member is not None and any(rule.by == "member" for rule in rules)
    found: list[Hit] = []
    for rule in rules:
        if rule.by == "account":
            name = account_name(account or "")
            if name and familiar:
                own = replace(rule, name=f"{rule.name}-familiar")
                found.append((own, f"{name} {counted_as(client)}"))
            elif name:
                found.append((rule, name))
        elif rule.by == "member":
            if member is not None:
                found.append((rule, member))
        elif not by_member:
            found.append((rule, counted_as(client)))
    return found


def account_name(typed: str) -> str:
    """Return an account's name so that spellings which an app may take for the same count as one.

    Without it, capitals, wide letters and what nobody sees would give a fresh count each.
    """
    if not typed.isprintable():
        # Apps drop controls and marks of direction before they look for the account.
        typed = "".join(c for c in typed if not unicodedata.category(c).startswith("C"))
    # Stripped before it is cut, or blanks in front would leave no name to count.
    return unicodedata.normalize("NFKC", typed.strip()[:_ACCOUNT_MAX]).casefold().strip()
