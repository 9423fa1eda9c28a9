"""The pages of a host that its headers are judged by, each once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from launchready.derive.caching.personal import PERSONAL_KINDS
from launchready.derive.pages.challenge import LET_US_THROUGH
from launchready.derive.pages.unseen import unseen_page
from launchready.facts.hops import host, is_plain
from launchready.facts.http import Exchange
from launchready.facts.ways import Entrance, Visit
from launchready.finding import NotApplicable, Result, Unproven


def pages_of(entrance: Entrance, visits: Sequence[Visit]) -> list[Exchange] | Result:
    """Return the pages of this host that visitors reach over HTTPS, each once.

    Where none is, but one was not seen, nothing is known of their headers.
    """
    name = entrance.subject.name
    last = [v.answer for v in visits if v.answer is not None and host(v.answer.url) == name]
    pages = {
        a.url: a
        for a in last
        if a.status == 200 and "html" in a.content_type and not a.fault and not is_plain(a.url)
    }
    if pages:
        return list(pages.values())
    challenged = next((a.challenge for a in last if a.challenge), "")
    if challenged:
        return Unproven(
            reason=f"bot protection ({challenged}) answered instead of the site",
            how_to_prove=LET_US_THROUGH,
        )
    hidden = next((v for v in visits if v.route.host == name and unseen_page(v)), None)
    if hidden is not None:
        return Unproven(reason=f"{hidden.route.url}: {unseen_page(hidden)}", because=hidden.key)
    return NotApplicable(reason="no page on HTTPS is reached at this host")


def is_sensitive(entrance: Entrance, visits: Iterable[Visit]) -> bool:
    """Return whether members sign in, pay or are among themselves on this host."""
    name = entrance.subject.name
    return any(v.route.kind in PERSONAL_KINDS and v.route.host == name for v in visits)


def how_many(bad: Sequence[Exchange], pages: Sequence[Exchange]) -> str:
    """Return on how many of the pages something is missing, in words."""
    if len(bad) == len(pages):
        return "none" if len(pages) == 1 else f"none on {len(pages)} pages"
    return f"none on {len(bad)} of {len(pages)} pages"
