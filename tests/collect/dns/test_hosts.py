"""Hosts as resolvers answer them, against small name servers on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import dns.flags
import dns.message
import dns.rdatatype
import pytest

from launchready.collect.dns import hosts as collect_dns
from launchready.collect.dns import neighbours as collect_neighbours
from launchready.collect.opening import open_world
from launchready.facts import Fact, Gap, Key, Subject, domain_subject, host_subject
from launchready.facts.dns import Caa, NeighbourNames, Ownership, Resolution, Zone
from launchready.facts.http import Exchange
from launchready.gather import Collector, Gatherer
from launchready.manifest import parse_manifest
from tests.collect.nameserver import (
    Respond,
    Server,
    Transport,
    knowing_the_root,
    reply_to,
    resolver,
    serving,
    wire,
)
from tests.making import AT, exchange

DOMAIN = "example.org"
MANIFEST = '[launch]\ndomain = "example.org"\n'
APP = host_subject("app.example.org", DOMAIN)
HEALTHY = {"app.example.org": {"A": ["203.0.113.5"], "AAAA": ["2001:db8::5"]}}


@asynccontextmanager
async def gathering(
    *servers: Server,
    manifest: str = MANIFEST,
    dial: Sequence[str] = (),
    query_s: float = 2.0,
    collectors: Mapping[type[Fact], Collector] | None = None,
) -> AsyncIterator[Gatherer]:
    async with open_world(
        parse_manifest(manifest),
        resolvers=[f"{s.address}:{s.port}" for s in servers],
        dial=dial,
        query_s=query_s,
    ) as world:
        known = {
            Zone: no_zone,
            Exchange: no_page,
            **collect_dns.COLLECTORS,
            **collect_neighbours.COLLECTORS,
            **(collectors or {}),
        }
        yield Gatherer(world=world, collectors=known)


async def no_zone(subject: Subject, _world: object, _ask: object) -> Gap:
    return Gap(key=Key(Zone, subject), reason="not part of this test", ours=True)


async def no_page(subject: Subject, _world: object, _ask: object) -> Gap:
    return Gap(key=Key(Exchange, subject), reason="not part of this test", ours=True)


def silent(_query: dns.message.Message, _transport: Transport) -> Sequence[bytes]:
    return []


def only_root(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
    name = query.question[0].name.to_text()
    return [wire(reply_to(query), transport)] if name == "." else []


def failing_for(names: Mapping[str, Mapping[str, Sequence[str]]], *, validating: bool) -> Respond:
    """SERVFAIL for everything; with CD set the records, when it is for validation's sake."""

    def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        if validating and query.flags & dns.flags.CD:
            return resolver(names)(query, transport)
        return [wire(reply_to(query, rcode="SERVFAIL"), transport)]

    return knowing_the_root(respond)


async def resolved(gatherer: Gatherer, subject: Subject = APP) -> Resolution:
    found = await gatherer.ask(Resolution, subject)
    assert isinstance(found, Resolution), found
    return found


async def test_every_resolver_says_what_it_has() -> None:
    other = {"app.example.org": {"A": ["203.0.113.9"]}}
    async with (
        serving(resolver(HEALTHY)) as one,
        serving(resolver(other)) as two,
        gathering(one, two) as gatherer,
    ):
        found = await resolved(gatherer)
    first, second = found.answers
    assert (first.v4, first.v6, first.ttl_s) == (("203.0.113.5",), ("2001:db8::5",), 300)
    assert (second.v4, second.v6, second.v6_rcode) == (("203.0.113.9",), (), "NOERROR")
    assert found.fault == ""


async def test_a_name_that_no_resolver_knows_is_a_fact_with_a_fault() -> None:
    async with serving(resolver({})) as one, gathering(one) as gatherer:
        found = await resolved(gatherer)
    assert found.fault == "unresolved"
    assert found.answers[0].rcode == "NXDOMAIN"


