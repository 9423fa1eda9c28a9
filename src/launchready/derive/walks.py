"""What a walk along redirects shows: its circle, its downgrade, how many hops are the launch's own."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

from launchready.derive.commands import refresh_of, walk_of
from launchready.derive.pages.refreshing import sent_on
from launchready.facts.hops import destination, host, is_plain, keeps_query, path, same_page
from launchready.facts.http import Exchange
from launchready.facts.ways import Walk


def circle(walk: Walk) -> tuple[str, ...]:
    """Return the URLs that lead back to the first of them; all of the walk's when it is not seen."""
    urls = walk.urls
    last = walk.last
    if last is not None and last.location is not None:
        back = destination(last.url, last.location)
        if back in urls:
            return urls[urls.index(back) :]
    for at, url in enumerate(urls):
        if url in urls[at + 1 :]:
            return urls[at : urls.index(url, at + 1)]
    return urls


def circle_hosts(walk: Walk) -> str:
    """Return the hosts of the circle, sorted and joined, the same from wherever it was entered."""
    return " and ".join(sorted({host(url) for url in circle(walk)}))


def downgrade(walk: Walk) -> tuple[str, str] | None:
    """Return the followed hop (from, to) that leaves HTTPS for HTTP, None when there is none."""
    for here, there in pairwise(walk.urls):
        if not is_plain(here) and is_plain(there):
            return here, there
    return None


def own_hops(walk: Walk, hosts: Collection[str], *, invented: str = "") -> int:
    """Return how many redirects the launch's own hosts sent; a log-in service's own do not count.

    Nor does the slash that an application adds to an `invented` path: links of its own have it.
    """
    return sum(
        host(here) in hosts
        and not (invented and path(there) == invented and same_page(here, there))
        for here, there in pairwise(walk.urls)
    )


def shown(walk: Walk, *, most: int = 6) -> str:
    """Return the hops as `a → b → c`, each URL cut at 80 characters."""
    urls = [u[:80] for u in walk.urls[:most]]
    more = " → …" if len(walk.urls) > most else ""
    return " → ".join(urls) + more


def led_to(answer: Exchange) -> str:
    """Return where an answer sends on, by its Location or its markup; empty when nowhere."""
    if answer.location is None:
        return sent_on(answer) or ""
    return destination(answer.url, answer.location)


def way_of(walk: Walk) -> str:
    """Return the command that shows a walk, also where a page sends on by itself, which curl does not follow."""
    by_itself = next((h.url for h in walk.hops if h.location is None and sent_on(h)), "")
    if not by_itself:
        return walk_of(walk.start)
    if by_itself == walk.start:
        return refresh_of(by_itself)
    return f"{walk_of(walk.start)}; {refresh_of(by_itself)}"


def as_written(location: str) -> str:
    """Return a Location as its author wrote it: browsers take its bytes as UTF-8, fields are read as Latin-1."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location


def reached(walk: Walk, target: str) -> bool:
    """Return whether the walk came by the target: scheme, host and path, and its query if it has one."""
    query = target.partition("?")[2]
    return any(same_page(url, target) and keeps_query(query, url) for url in walk.urls)
