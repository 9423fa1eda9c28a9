"""Whether resolvers lead to the same place."""

from __future__ import annotations

import pytest

from launchready.checks.dns.agreeing import resolvers_disagree
from launchready.facts import Key
from launchready.facts.declared import Declared
from launchready.facts.dns import Alias, ResolverAnswer
from launchready.facts.zone import Zone
from launchready.finding import Severity
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
from tests.making import declared, outcome


def test_resolvers_that_say_the_same_agree() -> None:
    assert outcome(resolvers_disagree, resolution()).status == "passed"


def test_another_address_at_one_resolver_is_a_risk() -> None:
    found = outcome(resolvers_disagree, resolution(answer(HERE), answer(OLD)))
    assert (found.status, found.severity) == ("failed", Severity.RISK)


@pytest.mark.parametrize(
    "without", [answer(rcode="NXDOMAIN"), answer(), answer(rcode="SERVFAIL", bogus=True)]
)
def test_a_host_that_one_resolver_does_not_find_is_a_blocker(without: ResolverAnswer) -> None:
    found = outcome(resolvers_disagree, resolution(answer(HERE), without))
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert found.because == Key(Zone, ZONE)


def test_two_places_behind_one_alias_are_steered_by_its_network() -> None:
    one = answer(HERE, aliases=aliases("edge.example.net"))
    other = answer(OLD, aliases=aliases("edge.example.net"))
    assert outcome(resolvers_disagree, resolution(one, other)).status == "passed"


def test_rotating_answers_that_overlap_agree() -> None:
    found = resolution(answer(HERE, OLD), answer(OLD, "203.0.113.77"))
    assert outcome(resolvers_disagree, found).status == "passed"


def test_several_fleeting_addresses_each_are_a_network_that_steers() -> None:
    near = answer("198.51.100.1", "198.51.100.2", ttl_s=60)
    far = answer("203.0.113.1", "203.0.113.2", ttl_s=60)
    assert outcome(resolvers_disagree, resolution(near, far)).status == "passed"


def test_a_missing_address_family_is_no_other_place() -> None:
    found = resolution(answer(HERE, HERE_V6), answer(HERE))
    assert outcome(resolvers_disagree, found).status == "passed"


def test_one_answer_alone_proves_no_agreement_and_that_is_ours() -> None:
    found = outcome(
        resolvers_disagree, resolution(answer(HERE), answer(rcode=None, trouble="time-out"))
    )
    assert (found.status, found.ours) == ("unknown", True)


def test_one_resolver_that_was_asked_alone_is_compared_with_none() -> None:
    assert outcome(resolvers_disagree, resolution(answer(HERE))).status == "not_applicable"


def test_a_resolver_that_is_left_out_is_named_with_the_reason() -> None:
    refusing = answer(
        resolver="192.0.2.203", rcode=None, trouble="it answers REFUSED to everything"
    )
    both = (answer(HERE), answer(HERE, resolver="192.0.2.202"))
    found = outcome(resolvers_disagree, resolution(*both, refusing))
    assert found.status == "passed"
    assert "192.0.2.203: it answers REFUSED to everything" in found.detail


def test_a_resolver_that_makes_addresses_up_is_named() -> None:
    liar = answer(HERE, resolver="192.0.2.203", made_up=("198.51.100.80",))
    found = outcome(resolvers_disagree, resolution(answer(HERE), liar))
    assert "192.0.2.203 makes up 198.51.100.80" in found.detail


def test_a_resolver_that_finds_only_ipv6_where_others_find_ipv4_too_is_a_risk() -> None:
    found = outcome(resolvers_disagree, resolution(answer(HERE, HERE_V6), answer(HERE_V6)))
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert found.failure is not None
    assert "without IPv6" in found.failure.means


def test_a_question_for_ipv4_that_fails_is_left_to_the_check_of_it() -> None:
    failing = answer(HERE_V6, rcode="SERVFAIL", v6_rcode="NOERROR")
    found = outcome(resolvers_disagree, resolution(answer(HERE, HERE_V6), failing))
    assert found.status == "passed"


@pytest.mark.parametrize(
    "far",
    [
        answer(OLD, ttl_s=60),
        answer(OLD, aliases=(Alias(owner=APP.name, target="eu.example.net", ttl_s=60),)),
    ],
)
def test_single_answers_that_live_for_a_minute_do_not_tell_steering_from_an_old_record(
    far: ResolverAnswer,
) -> None:
    found = outcome(resolvers_disagree, resolution(answer(HERE, ttl_s=60), far))
    assert (found.status, found.ours) == ("unknown", False)
    assert "addresses" in found.how_to_prove


def test_an_answer_that_is_remembered_for_longer_beside_a_fleeting_one_is_a_risk() -> None:
    found = outcome(resolvers_disagree, resolution(answer(HERE, ttl_s=60), answer(OLD)))
    assert found.status == "failed"


@pytest.mark.parametrize("ttl_s", [60, 3600])
def test_resolvers_that_lead_each_to_a_declared_address_agree(ttl_s: int) -> None:
    each = resolution(answer(HERE, ttl_s=ttl_s), answer(OLD, ttl_s=ttl_s))
    assert outcome(resolvers_disagree, each, addresses(HERE, OLD)).status == "passed"


def test_a_fleeting_answer_beside_the_declared_addresses_is_a_risk() -> None:
    each = resolution(answer(HERE, ttl_s=60), answer(OLD, ttl_s=60))
    assert outcome(resolvers_disagree, each, addresses(HERE)).status == "failed"


def addresses(*declared_: str) -> Declared:
    listed = ", ".join(f'"{a}"' for a in declared_)
    return declared(
        f'[launch]\ndomain = "example.org"\n[hosts."{APP.name}"]\naddresses = [{listed}]\n'
    )
