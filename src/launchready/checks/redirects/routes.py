"""Routes: each declared page answers as its kind should."""

from __future__ import annotations

from dataclasses import replace
from shlex import quote
from typing import get_args

from launchready.checks.redirects.entrances import leads_inside, leads_nowhere, never_ends
from launchready.checks.redirects.told import see
from launchready.derive.commands import headers_of
from launchready.derive.pages.challenge import LET_US_THROUGH
from launchready.derive.pages.mixed import mixed
from launchready.derive.pages.route_answer import Wrong, wrong_with
from launchready.derive.pages.unseen import unseen_page
from launchready.derive.sign_in.throttle import asks_to_wait
from launchready.derive.walks import shown, way_of
from launchready.facts import Key
from launchready.facts.hops import is_plain
from launchready.facts.ways import ENDPOINT_KINDS, Entrance, Visit
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
from launchready.manifest import RouteKind

_PAGE_KINDS: frozenset[RouteKind] = frozenset(get_args(RouteKind)) - ENDPOINT_KINDS


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="redirects",
    prevents=[(Visit, "loop"), (Visit, "too-many-hops")],
)
def route_redirects_in_a_loop(visit: Visit, entrance: Parent[Entrance]) -> Result:
    """A page redirects in a circle, or never ends.

    Why: The visitor's browser gives up and shows “too many redirects”.

    Fix: Find the rules that send visitors to each other and keep one.
    """
    if visit.fault not in {"loop", "too-many-hops"}:
        return _or_other(visit, "loop")
    return _under(never_ends(visit.walk), visit, entrance)


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="redirects",
    prevents=[(Visit, "private-address")],
)
def route_redirects_to_private_address(visit: Visit, entrance: Parent[Entrance]) -> Result:
    """A page redirects to an address that only your own network reaches.

    Why: Members cannot open it, and it shows strangers how your network is laid out.

    Fix: Let the redirect name the public host; apps behind a proxy often need their public URL set.
    """
    if visit.fault != "private-address":
        return _or_other(visit, "private-address")
    return _under(leads_inside(visit.walk), visit, entrance)


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="redirects",
    prevents=[(Visit, "bad-location"), (Visit, "gap")],
)
def route_redirects_nowhere(visit: Visit, entrance: Parent[Entrance]) -> Result:
    """A page redirects to something that is no working address.

    Why: The visitor's browser shows an error page.

    Fix: Correct the target of the redirect.
    """
    if visit.fault not in {"bad-location", "gap"}:
        return _or_other(visit, "bad-location")
    return _under(leads_nowhere(visit.walk), visit, entrance)


def _or_other(visit: Visit, fault: str) -> Result:
    if visit.walk.end != "answer":
        return NotApplicable(reason=f"its redirects end otherwise ({visit.fault}){see(visit)}")
    redirects = visit.walk.redirects
    what = f"{redirects} redirects" if redirects != 1 else "1 redirect"
    return Passed(evidence=f"no {fault.replace('-', ' ')}: {what}, then an answer")


def _under(failed: Failed, visit: Visit, entrance: Entrance) -> Failed:
    """Fold the finding under the entrance of its host when that has the very same fault."""
    if entrance.fault != visit.fault:
        return failed
    return replace(failed, because=Key(Entrance, entrance.subject))


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="sign-in",
    prevents=[(Visit, "garbled"), (Visit, "failing"), (Visit, "missing")],
    routes=_PAGE_KINDS,
)
def route_answers_wrong(visit: Visit) -> Result:
    """A page, a file or a log-in does not answer as its kind should.

    Why: The route is declared because members need it; an error, an empty page or the wrong kind of content there is what they see on launch day.

    Fix: Deploy what belongs there, or correct the route in launchready.toml.
    """
    if visit.route.kind in ENDPOINT_KINDS:
        return NotApplicable(reason=f"{visit.route.kind} is judged as an endpoint")
    if _only_called(visit):
        return NotApplicable(
            reason="it takes JSON by POST alone, which the sign-in and the bursts of --active send"
        )
    answer = visit.answer
    if answer is not None and asks_to_wait(answer) and visit.route.status is None:
        # What the audit asks on all sides within a minute is more than a visitor does.
        return Unproven(
            reason=f"a limit answered instead of the page, and was still shut later ({answer.status})",
            how_to_prove="Let the limit pass this computer's address, or audit again in an hour. Members "
            "who share an address meet it as well: let it count what is sent (POST), and not visits.",
        )
    return _answers(visit)


