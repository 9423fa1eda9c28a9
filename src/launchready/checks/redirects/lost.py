"""What redirects lose on the way to HTTPS or to another host: the path, the query."""

from __future__ import annotations

from dataclasses import replace

from launchready.checks.redirects.told import see
from launchready.derive.commands import headers_of
from launchready.derive.sign_in.hosts import leads_to_sign_in
from launchready.facts.declared import Declared
from launchready.facts.hops import host, is_plain
from launchready.facts.ways import Entrance
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


@check(
    severity=Severity.RISK,
    impact=Impact.SIGN_IN,
    bar="redirects",
    prevents=[(Entrance, "path-lost")],
)
def redirect_drops_path(entrance: Entrance, launch: Parent[Declared]) -> Result:
    """A redirect to HTTPS or to another host drops the page that was asked for.

    Why: Every link to a page inside (in mails, in search results, in a bookmark) ends at the front page; log-in and invitation links stop working.

    Fix: Let the redirect keep the path and the query.
    """
    lost = entrance.lost_path
    if lost is None:
        return _about_deep(entrance, "the path is kept")
    if (spoilt := entrance.fault) != "path-lost":
        return NotApplicable(reason=f"this entrance has a graver fault ({spoilt}){see(entrance)}")
    # Where members sign in or pay, the log-in page is one of those that get lost.
    target = host(lost[1])
    sign_in = leads_to_sign_in(launch.manifest, entrance.subject.name, target)
    severity = Severity.BLOCKER if sign_in else Severity.RISK
    if target not in launch.manifest.all_hosts and target != entrance.redirects_to:
        # A name that leads to somebody else's site as a whole may be meant to.
        severity = Severity.ADVICE
    return replace(_drops(entrance, *lost, what="path"), severity=severity)


@check(severity=Severity.RISK, impact=Impact.SIGN_IN, bar="redirects")
def redirect_drops_query(entrance: Entrance) -> Result:
    """A redirect to HTTPS or to another host drops what stands behind the question mark.

    Why: Invitation codes, password resets, payment returns and the source of a campaign travel in the query; without it they fail or cannot be told apart.

    Fix: Let the redirect keep the query.
    """
    lost = entrance.lost_query
    if lost is None:
        return _about_deep(entrance, "the query is kept")
    if lost == entrance.lost_path:
        return NotApplicable(reason="the path is lost as well; see redirect-drops-path")
    drops = _drops(entrance, *lost, what="query")
    if entrance.deep_query.replace("%", "%25") not in lost[1]:
        return drops
    return replace(
        drops,
        observed=f"{drops.observed} (encoded twice)",
        fix=(
            (
                "Let the redirect pass the query on as it came: in an app without encodeURI, or its like, "
                "around the address that was asked for."
            ),
            *drops.fix[1:],
        ),
    )


def _drops(entrance: Entrance, here: str, there: str, *, what: str) -> Failed:
    sender = host(here)
    target = host(there)
    scheme = "http" if is_plain(here) else "https"
    return Failed(
        means="Links to a page inside, from mails and searches, end at the front page."
        if what == "path"
        else "Invitation, reset and campaign links lose their code on the way.",
        observed=f"{here} leads to {there[:120]}",
        wanted=f"the {what} kept",
        fix=(
            f"Let the redirect of {scheme}://{sender} keep path and query.",
            f"nginx: return 308 https://{target}$request_uri;",
            f'Cloudflare: a redirect rule to concat("https://{target}", http.request.uri.path), query string preserved.',
        ),
        who="your developer",
        effort_min=10,
        takes_effect="at once; browsers that stored a 301 keep it for a while",
        see=headers_of(f"{scheme}://{sender}{entrance.deep_path}?{entrance.deep_query}"),
    )


def _about_deep(entrance: Entrance, evidence: str) -> Result:
    walks = [w for w in (entrance.https_deep, entrance.http_deep) if w is not None]
    if entrance.trouble or not walks:
        return Unproven(reason=entrance.trouble or "no page inside the host could be asked for")
    unfinished = next((w for w in walks if w.end != "answer"), None)
    if unfinished is not None:
        return NotApplicable(reason=f"the way ends otherwise ({unfinished.end}){see(entrance)}")
    return Passed(evidence=f"{walks[-1].start} leads to {walks[-1].urls[-1]}: {evidence}")
