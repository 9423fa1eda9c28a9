"""Answers that name the site that asked: kept by a cache, they are given to other sites as well."""

from __future__ import annotations

from shlex import quote

from launchready.facts.exposure import Cors, CorsAnswer
from launchready.finding import (
    Failed,
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    check,
)

_ALLOW = "Access-Control-Allow-Origin"


@check(severity=Severity.RISK, impact=Impact.SIGN_IN)
def cors_answer_kept_for_one_origin(cors: Cors) -> Result:
    """A cache may give the permission of one site, or its lack, to another.

    The answer depends on the Origin that asks, may be stored, and has no `Vary: Origin` (Fetch standard, “CORS protocol and HTTP caches”; RFC 9110 section 12.5.5).

    Why: Whoever asks first decides: after a visit from elsewhere your app's own pages are refused what they need, for as long as the copy lives, and it passes before anybody has looked.

    Fix: Send `Vary: Origin` with every answer of the route, also with those that name no origin.
    """
    told = [a for a in (*cors.answers, *cors.declared) if not a.preflight]
    named = [a for a in told if (a.allow_origin or "").strip() == a.origin]
    if not named:
        return NotApplicable(reason="it names none of the origins that ask")
    if any(a in cors.answers for a in named):
        return NotApplicable(reason="it allows origins that are not declared; judged for that")
    if len({a.allow_origin for a in told}) == 1:
        return Passed(evidence=f"{_ALLOW}: {told[0].allow_origin}, whoever asks")
    mixed = [a for a in told if a.kept and not a.vary_origin]
    if not mixed:
        return Passed(evidence="no cache may keep it, or it varies by Origin")
    return _failed(cors, next((a for a in mixed if a in named), mixed[0]))


def _failed(cors: Cors, answer: CorsAnswer) -> Failed:
    asked = quote(f"Origin: {answer.origin}")
    return Failed(
        means="Now and then your app's own pages are refused what they need, and members see an empty page.",
        observed=f"{_ALLOW}: {(answer.allow_origin or 'none')[:80]} for {answer.origin}, "
        "may be stored, no Vary: Origin",
        wanted="Vary: Origin",
        evidence=f"{cors.route.url}: other origins are answered otherwise",
        fix=(
            "Send with every answer of the route, whoever asks: Vary: Origin",
            "If your CDN does not heed Vary, take the route out of its cache, or answer all origins alike.",
            "Purge the cache.",
        ),
        who="your developer",
        effort_min=15,
        takes_effect="at once, after the purge",
        see=f"curl -sS -o /dev/null -D - -H {asked} {quote(cors.route.url)} | grep -iE '^(access-control|vary|cache)'",
    )
