"""The ways that a domain's pages lead members: log-in, joining, a forgotten password, payment."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from launchready.collect.web.walks import walk
from launchready.derive.pages.page import absolute
from launchready.derive.sign_in.links import asks_for_password, sign_in_links
from launchready.derive.sign_in.throttle import same_answer
from launchready.discover.seen import SeenHost
from launchready.gather import Gatherer
from launchready.manifest import RouteKind
from launchready.manifest.values import route_url

LOGIN_PATHS = (
    "/login", "/signin", "/sign-in", "/sign_in", "/users/sign_in", "/auth/login", "/auth/signin",
    "/auth/sign-in", "/account/login", "/accounts/login/", "/wp-login.php", "/members/login",
    "/session/new", "/log-in",
)  # fmt: skip
_ORDER: tuple[RouteKind, ...] = ("page", "auth", "signup", "reset", "checkout")
_HOSTS_TRIED = 4


def is_within(host: str, domain: str) -> bool:
    """Return whether a host is the domain or lies below it."""
    return host == domain or host.endswith(f".{domain}")


async def find_routes(
    gatherer: Gatherer, domain: str, seen: Sequence[SeenHost], notes: list[str]
) -> list[tuple[str, RouteKind]]:
    """Return one route a kind as the pages lead there; where no log-in is linked, usual paths are tried.

    A log-in at another company is noted: only the own page that leads there is audited, as a page.
    """
    own = [s for s in seen if is_within(s.leads_to, domain)]
    routes: dict[RouteKind, str] = {}
    elsewhere = ""
    for url, kind in _linked(own):
        host = urlsplit(url).hostname or ""
        if not is_within(host, domain):
            elsewhere = elsewhere or (host if kind == "auth" else "")
        elif kind not in routes and (named := _named(url)):
            routes[kind] = named
    if "auth" not in routes and not elsewhere:
        for host in list(dict.fromkeys(s.leads_to for s in own))[:_HOSTS_TRIED]:
            url = await _usual_login(gatherer, host)
            if url:
                routes["auth"] = url
                break
    away = await _leads_away(gatherer, domain, routes["auth"]) if "auth" in routes else ""
    if away:
        # The way there is the launch's own, what stands at its end is not.
        routes["page"] = routes.pop("auth")
    if (elsewhere or away) and "auth" not in routes:
        where = away or elsewhere
        notes.append(f"Members sign in at {where}, a service of others: that is not audited.")
    return [(routes[kind], kind) for kind in _ORDER if kind in routes]


async def _leads_away(gatherer: Gatherer, domain: str, login: str) -> str:
    """Return the host beyond the domain that a log-in route leads to; empty when it stays."""
    url = login if "://" in login else f"https://{login}"
    last = (await walk(url, gatherer.world, gatherer.ask)).walk.last
    if last is None:
        return ""
    host = urlsplit(absolute(last.location, last.url) or last.url).hostname or ""
    return "" if is_within(host, domain) else host


def _linked(seen: Iterable[SeenHost]) -> list[tuple[str, RouteKind]]:
    found: list[tuple[str, RouteKind]] = []
    for shown in seen:
        last = shown.walk.last if shown.walk else None
        if last is None or not shown.html:
            continue
        if last.status == 200 and asks_for_password(shown.html):
            found.append((last.url, "auth"))
        found += [(link.url, link.kind) for link in sign_in_links(shown.html, base=last.url)]
    return found


async def _usual_login(gatherer: Gatherer, host: str) -> str:
    """Return the first of the usual paths that shows a log-in, as a site shows no other path."""
    nowhere = f"/lr-{secrets.token_hex(6)}"
    walked = await asyncio.gather(
        *(
            walk(f"https://{host}{path}", gatherer.world, gatherer.ask)
            for path in (nowhere, *LOGIN_PATHS)
        )
    )
    made_up, *tried = [w.walk.last for w in walked]
    for path, last in zip(LOGIN_PATHS, tried, strict=True):
        if last is None or last.status != 200 or not asks_for_password(last.text):
            continue
        # A single-page app answers every path with one page, and some sites put a log-in on all.
        if made_up is not None and same_answer(made_up, last):
            continue
        return _named(f"https://{host}{path}")
    return ""


def _named(url: str) -> str:
    """Return a URL as the manifest names it, without the query; empty when it cannot."""
    bare = url.split("?", 1)[0]
    try:
        full = route_url(bare)
    except ValueError:
        return ""
    return full.removeprefix("https://")
