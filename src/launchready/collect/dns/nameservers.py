"""The servers of a zone, each asked by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from launchready.collect.dns.reply import Reply, text_of
from launchready.collect.world import World
from launchready.expected import zone_of
from launchready.facts.zone import Nameserver
from launchready.mailauth.names import is_at_or_below

SERVERS_MAX = 13
HOSTS_MAX = 100


async def addresses_of_server(world: World, name: str) -> tuple[tuple[str, ...], str]:
    """Return the addresses of a server's name, IPv4 first, and what it is an alias of, if it is."""
    replies = await _looked_up(world, name)
    addresses = tuple(address for reply in replies for address in sorted(reply.texts))
    return addresses, next((reply.last for reply in replies if reply.aliases), "")


async def _looked_up(world: World, name: str) -> list[Reply]:
    kinds = ("A", "AAAA")
    return await asyncio.gather(
        *(world.names.ask(name, kind, checking_disabled=True) for kind in kinds)
    )


async def _unregistered(world: World, name: str) -> str:
    """Return the domain of a server's name that a top-level domain says does not exist."""
    for reply in await _looked_up(world, name):
        registry = reply.denied_by
        if reply.rcode == "NXDOMAIN" and registry and "." not in registry:
            if not reply.last.endswith(f".{registry}"):
                continue
            own = reply.last.removesuffix(f".{registry}").split(".")[-1]
            return f"{own}.{registry}"
    return ""


def hosts_in(world: World, domain: str, apex: str) -> list[str]:
    """Return the declared hosts of a domain that lie in its zone, at most HOSTS_MAX."""
    return [
        h
        for h in world.manifest.all_hosts
        if zone_of(world.manifest, h) == domain and is_at_or_below(h, apex)
    ][:HOSTS_MAX]


async def ask_servers(
    world: World,
    domain: str,
    apex: str,
    servers: Iterable[str],
    glue: dict[str, tuple[str, ...]],
) -> dict[str, tuple[Nameserver, tuple[str, ...]]]:
    """Return by name each server as it answers, and the NS names that it gives."""
    wanted = list(dict.fromkeys(servers))[:SERVERS_MAX]
    hosts = hosts_in(world, domain, apex)
    answers = await asyncio.gather(
        *(_ask_server(world, apex, name, glue.get(name, ()), hosts) for name in wanted)
    )
    return dict(zip(wanted, answers, strict=True))


async def _ask_server(
    world: World, apex: str, name: str, glue: tuple[str, ...], hosts: list[str]
) -> tuple[Nameserver, tuple[str, ...]]:
    found, alias = await addresses_of_server(world, name)
    addresses = found or glue
    server = Nameserver(
        name=name, addresses=addresses, at_parent=False, at_child=False, alias=alias
    )
    if not addresses:
        unregistered = await _unregistered(world, name)
        trouble = "its name has no address"
        return replace(server, trouble=trouble, unregistered=unregistered), ()
    # IPv4 first, as addresses_of_server sorts them: fewer networks are without it.
    for address in addresses[:2]:
        soa = await world.names.ask_server(address, apex, "SOA", host=name)
        if soa.rcode is not None:
            break
    start: Any = soa.found.rdatas[0] if soa.found and soa.found.rdatas else None
    server = replace(
        server,
        serial=start.serial if start else None,
        primary=text_of(start.mname) if start else "",
        authoritative=_serves(soa, apex),
        rcode=soa.rcode,
        trouble=soa.trouble,
        ours=soa.ours,
    )
    if not server.authoritative:
        return server, ()
    addresses_of = ((h, kind) for h in hosts for kind in ("A", "AAAA"))
    issuers_of = ((n, "CAA") for n in dict.fromkeys((apex, *hosts)))
    questions = [(apex, "NS"), (apex, "MX"), (apex, "TXT"), *addresses_of, *issuers_of]
    by_tcp, *replies = await asyncio.gather(
        # With signatures: for these, resolvers come by TCP most often.
        world.names.ask_server(address, apex, "SOA", host=name, tcp=True, dnssec=True),
        *(world.names.ask_server(address, n, kind, host=name) for n, kind in questions),
    )
    told = [
        (_label(n, kind), reply)
        for (n, kind), reply in zip(questions[1:], replies[1:], strict=True)
        # A referral further down is another zone's business.
        if reply.rcode is not None
        and reply.authoritative
        # An alias is the same for every type, and told once.
        and not (kind in {"AAAA", "CAA"} and reply.aliases)
    ]
    server = replace(
        server,
        tcp_trouble=by_tcp.trouble,
        cut=tuple(
            _label(n, kind)
            for (n, kind), reply in zip(questions, replies, strict=True)
            if reply.cut
        ),
        host_answers=tuple((label, _gist(reply)) for label, reply in told),
        host_ttls=tuple(
            (label, (reply.aliases[0].ttl_s if reply.aliases else reply.ttl_s or 0))
            for label, reply in told
            if reply.aliases or reply.found
        ),
    )
    return server, tuple(sorted(replies[0].texts))


def _serves(soa: Reply, apex: str) -> bool:
    """Return whether an answer for the SOA comes from a server that holds the zone itself."""
    return soa.authoritative and soa.rcode == "NOERROR" and soa.denied_by in {"", apex}


def _label(name: str, kind: str) -> str:
    return name if kind == "A" else f"{name} {kind}"


def _gist(reply: Reply) -> tuple[str, ...]:
    """Return an answer in a form that can be compared: its alias, else its sorted records."""
    if reply.aliases:
        return (reply.aliases[0].target,)
    records = [str(rdata) for rdata in reply.found.rdatas] if reply.found else []
    # Servers may each spell a name in letters of their own (RFC 4343); a text's are its value.
    return tuple(sorted(r if reply.rdtype == "TXT" else r.lower() for r in records))
