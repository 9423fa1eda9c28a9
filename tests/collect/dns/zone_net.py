"""The servers of a zone, of its parent and a resolver, all on loopback, for the tests of zones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import dns.message
import dns.rdatatype

from launchready.collect.dns import hosts as collect_dns
from launchready.collect.dns import zone as collect_zone
from launchready.facts import Fact, Gap, domain_subject
from launchready.facts.zone import Zone
from launchready.gather import Collector, Gatherer
from tests.collect.dns.test_hosts import MANIFEST, gathering
from tests.collect.nameserver import Respond, Transport, reply_to, resolver, serving, wire

COLLECTORS: dict[type[Fact], Collector] = dict(collect_dns.COLLECTORS)
COLLECTORS |= collect_zone.COLLECTORS
DOMAIN = "example.org"
SOA = "ns1.example.net. hostmaster.example.net. {} 3600 600 1209600 300"
NS = ("ns1.example.net.", "ns2.example.net.")
ADDRESSES = {
    "a.nic.org": "192.0.2.10",
    "ns1.example.net": "192.0.2.1",
    "ns2.example.net": "192.0.2.2",
    "ns3.example.net": "192.0.2.3",
}


def silent(_query: dns.message.Message, _transport: Transport) -> Sequence[bytes]:
    return []


def refusing(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
    return [wire(reply_to(query, rcode="REFUSED"), transport)]


def with_denial(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
    soa = "org 300 SOA a.nic.org. hostmaster.nic.org. 1 3600 600 1209600 300"
    return [wire(reply_to(query, authority=[soa], rcode="NXDOMAIN"), transport)]


def holding(
    *,
    serial: int = 7,
    ns: Sequence[str] = NS,
    address: str = "203.0.113.5",
    address_v6: str = "",
    www_alias: str = "",
    ttl: int = 300,
    mx: Sequence[str] = (),
    caa: Sequence[str] = (),
    without_www: bool = False,
) -> Respond:
    """Answer with authority for example.org."""
    addresses = {"A": [address]} | ({"AAAA": [address_v6]} if address_v6 else {})
    records: dict[str, Mapping[str, Sequence[str]]] = {
        DOMAIN: {
            "SOA": [SOA.format(serial)],
            "NS": list(ns),
            "MX": list(mx),
            "CAA": list(caa),
            **addresses,
        },
        "www.example.org": addresses,
    }
    if without_www:
        del records["www.example.org"]

    def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        name = query.question[0].name.to_text(omit_final_dot=True)
        kind = dns.rdatatype.to_text(query.question[0].rdtype)
        if www_alias and name == "www.example.org":
            line = f"{name} {ttl} CNAME {www_alias}"
            return [wire(reply_to(query, answer=[line], authoritative=True), transport)]
        known = records.get(name)
        data = (known or {}).get(kind, ())
        message = reply_to(
            query,
            answer=[f"{name} {ttl} {kind} {d}" for d in data],
            authority=[] if data else [f"{DOMAIN} 300 SOA {SOA.format(serial)}"],
            rcode="NOERROR" if known else "NXDOMAIN",
            authoritative=True,
        )
        return [wire(message, transport)]

    return respond


def without_tcp(usual: Respond) -> Respond:
    """Answer over UDP alone, as behind a firewall that drops the rest."""
    return lambda query, transport: usual(query, transport) if transport == "udp" else []


def with_wildcard_v6(usual: Respond) -> Respond:
    """Answer names that nobody published with an IPv6 address."""

    def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        name = query.question[0].name.to_text(omit_final_dot=True)
        if not (name.startswith("lr-") and name.endswith(f".{DOMAIN}")):
            return usual(query, transport)
        kind = dns.rdatatype.to_text(query.question[0].rdtype)
        lines = [f"{name} 300 AAAA 2001:db8::7"] if kind == "AAAA" else []
        return [wire(reply_to(query, answer=lines), transport)]

    return respond


def parent(*ns: str, glue: Mapping[str, str] | None = None) -> Respond:
    """Refer to the servers of example.org."""

    def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        lines = [f"{DOMAIN} 3600 NS {name}" for name in ns or NS]
        extra = [f"{name} 3600 A {address}" for name, address in (glue or {}).items()]
        return [wire(reply_to(query, authority=lines, additional=extra), transport)]

    return respond


def healthy_servers() -> dict[str, Respond]:
    return {"192.0.2.10": parent(), "192.0.2.1": holding(), "192.0.2.2": holding()}


WAITS_S = 1.5


@dataclass
class Net:
    """Servers by the published address that they stand for, and what the resolver says."""

    servers: dict[str, Respond] = field(default_factory=healthy_servers)
    records: dict[str, dict[str, list[str]]] = field(
        default_factory=lambda: {
            ".": {"NS": ["a.nic.org."]},
            "org": {"NS": ["a.nic.org."]},
            DOMAIN: {"SOA": [SOA.format(7)], "NS": list(NS), "A": ["203.0.113.5"]},
            "www.example.org": {"A": ["203.0.113.5"]},
            **{name: {"A": [address]} for name, address in ADDRESSES.items()},
        }
    )
    rcodes: dict[str, str] = field(default_factory=dict)
    manifest: str = MANIFEST + '[hosts."www.example.org"]\n'
    respond: Callable[[Respond], Respond] = field(default=lambda usual: usual)
    query_s: float = 10.0
    """Patient: a busy machine is no silent server. Where one is silent, `WAITS_S` will do."""

    @asynccontextmanager
    async def gatherer(self) -> AsyncIterator[Gatherer]:
        async with AsyncExitStack() as stack:
            dial: list[str] = []
            for address, respond in self.servers.items():
                server = await stack.enter_async_context(serving(respond))
                dial.append(f"{address}:53={server.address}:{server.port}")
            # Nobody may be asked beyond loopback.
            dial += [f"{a}:53=127.0.0.1:1" for a in ADDRESSES.values() if a not in self.servers]
            usual = resolver(self.records, rcodes=self.rcodes)
            one = await stack.enter_async_context(serving(self.respond(usual)))
            yield await stack.enter_async_context(
                gathering(
                    one,
                    manifest=self.manifest,
                    dial=dial,
                    query_s=self.query_s,
                    collectors=COLLECTORS,
                )
            )

    async def zone(self) -> Zone | Gap:
        async with self.gatherer() as gatherer:
            return await gatherer.ask(Zone, domain_subject(DOMAIN))

    async def found(self) -> Zone:
        zone = await self.zone()
        assert isinstance(zone, Zone), zone
        return zone
