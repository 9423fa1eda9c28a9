"""Hosts of which one family of addresses cannot be asked for."""

from __future__ import annotations

import pytest

from launchready.checks.dns.families import address_lookup_fails, no_ipv4
from launchready.checks.dns.resolving import no_ipv6, points_elsewhere
from launchready.facts.dns import Rcode, Resolution
from launchready.finding import Severity
from tests.checks.dns.making import APP, HERE, HERE_V6, answer, resolution
from tests.making import declared, gap, outcome

ADDRESSES = declared(
    '[launch]\ndomain = "example.org"\n[hosts."app.example.org"]\n'
    f'addresses = ["{HERE}", "{HERE_V6}"]\n'
)


def test_both_families_answered_pass() -> None:
    assert outcome(address_lookup_fails, resolution()).status == "passed"


def test_no_ipv6_address_is_no_failure() -> None:
    assert outcome(address_lookup_fails, resolution(answer(HERE))).status == "passed"


def test_a_time_out_for_one_family_is_no_failure() -> None:
    assert outcome(address_lookup_fails, resolution(answer(HERE, v6_rcode=None))).status == "passed"


def test_a_host_without_address_is_left_to_others() -> None:
    found = outcome(address_lookup_fails, resolution(answer(rcode="SERVFAIL")))
    assert found.status == "not_applicable"


def test_without_an_answer_it_is_unknown() -> None:
    assert outcome(address_lookup_fails, gap(Resolution, APP)).status == "unknown"


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED", "NXDOMAIN", "OTHER"])
def test_ipv6_that_fails_is_a_risk(rcode: Rcode) -> None:
    found = outcome(address_lookup_fails, resolution(answer(HERE, v6_rcode=rcode)))
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert found.detail == f"192.0.2.201 answers {rcode} for AAAA, and has {HERE}"


def test_ipv4_that_fails_at_every_resolver_is_a_blocker() -> None:
    found = outcome(
        address_lookup_fails, resolution(answer(HERE_V6, rcode="SERVFAIL", v6_rcode="NOERROR"))
    )
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)


def test_ipv4_that_one_resolver_refuses_for_its_signature_is_a_blocker() -> None:
    refusing = answer(HERE_V6, rcode="SERVFAIL", v6_rcode="NOERROR", bogus=True)
    found = outcome(address_lookup_fails, resolution(answer(HERE, HERE_V6), refusing))
    assert found.severity is Severity.BLOCKER
    assert "whose DNSSEC signature does not verify" in found.detail


def test_one_resolver_that_fails_alone_is_a_risk() -> None:
    failing = answer(HERE_V6, rcode="SERVFAIL", v6_rcode="NOERROR")
    found = outcome(address_lookup_fails, resolution(answer(HERE, HERE_V6), failing))
    assert found.severity is Severity.RISK


def test_an_address_that_cannot_be_asked_for_is_not_said_to_be_missing() -> None:
    found = outcome(points_elsewhere, resolution(answer(HERE, v6_rcode="SERVFAIL")), ADDRESSES)
    assert found.status == "passed"


def test_a_question_for_ipv6_that_fails_is_not_said_to_lack_ipv6() -> None:
    found = outcome(no_ipv6, resolution(answer(HERE, v6_rcode="SERVFAIL")))
    assert found.status == "not_applicable"


def test_a_host_with_an_ipv4_address_has_one() -> None:
    assert outcome(no_ipv4, resolution()).status == "passed"


def test_a_host_with_ipv6_alone_is_a_blocker() -> None:
    found = outcome(no_ipv4, resolution(answer(HERE_V6)))
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)


def test_a_host_without_pages_may_do_with_ipv6_knowingly() -> None:
    quiet = declared('[launch]\ndomain = "example.org"\n[hosts."app.example.org"]\nweb = false\n')
    assert outcome(no_ipv4, resolution(answer(HERE_V6)), quiet).severity is Severity.RISK


def test_an_ipv4_address_that_one_resolver_alone_lacks_is_left_to_their_disagreement() -> None:
    found = outcome(no_ipv4, resolution(answer(HERE_V6), answer(HERE, HERE_V6)))
    assert found.status == "passed"


@pytest.mark.parametrize("rcode", ["SERVFAIL", "NXDOMAIN"])
def test_a_question_for_ipv4_that_fails_is_not_said_to_lack_ipv4(rcode: Rcode) -> None:
    failing = answer(HERE_V6, rcode=rcode, v6_rcode="NOERROR")
    assert outcome(no_ipv4, resolution(failing)).status == "not_applicable"


def test_a_question_for_ipv4_that_nobody_answered_proves_nothing() -> None:
    silent = answer(HERE_V6, rcode=None, v6_rcode="NOERROR")
    assert outcome(no_ipv4, resolution(silent)).status == "unknown"


def test_a_host_without_any_address_lacks_more_than_ipv4() -> None:
    assert outcome(no_ipv4, resolution(answer())).status == "not_applicable"


def test_a_host_that_was_not_looked_up_may_have_ipv4() -> None:
    assert outcome(no_ipv4, gap(Resolution, APP)).status == "unknown"
