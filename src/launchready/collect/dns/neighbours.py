"""The names that stand beside the declared ones: common names, mail exchanges, what a wildcard makes up."""

from __future__ import annotations

import asyncio

from launchready.collect.dns.hosts import unanswered
from launchready.collect.dns.network import out_of_reach
from launchready.collect.dns.reply import GOOD, Reply
from launchready.collect.world import World
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.dns import Alias, NeighbourNames
from launchready.facts.zone import Zone
from launchready.gather import Ask, Collector
from launchready.mailauth.names import is_at_or_below

NEIGHBOURS = (
    "mail", "webmail", "smtp", "imap", "pop", "mx", "ftp", "sftp", "ssh", "vpn", "cpanel",
    "whm", "plesk", "direct", "origin", "server", "host", "vps", "web", "backend", "old", "new",
    "dev", "test", "staging", "stage", "beta", "demo", "admin", "api", "db", "git", "status",
    "shop", "blog", "forum", "help", "support", "docs", "events", "members", "community", "app",
    "www", "chat", "cdn", "static", "assets",
)  # fmt: skip
"""Names that people give to machines and services; each costs one question."""
EXCHANGES_MAX = 5


async def neighbour_names(subject: Subject, world: World, ask: Ask) -> NeighbourNames | Gap:
    """Return the addresses of common names beside the declared ones, and of the domain's mail exchanges.

    One question each, two where the launch declares an origin that has an IPv6 address.
    """
    domain, declared = subject.name, world.manifest.all_hosts
    exchanges = (await world.names.ask(domain, "MX")).as_answer().exchanges[:EXCHANGES_MAX]
    common = [f"{n}.{domain}" for n in NEIGHBOURS]
    named = dict.fromkeys([*common, *(e.rstrip(".").lower() for _, e in exchanges if e.strip("."))])
    names = [n for n in named if n not in declared]
    unlikely = f"{world.names.unlikely}.{domain}"
    made_up, *replies = await asyncio.gather(
        *(world.names.ask(name, "A") for name in [unlikely, *names])
    )
    sixes: list[tuple[str, ...]] = [()] * (1 + len(names))
    if any(":" in a for h in declared.values() for a in h.origin):
        asked = (world.names.ask(name, "AAAA") for name in [unlikely, *names])
        sixes = [reply.texts for reply in await asyncio.gather(*asked)]
    if not any(r.rcode in GOOD for r in (made_up, *replies)):
        key, why = Key(NeighbourNames, subject), made_up.trouble or f"{made_up.rcode}"
        return await out_of_reach(key, world, domain) or await _zone_silent(key, ask, why)
    wild = set(made_up.texts) or {made_up.last}
    dangling = [(f"*.{domain}", made_up)] if made_up.aliases else []
    real = [
        (name, reply)
        for name, reply in zip(names, replies, strict=True)
        if not (set(reply.texts) or {reply.last}) <= wild
    ]
    six_wild, *six = sixes
    addresses = {n: r.texts for n, r in real}
    for name, texts in zip(names, six, strict=True):
        addresses[name] = addresses.get(name, ()) + (() if set(texts) <= set(six_wild) else texts)
    addresses[f"*.{domain}"] = made_up.texts + six_wild
    return NeighbourNames(
        subject=subject,
        at=world.now(),
        how=f"asked for {len(names)} common names below {domain} and its mail exchanges",
        addresses=tuple((n, tuple(sorted(texts))) for n, texts in addresses.items() if texts),
        dangling=tuple(
            Alias(owner=n, target=r.last, ttl_s=r.aliases[-1].ttl_s)
            for n, r in dangling + real
            if r.rcode == "NXDOMAIN" and r.aliases and not _renamed(r)
        ),
    )


def _renamed(reply: Reply) -> bool:
    """Return whether a DNAME alone makes the alias (RFC 6672), and what it leads to exists.

    No record has this name: it is missing here because it is missing there.
    """
    targets = [target for names in reply.sets("DNAME") for target in names.texts]
    return any(reply.denied_by and is_at_or_below(reply.denied_by, t) for t in targets)


async def _zone_silent(key: Key, ask: Ask, why: str) -> Gap:
    zone = await ask(Zone, key.subject)
    if isinstance(zone, Zone) and zone.fault in {"bogus", "lame"}:
        return Gap(key=key, reason=f"{zone.apex} does not answer as it should", because=zone.key)
    return unanswered(key, why)


COLLECTORS: dict[type[Fact], Collector] = {NeighbourNames: neighbour_names}
