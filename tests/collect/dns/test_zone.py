"""The name servers of a zone, as its parent and they themselves show them."""

from __future__ import annotations

from collections.abc import Sequence

import dns.message
import pytest

from launchready.collect.dns import nameservers
from launchready.facts import host_subject
from launchready.facts.dns import Resolution
from tests.collect.dns.test_hosts import MANIFEST
from tests.collect.dns.zone_net import (
    DOMAIN,
    NS,
    WAITS_S,
    Net,
    holding,
    parent,
    refusing,
    silent,
    with_wildcard_v6,
    without_tcp,
)
from tests.collect.nameserver import Respond, Transport, reply_to, resolver, wire


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


async def test_servers_that_spell_a_name_in_other_letters_do_not_differ() -> None:
    net = Net()
    net.servers["192.0.2.1"] = holding(mx=["10 Mail.Example.net."])
    net.servers["192.0.2.2"] = holding(mx=["10 mail.example.net."])
    zone = await net.found()
    assert zone.differing == ()
    assert dict(zone.nameservers[0].host_answers)["example.org MX"] == ("10 mail.example.net.",)


async def test_servers_of_one_serial_that_differ_in_ipv6_addresses_alone_disagree() -> None:
    net = Net()
    for number, address in ((1, "2001:db8::5"), (2, "2001:db8::9")):
        net.servers[f"192.0.2.{number}"] = holding(address_v6=address)
    zone = await net.found()
    assert zone.differing == ("example.org AAAA", "www.example.org AAAA")


async def test_servers_that_differ_in_who_may_issue_certificates_disagree_about_that_alone() -> (
    None
):
    net = Net()
    net.servers["192.0.2.1"] = holding(caa=['0 issue "ca.example"'])
    net.servers["192.0.2.2"] = holding(caa=['0 issue "ca.example"', '0 issue "other.example"'])
    zone = await net.found()
    assert (zone.differing, zone.fault) == (("example.org CAA",), "")


async def test_a_host_that_resolves_nowhere_is_known_to_stand_at_one_of_the_servers() -> None:
    net = Net()
    net.servers["192.0.2.2"] = holding(without_www=True)
    del net.records["www.example.org"]
    async with net.gatherer() as gatherer:
        found = await gatherer.ask(Resolution, host_subject("www.example.org", DOMAIN))
    assert isinstance(found, Resolution)
    assert (found.fault, found.servers_differ) == ("unresolved", True)


async def test_a_server_that_answers_over_udp_alone_keeps_its_long_records_back() -> None:
    net = Net()
    long = [f"{n} mail{n:04}.example.net." for n in range(80)]
    net.servers["192.0.2.1"] = holding(mx=long)
    net.servers["192.0.2.2"] = without_tcp(holding(mx=long))
    zone = await net.found()
    one, other = zone.nameservers
    assert (one.tcp_trouble, one.cut) == ("", ())
    assert other.tcp_trouble.startswith("no answer within ")
    assert other.cut == ("example.org MX",)
    assert zone.tcp_open


@pytest.mark.parametrize("parents", [True, False])
async def test_servers_that_all_answer_over_udp_alone_are_held_against_the_parents(
    *, parents: bool
) -> None:
    net = Net()
    own = {a: without_tcp(holding()) for a in ("192.0.2.1", "192.0.2.2")}
    net.servers |= own if parents else own | {"192.0.2.10": without_tcp(parent())}
    assert (await net.found()).tcp_open is parents


async def test_an_alias_that_differs_is_told_once_and_not_for_each_family() -> None:
    net = Net()
    net.servers["192.0.2.1"] = holding(www_alias="one.example.net.")
    net.servers["192.0.2.2"] = holding(www_alias="two.example.net.")
    assert (await net.found()).differing == ("www.example.org",)


async def test_the_server_that_each_copy_was_made_from_is_kept() -> None:
    assert [n.primary for n in (await Net().found()).nameservers] == ["ns1.example.net"] * 2


async def test_a_wildcard_that_has_ipv6_addresses_alone_is_seen() -> None:
    net = Net(respond=with_wildcard_v6)
    assert (await net.found()).wildcard == ("2001:db8::7",)


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
    net = Net(query_s=WAITS_S)
    net.servers["192.0.2.2"] = silent
    zone = await net.found()
    assert [n.silent for n in zone.nameservers] == [False, True]
    assert zone.reachable


async def test_when_no_server_at_all_answers_our_network_is_to_blame() -> None:
    net = Net(query_s=WAITS_S)
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
    net = Net(query_s=WAITS_S)
    net.servers["192.0.2.10"] = silent
    zone = await net.found()
    assert zone.parent_ns is None
    assert zone.reachable


async def test_a_resolver_that_names_no_servers_leaves_them_untold() -> None:
    net = Net()
    net.records = {"example.org": {"A": ["203.0.113.5"]}, "www.example.org": {"A": ["203.0.113.5"]}}
    zone = await net.found()
    assert (zone.nameservers, zone.fault, zone.dnssec) == ((), "", "insecure")


@pytest.mark.parametrize("depth", [60, 2000])
async def test_a_zone_of_very_many_hosts_is_bounded(depth: int) -> None:
    hosts = "".join(f'[hosts."h{n}.example.org"]\n' for n in range(depth))
    zone = await Net(manifest=MANIFEST + hosts).found()
    # Addresses of both families and CAA records, and the zone's own MX, TXT and CAA records.
    assert len(zone.nameservers[0].host_answers) <= 3 * nameservers.HOSTS_MAX + 3


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
