"""Shared caches: nothing that belongs to one member may be stored for the next."""

from __future__ import annotations

from dataclasses import replace

from launchready.checks.caching.told import for_cdns_alone, not_seen
from launchready.derive.caching.edge import cache_said
from launchready.derive.caching.guarded import left_unsaid
from launchready.derive.caching.personal import (
    PERSONAL_KINDS,
    judged_answers,
    personal_signs,
)
from launchready.derive.caching.storable import (
    kept_all_the_same,
    stored_by_shared,
    varies_by_session,
)
from launchready.derive.commands import headers_of
from launchready.derive.sign_in.private_page import is_bare_shell
from launchready.derive.spans import span
from launchready.facts import Fault
from launchready.facts.hops import path
from launchready.facts.http import Exchange
from launchready.facts.ways import Visit
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


@check(severity=Severity.BLOCKER, impact=Impact.EXPOSURE, bar="caching", routes=PERSONAL_KINDS)
def private_answer_storable(visit: Visit) -> Result:
    """A private, log-in or personal answer may be stored by shared caches.

    A copy that may be used only after the server was asked (no-cache, RFC 9111 section 5.2.2.4) is
    given to nobody else by a cache that does as it should: that it is kept at all is advice.

    Why: A CDN, a company's proxy or a hosting cache that stores such an answer gives one member's page, form token or session to the next visitor, or keeps sending members to the log-in page.

    Fix: Send `Cache-Control: private, no-store` with every answer that depends on who asks.
    """
    kind = visit.route.kind
    if kind not in PERSONAL_KINDS:
        return NotApplicable(reason=f"a {kind} route gives everyone the same")
    if visit.route.cacheable:
        return NotApplicable(reason="the manifest says that shared caches may store it")
    judged = judged_answers(visit)
    if not judged:
        return Unproven(reason="the route itself gave no answer to judge")
    if challenged := next((a.challenge for a in judged if a.challenge), ""):
        return Unproven(reason=f"{challenged} answered instead of the site")
    if any(_given_from_cache(visit, a) for a in judged):
        return NotApplicable(
            reason="a stored copy is already being given; see private-answer-served-from-cache"
        )
    found = [(w, a) for a in judged if (w := weight_of(visit, a)) is not None]
    if not found:
        return not_seen(visit) or Passed(evidence=_harmless(judged[-1]))
    told = [(w, a) for w, a in found if not _shell(visit, a)]
    if not told:
        return _shell_unproven(visit)
    weight, answer = min(told, key=lambda f: f[0])
    owed = {_unsaid_by_guard(visit, a) for _, a in told}
    # What one answer says for itself is not mended with what another leaves unsaid.
    return replace(_storable(visit, answer, weight), because=owed.pop() if len(owed) == 1 else None)


def _unsaid_by_guard(visit: Visit, answer: Exchange) -> Fault | None:
    # What the route leads to may be declared as something else, of which guard says another thing.
    own = path(answer.url) == path(visit.route.url)
    return left_unsaid(answer, visit.subject) if own else None


def weight_of(visit: Visit, answer: Exchange) -> Severity | None:
    """Return how grave it is that this answer may be stored; None when it is harmless or may not be."""
    storing = stored_by_shared(answer)
    private = visit.route.kind == "private"
    if not storing.storable:
        kept = answer.location is None and kept_all_the_same(answer)
        if not kept or not (private or personal_signs(answer)):
            return None
        return Severity.RISK if varies_by_session(answer) else Severity.BLOCKER
    reused = storing.explicit and not storing.asks_first
    if visit.route.json_body and not personal_signs(answer) and is_bare_shell(answer):
        # Scripts send it JSON by POST; a visit gets what a single-page app gives for any path.
        return None
    if answer.status in {200, 203, 206}:
        if private or personal_signs(answer):
            if storing.asks_first:
                return None if _shell(visit, answer) else Severity.ADVICE
            # With Vary: Cookie a stored copy is given to the same session again, or to those
            # who come without any: a new visitor gets what the last one got.
            grave = (private or reused) and not varies_by_session(answer)
            return Severity.BLOCKER if grave else Severity.RISK
        if storing.asks_first:
            # The same form for everybody, and the server is asked each time: nobody is harmed.
            return None
        # The same form for everybody: nobody is given what is another's, only what is old.
        return Severity.ADVICE
    if storing.asks_first:
        return None
    if answer.location is not None:
        # A stored redirect keeps sending members to the log-in page after they signed in.
        return Severity.BLOCKER if reused else Severity.RISK
    if private:
        return Severity.RISK if reused else Severity.ADVICE
    return None


def _shell(visit: Visit, answer: Exchange) -> bool:
    """Return whether a private route shows nothing of anybody: an empty shell that scripts fill."""
    page = visit.route.kind == "private" and answer.status == 200 and "html" in answer.content_type
    return page and not personal_signs(answer) and is_bare_shell(answer)


def _shell_unproven(visit: Visit) -> Unproven:
    """Return that nobody can tell by a shell whether something of a member stands in its scripts."""
    return Unproven(
        reason="caches keep an empty shell that scripts fill; whether it holds anything of a member "
        "cannot be seen from outside",
        how_to_prove="If the shell is the same for everybody, and its scripts fetch what members see, "
        f'declare so under [routes]: "{visit.route.url}" = {{ kind = "private", cacheable = true }}. '
        f"If not, send with it: {_HEADER}",
    )


