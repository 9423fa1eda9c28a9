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
from launchready.facts.dns import Resolution
from launchready.facts.http import Exchange
from launchready.facts.zone import Zone
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
from tests.making import AT

DOMAIN = "example.org"
MANIFEST = '[launch]\ndomain = "example.org"\n'
APP = host_subject("app.example.org", DOMAIN)
HEALTHY = {"app.example.org": {"A": ["203.0.113.5"], "AAAA": ["2001:db8::5"]}}


@asynccontextmanager
async def gathering(
    *servers: Server,
    manifest: str = MANIFEST,
    dial: Sequence[str] = (),
    query_s: float = 10.0,
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
        gathering(dead, alive, query_s=1.5) as gatherer,
    ):
        found = await resolved(gatherer)
    assert found.answers[0].trouble == "no answer within 1.5 seconds"
    assert [a.rcode for a in found.usable] == ["NOERROR"]


async def test_when_no_resolver_answers_anything_the_gap_is_ours() -> None:
    async with serving(silent) as dead, gathering(dead, query_s=1.5) as gatherer:
        found = await gatherer.ask(Resolution, APP)
    assert isinstance(found, Gap)
    assert found.ours


async def test_when_resolvers_answer_for_other_names_the_gap_is_not_ours() -> None:
    async with serving(only_root) as picky, gathering(picky, query_s=1.5) as gatherer:
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


async def bogus(subject: Subject, _world: object, _ask: object) -> Zone:
    """The zone that validators refuse, in the place of its collector."""
    return Zone(
        subject=subject, at=AT, how="test", apex=DOMAIN, nameservers=(),
        parent_ns=None, child_ns=(), dnssec="bogus",
    )  # fmt: skip


async def test_a_host_of_a_broken_zone_is_a_gap_because_of_the_zone() -> None:
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
