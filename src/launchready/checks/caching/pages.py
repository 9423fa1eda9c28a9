"""Pages: stored for no longer than a mistake on them may stay."""

from __future__ import annotations

from launchready.checks.redirects.told import see
from launchready.derive.caching.fingerprint import is_fingerprinted
from launchready.derive.caching.storable import Freshness, browser_freshness
from launchready.derive.commands import headers_of
from launchready.derive.pages.unseen import unseen_page
from launchready.derive.spans import span
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

UNCHECKED_S = 3_600
"""A page that cannot be checked for a newer version may be kept for so long."""
KEPT_S = 7 * 86_400
"""A page that can be checked may be kept for so long."""


@check(severity=Severity.RISK, impact=Impact.UPKEEP)
def html_cached_long_without_validator(visit: Visit) -> Result:
    """A page is kept by browsers for long, and has nothing by which a browser could ask whether it changed.

    Why: After a correction on launch day members keep the old page for hours, with links to files that may be gone.

    Fix: Send an ETag or Last-Modified with pages, and `Cache-Control: no-cache` or a lifetime of minutes.
    """
    page = _page(visit)
    if not isinstance(page, Exchange):
        return page
    fresh = browser_freshness(page)
    if "etag" in page.headers or "last-modified" in page.headers:
        return Passed(evidence="it has a validator")
    if not fresh.explicit or fresh.seconds <= UNCHECKED_S:
        return Passed(evidence=f"kept for {span(fresh.seconds) if fresh.explicit else 'a guess'}")
    return _failed(page, fresh, wanted=f"{span(UNCHECKED_S)} at most, or an ETag")


@check(severity=Severity.RISK, impact=Impact.UPKEEP)
def html_cached_too_long(visit: Visit) -> Result:
    """Browsers keep a page for more than a week without asking.

    Why: A visitor who came before launch sees the page of that day for weeks; nothing that you deploy reaches them, and no purge does.

    Fix: Send `Cache-Control: no-cache` or a lifetime of minutes with pages; only files with a hash in their name are kept for long.
    """
    page = _page(visit)
    if not isinstance(page, Exchange):
        return page
    if is_fingerprinted(page.url):
        return NotApplicable(reason="its name changes with its content")
    if "etag" not in page.headers and "last-modified" not in page.headers:
        return NotApplicable(reason="it has no validator; judged there")
    fresh = browser_freshness(page)
    if not fresh.explicit or fresh.seconds <= KEPT_S:
        return Passed(evidence=f"kept for {span(fresh.seconds) if fresh.explicit else 'a guess'}")
    return _failed(page, fresh, wanted=f"{span(KEPT_S)} at most")


def _page(visit: Visit) -> Exchange | NotApplicable | Unproven:
    page = visit.answer
    if page is not None and page.challenge:
        return Unproven(reason=f"bot protection ({page.challenge}) answered instead of the site")
    if why := unseen_page(visit):
        return Unproven(reason=why, because=visit.key)
    if visit.fault or page is None:
        return NotApplicable(reason=f"no page was reached{see(visit)}")
    if page.status != 200 or page.content_type not in {"text/html", "application/xhtml+xml"}:
        return NotApplicable(reason="the answer is no page")
    return page


def _failed(page: Exchange, fresh: Freshness, *, wanted: str) -> Failed:
    said = page.headers.get("cache-control") or f"none, Expires: {page.headers.get('expires')}"
    return Failed(
        means="Members keep seeing the old page after you corrected it.",
        observed=f"kept for {span(fresh.seconds)} (Cache-Control: {said[:80]})",
        wanted=wanted,
        fix=(
            "Send with pages: Cache-Control: no-cache",
            "Send an ETag with them, so that asking again costs almost nothing.",
        ),
        who="your developer",
        effort_min=10,
        takes_effect="only when the copies that browsers hold have run out",
        see=headers_of(page.url),
    )
