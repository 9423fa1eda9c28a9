"""The private page as a member gets it: strangers' answers do not tell what caches may keep of it."""

from __future__ import annotations

from launchready.checks.caching.shared import weight_of
from launchready.derive.caching.guarded import left_unsaid
from launchready.derive.caching.personal import PERSONAL_KINDS, judged_answers
from launchready.derive.caching.storable import stored_by_shared, varies_by_session
from launchready.derive.spans import span
from launchready.facts.active import OPEN_TO_OTHERS, SignIn
from launchready.facts.declared import Declared
from launchready.facts.hops import host, path
from launchready.facts.http import Exchange
from launchready.facts.ways import Visit
from launchready.finding import (
    Every,
    Failed,
    Impact,
    NotApplicable,
    Parent,
    Passed,
    Result,
    Severity,
    check,
)

_HEADER = "Cache-Control: private, no-store"


@check(severity=Severity.BLOCKER, impact=Impact.EXPOSURE, active=True)
def member_page_storable(sign_in: SignIn, launch: Parent[Declared], visits: Every[Visit]) -> Result:
    """What a member is shown may be stored by shared caches.

    Strangers are sent to the log-in with a header of their own; this looks at what the test member got. A copy that is given to the same session alone (`Vary: Cookie`), or only once the server was asked, is none that others see.

    Why: The first cache that is put in front of the app, a CDN on launch day above all, keeps one member's page and shows it to the next.

    Fix: Send `Cache-Control: private, no-store` with every page that is made for a member.
    """
    answer = sign_in.opened
    if answer is None:
        return NotApplicable(reason="the test member was not seen to open the private page")
    if any(step.name == OPEN_TO_OTHERS and not step.passed for step in sign_in.steps):
        return NotApplicable(reason="a cache gives it to others already; see member-page-open")
    route = launch.manifest.routes.get(answer.url)
    if route is not None and route.cacheable:
        return NotApplicable(reason="the manifest says that shared caches may store it")
    storing = stored_by_shared(answer)
    said = answer.headers.get(storing.field)
    if not storing.storable:
        return Passed(evidence=f"{answer.status}: {storing.reason}")
    if storing.asks_first:
        return Passed(evidence=f"{storing.field}: {said}: the server is asked before each use")
    if varies_by_session(answer) and not storing.explicit:
        return Passed(evidence="Vary: Cookie: a copy is given to the same session alone")
    grave = storing.explicit and not varies_by_session(answer)
    weight = Severity.BLOCKER if grave else Severity.RISK
    if any(_is_told(visit, answer, weight) for visit in visits):
        return NotApplicable(reason="strangers' answers lack it too; see private-answer-storable")
    kept = storing.explicit and storing.freshness.seconds > 0
    for_long = f", kept for {span(storing.freshness.seconds)}" if kept else ""
    return Failed(
        severity=weight,
        means="One member's private page could be shown to somebody else by any cache in front of the app.",
        observed=f"{answer.status} to the test member, {storing.field}: {said[:80] if said else 'none'}{for_long}",
        wanted=_HEADER,
        evidence=f"{answer.url}: {storing.reason} (RFC 9111 section 3)",
        fix=(
            f"Send this header with every page that is made for a member: {_HEADER}",
            "If a CDN has a rule that caches everything, exclude these pages from it and purge its cache.",
        ),
        who="your developer",
        effort_min=15,
        takes_effect="at once, after the caches were purged",
        see="Sign in with the browser's developer tools open: Network, the page itself, Cache-Control",
        also_bar=("caching",),
        because=left_unsaid(answer, sign_in.subject),
    )


def _is_told(visit: Visit, answer: Exchange, weight: Severity) -> bool:
    """Return whether what strangers get tells of it already, and as gravely.

    At the same address it is one header; where neither says a word, one that the app lacks.
    """
    if visit.route.kind not in PERSONAL_KINDS or visit.route.host != host(answer.url):
        return False
    told = [(w, a) for a in judged_answers(visit) if (w := weight_of(visit, a)) is not None]
    if visit.route.kind == "private" and path(visit.route.url) == path(answer.url):
        return bool(told)
    silent = not stored_by_shared(answer).explicit
    return silent and any(w <= weight and not stored_by_shared(a).explicit for w, a in told)
