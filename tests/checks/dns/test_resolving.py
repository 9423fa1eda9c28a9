"""Hosts that lead nowhere, elsewhere, or not for everybody."""

from __future__ import annotations

import pytest

from launchready.checks.dns.agreeing import resolvers_disagree
from launchready.checks.dns.resolving import (
    does_not_resolve,
    no_ipv6,
    points_elsewhere,
    private_address_published,
)
from launchready.facts import Key
from launchready.facts.dns import Resolution
from launchready.facts.zone import Zone
from launchready.finding import Check, Severity
from tests.checks.dns.making import (
    APP,
    HERE,
    HERE_V6,
    OLD,
    ZONE,
    aliases,
    answer,
    resolution,
)
from tests.making import declared, gap, outcome

BASE = '[launch]\ndomain = "example.org"\n[hosts."app.example.org"]\n'


ADDRESSES = declared(f'{BASE}addresses = ["{HERE}", "{HERE_V6}"]\n')


CNAME = declared(f'{BASE}cname = "edge.example.net"\n')


@pytest.mark.parametrize(
    "check",
    [does_not_resolve, points_elsewhere, resolvers_disagree, private_address_published, no_ipv6],
)
def test_without_an_answer_from_resolvers_it_is_unknown(check: Check) -> None:
    assert outcome(check, gap(Resolution, APP), ADDRESSES).status == "unknown"


def test_a_host_with_an_address_resolves() -> None:
    assert outcome(does_not_resolve, resolution()).status == "passed"


def test_a_host_that_does_not_exist_does_not_resolve() -> None:
    found = outcome(does_not_resolve, resolution(answer(rcode="NXDOMAIN")))
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert found.detail == "the name does not exist (NXDOMAIN)"


def test_a_host_that_one_of_the_zones_servers_has_is_explained_by_their_difference() -> None:
    found = resolution(answer(rcode="NXDOMAIN"), servers_differ=True)
    assert outcome(does_not_resolve, found).because == Key(Zone, ZONE)
    assert outcome(does_not_resolve, resolution(answer(rcode="NXDOMAIN"))).because is None


def test_a_name_without_address_does_not_resolve() -> None:
    found = outcome(does_not_resolve, resolution(answer()))
    assert found.detail == "the name exists, without an address"


def test_the_fix_is_the_declared_record() -> None:
    found = outcome(does_not_resolve, resolution(answer(rcode="NXDOMAIN")), CNAME)
    assert found.failure is not None
    assert "app.example.org. 300 IN CNAME edge.example.net." in found.failure.fix[0]


def test_a_signature_that_fails_behind_an_alias_may_be_somebody_elses() -> None:
    behind = answer(rcode="SERVFAIL", bogus=True, aliases=aliases("shop.example.net"))
    failure = outcome(does_not_resolve, resolution(behind)).failure
    assert failure is not None
    assert "shop.example.net" in failure.fix[0]


def test_an_answer_that_one_record_alone_makes_bogus_does_not_resolve() -> None:
    found = outcome(does_not_resolve, resolution(answer(rcode="SERVFAIL", bogus=True)))
    assert found.status == "failed"
    assert found.because is None


def test_a_name_about_which_resolvers_get_no_answer_is_not_told_to_publish_what_it_has() -> None:
    failure = outcome(does_not_resolve, resolution(answer(rcode="SERVFAIL"))).failure
    assert failure is not None
    assert failure.observed == "resolvers get no answer (SERVFAIL)"
    assert failure.fix[0].endswith("`dig NS app.example.org`.")
    assert not any(step.startswith("Publish") for step in failure.fix)


def test_a_dangling_host_is_left_to_the_owner_of_that_fault() -> None:
    dangling = answer(rcode="NXDOMAIN", aliases=aliases("gone.example.net"))
    found = outcome(does_not_resolve, resolution(dangling))
    assert found.because == Key(Resolution, APP)


def test_a_host_at_its_declared_addresses_points_right() -> None:
    assert outcome(points_elsewhere, resolution(), ADDRESSES).status == "passed"


