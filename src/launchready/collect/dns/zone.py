"""Zones as their parent delegates them and as each of their own servers answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace

from launchready.collect.dns.dnssec import as_served, security_of, verified_hosts
from launchready.collect.dns.nameservers import (
    HOSTS_MAX,
    addresses_of_server,
    ask_servers,
    hosts_in,
)
from launchready.collect.dns.network import out_of_reach
from launchready.collect.dns.reply import GOOD, Reply
from launchready.collect.world import World
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.zone import Nameserver, Zone
from launchready.gather import Ask, Collector
from launchready.mailauth.names import is_at_or_below

PARENTS_MAX = 3
"""So many servers of the parent are asked; they say the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """Where the zone begins. `apex_ns` is what the resolver says of its servers."""

    apex: str
    apex_ns: tuple[str, ...]
    parent_ns: tuple[str, ...]
    resolved: bool
    """The resolver has an answer for the apex."""


async def zone(subject: Subject, world: World, _ask: Ask) -> Zone | Gap:
    """Return the zone that holds a domain, its delegation, and the answers of all its servers.

    Four rounds of questions: the cut; the servers' addresses; parent and SOA; the declared hosts.
    Where no resolver validates, the signatures over the hosts' own records take a fifth.
    """
    domain, names = subject.name, world.names
    ancestors, key = _ancestors(domain), Key(Zone, subject)
    unlikely = f"{names.unlikely}.{domain}"
    soa, alias, wild, wild_v6, *delegations = await asyncio.gather(
        names.ask(domain, "SOA", checking_disabled=True),
        names.ask(domain, "CNAME", checking_disabled=True),
        names.ask(unlikely, "A", checking_disabled=True),
        names.ask(unlikely, "AAAA", checking_disabled=True),
        *(names.ask(name, "NS", checking_disabled=True) for name in [domain, *ancestors]),
    )
    if soa.rcode not in GOOD and (ours := await out_of_reach(key, world, domain)):
        return ours
    ns_of = {
        name: tuple(sorted(r.texts)) if not r.aliases else ()
        for name, r in zip([domain, *ancestors], delegations, strict=True)
    }
    how = f"dig +trace SOA {domain}"
    fact = Zone(
        subject=subject, at=world.now(), how=how, apex=domain, nameservers=(), parent_ns=None,
        child_ns=(), wildcard=_wild(wild) or _wild(wild_v6),
    )  # fmt: skip
    if soa.rcode == "NXDOMAIN" and not await _any_host(world, domain):
        return replace(fact, absent=soa.denied_by or ancestors[0], child_ns=())
    cut = _cut(domain, soa, ns_of)
    security, servers = await asyncio.gather(
        security_of(names, cut.apex, world.now()), _delegated(world, domain, cut)
    )
    ends = security.signatures_until
    if security.state == "secure" and ends is not None and ends < world.now():
        told = (s for s in servers.nameservers if s.authoritative)
        if (server := next(told, None)) is not None:
            security = await as_served(names, cut.apex, server, security, world.now())
    hosts = await verified_hosts(
        names, cut.apex, hosts_in(world, domain, cut.apex), security, world.now()
    )
    apex_alias = alias.texts[0] if alias.texts and cut.apex == domain else ""
    return replace(
        servers.on(fact),
        apex_alias=apex_alias,
        dnssec=security.state,
        dnssec_problem=security.problem,
        signatures_from=security.signatures_from,
        signatures_until=security.signatures_until,
        hosts_verified=tuple(host for host, _ in hosts) if security.keys else None,
        hosts_bogus=tuple((host, problem) for host, problem in hosts if problem),
    )


def _ancestors(domain: str) -> list[str]:
    labels = domain.split(".")
    return [".".join(labels[n:]) for n in range(1, len(labels))] + ["."]


def _cut(domain: str, soa: Reply, ns_of: dict[str, tuple[str, ...]]) -> _Cut:
    """Return the zone's apex by what the resolver says; the domain itself when it cannot tell."""
    apex = domain
    if soa.rcode in GOOD and not soa.found and not soa.aliases:
        above = soa.denied_by
        # The SOA of a denial names the zone, unless the domain has name servers of its own.
        if above in ns_of and not ns_of[domain]:
            apex = above
    parents = [ns_of[name] for name in _ancestors(apex) if ns_of.get(name)] if apex != "." else []
    return _Cut(
        apex=apex,
        apex_ns=ns_of.get(apex, ()),
        parent_ns=parents[0] if parents else (),
        resolved=soa.rcode in GOOD,
    )


async def _any_host(world: World, domain: str) -> bool:
    """Return whether a declared host of the domain resolves: then a denial of the domain is a slip."""
    hosts = [h for h in world.manifest.all_hosts if h != domain and is_at_or_below(h, domain)]
    replies = await asyncio.gather(*(world.names.ask(h, "A") for h in hosts[:HOSTS_MAX]))
    return any(r.rcode == "NOERROR" for r in replies)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delegated:
    """What the parent and the servers said."""

    apex: str
    nameservers: tuple[Nameserver, ...]
    parent_ns: tuple[str, ...] | None
    child_ns: tuple[str, ...]
    tcp_open: bool
    reachable: bool

    def on(self, fact: Zone) -> Zone:
        """Return the fact with this in it."""
        return replace(
            fact, apex=self.apex, nameservers=self.nameservers, parent_ns=self.parent_ns,
            child_ns=self.child_ns, tcp_open=self.tcp_open, reachable=self.reachable,
        )  # fmt: skip


