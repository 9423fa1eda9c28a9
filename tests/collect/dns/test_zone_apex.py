"""Where a zone begins, what stands at its apex, and what its trouble explains."""

from __future__ import annotations

from collections.abc import Sequence

import dns.message
import dns.rdatatype

from launchready.facts import Gap, Key, domain_subject, host_subject
from launchready.facts.dns import Resolution
from launchready.facts.zone import Zone
from tests.collect.dns.zone_net import DOMAIN, WAITS_S, Net, parent, refusing, silent, with_denial
from tests.collect.nameserver import Respond, Transport, knowing_the_root, reply_to, wire


async def test_a_domain_that_the_zone_above_denies_is_absent() -> None:
    net = Net(respond=lambda _: knowing_the_root(with_denial))
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
    zone = await Net(respond=lambda _: silent, query_s=WAITS_S).zone()
    assert isinstance(zone, Gap)
    assert zone.ours


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

    net = Net(respond=waiting, query_s=WAITS_S)
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
