from collections.abc import Callable
from pathlib import Path

import dns.dnssec
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from dns.node import Node
from dns.rdataset import Rdataset

from launchready.demo import DemoLaunch, Running, healthy, running
from tests.demo.asking import ask_server, resolve, texts

NOERROR, NXDOMAIN, SERVFAIL = dns.rcode.NOERROR, dns.rcode.NXDOMAIN, dns.rcode.SERVFAIL


Keys = dict[dns.name.Name, Node | Rdataset]


async def keys_of(demo: Running, zone: str) -> Keys:
    answer = await resolve(demo, zone, "DNSKEY", cd=True)
    name = dns.name.from_text(zone)
    found = answer.get_rrset(answer.answer, name, dns.rdataclass.IN, dns.rdatatype.DNSKEY)
    assert found is not None
    return {name: found}


def validate(section: list[dns.rrset.RRset], keys: Keys) -> int:
    signed = [r for r in section if r.rdtype != dns.rdatatype.RRSIG]
    for rrset in signed:
        signatures = next(
            r for r in section
            if r.rdtype == dns.rdatatype.RRSIG and r.name == rrset.name and r.covers == rrset.rdtype
        )  # fmt: skip
        dns.dnssec.validate(rrset, signatures, keys)
    return len(signed)


async def test_every_host_resolves_to_the_addresses_it_publishes(willow: Running) -> None:
    for host in willow.launch.hosts:
        v4 = texts(await resolve(willow, host.name, "A"), "A")
        v6 = texts(await resolve(willow, host.name, "AAAA"), "AAAA")
        assert v4 + v6 == host.addresses


async def test_the_resolver_says_that_the_zone_is_secure(willow: Running) -> None:
    answer = await resolve(willow, "app.willow.example")
    assert answer.flags & dns.flags.AD
    assert validate(answer.answer, await keys_of(willow, "willow.example")) == 1


async def test_the_chain_of_trust_leads_from_the_root_to_the_zone(willow: Running) -> None:
    for parent, child in ((".", "example"), ("example", "willow.example")):
        ds = await resolve(willow, child, "DS")
        assert validate(ds.answer, await keys_of(willow, parent)) == 1
        (keys,) = (await keys_of(willow, child)).values()
        assert isinstance(keys, Rdataset)
        made = dns.dnssec.make_ds(dns.name.from_text(child), keys[0], "SHA256")
        assert made.to_text() == texts(ds, "DS")[0]


async def test_a_name_that_is_not_there_is_denied_with_proof(willow: Running) -> None:
    answer = await resolve(willow, "nobody.willow.example")
    assert answer.rcode() == NXDOMAIN
    assert validate(answer.authority, await keys_of(willow, "willow.example")) >= 2
    spans = [r for r in answer.authority if r.rdtype == dns.rdatatype.NSEC]
    name = dns.name.from_text("nobody.willow.example")
    assert any(r.name < name < r[0].next for r in spans)


async def test_a_type_that_is_not_there_is_an_empty_answer(willow: Running) -> None:
    answer = await resolve(willow, "app.willow.example", "MX")
    assert (answer.rcode(), answer.answer) == (NOERROR, [])
    assert any(r.rdtype == dns.rdatatype.SOA for r in answer.authority)


async def test_a_name_between_labels_exists_without_records(willow: Running) -> None:
    assert (await resolve(willow, "_domainkey.willow.example", "TXT")).rcode() == NOERROR


async def test_the_parent_refers_to_the_zones_servers_with_their_addresses(willow: Running) -> None:
    answer = await ask_server(willow, "192.0.2.2", "app.willow.example")
    assert not answer.flags & dns.flags.AA
    assert [r.name.to_text() for r in answer.authority if r.rdtype == dns.rdatatype.NS] == [
        "willow.example."
    ]
    glue = {r.name.to_text() for r in answer.additional}
    assert glue == {"ns1.willow.example.", "ns2.willow.example."}