async def test_a_resolver_that_does_not_answer_is_kept_as_trouble() -> None:
    async with (
        serving(silent) as dead,
        serving(resolver(HEALTHY)) as alive,
        gathering(dead, alive, query_s=0.4) as gatherer,
    ):
        found = await resolved(gatherer)
    assert found.answers[0].trouble == "no answer within 0.4 seconds"
    assert [a.rcode for a in found.usable] == ["NOERROR"]


async def test_when_no_resolver_answers_anything_the_gap_is_ours() -> None:
    async with serving(silent) as dead, gathering(dead, query_s=0.4) as gatherer:
        found = await gatherer.ask(Resolution, APP)
    assert isinstance(found, Gap)
    assert found.ours


async def test_when_resolvers_answer_for_other_names_the_gap_is_not_ours() -> None:
    async with serving(only_root) as picky, gathering(picky, query_s=0.4) as gatherer:
        found = await gatherer.ask(Resolution, APP)
    assert isinstance(found, Gap)
    assert not found.ours
    assert "though they answer for others" in found.reason


async def test_a_failure_that_ends_when_checking_is_disabled_is_bogus() -> None:
    async with (
        serving(failing_for(HEALTHY, validating=True)) as one,
        gathering(one) as gatherer,
    ):
        found = await resolved(gatherer)
    assert found.fault == "bogus"


@pytest.mark.parametrize("kind", ["A", "AAAA"])
async def test_one_family_whose_signature_fails_is_told_apart(kind: str) -> None:
    both = {APP.name: {"A": ["203.0.113.5"], "AAAA": ["2001:db8::5"]}}
    failing, usual = failing_for(both, validating=True), resolver(both)

    def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        asked = dns.rdatatype.to_text(query.question[0].rdtype)
        return (failing if asked == kind else usual)(query, transport)

    async with serving(respond) as one, gathering(one) as gatherer:
        (told,) = (await resolved(gatherer)).answers
    assert (told.failing_type, told.failing_rcode, told.bogus) == (kind, "SERVFAIL", True)


async def test_a_failure_of_another_kind_is_not_bogus() -> None:
    async with (
        serving(failing_for(HEALTHY, validating=False)) as one,
        gathering(one) as gatherer,
    ):
        found = await resolved(gatherer)
    assert found.fault == "unresolved"


async def test_a_host_of_a_broken_zone_is_a_gap_because_of_the_zone() -> None:
    async def bogus(subject: Subject, _world: object, _ask: object) -> Zone:
        return Zone(
            subject=subject, at=AT, how="test", apex=DOMAIN, nameservers=(),
            parent_ns=None, child_ns=(), dnssec="bogus",
        )  # fmt: skip

    async with (
        serving(failing_for(HEALTHY, validating=True)) as one,
        gathering(one, collectors={Zone: bogus}) as gatherer,
    ):
        found = await gatherer.ask(Resolution, APP)
    assert isinstance(found, Gap)
    assert found.because == Key(Zone, domain_subject(DOMAIN))


async def test_an_alias_of_a_name_that_does_not_exist_dangles() -> None:
    records = {"app.example.org": {"CNAME": ["gone.example.net."]}}
    async with serving(resolver(records)) as one, gathering(one) as gatherer:
        found = await resolved(gatherer)
    assert found.fault == "dangling"
    assert found.aliases[0].target == "gone.example.net"


async def test_aliases_in_a_circle_are_a_loop() -> None:
    records = {
        "app.example.org": {"CNAME": ["b.example.org."]},
        "b.example.org": {"CNAME": ["app.example.org."]},
    }
    async with serving(resolver(records)) as one, gathering(one) as gatherer:
        found = await resolved(gatherer)
    assert found.fault == "loop"


