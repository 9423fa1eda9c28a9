"""The origin behind an edge, asked directly."""

from __future__ import annotations

import asyncio
from urllib.parse import urljoin, urlsplit

from launchready.collect.dial import DialMap, is_loopback, is_public
from launchready.collect.explained import explained
from launchready.collect.web.address import subject_of
from launchready.collect.web.exchange import VISITOR, as_exchange
from launchready.collect.web.message import Failure, Request, Response
from launchready.collect.world import World
from launchready.derive.pages.same_page import same_page, title
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.exposure import Reach
from launchready.facts.hops import parts
from launchready.facts.http import Exchange
from launchready.gather import Ask, Collector

BODY_MAX_BYTES = 256_000


async def reach(subject: Subject, world: World, ask: Ask) -> Reach | Gap:
    """Return how the host's origin answers for its name when it is asked around the edge.

    Of several origins the one that gives most away stands for all.
    """
    key = Key(Reach, subject)
    url = f"https://{subject.name}/"
    shared = Key(Exchange, subject_of(url, world))
    public = await ask(Exchange, shared.subject)
    if isinstance(public, Gap):
        because = shared if public.because is not None else None
        return Gap(key=key, reason=public.reason, because=because, ours=public.ours)
    if public.trouble:
        because = await explained(public, world, ask)
        return Gap(key=key, reason=public.trouble, because=because or shared)
    entry = world.manifest.all_hosts[subject.name]
    found = await asyncio.gather(*(_one(o, subject, public, world) for o in entry.origin))
    facts = [f for f in found if isinstance(f, Reach)]
    if not facts:
        return next(f for f in found if isinstance(f, Gap))
    best = max(facts, key=lambda r: (r.same_site, r.reachable))
    unseen = next((f for f in found if isinstance(f, Gap)), None)
    # One origin that could not be seen might be the open one.
    return unseen if unseen is not None and not best.same_site else best


async def _one(origin: str, subject: Subject, public: Exchange, world: World) -> Reach | Gap:
    def fact(
        detail: str, response: Response | None = None, *, same: bool = False, scheme: str = "https"
    ) -> Reach:
        return Reach(
            subject=subject,
            at=world.now(),
            how=f"curl -sik --connect-to {_there(origin)} {scheme}://{subject.name}/",
            origin=origin,
            reachable=response is not None,
            status=response.status if response is not None else None,
            same_site=same,
            detail=detail,
        )

    if not is_public(origin) and not is_loopback(_dialled(origin, world.dial)):
        return fact(f"{origin} is a private address, which visitors cannot reach")
    found: Reach | Gap | None = None
    # The CDN may ask by plain HTTP: that HTTPS is refused there does not close the server.
    for scheme in ("https", "http"):
        result = await world.http.send(_request(f"{scheme}://{subject.name}/", origin, world))
        if isinstance(result, Failure) and result.ours:
            return Gap(key=Key(Reach, subject), reason=result.reason, ours=True)
        if isinstance(result, Failure) and result.kind == "timeout":
            found = found or Gap(key=Key(Reach, subject), reason=f"{origin}: {result.reason}")
            continue
        if isinstance(result, Failure):
            found = found or fact(result.reason)
            continue
        same, why = _compare(result, public)
        if same:
            return fact(why, result, same=True, scheme=scheme)
        if same is None:
            return Gap(key=Key(Reach, subject), reason=why)
        if found is None or (isinstance(found, Reach) and not found.reachable):
            found = fact(why, result, scheme=scheme)
    assert found is not None  # noqa: S101 - both schemes were asked
    return found


def _request(url: str, origin: str, world: World) -> Request:
    return Request(
        url=url,
        addresses=(origin,),
        headers=VISITOR,
        verify="none",
        around=True,
        deadline_s=world.request_s,
        body_max_bytes=BODY_MAX_BYTES,
    )


def _compare(direct: Response, public: Exchange) -> tuple[bool | None, str]:
    """Return whether the origin's answer is the site, and why; None when it cannot be told."""
    if direct.trouble and not direct.status:
        return False, direct.trouble
    mine = as_exchange(direct, public.subject, at=public.at, how=public.how, verified=False)
    if direct.status // 100 in {4, 5} and direct.status != public.status:
        return False, f"the origin refuses with {direct.status}"
    if public.challenge:
        # The edge keeps us from the page to compare with; a page that greets us is the site's.
        return (
            (True, "the origin serves pages without the edge")
            if direct.status == 200
            else (
                None,
                f"bot protection ({public.challenge}) keeps the public page from being compared",
            )
        )
    if mine.location is not None:
        there, here = mine.location, public.location
        if direct.url.startswith("http:") and parts(there).scheme == "https":
            return False, "the origin only redirects to HTTPS"
        same = here is not None and _target(direct.url, there) == _target(public.url, here)
        return same, f"the origin redirects to {there[:200]}"
    if same_page(mine, public):
        return direct.status < 400, f"the origin answers {direct.status} with the same page"
    if title(mine) and title(mine) == title(public):
        return True, f"the origin answers with the same title: {title(mine)}"
    return False, f"the origin answers {direct.status} with another page"


def _target(url: str, location: str) -> tuple[str, str, str]:
    """Return host, path and query that a redirect leads to; another host's is not the site's."""
    try:
        split = urlsplit(urljoin(url, location))
    except ValueError:
        return "", location, ""
    return split.hostname or "", split.path or "/", split.query


def _dialled(origin: str, dial: DialMap) -> str:
    return dial.target(origin, origin, 443)[0]


def _there(address: str) -> str:
    # Without quotes zsh looks for files of that name, and finds none.
    return f"'::[{address}]:'" if ":" in address else f"::{address}:"


COLLECTORS: dict[type[Fact], Collector] = {Reach: reach}
