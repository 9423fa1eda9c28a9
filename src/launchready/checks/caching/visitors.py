"""Two visitors, one after the other: neither may be given what is the other's."""

from __future__ import annotations

from launchready.derive.caching.edge import cache_said
from launchready.derive.caching.given import given_again
from launchready.derive.caching.personal import PERSONAL_KINDS
from launchready.derive.commands import headers_of
from launchready.facts.ways import SecondVisitor
from launchready.finding import (
    Failed,
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)

_HEADER = "Cache-Control: private, no-store"


@check(severity=Severity.BLOCKER, impact=Impact.EXPOSURE, bar="private", routes=PERSONAL_KINDS)
def session_given_to_two_visitors(visitors: SecondVisitor) -> Result:
    """Two visitors who came one after the other were given the same session.

    Asked twice without a cookie, the page sets the same session cookie both times, or its form has the same token. A cache that keeps the page does so and need not say so in any header.

    Why: Who signs in with a session that somebody else was given too shares the account with them; a form whose token belongs to another session refuses everybody.

    Fix: Take these pages out of every cache in front of the app, whatever their headers say, and purge it.
    """
    first, second = visitors.first, visitors.second
    if visitors.route.cacheable:
        return NotApplicable(reason="the manifest says that shared caches may store it")
    if challenged := first.challenge or (second.challenge if second else ""):
        return Unproven(reason=f"{challenged} answered instead of the site")
    if second is None:
        return Passed(evidence="a visitor is given no session and no token")
    said = cache_said(first.headers)
    if said.answer == "hit":
        return NotApplicable(
            reason=f"a cache says that it gave a copy ({said.line}); see private-answer-served-from-cache"
        )
    if second.trouble or second.status != first.status:
        return Unproven(
            reason=f"the second visitor was answered otherwise: {second.status}",
            how_to_prove="Run it again: launchready recheck session-given-to-two-visitors",
        )
    again = given_again(first, second)
    if not again:
        return Passed(evidence="each visitor is given another one")
    cookie = next((name for name in again if name.startswith("the cookie")), "")
    # What the first visit put into a cache that was empty is given from there to the second.
    copied = cache_said(second.headers)
    told = copied.line if copied.answer == "hit" else ""
    return Failed(
        # A token alone may also be the app's own, the same for all; it then protects nothing.
        severity=Severity.BLOCKER if cookie or told else Severity.RISK,
        means="Two visitors share one session: when one of them signs in, the other is signed in too."
        if cookie
        else "Two visitors get the same form token: a stored copy that others cannot use, or no protection.",
        observed=f"{first.status}, twice the same: {', '.join(again)}"[:200],
        wanted="another one for each visitor",
        evidence=f"{first.url}: asked twice without a cookie"
        + (f", and a cache says of the second answer: {told}" if told else ""),
        fix=(
            f"Take {first.url} out of every cache in front of the app: nginx: proxy_cache off; a CDN: no “cache everything” rule.",
            f"Send this header with the {visitors.route.kind} pages: {_HEADER}",
            "Purge the caches once the two are in place.",
            "If no cache stands there, have the app draw the value anew for each visitor.",
        ),
        who="your developer",
        effort_min=30,
        takes_effect="at once, after the purge",
        see=f"{headers_of(first.url)}; {headers_of(first.url)}",
        also_bar=("caching",) if cookie else (),
    )
