"""Names beside the declared ones: which there are, and what a wildcard makes up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dns.flags
import dns.message
import dns.rdatatype
import pytest

from launchready.facts import domain_subject
from launchready.facts.dns import NeighbourNames
from tests.collect.dns.test_hosts import DOMAIN, MANIFEST, gathering
from tests.collect.nameserver import (
    Transport,
    reply_to,
    resolver,
    serving,
    wire,
)


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
