"""Files that never change under their name: kept by browsers and by the edge."""

from __future__ import annotations

from launchready.derive.caching.edge import EDGE_TITLES, edge_cache_said, sign_of
from launchready.derive.caching.fingerprint import is_fingerprinted
from launchready.derive.caching.guarded import kept_for_a_year, left_unsaid
from launchready.derive.caching.storable import browser_freshness, cache_control, stored_by_shared
from launchready.derive.commands import headers_of
from launchready.derive.spans import span
from launchready.facts.declared import Declared
from launchready.facts.hops import host, parts
from launchready.facts.http import Exchange, Repeat
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

LONG_S = 30 * 86_400
"""A lifetime from which on a file counts as cached for long."""
_HEADER = "Cache-Control: public, max-age=31536000, immutable"


@check(severity=Severity.RISK, impact=Impact.SPEED, bar="caching")
def static_not_cached_long(asset: Repeat, launch: Parent[Declared]) -> Result:
    """A file whose name changes with its content is not kept by browsers for long.

    Why: Each visit fetches the same scripts and styles again: pages open slower for members, and the server works for nothing on the busiest day.

    Fix: Send `Cache-Control: public, max-age=31536000, immutable` with files that have a hash in their name.
    """
    if excuse := _not_judged(asset):
        return excuse
    fresh = browser_freshness(asset.first)
    if fresh.explicit and fresh.seconds >= LONG_S:
        return Passed(evidence=f"kept for {span(fresh.seconds)} ({fresh.source})")
    said = asset.first.headers.get("cache-control")
    kept_by_guard = kept_for_a_year(asset.first, launch.manifest)
    kept = span(fresh.seconds) if fresh.explicit else "as long as each browser guesses"
    return Failed(
        means="Members download the same files again on every visit, and pages open slower.",
        observed=f"Cache-Control: {said[:80] if said else 'none'}; kept {kept}",
        wanted=f"{span(LONG_S)} or more; a year is usual",
        fix=_fix(asset.first),
        who="your developer",
        effort_min=10,
        takes_effect="with each browser's next visit",
        see=headers_of(asset.first.url),
        because=left_unsaid(asset.first, asset.subject) if kept_by_guard else None,
    )


@check(severity=Severity.ADVICE, impact=Impact.SPEED)
def static_not_immutable(asset: Repeat) -> Result:
    """A file whose name changes with its content is not marked immutable.

    Why: On a reload browsers ask the server about every file again, although none can have changed.

    Fix: Add `immutable` to its Cache-Control.
    """
    if excuse := _not_judged(asset):
        return excuse
    fresh = browser_freshness(asset.first)
    if not fresh.explicit or fresh.seconds < LONG_S:
        return NotApplicable(reason="it is not cached for long; see static-not-cached-long")
    control = cache_control(asset.first.headers)
    if "immutable" in control:
        return Passed(evidence=f"Cache-Control: {control}"[:120])
    return Failed(
        means="A reload asks the server about files that cannot have changed.",
        observed=f"Cache-Control: {control}"[:120],
        wanted="immutable in it (RFC 8246)",
        fix=_fix(asset.first),
        who="your developer",
        effort_min=5,
        takes_effect="with each browser's next visit",
        see=headers_of(asset.first.url),
    )


@check(severity=Severity.RISK, impact=Impact.SPEED, bar="caching")
def static_not_from_edge_cache(asset: Repeat, launch: Parent[Declared]) -> Result:
    """The edge fetches a file from your server again instead of giving its stored copy.

    Why: The CDN is paid for taking this load; when it passes everything on, launch day hits your server in full.

    Fix: Let the CDN cache files by a rule, and remove what forbids it (cookies, Vary, Cache-Control) from their answers.
    """
    name = host(asset.first.url)
    edge = launch.manifest.edge_of(name)
    if edge is None:
        return NotApplicable(reason="no edge is declared for this host")
    if not all(a.status == 200 for a in (asset.first, asset.second)):
        return NotApplicable(reason=f"it answers {asset.first.status}")
    said = edge_cache_said(edge, asset.second.headers)
    if said.answer == "hit":
        return Passed(evidence=f"second request: {said.line}")
    if not sign_of(edge, asset.second.headers):
        return NotApplicable(
            reason=f"{EDGE_TITLES[edge]} does not answer here; see edge-not-in-front"
        )
    storing = stored_by_shared(asset.first)
    if not storing.storable or storing.asks_first:
        return NotApplicable(reason=f"its answer does not let it be kept: {storing.reason}")
    if said.answer == "unsaid":
        return Unproven(reason=f"{EDGE_TITLES[edge]} does not say whether it gave a stored copy")
    again = said.answer == "miss"
    return Failed(
        # A miss may mean another machine of the edge; that it does not store at all is certain.
        severity=Severity.ADVICE if again else None,
        means="Every visitor's files come from your own server, which must carry launch day alone.",
        observed=f"second request: {said.line}",
        wanted="a hit in the edge's cache",
        fix=(
            f"At {EDGE_TITLES[edge]} add a rule for {name} that caches files by their extension or folder.",
            f"Send with these files: {_HEADER}",
            "Send no Set-Cookie with them, and in Vary nothing but Accept-Encoding.",
        ),
        who="you",
        effort_min=15,
        takes_effect="within minutes",
        see=f"{headers_of(asset.first.url)}; {headers_of(asset.first.url)}",
    )


def _not_judged(asset: Repeat) -> NotApplicable | None:
    """Return why the file is not asked to be cached for long, None when it is."""
    if not is_fingerprinted(asset.first.url):
        return NotApplicable(reason="its name does not change with its content")
    if asset.first.status != 200:
        return NotApplicable(reason=f"it answers {asset.first.status}")
    if asset.first.content_type == "text/html":
        return NotApplicable(reason="a page answers in its place")
    return None


def _fix(answer: Exchange) -> tuple[str, ...]:
    folder = parts(answer.url).path.rpartition("/")[0] or "/"
    return (
        f"Send with every file under {host(answer.url)}{folder} that has a hash in its name: {_HEADER}",
        f'nginx: location {folder}/ {{ add_header Cache-Control "{_HEADER.partition(": ")[2]}"; }}',
    )
