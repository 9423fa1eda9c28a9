"""Signatures that do not verify, and signatures that end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from launchready.checks.dns.signatures import (
    dnssec_bogus,
    dnssec_host_bogus,
    dnssec_signatures_expire_soon,
)
from launchready.facts import Key
from launchready.facts.zone import Zone
from launchready.finding import Check, Severity
from tests.checks.dns.making import ZONE, absent, zone
from tests.making import AT, gap, outcome

EVERY = [dnssec_bogus, dnssec_host_bogus, dnssec_signatures_expire_soon]


@pytest.mark.parametrize("check", EVERY)
def test_a_zone_that_was_not_looked_up_is_unknown(check: Check) -> None:
    assert outcome(check, gap(Zone, ZONE)).status == "unknown"


@pytest.mark.parametrize("check", EVERY)
@pytest.mark.parametrize("found", [absent(), zone(dnssec="insecure")])
def test_a_zone_without_signatures_has_none_to_judge(check: Check, found: Zone) -> None:
    assert outcome(check, found).status == "not_applicable"


def test_a_zone_that_validators_accept_passes() -> None:
    assert outcome(dnssec_bogus, zone()).status == "passed"


def test_a_zone_that_validators_refuse_is_a_blocker() -> None:
    found = outcome(dnssec_bogus, zone(dnssec="bogus", dnssec_problem="its signatures ended"))
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert found.detail == "its signatures ended"


def test_a_zone_that_nobody_validates_is_unknown() -> None:
    assert outcome(dnssec_bogus, zone(dnssec="unknown")).status == "unknown"


def signed(age: timedelta, left: timedelta, **more: object) -> Zone:
    return zone(signatures_from=AT - age, signatures_until=AT + left, **more)


@pytest.mark.parametrize(
    ("age", "left"),
    [
        (timedelta(hours=23), timedelta(hours=25)),
        (timedelta(days=12), timedelta(days=2)),
        (timedelta(days=27), timedelta(days=3)),
    ],
    ids=["signed online for two days", "signed for a fortnight", "signed for a month"],
)
def test_signatures_that_their_signer_still_renews_pass(age: timedelta, left: timedelta) -> None:
    assert outcome(dnssec_signatures_expire_soon, signed(age, left)).status == "passed"


@pytest.mark.parametrize(
    ("age", "left"),
    [(timedelta(hours=45), timedelta(hours=3)), (timedelta(days=29), timedelta(days=1))],
)
def test_signatures_that_nobody_renews_are_a_risk(age: timedelta, left: timedelta) -> None:
    found = outcome(dnssec_signatures_expire_soon, signed(age, left))
    assert (found.status, found.severity) == ("failed", Severity.RISK)


def test_signatures_that_have_ended_are_explained_by_the_broken_zone() -> None:
    over = signed(timedelta(days=30), timedelta(days=-1), dnssec="bogus")
    assert outcome(dnssec_signatures_expire_soon, over).because == Key(Zone, ZONE)


def test_signatures_that_nobody_passes_on_prove_nothing() -> None:
    untold = zone(signatures_from=None, signatures_until=None)
    assert outcome(dnssec_signatures_expire_soon, untold).status == "unknown"


def test_hosts_whose_own_signatures_verify_pass() -> None:
    found = outcome(dnssec_host_bogus, zone(hosts_verified=("app.example.org",)))
    assert found.status == "passed"
    assert found.detail == "the signatures of app.example.org verify"


def test_a_host_whose_own_signature_is_broken_is_a_blocker() -> None:
    broken = zone(
        hosts_verified=("app.example.org", "example.org"),
        hosts_bogus=(("app.example.org", "it has no signature"),),
    )
    found = outcome(dnssec_host_bogus, broken)
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert found.detail == "app.example.org: it has no signature"


def test_hosts_that_a_validating_resolver_was_asked_for_are_judged_by_its_answer() -> None:
    assert outcome(dnssec_host_bogus, zone()).status == "not_applicable"


def test_hosts_outside_the_zone_have_no_signatures_in_it() -> None:
    assert outcome(dnssec_host_bogus, zone(hosts_verified=())).status == "not_applicable"


def test_hosts_of_a_broken_zone_are_judged_with_it() -> None:
    assert outcome(dnssec_host_bogus, zone(dnssec="bogus")).status == "not_applicable"


def test_hosts_of_a_zone_that_nobody_validates_are_unknown() -> None:
    assert outcome(dnssec_host_bogus, zone(dnssec="unknown")).status == "unknown"
