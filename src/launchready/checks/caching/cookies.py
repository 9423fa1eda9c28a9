"""Cookies on answers for everybody: what a cache keeps, it hands to all who come after."""

from __future__ import annotations

from launchready.checks.caching.shared import for_cdns_alone, not_seen
from launchready.derive.caching.personal import PERSONAL_KINDS, cookie_names, is_session_cookie
from launchready.derive.caching.storable import cookies_withheld, stored_by_shared
from launchready.derive.commands import headers_of
from launchready.facts.declared import Declared
from launchready.facts.hops import host
from launchready.facts.http import Exchange
from launchready.facts.ways import Visit
from launchready.finding import (
    Failed,
    Impact,
    NotApplicable,
    Parent,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)


@check(severity=Severity.RISK, impact=Impact.EXPOSURE, bar="caching")
def cookie_in_cacheable_answer(visit: Visit, launch: Parent[Declared]) -> Result:
    """A public answer that shared caches may store sets a cookie.

    Why: A cache that stores the answer gives the same cookie to everybody; when it holds a session, visitors share one and members see each other's account.

    Fix: Set no cookie on pages for everybody, or send `Cache-Control: private` with them.
    """
    if visit.route.kind in PERSONAL_KINDS:
        return NotApplicable(
            reason="a personal route must not be stored at all; see private-answer-storable"
        )
    if not visit.walk.hops:
        return Unproven(reason="there was no answer")
    # A route that it leads to is judged as what it is there.
    others = launch.manifest.routes.keys() - {visit.route.url}
    own = [h for h in visit.walk.hops if host(h.url) == visit.route.host and h.url not in others]
    if any(h.challenge for h in own):
        return Unproven(reason="bot protection answered instead of the site")
    for answer in own:
        names = () if cookies_withheld(answer.headers) else cookie_names(answer.headers)
        storing = stored_by_shared(answer)
        if names and answer.status < 400 and storing.storable and not storing.asks_first:
            return _shared_cookie(answer, names)
    return not_seen(visit) or Passed(evidence="no cookie on an answer that may be stored")


def _shared_cookie(answer: Exchange, names: tuple[str, ...]) -> Failed:
    storing = stored_by_shared(answer)
    session = next((n for n in names if is_session_cookie(n)), "")
    said = answer.headers.get(storing.field)
    severity = Severity.ADVICE
    if storing.explicit:
        severity = Severity.BLOCKER if session else Severity.RISK
    return Failed(
        severity=severity,
        means="A cache could hand one visitor's session to all who come after."
        if session
        else "A cache could hand the same cookie to all visitors.",
        observed=f"Set-Cookie: {session or names[0]}=…, {storing.field}: {said[:80] if said else 'none'}",
        wanted="no cookie, or Cache-Control: private",
        evidence=f"{answer.url}: {storing.reason} (RFC 9111 sections 3 and 7.3)",
        fix=(
            *for_cdns_alone(storing),
            f"Do not set {session or names[0]} before a visitor signs in or fills in a form.",
            "Or send with every answer that sets a cookie: Cache-Control: private",
        ),
        who="your developer",
        effort_min=20,
        takes_effect="at once, after the caches were purged",
        see=headers_of(answer.url),
    )
