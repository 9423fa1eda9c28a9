"""Zones as their parent and their own servers show them, all on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import dns.message
import dns.rdatatype
import pytest

from launchready.collect.dns import hosts as collect_dns
from launchready.collect.dns import nameservers
from launchready.collect.dns import zone as collect_zone
from launchready.facts import Fact, Gap, Key, domain_subject, host_subject
from launchready.facts.dns import Resolution, Zone
from launchready.gather import Collector, Gatherer
from tests.collect.dns.test_hosts import MANIFEST, gathering
from tests.collect.nameserver import Records, Respond, Transport, reply_to, resolver, serving, wire

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


def holding(
    *, serial: int = 7, ns: Sequence[str] = NS, address: str = "203.0.113.5", ttl: int = 300
) -> Respond:
    """Answer with authority for example.org."""
    records: Records = {
        DOMAIN: {"SOA": [SOA.format(serial)], "NS": list(ns), "A": [address]},
        "www.example.org": {"A": [address]},
    }

    def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        name = query.question[0].name.to_text(omit_final_dot=True)
        kind = dns.rdatatype.to_text(query.question[0].rdtype)
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


def parent(*ns: str, glue: Mapping[str, str] | None = None) -> Respond:
    """Refer to the servers of example.org."""

    def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        lines = [f"{DOMAIN} 3600 NS {name}" for name in ns or NS]
        extra = [f"{name} 3600 A {address}" for name, address in (glue or {}).items()]
        return [wire(reply_to(query, authority=lines, additional=extra), transport)]

    return respond


def healthy_servers() -> dict[str, Respond]:
    return {"192.0.2.10": parent(), "192.0.2.1": holding(), "192.0.2.2": holding()}


@dataclass
class Net:
    """Servers by the published address that they stand for, and what the resolver says."""

    servers: dict[str, Respond] = field(
        default_factory=lambda: {
            "192.0.2.10": parent(), "192.0.2.1": holding(), "192.0.2.2": holding(),
        }
    )  # fmt: skip
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
                    one, manifest=self.manifest, dial=dial, query_s=0.5, collectors=COLLECTORS
                )
            )

    async def zone(self) -> Zone | Gap:
        async with self.gatherer() as gatherer:
            return await gatherer.ask(Zone, domain_subject(DOMAIN))

    async def found(self) -> Zone:
        zone = await self.zone()
        assert isinstance(zone, Zone), zone
        return zone


async def test_a_healthy_zone_is_seen_from_all_sides() -> None:
    zone = await Net().found()
    assert zone.fault == ""
    assert (zone.apex, zone.parent_ns, zone.child_ns) == (
        DOMAIN,
        ("ns1.example.net", "ns2.example.net"),
        ("ns1.example.net", "ns2.example.net"),
    )
    assert [(n.name, n.serial, n.authoritative) for n in zone.nameservers] == [
        ("ns1.example.net", 7, True),
        ("ns2.example.net", 7, True),
    ]
    assert dict(zone.nameservers[0].host_answers)["www.example.org"] == ("203.0.113.5",)
    assert dict(zone.nameservers[0].host_ttls)["www.example.org"] == 300


async def test_a_stale_secondary_differs_in_serial_and_answers() -> None:
    net = Net()
    net.servers["192.0.2.2"] = holding(serial=3, address="203.0.113.9")
    zone = await net.found()
    assert zone.fault == "disagree"
    assert zone.differing == ("example.org", "www.example.org")


async def test_a_server_that_refuses_is_lame() -> None:
    net = Net()
    net.servers["192.0.2.2"] = refusing
    zone = await net.found()
    assert [n.lame for n in zone.nameservers] == [False, True]
    assert zone.fault == ""


async def test_servers_that_all_refuse_make_the_zone_lame() -> None:
    net = Net(rcodes={DOMAIN: "SERVFAIL"})
    net.servers |= {"192.0.2.1": refusing, "192.0.2.2": refusing}
    zone = await net.found()
    assert zone.fault == "lame"
    assert zone.parent_ns == ("ns1.example.net", "ns2.example.net")


async def test_a_server_that_says_nothing_is_silent() -> None:
    net = Net()
    net.servers["192.0.2.2"] = silent
    zone = await net.found()
    assert [n.silent for n in zone.nameservers] == [False, True]
    assert zone.reachable


async def test_when_no_server_at_all_answers_our_network_is_to_blame() -> None:
    net = Net()
    net.servers = dict.fromkeys(net.servers, silent)
    zone = await net.found()
    assert not zone.reachable
    assert zone.fault == ""


async def test_a_network_that_answers_for_every_server_is_seen_through() -> None:
    net = Net()
    net.servers = dict.fromkeys(net.servers, resolver(net.records))
    zone = await net.found()
    assert not zone.reachable


async def test_a_server_that_only_the_parent_names_is_found_by_its_glue() -> None:
    net = Net()
    net.servers["192.0.2.10"] = parent(
        "ns1.example.net.", "ns9.example.org.", glue={"ns9.example.org": "192.0.2.3"}
    )
    net.servers["192.0.2.3"] = holding()
    zone = await net.found()
    assert zone.parent_ns == ("ns1.example.net", "ns9.example.org")
    late = {n.name: n for n in zone.nameservers}["ns9.example.org"]
    assert (late.at_parent, late.at_child, late.authoritative) == (True, False, True)


async def test_what_the_parent_tells_of_a_servers_address_is_kept_beside_the_zones() -> None:
    net = Net()
    glue = {"ns1.example.net": "192.0.2.1", "ns2.example.net": "192.0.2.9"}
    net.servers["192.0.2.10"] = parent(glue=glue)
    found = {n.name: (n.addresses, n.glue) for n in (await net.found()).nameservers}
    assert found == {
        "ns1.example.net": (("192.0.2.1",), ("192.0.2.1",)),
        "ns2.example.net": (("192.0.2.2",), ("192.0.2.9",)),
    }


async def test_a_server_that_only_the_zone_names_is_asked_too() -> None:
    net = Net()
    net.servers["192.0.2.3"] = holding()
    for address in ("192.0.2.1", "192.0.2.2"):
        net.servers[address] = holding(ns=[*NS, "ns3.example.net."])
    zone = await net.found()
    assert zone.child_ns == ("ns1.example.net", "ns2.example.net", "ns3.example.net")
    extra = {n.name: n for n in zone.nameservers}["ns3.example.net"]
    assert (extra.at_parent, extra.at_child, extra.authoritative) == (False, True, True)


async def test_a_server_without_address_is_kept_with_the_reason() -> None:
    net = Net()
    del net.records["ns2.example.net"]
    zone = await net.found()
    (nowhere,) = [n for n in zone.nameservers if not n.addresses]
    assert (nowhere.name, nowhere.trouble) == ("ns2.example.net", "its name has no address")


async def test_a_server_whose_name_is_an_alias_is_asked_and_kept_as_one() -> None:
    net = Net()
    net.records["ns2.example.net"] = {"CNAME": ["dns.example.net."]}
    net.records["dns.example.net"] = {"A": ["192.0.2.2"]}
    zone = await net.found()
    assert [(n.name, n.alias, n.authoritative) for n in zone.nameservers] == [
        ("ns1.example.net", "", True),
        ("ns2.example.net", "dns.example.net", True),
    ]


async def test_a_parent_that_holds_the_zone_too_shows_no_other_delegation() -> None:
    net = Net()
    net.servers["192.0.2.10"] = holding()
    zone = await net.found()
    assert zone.parent_ns == ("ns1.example.net", "ns2.example.net")


async def test_a_parent_that_cannot_be_asked_leaves_the_delegation_untold() -> None:
    net = Net()
    net.servers["192.0.2.10"] = silent
    zone = await net.found()
    assert zone.parent_ns is None
    assert zone.reachable


def with_denial(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
    soa = "org 300 SOA a.nic.org. hostmaster.nic.org. 1 3600 600 1209600 300"
    return [wire(reply_to(query, authority=[soa], rcode="NXDOMAIN"), transport)]


async def test_a_resolver_that_names_no_servers_leaves_them_untold() -> None:
    net = Net()
    net.records = {"example.org": {"A": ["203.0.113.5"]}, "www.example.org": {"A": ["203.0.113.5"]}}
    zone = await net.found()
    assert (zone.nameservers, zone.fault, zone.dnssec) == ((), "", "insecure")


async def test_a_domain_that_the_zone_above_denies_is_absent() -> None:
    net = Net(respond=lambda _: with_denial)
    zone = await net.found()
    assert (zone.fault, zone.absent) == ("absent", "org")


async def test_a_denial_is_a_slip_when_a_host_below_resolves() -> None:
    net = Net()
    del net.records[DOMAIN]

    def denying(usual: Respond) -> Respond:
        def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
            if query.question[0].name.to_text() == "example.org.":
                return with_denial(query, transport)
            return usual(query, transport)

        return respond

    net.respond = denying
    zone = await net.found()
    assert zone.absent == ""


async def test_a_domain_inside_another_zone_is_judged_by_that_zone() -> None:
    net = Net()
    net.records[DOMAIN] = {"A": ["203.0.113.5"]}

    def inside(usual: Respond) -> Respond:
        def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
            question = query.question[0]
            if question.name.to_text() == "example.org." and question.rdtype == dns.rdatatype.SOA:
                soa = "org 300 SOA a.nic.org. hostmaster.nic.org. 1 3600 600 1209600 300"
                return [wire(reply_to(query, authority=[soa]), transport)]
            return usual(query, transport)

        return respond

    net.respond = inside
    zone = await net.found()
    assert zone.apex == "org"


async def test_an_alias_at_the_apex_is_seen() -> None:
    net = Net()
    net.records[DOMAIN] = {"CNAME": ["edge.example.net."]}
    net.records["edge.example.net"] = {"A": ["203.0.113.5"]}
    zone = await net.found()
    assert (zone.apex, zone.apex_alias) == (DOMAIN, "edge.example.net")


async def test_a_wildcard_is_seen() -> None:
    def wild(usual: Respond) -> Respond:
        def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
            name = query.question[0].name.to_text()
            if name.startswith("lr-") and not name.endswith(".invalid."):
                return [wire(reply_to(query, answer=[f"{name} 300 A 203.0.113.5"]), transport)]
            return usual(query, transport)

        return respond

    assert (await Net(respond=wild).found()).wildcard == ("203.0.113.5",)


async def test_when_no_resolver_answers_the_gap_is_ours() -> None:
    zone = await Net(respond=lambda _: silent).zone()
    assert isinstance(zone, Gap)
    assert zone.ours


@pytest.mark.parametrize("depth", [60, 2000])
async def test_a_zone_of_very_many_hosts_is_bounded(depth: int) -> None:
    hosts = "".join(f'[hosts."h{n}.example.org"]\n' for n in range(depth))
    zone = await Net(manifest=MANIFEST + hosts).found()
    assert len(zone.nameservers[0].host_answers) <= nameservers.HOSTS_MAX + 2


async def test_a_lame_zone_is_why_its_hosts_do_not_resolve() -> None:
    net = Net(rcodes={DOMAIN: "SERVFAIL", "www.example.org": "SERVFAIL"})
    net.servers |= {"192.0.2.1": refusing, "192.0.2.2": refusing}
    assert await because_of(net) == Key(Zone, domain_subject(DOMAIN))


async def test_silent_servers_are_why_resolvers_keep_us_waiting() -> None:
    def waiting(usual: Respond) -> Respond:
        def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
            name = query.question[0].name.to_text()
            return [] if name.endswith("example.org.") else usual(query, transport)

        return respond

    net = Net(respond=waiting)
    net.servers["192.0.2.10"] = parent(
        "ns1.example.org.", "ns2.example.org.",
        glue={"ns1.example.org": "192.0.2.1", "ns2.example.org": "192.0.2.2"},
    )  # fmt: skip
    net.servers |= {"192.0.2.1": silent, "192.0.2.2": silent}
    assert await because_of(net) == Key(Zone, domain_subject(DOMAIN))


async def because_of(net: Net) -> Key | None:
    async with net.gatherer() as gatherer:
        found = await gatherer.ask(Resolution, host_subject("www.example.org", DOMAIN))
    assert isinstance(found, Gap), found
    assert not found.ours
    return found.because


async def test_a_wildcard_that_is_an_alias_of_nothing_opens_nothing() -> None:
    def wild(usual: Respond) -> Respond:
        def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
            name = query.question[0].name.to_text()
            if name.startswith("lr-") and not name.endswith(".invalid."):
                alias = [f"{name} 300 CNAME gone.example.net."]
                return [wire(reply_to(query, answer=alias, rcode="NXDOMAIN"), transport)]
            return usual(query, transport)

        return respond

    assert (await Net(respond=wild).found()).wildcard == ()


@pytest.mark.parametrize(("denied_by", "free"), [("net", "example.net"), ("example.net", "")])
async def test_a_server_below_a_domain_that_is_not_registered_is_told(
    denied_by: str, free: str
) -> None:
    def gone(usual: Respond) -> Respond:
        def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
            if query.question[0].name.to_text() == "ns2.example.net.":
                soa = [f"{denied_by} 300 SOA a.nic.net. h.nic.net. 1 1 1 1 300"]
                return [wire(reply_to(query, authority=soa, rcode="NXDOMAIN"), transport)]
            return usual(query, transport)

        return respond

    told = {n.name: n.unregistered for n in (await Net(respond=gone).found()).nameservers}
    assert told == {"ns1.example.net": "", "ns2.example.net": free}
