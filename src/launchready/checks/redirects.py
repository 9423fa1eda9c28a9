"""Redirects: the ways into each host lead in one clean step to where they should."""

from __future__ import annotations

from launchready.derive.commands import walk_of
from launchready.facts.hops import host, is_plain
from launchready.facts.http import Entrance, Walk
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


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="https",
    prevents=[(Entrance, "stays-plain")],
)
def http_not_sent_to_https(entrance: Entrance) -> Result:
    """A visitor who comes by plain HTTP is not sent to HTTPS.

    Why: Who types the bare name, or follows an old link, reads and signs in without encryption; anyone on the same network can read along and take over the session.

    Fix: Answer everything on port 80 with one permanent redirect to the same address on HTTPS.
    """
    name = entrance.subject.name
    if entrance.http_closed:
        return _closed(name)
    walks = [w for w in (entrance.http_root, entrance.http_deep) if w is not None]
    if not walks:
        return Unproven(reason=entrance.trouble or "plain HTTP gave no answer")
    for walk in walks:
        if _downgraded(walk):
            return NotApplicable(reason="HTTPS itself sends visitors back to HTTP; see there")
        last = walk.last
        if last is None or walk.end == "gap":
            return Unproven(reason=walk.detail or "plain HTTP gave no answer")
        if walk.end != "answer":
            return NotApplicable(reason=f"the redirect ends in a {walk.end}; see there")
        if is_plain(last.url):
            return _stays_plain(name, walk.start, last.status)
    last = walks[0].last
    return Passed(evidence=f"{walks[0].start} leads to {last.url if last else ''}")


def _stays_plain(name: str, start: str, status: int) -> Failed:
    served = 200 <= status < 300
    return Failed(
        means="Members can read pages and sign in without encryption; others can read along."
        if served
        else f"Who types {name} without https:// gets an error instead of your community.",
        observed=f"{start} answers {status} without a redirect",
        wanted="a permanent redirect to HTTPS",
        severity=None if served else Severity.RISK,
        fix=(
            f"Redirect everything that {name} gets on port 80, keeping path and query.",
            f"nginx: server {{ listen 80; server_name {name}; return 308 https://$host$request_uri; }}",
            "Cloudflare: SSL/TLS, Edge Certificates, switch on “Always Use HTTPS”.",
        ),
        who="your host",
        effort_min=10,
        takes_effect="at once",
        see=walk_of(start),
    )


def _closed(name: str) -> Failed:
    return Failed(
        severity=Severity.ADVICE,
        means=f"Who types {name} into an older browser or app sees an error.",
        observed="nothing answers on port 80",
        wanted="a permanent redirect to HTTPS",
        fix=(f"Let port 80 of {name} answer with a permanent redirect to HTTPS, nothing else.",),
        who="your host",
        effort_min=15,
        takes_effect="at once",
        see=f"curl -sS -o /dev/null -D - http://{name}/",
    )


def _downgraded(walk: Walk) -> bool:
    """Return whether HTTPS was reached and left again for HTTP."""
    secure = False
    for url in walk.urls:
        if secure and is_plain(url) and host(url):
            return True
        secure = secure or not is_plain(url)
    return False
