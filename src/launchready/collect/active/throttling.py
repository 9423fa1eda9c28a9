"""How a route throttles: the same bounded request again and again, with unknown accounts only.

A chat that talks to members alone is tried as the test member.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from launchready.collect.active.attempts import first_attempt
from launchready.collect.active.burst import Burst
from launchready.collect.active.member_session import member_session
from launchready.collect.active.permission import refusal
from launchready.collect.active.session import Session
from launchready.collect.explained import behind_lock
from launchready.collect.web.address import url_host
from launchready.collect.world import World
from launchready.derive.sign_in.throttle import REQUESTS_MAX
from launchready.expected import THROTTLED_KINDS, entrances, zone_of
from launchready.facts import Fact, Gap, Key, Subject, route_subject
from launchready.facts.active import SignIn, Throttling
from launchready.gather import Ask, Collector
from launchready.manifest import RouteEntry, RouteKind

# A host that shuts out who tries too often is tried on what matters most before it does.
_ORDER: tuple[RouteKind, ...] = ("auth", "chat", "reset", "invite", "signup", "webhook")


async def throttling(subject: Subject, world: World, ask: Ask) -> Throttling | Gap:
    """Return how a route throttles, or why that was not tried.

    The routes of one host are tried one after the other, and after the test member's sign-in:
    a limit that one route reaches may close the others as well.
    """
    key = Key(Throttling, subject)
    route = world.manifest.all_routes[subject.name]
    # What a lock answers tells nothing of the limits behind it.
    refused = await refusal(key, route.url, world, ask) or await behind_lock(
        key, route.url, world, ask
    )
    if refused is not None:
        return refused
    found = [await ask(SignIn, entrance) for entrance in entrances(world.manifest)]
    refusals = {s.refused_with for s in found if isinstance(s, SignIn) and s.form_url == route.url}
    member = None
    if any(r.kind == "chat" for r in world.manifest.all_routes.values()):
        # Before a burst at the log-in closes it.
        member = await member_session(world, ask, key)
    for earlier in _before(route, world):
        await ask(Throttling, earlier)
    async with world.turns.setdefault(url_host(route.url), asyncio.Lock()):
        # The events that a webhook got are requests to the route as well.
        left = REQUESTS_MAX - world.events.get(route.url, 0)
        session = Session(world=world, ask=ask, key=key, requests_max=left)
        attempt = await first_attempt(route, session)
        if isinstance(attempt, Gap):
            return attempt
        burst = Burst(
            subject=subject, route=route, session=session, attempt=attempt, member=member,
            understood=frozenset(s for s in refusals if s is not None),
        )  # fmt: skip
        tried = await burst.run()
    if (
        isinstance(tried, Throttling)
        and tried.because is None
        and tried.inconclusive
        and burst.fails
    ):
        # A form that fails whatever it is sent fails the member as well, which is the finding.
        same = (s for s in found if isinstance(s, SignIn) and s.form_url == route.url and s.fault)
        return replace(tried, because=next((s.key for s in same), None))
    return tried


def _before(route: RouteEntry, world: World) -> list[Subject]:
    """Return the routes of the same host that are tried before this one."""
    here = [
        r for r in world.manifest.all_routes.values()
        if r.kind in THROTTLED_KINDS and url_host(r.url) == url_host(route.url)
    ]  # fmt: skip
    here.sort(key=lambda r: (_ORDER.index(r.kind), r.url))
    return [
        route_subject(r.url, zone_of(world.manifest, r.host)) for r in here[: here.index(route)]
    ]


COLLECTORS: dict[type[Fact], Collector] = {Throttling: throttling}
