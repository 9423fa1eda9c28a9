"""The ways into a host: HTTP is sent to HTTPS, no circles, path and query kept."""

from __future__ import annotations

from dataclasses import replace

from launchready.checks.redirects.told import see
from launchready.derive.commands import headers_of, walk_of
from launchready.derive.walks import as_written, circle_hosts, downgrade, led_to, shown, way_of
from launchready.facts.declared import Declared
from launchready.facts.hops import host, is_plain
from launchready.facts.ways import Entrance, Walk
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
from launchready.manifest import PAGELESS_KINDS


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="https",
    prevents=[(Entrance, "stays-plain")],
)
def http_not_sent_to_https(entrance: Entrance, launch: Parent[Declared]) -> Result:
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
        if downgrade(walk) is not None:
            return NotApplicable(reason="HTTPS leads back to HTTP; see redirect-downgrades-to-http")
        last = walk.last
        if last is not None and walk.end == "gap" and not is_plain(last.url):
            continue  # it reached HTTPS; where it leads from there is judged as a redirect
        if last is None:
            return Unproven(reason=walk.detail or "plain HTTP gave no answer")
        if walk.end != "answer":
            return NotApplicable(reason=f"the redirect ends otherwise ({walk.end}){see(entrance)}")
        if is_plain(last.url):
            kinds = {r.kind for r in launch.manifest.routes.values() if r.host == name}
            # Nobody types the name of an API; that it refuses plain HTTP is good practice.
            called = bool(kinds) and kinds <= PAGELESS_KINDS
            failed = _stays_plain(name, walk.start, last.status, called=called)
            # A host that fails at everything does so on port 80 as well.
            return replace(failed, because=entrance.because) if last.status >= 500 else failed
    return Passed(evidence=f"{walks[0].start} leads to {walks[0].urls[-1]}")


def _stays_plain(name: str, start: str, status: int, *, called: bool) -> Failed:
    served = 200 <= status < 300
    return Failed(
        means="Members can read pages and sign in without encryption; others can read along."
        if served
        else f"Who types {name} without https:// gets an error instead of your community.",
        observed=f"{start} answers {status} without a redirect",
        wanted="a permanent redirect to HTTPS",
        severity=None if served else Severity.ADVICE if called else Severity.RISK,
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


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="redirects",
    prevents=[(Entrance, "loop"), (Entrance, "too-many-hops")],
)
def redirect_loop(entrance: Entrance) -> Result:
    """The ways into a host lead in a circle, or never end.

    Why: Browsers give up after twenty redirects and show an error; nobody gets in.

    Fix: Find the two rules that send visitors to each other, and keep one. Behind a CDN the usual cause is that it asks the server by HTTP and the server answers with a redirect to HTTPS.
    """
    for walk in entrance.walks:
        if walk.end in {"loop", "too many hops"}:
            return never_ends(walk)
    return _about_walks(entrance, "reaches an answer")


def never_ends(walk: Walk) -> Failed:
    """Return the finding about a walk that never ends; its fix is the same wherever it was entered."""
    hosts = circle_hosts(walk)
    loop = walk.end == "loop"
    way = "in a circle" if loop else "from one redirect to the next without end"
    return Failed(
        means=f"Who comes by {hosts} sees “too many redirects”; nobody gets in there.",
        observed=f"{shown(walk)}, {way}",
        wanted="an answer after at most two redirects",
        evidence=walk.detail,
        fix=(
            f"{hosts} sends visitors {way}: list every redirect rule at its DNS, CDN, web server and app.",
            "Keep one rule for each step (HTTP to HTTPS, one name to the other) and delete those that lead back.",
            "Cloudflare: under SSL/TLS set the mode to “Full (strict)”; “Flexible” makes this circle.",
            "Behind any proxy let the app trust X-Forwarded-Proto, so that it knows the visitor is on HTTPS.",
        ),
        who="your developer",
        effort_min=20,
        takes_effect="at once; browsers that stored a 301 need their cache emptied",
        see=way_of(walk),
    )


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="redirects",
    prevents=[(Entrance, "private-address")],
)
def redirect_to_private_address(entrance: Entrance) -> Result:
    """A host redirects its visitors to an address that only your own network reaches.

    Why: Members cannot open it, and it shows strangers how your network is laid out.

    Fix: Let the redirect name the public host; apps behind a proxy often need their public URL set.
    """
    for walk in entrance.walks:
        if walk.end == "private address":
            return leads_inside(walk)
    return _about_walks(entrance, "stays on public addresses")


def leads_inside(walk: Walk) -> Failed:
    """Return the finding about a walk that ended at a private address."""
    last = walk.last
    target = led_to(last) if last else ""
    sender = host(last.url) if last else host(walk.start)
    return Failed(
        means="Members are sent to an address that exists only inside your own network.",
        observed=f"{shown(walk)} → {target[:80]}: {walk.detail}",
        wanted="a redirect to a public host",
        fix=(
            f"On {sender} find the redirect to {host(target) or 'the private address'} and name the public host instead.",
            "If the app makes the redirect, set its public URL (often BASE_URL, SITE_URL or APP_URL) and let it trust X-Forwarded-Host.",
        ),
        who="your developer",
        effort_min=20,
        takes_effect="at once",
        see=headers_of(last.url if last else walk.start),
    )


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="redirects",
    prevents=[(Entrance, "bad-location"), (Entrance, "gap")],
)
def redirect_leads_nowhere(entrance: Entrance) -> Result:
    """A host redirects its visitors to something that is no working address.

    Why: The visitor's browser shows an error page; nobody gets in.

    Fix: Correct the target of the redirect.
    """
    for walk in entrance.walks:
        if walk.end in {"bad location", "gap"}:
            return leads_nowhere(walk)
    return _about_walks(entrance, "reaches an answer")


def leads_nowhere(walk: Walk) -> Failed:
    """Return the finding about a redirect whose target is malformed or does not answer."""
    last = walk.last
    sender = host(last.url) if last else host(walk.start)
    target = (as_written(last.location or led_to(last)) if last else "")[:80] or "nothing"
    return Failed(
        means="Visitors are sent to an address that does not work, and see an error.",
        observed=f"{sender} redirects to {target}: {walk.detail[:120]}",
        wanted="a redirect to a page that answers",
        fix=(f"On {sender} correct the redirect that leads to {target}.",),
        who="your developer",
        effort_min=15,
        takes_effect="at once",
        see=headers_of(last.url if last else walk.start),
    )


def _about_walks(entrance: Entrance, evidence: str) -> Result:
    """Return a pass when all ways could be followed (a closed port 80 is no way), else unproven."""
    if entrance.trouble or (entrance.https_root is None and entrance.http_root is None):
        return Unproven(reason=entrance.trouble or "the host gave no answer")
    starts = ", ".join(w.start for w in entrance.walks[:4])
    return Passed(evidence=f"{starts}: each {evidence}")