@pytest.mark.parametrize("tcp", [False, True])
async def test_both_servers_answer_with_authority_over_udp_and_tcp(
    willow: Running, tcp: bool
) -> None:
    for server in ("192.0.2.53", "192.0.2.54", "2001:db8:53::1"):
        answer = await ask_server(willow, server, "willow.example", "SOA", tcp=tcp)
        assert answer.flags & dns.flags.AA
        assert "2026110101" in texts(answer, "SOA")[0]


async def test_a_server_refuses_names_of_others(willow: Running) -> None:
    answer = await ask_server(willow, "192.0.2.53", "example.org")
    assert answer.rcode() == dns.rcode.REFUSED


async def test_an_answer_too_long_for_udp_is_cut_and_whole_over_tcp(tmp_path: Path) -> None:
    launch = healthy()
    launch.zone().add("TXT", "long", *(f"{n}" * 200 for n in range(20)))
    async with running(launch, tmp_path) as demo:
        cut = await ask_server(demo, "192.0.2.53", "long.willow.example", "TXT")
        whole = await ask_server(demo, "192.0.2.53", "long.willow.example", "TXT", tcp=True)
    assert cut.flags & dns.flags.TC
    assert len(texts(whole, "TXT")) == 20


async def test_the_resolver_follows_aliases_into_other_zones(tmp_path: Path) -> None:
    launch = healthy()
    launch.zone().drop("*", "community")
    launch.zone().add("CNAME", "community", "sites.post.example.")
    launch.zone("post.example").add("A", "sites", "203.0.113.13")
    async with running(launch, tmp_path) as demo:
        answer = await resolve(demo, "community.willow.example")
    assert texts(answer, "CNAME") == ["sites.post.example."]
    assert texts(answer, "A") == ["203.0.113.13"]


async def test_a_dangling_alias_is_nxdomain_with_the_alias_in_the_answer(tmp_path: Path) -> None:
    launch = healthy()
    launch.zone().drop("*", "community")
    launch.zone().add("CNAME", "community", "gone.post.example.")
    async with running(launch, tmp_path) as demo:
        answer = await resolve(demo, "community.willow.example")
    assert answer.rcode() == NXDOMAIN
    assert texts(answer, "CNAME") == ["gone.post.example."]


@pytest.mark.parametrize("target", ["app", "app.post.example."])
async def test_a_circle_of_aliases_ends(tmp_path: Path, target: str) -> None:
    launch = healthy()
    launch.zone().drop("*", "app")
    launch.zone().add("CNAME", "app", target)
    launch.zone("post.example").add("CNAME", "app", "app.willow.example.")
    async with running(launch, tmp_path) as demo:
        assert (await resolve(demo, "app.willow.example")).rcode() == SERVFAIL


async def test_a_wildcard_answers_for_names_that_are_not_there(tmp_path: Path) -> None:
    launch = healthy()
    launch.zone().add("A", "*", "203.0.113.13")
    async with running(launch, tmp_path) as demo:
        answer = await resolve(demo, "anything.willow.example")
        assert texts(answer, "A") == ["203.0.113.13"]
        assert validate(answer.answer, await keys_of(demo, "willow.example")) == 1
        assert texts(await resolve(demo, "app.willow.example"), "A") == ["203.0.113.12"]


def _expired(launch: DemoLaunch) -> None:
    launch.zone().signatures_days = -1


def _other_key(launch: DemoLaunch) -> None:
    launch.zone().ds = "other"


def _unsigned(launch: DemoLaunch) -> None:
    launch.zone().signed = False


@pytest.mark.parametrize("break_it", [_expired, _other_key, _unsigned])
async def test_a_bogus_zone_fails_unless_checking_is_disabled(
    tmp_path: Path, break_it: Callable[[DemoLaunch], None]
) -> None:
    launch = healthy()
    break_it(launch)
    async with running(launch, tmp_path) as demo:
        assert (await resolve(demo, "app.willow.example")).rcode() == SERVFAIL
        unchecked = await resolve(demo, "app.willow.example", cd=True)
    assert texts(unchecked, "A") == ["203.0.113.12"]
    assert not unchecked.flags & dns.flags.AD


