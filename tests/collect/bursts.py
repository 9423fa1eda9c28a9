"""Bursts at a real server that counts what it is sent."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from launchready.collect.web.address import url_host
from launchready.expected import zone_of
from launchready.facts import Gap, route_subject
from launchready.facts.active import Throttling

from .members_site import Asked, Reply, Running, Site, login_page

LOGIN = "http://example.org/login"
ROUTES = """
[launch]
domain = "example.org"
[hosts."example.org"]
[routes]
"http://example.org/login" = "auth"
"""
JSON = (("Content-Type", "application/json"),)


async def judged(site: Running, url: str = LOGIN) -> Throttling | Gap:
    subject = route_subject(url, zone_of(site.seen.world.manifest, url_host(url)))
    return await site.seen.gatherer.ask(Throttling, subject)


async def fact(site: Running, url: str = LOGIN) -> Throttling:
    found = await judged(site, url)
    assert isinstance(found, Throttling), found
    return found


def counting(answer: Callable[[int, Asked], Reply | None], page: str = "") -> Site:
    """Answer GET with the log-in page, and the nth POST (from 1) as `answer` says."""
    posts = itertools.count(1)

    def site(asked: Asked) -> Reply | None:
        if asked.method == "GET":
            return Reply(200, page or login_page())
        return answer(next(posts), asked)

    return site


WRONG = Reply(401, login_page(note="Wrong password."))