async def test_a_loop_that_a_resolver_hides_behind_servfail_is_found() -> None:
    targets = {"app.example.org": "b.example.org.", "b.example.org": "app.example.org."}

    def hiding(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        name = query.question[0].name.to_text(omit_final_dot=True)
        if query.question[0].rdtype == dns.rdatatype.CNAME:
            line = [f"{name} 300 CNAME {targets[name]}"]
            return [wire(reply_to(query, answer=line), transport)]
        return [wire(reply_to(query, rcode="SERVFAIL"), transport)]

    async with serving(knowing_the_root(hiding)) as one, gathering(one) as gatherer:
        found = await resolved(gatherer)
    assert found.fault == "loop"
    assert len(found.aliases) == 2


async def test_private_addresses_that_nothing_dials_are_a_fault() -> None:
    records = {"app.example.org": {"A": ["10.0.0.5"]}}
    async with serving(resolver(records)) as one, gathering(one) as gatherer:
        found = await resolved(gatherer)
    assert found.private == ("10.0.0.5",)
    assert found.fault == "private"


async def test_private_addresses_that_are_dialled_are_no_obstacle() -> None:
    records = {"app.example.org": {"A": ["10.0.0.5"]}}
    dial = ["10.0.0.5:443=127.0.0.1:8443"]
    async with serving(resolver(records)) as one, gathering(one, dial=dial) as gatherer:
        found = await resolved(gatherer)
    assert found.private == ("10.0.0.5",)
    assert found.fault == ""


async def test_a_declared_alias_that_does_not_show_is_looked_up() -> None:
    records = {**HEALTHY, "edge.example.net": {"A": ["203.0.113.5", "203.0.113.6"]}}
    manifest = MANIFEST + '[hosts."app.example.org"]\ncname = "edge.example.net"\n'
    async with serving(resolver(records)) as one, gathering(one, manifest=manifest) as gatherer:
        found = await resolved(gatherer)
    assert found.target_addresses == ("203.0.113.5", "203.0.113.6")


@pytest.mark.parametrize(
    ("declared", "elsewhere"),
    [
        ('addresses = ["203.0.113.5"]', False),
        ('addresses = ["203.0.113.5", "203.0.113.6"]', False),
        ('addresses = ["203.0.113.6"]', True),
        ('cname = "edge.example.net"', False),
        ("", False),
    ],
)
async def test_a_host_that_leads_to_nothing_that_was_declared_leads_elsewhere(
    declared: str, *, elsewhere: bool
) -> None:
    records = {"app.example.org": {"A": ["203.0.113.5"]}}
    manifest = f'{MANIFEST}[hosts."app.example.org"]\n{declared}\n'
    async with serving(resolver(records)) as one, gathering(one, manifest=manifest) as gatherer:
        found = await resolved(gatherer)
    assert (found.fault, found.elsewhere) == ("", elsewhere)


async def test_a_host_that_is_dialled_by_its_name_is_seen_where_it_was_declared() -> None:
    records = {"app.example.org": {"A": ["203.0.113.5"]}}
    manifest = f'{MANIFEST}[hosts."app.example.org"]\naddresses = ["203.0.113.6"]\n'
    dial = ["app.example.org:443=127.0.0.1:8443"]
    async with (
        serving(resolver(records)) as one,
        gathering(one, manifest=manifest, dial=dial) as gatherer,
    ):
        found = await resolved(gatherer)
    assert not found.elsewhere


@pytest.mark.parametrize("owner", ["app.example.org", "example.org", "org"])
async def test_caa_is_found_by_climbing(owner: str) -> None:
    records = {**HEALTHY, owner: {"A": ["203.0.113.5"], "CAA": ['0 issue "letsencrypt.org"']}}
    async with serving(resolver(records)) as one, gathering(one) as gatherer:
        found = await gatherer.ask(Caa, APP)
    assert isinstance(found, Caa)
    assert [(r.owner, r.tag, r.value) for r in found.records] == [
        (owner, "issue", "letsencrypt.org")
    ]


async def test_the_nearest_caa_set_wins() -> None:
    records = {
        "app.example.org": {"CAA": ['0 issue ";"']},
        "example.org": {"CAA": ['0 issue "letsencrypt.org"']},
    }
    async with serving(resolver(records)) as one, gathering(one) as gatherer:
        found = await gatherer.ask(Caa, APP)
    assert isinstance(found, Caa)
    assert [r.value for r in found.records] == [";"]


async def test_control_characters_in_caa_are_not_kept() -> None:
    records = {"app.example.org": {"CAA": ['0 issue "a\\027[31mb"']}}
    async with serving(resolver(records)) as one, gathering(one) as gatherer:
        found = await gatherer.ask(Caa, APP)
    assert isinstance(found, Caa)
    assert [r.value for r in found.records] == ["a?[31mb"]


async def test_a_caa_look_up_that_fails_is_kept() -> None:
    def broken(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        if query.question[0].rdtype == dns.rdatatype.CAA:
            return [wire(reply_to(query, rcode="SERVFAIL"), transport)]
        return resolver(HEALTHY)(query, transport)

    async with serving(broken) as one, gathering(one) as gatherer:
        found = await gatherer.ask(Caa, APP)
    assert isinstance(found, Caa)
    assert found.trouble == "app.example.org: SERVFAIL"


async def test_caa_that_fails_because_the_host_does_not_resolve_is_a_gap() -> None:
    async with serving(failing_for({}, validating=False)) as one, gathering(one) as gatherer:
        found = await gatherer.ask(Caa, APP)
    assert isinstance(found, Gap)
    assert found.because == Key(Resolution, APP)


def giving_up_after(steps: int, records: Mapping[str, Mapping[str, Sequence[str]]]) -> Respond:
    """Answer SERVFAIL to what takes more aliases than so many, as resolvers do."""

    def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        name, count = query.question[0].name.to_text(omit_final_dot=True), 0
        while dns.rdatatype.to_text(query.question[0].rdtype) != "CNAME" and (
            alias := records.get(name, {}).get("CNAME")
        ):
            name, count = alias[0].rstrip("."), count + 1
        if count > steps:
            return [wire(reply_to(query, rcode="SERVFAIL"), transport)]
        return resolver(records)(query, transport)

    return knowing_the_root(respond)


CHAIN = {
    "app.example.org": {"CNAME": ["a1.example.org."]},
    **{f"a{n}.example.org": {"CNAME": [f"a{n + 1}.example.org."]} for n in range(1, 13)},
}


async def test_more_aliases_than_a_resolver_follows_are_told_as_such() -> None:
    found = await resolution_by(
        giving_up_after(11, {**CHAIN, "a13.example.org": {"A": ["203.0.113.5"]}})
    )
    assert found.fault == "loop"
    assert len(found.answers[0].aliases) == 13


async def test_many_aliases_whose_end_fails_as_well_are_not_said_to_be_too_many() -> None:
    found = await resolution_by(giving_up_after(-1, CHAIN))
    assert found.fault == "unresolved"


async def test_an_ipv4_address_in_the_form_of_ipv6_is_none_that_everybody_can_reach() -> None:
    records = {"app.example.org": {"A": ["203.0.113.5"], "AAAA": ["::ffff:203.0.113.9"]}}
    assert (await resolution_by(resolver(records))).private == ("::ffff:203.0.113.9",)


async def resolution_by(respond: Respond) -> Resolution:
    async with serving(respond) as one, gathering(one) as gatherer:
        found = await gatherer.ask(Resolution, APP)
    assert isinstance(found, Resolution), found
    return found


async def neighbours(records: Mapping[str, Mapping[str, Sequence[str]]]) -> NeighbourNames:
    async with serving(resolver(records)) as one, gathering(one) as gatherer:
        found = await gatherer.ask(NeighbourNames, domain_subject(DOMAIN))
    assert isinstance(found, NeighbourNames), found
    return found


async def test_common_names_beside_the_declared_ones_are_found() -> None:
    found = await neighbours({"ftp.example.org": {"A": ["203.0.113.9"]}})
    assert found.addresses == (("ftp.example.org", ("203.0.113.9",)),)


async def test_a_neighbour_that_is_an_alias_of_nothing_dangles() -> None:
    found = await neighbours({"blog.example.org": {"CNAME": ["gone.example.net."]}})
    assert [(a.owner, a.target) for a in found.dangling] == [
        ("blog.example.org", "gone.example.net")
    ]


@pytest.mark.parametrize(("denied_by", "dangling"), [("example.net", 0), ("net", 1)])
async def test_names_below_a_dname_dangle_only_where_what_it_leads_to_does_not_exist(
    denied_by: str, dangling: int
) -> None:
    def renamed(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        name = query.question[0].name.to_text(omit_final_dot=True)
        if not name.startswith("blog."):
            return resolver({})(query, transport)
        lines = ["example.org 300 DNAME example.net.", f"{name} 300 CNAME blog.example.net."]
        soa = f"{denied_by} 300 SOA a.{denied_by}. b.{denied_by}. 1 3600 600 1209600 300"
        message = reply_to(query, answer=lines, authority=[soa], rcode="NXDOMAIN")
        return [wire(message, transport)]

    async with serving(renamed) as one, gathering(one) as gatherer:
        found = await gatherer.ask(NeighbourNames, domain_subject(DOMAIN))
    assert isinstance(found, NeighbourNames)
    assert len(found.dangling) == dangling


async def test_what_a_wildcard_makes_up_is_no_neighbour() -> None:
    def wild(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        name = query.question[0].name.to_text()
        if name.endswith(".invalid."):
            return resolver({})(query, transport)
        return [wire(reply_to(query, answer=[f"{name} 300 A 203.0.113.5"]), transport)]

    async with serving(wild) as one, gathering(one) as gatherer:
        found = await gatherer.ask(NeighbourNames, domain_subject(DOMAIN))
    assert isinstance(found, NeighbourNames)
    assert found.addresses == (("*.example.org", ("203.0.113.5",)),)


async def test_the_domains_mail_exchange_is_a_neighbour_whatever_its_name() -> None:
    found = await neighbours(
        {
            "example.org": {"MX": ["10 post-office.example.org."]},
            "post-office.example.org": {"A": ["203.0.113.9"]},
        }
    )
    assert found.addresses == (("post-office.example.org", ("203.0.113.9",)),)


async def test_addresses_of_ipv6_are_asked_for_where_an_origin_has_one() -> None:
    records = {"ftp.example.org": {"AAAA": ["2001:db8::9"]}}
    origin = MANIFEST + "[hosts.'example.org']\norigin = '2001:db8::9'\n"
    async with serving(resolver(records)) as one, gathering(one, manifest=origin) as gatherer:
        found = await gatherer.ask(NeighbourNames, domain_subject(DOMAIN))
    assert isinstance(found, NeighbourNames)
    assert found.addresses == (("ftp.example.org", ("2001:db8::9",)),)


TOKEN = MANIFEST + 'token = "a-token-of-ours"\n'


async def owned(
    records: Mapping[str, Mapping[str, Sequence[str]]],
    *,
    manifest: str = TOKEN,
    body: str = "",
    verified: bool = True,
) -> Ownership:
    async def page(subject: Subject, _world: object, _ask: object) -> Exchange:
        return exchange(subject.name, body=body, verified=verified)

    async with (
        serving(resolver(records)) as one,
        gathering(one, manifest=manifest, collectors={Exchange: page}) as gatherer,
    ):
        found = await gatherer.ask(Ownership, domain_subject(DOMAIN))
    assert isinstance(found, Ownership), found
    return found


async def test_a_txt_record_with_the_token_proves_ownership() -> None:
    found = await owned({"_launchready.example.org": {"TXT": ['"a-token-of-ours"']}})
    assert found.proven


async def test_a_txt_record_that_only_contains_the_token_proves_nothing() -> None:
    found = await owned({"_launchready.example.org": {"TXT": ['"x a-token-of-ours y"']}})
    assert not found.proven


async def test_the_file_with_the_token_proves_ownership() -> None:
    assert (await owned({}, body="a-token-of-ours\n")).proven


async def test_the_file_behind_a_certificate_that_browsers_refuse_proves_nothing() -> None:
    assert not (await owned({}, body="a-token-of-ours\n", verified=False)).proven


async def test_without_a_token_nothing_is_proven() -> None:
    found = await owned({"_launchready.example.org": {"TXT": ['""']}}, manifest=MANIFEST)
    assert not found.proven
    assert found.detail == "the manifest has no [launch] token"
