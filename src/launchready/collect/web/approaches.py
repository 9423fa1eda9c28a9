"""The other ways to a log-in or checkout page: by plain HTTP, and by hosts that only redirect."""

from __future__ import annotations

import asyncio
from shlex import quote
from urllib.parse import urlsplit

from launchready.collect.web.walks import HOPS_MAX, walk
from launchready.collect.world import World
from launchready.facts import Fact, Gap, Subject
from launchready.facts.ways import Approach
from launchready.gather import Ask, Collector
from launchready.manifest import Manifest, RouteEntry

WAYS_MAX = 6


async def approach(subject: Subject, world: World, ask: Ask) -> Approach | Gap:
    """Return where the other ways to a route lead, path and query kept.

    A way that cannot be followed because of another fact (a closed port, a host that does not
    resolve) is none: that fact is judged. Any other trouble is named.
    """
    route = world.manifest.all_routes[subject.name]
    urls = other_ways(world.manifest, route)
    walked = await asyncio.gather(*(walk(url, world, ask) for url in urls))
    trouble = [
        f"{url}: {one.gap.reason}"
        for url, one in zip(urls, walked, strict=True)
        if one.gap is not None and not one.plain and one.walk.hops and one.gap.because is None
    ]
    return Approach(
        subject=subject,
        at=world.now(),
        how="; ".join(f"curl -siL --max-redirs {HOPS_MAX} {quote(url)}" for url in urls),
        route=route,
        ways=tuple(one.walk for one in walked if one.gap is None or one.plain),
        trouble="; ".join(trouble),
    )


def other_ways(manifest: Manifest, route: RouteEntry) -> list[str]:
    """Return the URLs that should lead to a route: by HTTP, and at hosts that redirect to its own."""
    parts = urlsplit(route.url)
    rest = route.url.partition("://")[2].partition("/")[2]
    ways = [f"http://{parts.hostname}/{rest}"] if parts.scheme == "https" else []
    ways += [
        f"https://{host.name}/{rest}"
        for host in manifest.all_hosts.values()
        if host.web and host.redirects_to == parts.hostname
    ]
    return ways[:WAYS_MAX] if parts.port is None else []


COLLECTORS: dict[type[Fact], Collector] = {Approach: approach}
