"""Ways from outside: old URLs, and log-in pages reached by their other names."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from urllib.parse import unquote, urlsplit

from launchready.checks.redirects.told import see
from launchready.derive.pages.route_answer import titled_not_there
from launchready.derive.walks import led_to, reached, shown, way_of
from launchready.expected import zone_of
from launchready.facts import Key, host_subject
from launchready.facts.declared import Declared
from launchready.facts.dns import Resolution
from launchready.facts.hops import changes_entrance, host, is_plain, keeps_path, path, same_page
from launchready.facts.http import HostAnswers
from launchready.facts.ways import Approach, Entrance, OldUrl, Visit, Walk
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

HOPS_WANTED = 2
_PLAIN = re.compile(r"[\w/.~+@:,=&-]+")
"""What stands in a configuration of nginx without quotes."""


@check(severity=Severity.RISK, impact=Impact.UPKEEP, bar="redirects")
def old_url_broken(old: OldUrl, launch: Parent[Declared]) -> Result:
    """An old URL does not lead where the manifest says.

    Why: Links in mails, search results and members' bookmarks end at an error or at the wrong page, and what search engines knew of the old page is lost.

    Fix: Redirect the old URL permanently (301 or 308) to its new one, in one step.
    """
    walk, target = old.walk, old.entry.target
    last = walk.last
    if last is not None and last.challenge:
        return Unproven(reason=f"bot protection ({last.challenge}) answered instead of the site")
    if reached(walk, target):
        if walk.end == "answer" and last is not None:
            nameless = titled_not_there(last)
            if last.status < 400 and not nameless:
                return _well_made(old)
            seen = f"{target} answers {last.status}"
            seen += f" with a page titled “{nameless}”" if nameless and last.status < 400 else ""
            return replace(
                _failed(old, seen=seen, wanted="a page that answers", because=old.because),
                fix=(
                    f"Bring {target} back, or let {urlsplit(old.entry.source).path} lead to a page that is there.",
                    "Write the page that it leads to then under [redirects] in launchready.toml.",
                ),
            )
        seen = walk.detail
    elif walk.end != "answer" or last is None:
        seen = f"{walk.end}: {walk.detail or shown(walk)}"
    elif walk.redirects:
        seen = f"ends at {last.url[:120]} ({last.status})"
    else:
        seen = f"{last.status} without a redirect"
    # A host that fails at everything redirects nothing either.
    failing = old.because if old.because and old.because.kind is HostAnswers else None
    return _failed(
        old,
        seen=seen,
        wanted=f"a permanent redirect to {target}",
        because=failing or _cause(walk, launch),
    )


def _well_made(old: OldUrl) -> Result:
    """Judge how a redirect that reaches its target is made."""
    walk = old.walk
    # Later hops may be temporary: what the new page does is its own matter.
    until = next(i for i, url in enumerate(walk.urls) if same_page(url, old.entry.target))
    temporary = [h.status for h in walk.hops[:until] if h.status not in {301, 308}]
    if 200 in temporary:
        seen = "reaches it by a page that sends on by itself"
        return _failed(old, seen=seen, wanted="301 or 308", severity=Severity.ADVICE)
    if temporary:
        seen = f"reaches it by {temporary[0]}, a temporary redirect"
        return _failed(old, seen=seen, wanted="301 or 308", severity=Severity.ADVICE)
    if until > HOPS_WANTED:
        seen = f"reaches it after {until} redirects"
        return _failed(old, seen=seen, wanted="one step", severity=Severity.ADVICE)
    return Passed(evidence=shown(walk))


def _failed(
    old: OldUrl,
    *,
    seen: str,
    wanted: str,
    severity: Severity | None = None,
    because: Key | None = None,
) -> Failed:
    source, target = old.entry.source, old.entry.target
    split = urlsplit(source)
    asked = f"{split.path}?{split.query}" if split.query else split.path
    return Failed(
        severity=severity,
        means=f"Who follows an old link to {asked} does not arrive."
        if severity is None
        else "The old link works, but search engines keep the old address or visitors wait longer.",
        observed=seen,
        wanted=wanted,
        evidence=shown(old.walk),
        because=because,
        fix=(
            f"On {split.hostname} redirect {asked} permanently to {target}",
            f"nginx: {_for_nginx(split.path, split.query)} {{ return 308 {target}; }}",
        ),
        who="your developer",
        effort_min=10,
        takes_effect="at once",
        see=way_of(old.walk),
        alike=f"{split.hostname}: {seen}",
    )


def _for_nginx(path: str, query: str) -> str:
    """Return the beginning of a block of nginx for one URL.

    A location sees the path without its encoding, and the query not at all.
    """
    if query:
        return f'if ($request_uri = "{path}?{query}")'
    decoded = unquote(path)
    return f"location = {decoded}" if _PLAIN.fullmatch(decoded) else f'location = "{decoded}"'


def _cause(walk: Walk, launch: Declared) -> Key | None:
    """Return the fact whose fault explains that the old URL does not arrive, if one may."""
    urls = walk.urls
    start = host(walk.start)
    inside = host(led_to(walk.last)) if walk.end == "private address" and walk.last else ""
    if inside in launch.manifest.all_hosts:
        # The launch's own host publishes that address, which spoils more than this redirect.
        return Key(Resolution, host_subject(inside, zone_of(launch.manifest, inside)))
    # Only what spoils every page of a host explains this one: a circle at its entrances, a host
    # that does not redirect as declared, plain HTTP that is not sent on, a path that gets lost.
    entry = launch.manifest.hosts.get(start)
    should = entry.redirects_to if entry is not None else None
    stays = should is not None and should not in {host(u) for u in urls}
    plain = bool(urls) and is_plain(urls[-1])
    lost = any(
        (changes_entrance(a, b) or host(a) != host(b))
        and keeps_path(path(walk.start), a)
        and path(b) == "/"
        for a, b in pairwise(urls)
    )
    if not (walk.end != "answer" or stays or plain or lost):
        return None
    return Key(Entrance, host_subject(start, zone_of(launch.manifest, start)))


@check(severity=Severity.BLOCKER, impact=Impact.SIGN_IN, bar="sign-in")
def sign_in_path_lost(
    approach: Approach, visit: Parent[Visit], entrance: Parent[Entrance]
) -> Result:
    """Who comes to a log-in or checkout page by another of its names ends elsewhere.

    Why: Members type the address without https or with www, and old mails name it so; instead of the log-in or the checkout they get another page, and some give up.

    Fix: Let every redirect to this host keep the path and the query.
    """
    if visit.answer is not None and visit.answer.challenge:
        return Unproven(reason=f"bot protection ({visit.answer.challenge}) answered")
    if visit.fault or visit.answer is None:
        return NotApplicable(reason=f"the page itself gives no answer{see(visit)}")
    arrived = []
    for walk in approach.ways:
        if walk.last is not None and walk.last.challenge:
            return Unproven(reason=f"bot protection ({walk.last.challenge}) answered")
        if walk.end != "answer" or not walk.redirects or is_plain(walk.urls[-1]):
            # A circle, or plain HTTP or a redirecting host that answers itself: judged as such.
            continue
        if not (reached(walk, visit.route.url) or same_page(walk.urls[-1], visit.answer.url)):
            return _lost(visit, walk, entrance)
        arrived.append(walk.start)
    if approach.trouble:
        return Unproven(reason=approach.trouble)
    if not arrived:
        return NotApplicable(reason="no other way leads on to this page")
    return Passed(evidence=", ".join(arrived) + " arrive")


def _lost(visit: Visit, walk: Walk, entrance: Entrance) -> Failed:
    kind = visit.route.kind
    start = host(walk.start)
    own = entrance.subject
    whole_host = host_subject(start, own.parent.name if own.parent else start)
    return Failed(
        means=f"Members who open the {kind} page by {walk.start} end somewhere else and cannot go on.",
        observed=shown(walk),
        wanted=f"the redirect to end at {visit.route.url}",
        # When the entrance loses every path, this one is lost with them.
        because=Key(Entrance, whole_host),
        fix=(
            f"Let the redirect of {walk.start} keep the path and the query.",
            f"nginx: return 308 https://{visit.route.host}$request_uri;",
        ),
        who="your developer",
        effort_min=10,
        takes_effect="at once; browsers that stored a 301 keep it for a while",
        see=way_of(walk),
    )