def _harmless(answer: Exchange) -> str:
    storing = stored_by_shared(answer)
    if not storing.storable:
        return f"{answer.status}: {storing.reason}"
    return f"{answer.status}: it may be stored, but the server is asked each time, or it tells nothing of anybody"


def _storable(visit: Visit, answer: Exchange, weight: Severity) -> Failed:
    storing = stored_by_shared(answer)
    reused = storing.explicit and not storing.asks_first and storing.freshness.seconds > 0
    said = answer.headers.get(storing.field)
    private = visit.route.kind == "private"
    if storing.asks_first:
        whose = "one member's private page" if private else "one visitor's form or session"
        means = (
            f"Caches may keep a copy of {whose} although they must ask your server before they use "
            "it; a cache or a rule of your CDN that does not ask gives it to somebody else."
        )
    elif answer.location is not None:
        means = "Members could be sent back to the log-in page although they have signed in."
    elif private:
        means = "One member's private page could be shown to somebody else."
    elif not personal_signs(answer):
        means = "Visitors may be given an old copy of this form once you have changed it."
    else:
        means = "One visitor's form or session could be given to the next, who then cannot sign in."
    asked = ", kept, but asked about before each use" if storing.asks_first else ""
    for_long = f", kept for {span(storing.freshness.seconds)}" if reused else ""
    kept = kept_all_the_same(answer)
    in_spite = f"{kept}, in spite of " if kept else ""
    return Failed(
        means=means,
        observed=f"{answer.status}, {in_spite}{storing.field}: {said[:80] if said else 'none'}{for_long or asked}",
        wanted=_HEADER,
        evidence=f"{answer.url}: {storing.reason} (RFC 9111 section 3)"
        if not storing.asks_first
        else f"{answer.url}: it may be stored (RFC 9111 section 3), and reused only once the server "
        "has confirmed it (section 4.3)",
        severity=weight,
        fix=(
            *for_cdns_alone(storing),
            _send_it_with(visit),
            "If a CDN has a rule that caches everything, exclude these pages from it and purge its cache.",
        ),
        who="your developer",
        effort_min=15,
        takes_effect="at once, after the caches were purged",
        see=headers_of(answer.url),
    )


def _send_it_with(visit: Visit) -> str:
    # One thing to do is one finding: log-in, sign-up and the others are not told apart.
    pages = "the private pages" if visit.route.kind == "private" else "these forms and answers"
    return (
        f"Send this header with {pages}, and with all that members see, redirects and errors "
        f"included: {_HEADER}"
    )


@check(severity=Severity.BLOCKER, impact=Impact.EXPOSURE, bar="private", routes=PERSONAL_KINDS)
def private_answer_served_from_cache(visit: Visit) -> Result:
    """A stored copy of a private or personal answer is being given to visitors.

    Why: What one member or visitor got is given to the next: their page, their form's token, or a redirect to the log-in page that members never get past.

    Fix: Send `Cache-Control: private, no-store`, exclude the page from the CDN's caching rules, and purge its cache.
    """
    kind = visit.route.kind
    if kind not in PERSONAL_KINDS:
        return NotApplicable(reason=f"a {kind} route gives everyone the same")
    if visit.route.cacheable:
        return NotApplicable(reason="the manifest says that shared caches may store it")
    judged = judged_answers(visit)
    if not judged:
        return Unproven(reason="the route itself gave no answer to judge")
    if challenged := next((a.challenge for a in judged if a.challenge), ""):
        return Unproven(reason=f"{challenged} answered instead of the site")
    for answer in judged:
        if _given_from_cache(visit, answer):
            line = cache_said(answer.headers).line
            return _shell_unproven(visit) if _shell(visit, answer) else _served(visit, answer, line)
    said = cache_said(judged[-1].headers)
    return not_seen(visit) or Passed(evidence=said.line or "no header tells of a stored copy")


def _given_from_cache(visit: Visit, answer: Exchange) -> bool:
    # A form that is the same for everybody harms nobody from a cache.
    personal = visit.route.kind == "private" or bool(personal_signs(answer))
    said = cache_said(answer.headers)
    # What the server confirmed for this very visitor was given rightly, if it may be kept at all.
    rightly = said.confirmed and stored_by_shared(answer).storable
    return personal and said.answer == "hit" and not rightly


def _served(visit: Visit, answer: Exchange, line: str) -> Failed:
    return Failed(
        means="Visitors are given a stored copy of a page that was made for somebody else."
        if answer.location is None
        else "Members are sent back to the log-in page from a stored copy, whoever they are.",
        observed=f"{answer.status}, {line}",
        wanted="a fresh answer for everyone",
        evidence=answer.url,
        fix=(
            _send_it_with(visit),
            "Exclude these pages from every “cache everything” rule of your CDN and host.",
            "Purge the whole cache, once the two are in place.",
        ),
        who="your developer",
        effort_min=20,
        takes_effect="at once, after the purge",
        see=headers_of(answer.url),
        also_bar=("caching",),
    )
