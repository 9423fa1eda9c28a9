"""Aliases that lead nowhere, in a circle, or stand where none may."""

from __future__ import annotations

import pytest

from launchready.checks.dns.aliases import (
    alias_at_apex,
    alias_loop,
    dangling_alias,
    forgotten_alias_dangles,
    wildcard_record,
)
from launchready.facts.dns import NeighbourNames, Resolution
from launchready.facts.zone import Zone
from launchready.finding import Check, Severity
from tests.checks.dns.making import (
    APP,
    HERE,
    ZONE,
    absent,
    aliases,
    answer,
    nameserver,
    neighbours,
    resolution,
    zone,
)
from tests.making import DOMAIN, gap, outcome


@pytest.mark.parametrize("check", [dangling_alias, alias_loop])
def test_a_host_that_was_not_looked_up_is_unknown(check: Check) -> None:
    assert outcome(check, gap(Resolution, APP)).status == "unknown"


@pytest.mark.parametrize("check", [alias_at_apex, wildcard_record])
def test_a_zone_that_was_not_looked_up_is_unknown(check: Check) -> None:
    assert outcome(check, gap(Zone, ZONE)).status == "unknown"


@pytest.mark.parametrize("check", [alias_at_apex, wildcard_record])
def test_a_domain_that_does_not_exist_has_neither(check: Check) -> None:
    assert outcome(check, absent()).status == "not_applicable"


def dangling(target: str, denied_by: str = "example.net") -> Resolution:
    one = answer(rcode="NXDOMAIN", aliases=aliases(target), denied_by=denied_by)
    return resolution(one)


def test_an_alias_that_has_an_address_does_not_dangle() -> None:
    found = outcome(dangling_alias, resolution(answer(HERE, aliases=aliases("e.example.net"))))
    assert found.status == "passed"


def test_a_host_without_alias_cannot_dangle() -> None:
    assert outcome(dangling_alias, resolution()).status == "not_applicable"


def test_an_alias_of_a_missing_name_is_a_blocker() -> None:
    found = outcome(dangling_alias, dangling("gone.example.net"))
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert found.detail == "an alias of gone.example.net, which does not exist"


@pytest.mark.parametrize(
    ("target", "denied_by", "danger"),
    [
        ("left.herokudns.com", "herokudns.com", "anybody can claim left.herokudns.com at Heroku"),
        ("x.lapsed.com", "com", "anybody can register it"),
        ("gone.example.net", "example.net", "the zone of gone.example.net says"),
    ],
)
def test_who_could_take_the_name_is_said(target: str, denied_by: str, danger: str) -> None:
    found = outcome(dangling_alias, dangling(target, denied_by))
    assert found.failure is not None
    assert danger in found.failure.evidence


def test_no_forgotten_alias_passes() -> None:
    assert outcome(forgotten_alias_dangles, neighbours()).status == "passed"


def test_a_forgotten_alias_is_a_risk() -> None:
    found = outcome(forgotten_alias_dangles, neighbours(("blog.example.org", "x.example.net")))
    assert (found.status, found.severity) == ("failed", Severity.RISK)


def test_a_forgotten_alias_of_a_service_that_gives_names_away_is_a_blocker() -> None:
    names = neighbours(("a.example.org", "x.example.net"), ("b.example.org", "left.github.io"))
    found = outcome(forgotten_alias_dangles, names)
    assert found.severity is Severity.BLOCKER
    assert found.failure is not None
    assert "b.example.org" in found.failure.means


def test_neighbours_that_were_not_looked_up_are_unknown() -> None:
    assert outcome(forgotten_alias_dangles, gap(NeighbourNames, ZONE)).status == "unknown"


def test_aliases_that_end_are_no_loop() -> None:
    found = outcome(alias_loop, resolution(answer(HERE, aliases=aliases("e.example.net"))))
    assert found.status == "passed"


def test_aliases_in_a_circle_are_a_blocker() -> None:
    looping = answer(loop=True, aliases=aliases("b.example.org", "app.example.org"))
    found = outcome(alias_loop, resolution(looping))
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert found.detail == "app.example.org → b.example.org → app.example.org"


def test_aliases_that_are_too_many_are_not_said_to_be_a_circle() -> None:
    names = [f"a{n}.example.org" for n in range(13)]
    found = outcome(alias_loop, resolution(answer(loop=True, aliases=aliases(*names))))
    assert found.failure is not None
    assert found.failure.means == (
        "Nobody can open app.example.org: resolvers give up after some of its 13 aliases."
    )


def test_addresses_at_the_apex_are_no_alias() -> None:
    assert outcome(alias_at_apex, zone()).status == "passed"


def test_an_alias_at_the_apex_that_a_resolver_shows_is_a_blocker() -> None:
    found = outcome(alias_at_apex, zone(apex_alias="edge.example.net"))
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)


def test_an_alias_at_the_apex_that_a_server_gives_is_found() -> None:
    server = nameserver(host_answers=((DOMAIN, ("edge.example.net",)),))
    assert outcome(alias_at_apex, zone(server)).status == "failed"


def test_a_domain_inside_another_zone_may_be_an_alias() -> None:
    inside = zone(apex="org", apex_alias="")
    assert outcome(alias_at_apex, inside).status == "not_applicable"


def test_names_that_nobody_published_do_not_resolve() -> None:
    assert outcome(wildcard_record, zone()).status == "passed"


def test_a_wildcard_is_advice() -> None:
    found = outcome(wildcard_record, zone(wildcard=(HERE,)))
    assert (found.status, found.severity) == ("failed", Severity.ADVICE)