def _only_called(visit: Visit) -> bool:
    """Return whether this is a log-in for scripts that knows nothing of a GET, as in many an API."""
    answer, route = visit.answer, visit.route
    by_script = route.kind == "auth" and route.json_body and route.status is None
    return by_script and answer is not None and answer.status in {404, 410}


@check(
    severity=Severity.RISK,
    impact=Impact.SIGN_IN,
    prevents=[(Visit, "garbled-call"), (Visit, "failing-call"), (Visit, "missing-call")],
    routes=ENDPOINT_KINDS,
)
def endpoint_answers_wrong(visit: Visit) -> Result:
    """A webhook, chat, API or private page does not answer as its kind should.

    Why: Payments, the guide and everything that the app fetches go through these; an error there is a part of the community that does not work.

    Fix: Look into the server's log for the error, deploy what belongs there, or correct the route in launchready.toml.
    """
    if visit.route.kind not in ENDPOINT_KINDS:
        return NotApplicable(reason=f"{visit.route.kind} is judged as a page")
    return _answers(visit)


def _answers(visit: Visit) -> Result:
    if visit.walk.end != "answer":
        return NotApplicable(reason=f"its redirects reach no answer ({visit.fault}){see(visit)}")
    answer = visit.answer
    if answer is None:
        return Unproven(reason="there was no answer")
    if answer.challenge:
        return Unproven(
            reason=f"bot protection ({answer.challenge}) answered instead of the site",
            how_to_prove=LET_US_THROUGH,
        )
    wrong = wrong_with(visit)
    if isinstance(wrong, Wrong):
        return _failed(visit, wrong)
    if wrong.unsure:
        return Unproven(
            reason=wrong.seen,
            how_to_prove=f"If that is right, declare it: status = {answer.status} for this route.",
        )
    return Passed(evidence=wrong.seen)


def _failed(visit: Visit, wrong: Wrong) -> Failed:
    url = visit.route.url
    return Failed(
        severity=Severity.BLOCKER if wrong.grave else Severity.RISK,
        means=wrong.means,
        observed=wrong.seen,
        wanted=wrong.wanted,
        evidence=shown(visit.walk),
        fix=(
            f"Open {url} in a private window: it should show {wrong.wanted}.",
            wrong.advice,
            f"If this is how it should answer, correct the route in launchready.toml: {url}",
        ),
        who="your developer",
        effort_min=30,
        takes_effect="with the next deploy",
        see=way_of(visit.walk) if visit.walk.redirects else headers_of(url),
        because=visit.because,
    )


@check(severity=Severity.RISK, impact=Impact.SIGN_IN, bar="https")
def mixed_content(visit: Visit) -> Result:
    """A page on HTTPS loads or sends something over plain HTTP.

    Why: Browsers refuse scripts, styles and frames over HTTP, so that the page stays broken; a form that sends to HTTP sends what members typed unencrypted.

    Fix: Write https:// in the address, or only the path.
    """
    page = visit.answer
    if page is not None and page.challenge:
        return Unproven(reason=f"bot protection ({page.challenge}) answered instead of the site")
    if why := unseen_page(visit):
        return Unproven(reason=why, because=visit.key)
    if visit.fault or page is None or is_plain(page.url):
        return NotApplicable(reason=f"no page on HTTPS was reached{see(visit)}")
    if page.content_type not in {"text/html", "application/xhtml+xml"}:
        return NotApplicable(reason="the answer is no web page")
    found = mixed(page)
    if not found:
        if page.body_cut:
            return Unproven(reason="the page is too long to be read to its end")
        return Passed(evidence="nothing on the page goes over HTTP")
    kinds = {m.kind for m in found}
    shown_urls = ", ".join(m.url[:100] for m in found[:3])
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    if "form" in kinds:
        means = "What members type into a form travels unencrypted."
    elif "active" in kinds:
        means = "Browsers refuse to load a part of the page, which looks or works broken."
    else:
        means = "Browsers may leave out pictures, or warn that the page is not fully secure."
    return Failed(
        severity=Severity.ADVICE if kinds == {"passive"} else None,
        means=means,
        observed=f"{shown_urls}{more}",
        wanted="https:// everywhere",
        fix=(
            f"Replace http:// by https:// in: {shown_urls}{more}",
            "Until then this header makes browsers try HTTPS: Content-Security-Policy: upgrade-insecure-requests",
        ),
        who="your developer",
        effort_min=15,
        takes_effect="with the next deploy",
        see=f"curl -sS {quote(page.url)} | grep -noE '(src|href|action|url)[=(].?http://[^ >]+'",
    )