def test_nothing_declared_is_not_applicable() -> None:
    assert outcome(points_elsewhere, resolution()).status == "not_applicable"


def test_an_address_that_is_not_declared_is_elsewhere() -> None:
    both = resolution(answer(OLD, HERE_V6), answer(OLD, HERE_V6))
    found = outcome(points_elsewhere, both, ADDRESSES)
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert found.detail == f"leads to {OLD}"


def test_a_declared_address_that_is_not_published_is_a_risk() -> None:
    found = outcome(points_elsewhere, resolution(answer(HERE)), ADDRESSES)
    assert (found.status, found.severity) == ("failed", Severity.RISK)


def test_declared_addresses_that_resolvers_are_led_to_each_by_place_point_right() -> None:
    three = declared(
        '[launch]\ndomain = "example.org"\n[hosts."app.example.org"]\n'
        f'addresses = ["{HERE}", "{OLD}", "203.0.113.77"]\n'
    )
    found = outcome(points_elsewhere, resolution(answer(HERE), answer(OLD)), three)
    assert found.status == "passed"


def test_one_stale_resolver_is_not_elsewhere() -> None:
    mixed = resolution(answer(HERE, HERE_V6), answer(OLD))
    assert outcome(points_elsewhere, mixed, ADDRESSES).status == "not_applicable"


def test_an_alias_of_the_declared_name_points_right() -> None:
    through = resolution(answer(OLD, aliases=aliases("edge.example.net", "pop7.example.net")))
    assert outcome(points_elsewhere, through, CNAME).status == "passed"


def test_an_alias_of_another_name_is_elsewhere() -> None:
    other = resolution(answer(OLD, aliases=aliases("parked.example.com")))
    found = outcome(points_elsewhere, other, CNAME)
    assert found.detail == "is an alias of parked.example.com"


def test_a_flattened_alias_is_known_by_an_address_of_its_target() -> None:
    flat = resolution(answer(HERE), target_addresses=(HERE, OLD))
    assert outcome(points_elsewhere, flat, CNAME).status == "passed"


def test_an_address_that_the_declared_alias_does_not_have_is_elsewhere() -> None:
    flat = resolution(answer(HERE), target_addresses=(OLD,))
    assert outcome(points_elsewhere, flat, CNAME).status == "failed"


@pytest.mark.parametrize("targets", [None, (), ("198.51.100.1", "198.51.100.2")])
def test_a_flattened_alias_that_cannot_be_compared_is_unknown(
    targets: tuple[str, ...] | None,
) -> None:
    flat = resolution(answer(HERE, OLD), target_addresses=targets)
    assert outcome(points_elsewhere, flat, CNAME).status == "unknown"


def test_public_addresses_can_be_reached() -> None:
    assert outcome(private_address_published, resolution()).status == "passed"


def test_a_private_address_beside_a_public_one_is_a_blocker() -> None:
    found = resolution(answer(HERE, "10.0.0.5"), private=("10.0.0.5",))
    told = outcome(private_address_published, found)
    assert (told.status, told.severity) == ("failed", Severity.BLOCKER)
    assert told.failure is not None
    assert told.failure.means.startswith("A part of your members")


def test_only_private_addresses_shut_everybody_out() -> None:
    found = resolution(answer("10.0.0.5"), private=("10.0.0.5",))
    told = outcome(private_address_published, found)
    assert told.failure is not None
    assert told.failure.means == "Nobody outside your network can open app.example.org."


def test_a_host_without_address_publishes_no_private_one() -> None:
    found = outcome(private_address_published, resolution(answer(rcode="NXDOMAIN")))
    assert found.status == "not_applicable"


def test_an_aaaa_record_is_ipv6() -> None:
    assert outcome(no_ipv6, resolution()).status == "passed"


def test_no_aaaa_record_is_advice() -> None:
    found = outcome(no_ipv6, resolution(answer(HERE)))
    assert (found.status, found.severity) == ("failed", Severity.ADVICE)


def test_a_question_for_aaaa_that_nobody_answered_proves_nothing() -> None:
    assert outcome(no_ipv6, resolution(answer(HERE, v6_rcode=None))).status == "unknown"