async def test_expired_signatures_do_not_validate(tmp_path: Path) -> None:
    launch = healthy()
    _expired(launch)
    async with running(launch, tmp_path) as demo:
        answer = await resolve(demo, "app.willow.example", cd=True)
        keys = await keys_of(demo, "willow.example")
    with pytest.raises(dns.exception.ValidationFailure):
        validate(answer.answer, keys)


async def test_a_zone_without_ds_is_insecure_but_answers(tmp_path: Path) -> None:
    launch = healthy()
    launch.zone().ds, launch.zone().signed = "none", False
    async with running(launch, tmp_path) as demo:
        answer = await resolve(demo, "app.willow.example")
    assert texts(answer, "A") == ["203.0.113.12"]
    assert not answer.flags & dns.flags.AD


async def test_one_server_can_hold_other_records(tmp_path: Path) -> None:
    launch = healthy()
    launch.zone().own_records(1).replace("A", "app", "203.0.113.77")
    launch.zone().servers[1].serial = 2026100101
    async with running(launch, tmp_path) as demo:
        one = await ask_server(demo, "192.0.2.53", "app.willow.example")
        other = await ask_server(demo, "192.0.2.54", "app.willow.example")
        resolved = await resolve(demo, "app.willow.example")
    assert (texts(one, "A"), texts(other, "A")) == (["203.0.113.12"], ["203.0.113.77"])
    assert texts(resolved, "A") == ["203.0.113.12"]


async def test_one_resolver_can_see_it_otherwise(tmp_path: Path) -> None:
    launch = healthy()
    launch.resolvers[1].say("app.willow.example", "A", ["203.0.113.77"])
    launch.resolvers[1].say("www.willow.example", "*", "NXDOMAIN")
    async with running(launch, tmp_path) as demo:
        assert texts(await resolve(demo, "app.willow.example", resolver=1), "A") == ["203.0.113.77"]
        assert (await resolve(demo, "www.willow.example", resolver=1)).rcode() == NXDOMAIN
        assert texts(await resolve(demo, "app.willow.example"), "A") == ["203.0.113.12"]


async def test_a_silent_server_says_nothing_and_the_zone_still_resolves(tmp_path: Path) -> None:
    launch = healthy()
    launch.zone().servers[0].mode = "silent"
    async with running(launch, tmp_path) as demo:
        with pytest.raises(dns.exception.Timeout):
            await ask_server(demo, "192.0.2.53", "app.willow.example")
        assert texts(await resolve(demo, "app.willow.example"), "A") == ["203.0.113.12"]


async def test_a_zone_whose_servers_are_all_lame_is_servfail(tmp_path: Path) -> None:
    launch = healthy()
    for server in launch.zone().servers:
        server.mode = "lame"
    async with running(launch, tmp_path) as demo:
        lame = await ask_server(demo, "192.0.2.53", "app.willow.example")
        assert (lame.rcode(), lame.answer) == (NOERROR, [])
        assert not lame.flags & dns.flags.AA
        assert (await resolve(demo, "app.willow.example")).rcode() == SERVFAIL


async def test_parent_and_child_can_name_different_servers(tmp_path: Path) -> None:
    launch = healthy()
    launch.zone().delegated = ["ns1.willow.example", "ns9.willow.example"]
    launch.zone().child_ns = ["ns1.willow.example"]
    async with running(launch, tmp_path) as demo:
        parent = await ask_server(demo, "192.0.2.2", "willow.example", "NS")
        child = await ask_server(demo, "192.0.2.53", "willow.example", "NS")
    named = {r.to_text() for rr in parent.authority if rr.rdtype == dns.rdatatype.NS for r in rr}
    assert named == {"ns1.willow.example.", "ns9.willow.example."}
    assert texts(child, "NS") == ["ns1.willow.example."]