async def _delegated(world: World, domain: str, cut: _Cut) -> _Delegated:
    by_parent, early = await asyncio.gather(
        _ask_parent(world, cut), ask_servers(world, domain, cut.apex, cut.apex_ns, {})
    )
    parent_ns, glue = _delegation(cut.apex, by_parent)
    told = [s for s, _ in early.values() if s.authoritative]
    child_ns = next((ns for s, ns in early.values() if s.authoritative and ns), None)
    if child_ns is None:
        child_ns = cut.apex_ns if told or parent_ns is None else ()
    # Servers that only one side names, or whose names no resolver knew.
    late_names = [
        name
        for name in (*(parent_ns or ()), *child_ns)
        if name not in early or (name in glue and not early[name][0].addresses)
    ]
    late = await ask_servers(world, domain, cut.apex, late_names, glue)
    servers = tuple(
        replace(
            server,
            at_parent=parent_ns is None or server.name in parent_ns,
            at_child=server.name in child_ns,
            glue=glue.get(server.name, ()),
        )
        for server, _ in {**early, **late}.values()
    )
    return _Delegated(
        apex=cut.apex,
        nameservers=servers,
        parent_ns=parent_ns,
        child_ns=child_ns,
        tcp_open=await _tcp_open(world, cut, servers),
        reachable=_reachable(servers, by_parent, cut),
    )


async def _tcp_open(world: World, cut: _Cut, servers: Iterable[Nameserver]) -> bool:
    """Return whether name servers can be reached over TCP from here; the parent's if none of the zone's."""
    told = [s for s in servers if s.authoritative]
    if not all(s.tcp_trouble for s in told):
        return True
    for name in cut.parent_ns[:PARENTS_MAX] if told else ():
        for address in (await addresses_of_server(world, name))[0][:1]:
            reply = await world.names.ask_server(address, cut.apex, "NS", host=name, tcp=True)
            if reply.rcode is not None:
                return True
    return not told


def _reachable(servers: Iterable[Nameserver], by_parent: Iterable[Reply], cut: _Cut) -> bool:
    """Return whether authoritative servers can be reached from here at all.

    Networks that block port 53 leave all silent; those that intercept it answer every question
    from a resolver of their own, while the zone itself is fine.
    """
    servers, by_parent = list(servers), list(by_parent)
    intercepted = cut.resolved and any(_from_resolver(r, cut.apex) for r in by_parent)
    if any(s.authoritative for s in servers):
        return True
    if intercepted:
        return False
    return any(s.rcode is not None for s in servers) or any(r.rcode is not None for r in by_parent)


async def _ask_parent(world: World, cut: _Cut) -> list[Reply]:
    """Return what servers of the parent zone say of the delegation."""

    async def ask(server: str) -> Reply | None:
        addresses, _ = await addresses_of_server(world, server)
        for address in addresses[:2]:
            reply = await world.names.ask_server(address, cut.apex, "NS", host=server)
            if reply.rcode is not None:
                return reply
        return None

    replies = await asyncio.gather(*(ask(s) for s in cut.parent_ns[:PARENTS_MAX]))
    return [r for r in replies if r is not None]


def _from_resolver(reply: Reply, apex: str) -> bool:
    """Return whether a resolver answered in the place of the parent's server."""
    referral = any(s.owner == apex and s.rdtype == "NS" for s in reply.authority)
    return reply.recursive and not reply.authoritative and not referral


def _delegation(
    apex: str, by_parent: Iterable[Reply]
) -> tuple[tuple[str, ...] | None, dict[str, tuple[str, ...]]]:
    """Return the NS names that the parent gives, with the glue beside them; None when untold.

    A parent's server that holds the zone too answers from the zone: resolvers see no other NS set.
    """
    found: tuple[str, ...] | None = None
    for reply in by_parent:
        sets = [s for s in reply.sets("NS") if s.owner == apex]
        if not sets or _from_resolver(reply, apex):
            continue
        named = tuple(sorted(sets[0].texts))
        glue: dict[str, tuple[str, ...]] = {}
        for extra in reply.additional:
            if extra.rdtype in {"A", "AAAA"} and extra.owner in named:
                glue[extra.owner] = glue.get(extra.owner, ()) + extra.texts
        if not reply.authoritative:
            return named, glue
        found = named
    return found, {}


def _wild(reply: Reply) -> tuple[str, ...]:
    if reply.rcode == "NXDOMAIN":
        # An alias of nothing opens nothing; that it dangles is a finding of its own.
        return ()
    return (reply.last,) if reply.aliases else tuple(sorted(reply.texts))


COLLECTORS: dict[type[Fact], Collector] = {Zone: zone}
