"""Resolvers that refuse everything, and those that make addresses up."""

from __future__ import annotations

import pytest

from launchready.facts import Gap, Key, domain_subject
from launchready.facts.dns import Caa, NeighbourNames, Resolution
from launchready.facts.zone import Zone
from tests.collect.dns.test_hosts import APP, DOMAIN, HEALTHY, bogus, gathering, resolved
from tests.collect.nameserver import (
    answering,
    client,
    knowing_the_root,
    making_up,
    resolver,
    serving,
)

AD_PAGE, AD_PAGE_V6 = "198.51.100.80", "2001:db8:80::1"
FAILING = pytest.mark.parametrize("rcode", ["REFUSED", "SERVFAIL", "NOTIMP", "NXDOMAIN"])


@FAILING
@pytest.mark.parametrize("kind", [Resolution, Caa])
async def test_a_resolver_that_refuses_everything_is_a_limit_of_our_own(
    rcode: str, kind: type[Resolution | Caa]
) -> None:
    async with serving(answering(rcode=rcode)) as one, gathering(one) as gatherer:
        found = await gatherer.ask(kind, APP)
    assert isinstance(found, Gap)
    assert found.ours
    assert "--resolver 9.9.9.9" in found.how_to_prove


@FAILING
async def test_neighbours_that_a_resolver_refuses_to_look_up_are_not_proven(rcode: str) -> None:
    async with serving(answering(rcode=rcode)) as one, gathering(one) as gatherer:
        found = await gatherer.ask(NeighbourNames, domain_subject(DOMAIN))
    assert isinstance(found, Gap)
    assert found.ours


@FAILING
async def test_a_resolver_that_refuses_everything_is_left_out_beside_a_good_one(rcode: str) -> None:
    async with (
        serving(answering(rcode=rcode)) as bad,
        serving(resolver(HEALTHY)) as good,
        gathering(bad, good) as gatherer,
    ):
        found = await resolved(gatherer)
    (left,) = (a for a in found.answers if a not in found.usable)
    assert "to everything" in left.trouble or "every name" in left.trouble


async def test_a_resolver_that_works_and_refuses_one_host_is_heard() -> None:
    refusing = knowing_the_root(answering(rcode="REFUSED"))
    async with serving(refusing) as one, gathering(one) as gatherer:
        found = await resolved(gatherer)
    assert found.fault == "unresolved"


async def test_an_authoritative_server_named_as_resolver_is_heard_for_its_own_names() -> None:
    own = {**HEALTHY, DOMAIN: {"A": ["203.0.113.5"]}}
    servers = resolver(own, rcodes={".": "REFUSED", "broken.example.org": "SERVFAIL"})
    async with serving(servers) as one:
        assert await client(one.at).complaint(one.at, DOMAIN) == ""


async def test_addresses_made_up_for_names_that_do_not_exist_are_none() -> None:
    async with (
        serving(making_up(HEALTHY, AD_PAGE, AD_PAGE_V6)) as one,
        gathering(one, manifest=f'[launch]\ndomain = "{DOMAIN}"\n[hosts."gone.{DOMAIN}"]\n') as g,
    ):
        there = await resolved(g)
        gone = await resolved(g, type(APP)("host", f"gone.{DOMAIN}", APP.parent))
    assert (there.fault, gone.fault) == ("", "unresolved")
    assert gone.answers[0].rcode == "NXDOMAIN"
    assert set(gone.answers[0].made_up) == {AD_PAGE, AD_PAGE_V6}


async def test_a_resolver_that_makes_addresses_up_is_found_out_by_one_question_a_family() -> None:
    async with serving(making_up(HEALTHY, AD_PAGE)) as one:
        names = client(one.at)
        for name in ("app.example.org", "gone.example.org", "lost.example.org"):
            await names.ask(name, "A")
    assert sorted(kind for name, kind, _ in one.asked if name.endswith(".invalid")) == ["A", "AAAA"]


async def test_an_honest_resolver_is_put_to_the_test_once() -> None:
    async with serving(resolver(HEALTHY)) as one:
        names = client(one.at)
        for name in ("app.example.org", "gone.example.org"):
            await names.ask(name, "A")
            await names.ask(name, "AAAA")
    assert [kind for name, kind, _ in one.asked if name.endswith(".invalid")] == ["A"]


async def test_a_network_that_wants_a_sign_in_first_tells_nothing() -> None:
    async with (
        serving(making_up({}, AD_PAGE, root=False)) as one,
        gathering(one) as gatherer,
    ):
        found = await gatherer.ask(Resolution, APP)
    assert isinstance(found, Gap)
    assert found.ours
    assert AD_PAGE in found.reason


async def test_neighbours_in_a_zone_that_validators_refuse_are_unseen_because_of_it() -> None:
    async with (
        serving(knowing_the_root(answering(rcode="SERVFAIL"))) as one,
        gathering(one, collectors={Zone: bogus}) as gatherer,
    ):
        found = await gatherer.ask(NeighbourNames, domain_subject(DOMAIN))
    assert isinstance(found, Gap)
    assert found.because == Key(Zone, domain_subject(DOMAIN))
