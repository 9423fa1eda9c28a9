from __future__ import annotations

from collections.abc import Mapping

import pytest

from launchready.checks.tls.certificate import (
    certificate_expired,
    certificate_expires_soon,
)
from launchready.checks.tls.hsts import (
    hsts_missing,
)
from launchready.checks.tls.versions import https_refused, old_tls_accepted
from launchready.facts import Fact, Key
from launchready.facts.dns import Resolution
from launchready.facts.tls import (
    Handshake,
    OtherAnswer,
    Trust,
)
from launchready.finding import Check, Outcome, Severity
from tests.checks.tls.making import (
    EVERY,
    OF_TRUST,
    answer,
    certificate,
    entrance,
    handshake,
    issuer,
    old,
    refused,
    root_ids,
)
from tests.making import HOST, declared, gap, outcome


@pytest.mark.parametrize(("trust", "check"), OF_TRUST.items())
def test_each_fault_of_a_certificate_fails_its_own_check(trust: Trust, check: Check) -> None:
    found = outcome(check, handshake(trust))
    assert found.status == "failed"
    assert found.severity is Severity.BLOCKER
    assert found.detail == f"it is {trust}"
    assert (Handshake, trust) in check.prevents


@pytest.mark.parametrize(("trust", "check"), OF_TRUST.items())
def test_each_fault_of_a_certificate_is_one_root_cause(trust: Trust, check: Check) -> None:
    assert root_ids(handshake(trust)) == [check.id]


@pytest.mark.parametrize("check", OF_TRUST.values())
def test_a_trusted_certificate_passes(check: Check) -> None:
    assert outcome(check, handshake()).status == "passed"


@pytest.mark.parametrize("check", EVERY)
def test_a_handshake_that_was_not_observed_leaves_it_unknown(check: Check) -> None:
    because = Key(Resolution, HOST)
    found = outcome(check, gap(Handshake, HOST, because=because))
    assert found.status == "unknown"
    assert found.because == Key(Handshake, HOST)


@pytest.mark.parametrize("check", OF_TRUST.values())
def test_a_certificate_that_was_not_shown_is_not_judged(check: Check) -> None:
    assert outcome(check, refused()).status == "not_applicable"


@pytest.mark.parametrize("check", OF_TRUST.values())
def test_a_certificate_that_nobody_judged_is_no_pass(check: Check) -> None:
    assert outcome(check, handshake(None)).status == "unknown"


def test_an_expired_certificate_of_another_host_is_one_thing_to_fix() -> None:
    found = handshake("wrong-host", further=("expired",), chain=(certificate(days_left=-1),))
    assert outcome(certificate_expired, found).status == "failed"
    assert root_ids(found) == ["certificate-wrong-host"]


def test_a_missing_issuer_beside_an_expired_certificate_is_a_thing_of_its_own() -> None:
    found = handshake("expired", further=("incomplete",), chain=(certificate(days_left=-1),))
    assert sorted(root_ids(found)) == ["certificate-chain-incomplete", "certificate-expired"]


def test_how_many_addresses_show_the_fault_is_told() -> None:
    others = (
        OtherAnswer(address="203.0.113.6", accepted=True, trust="trusted"),
        OtherAnswer(address="203.0.113.7", accepted=True, trust="expired"),
    )
    found = outcome(certificate_expired, handshake("expired", others=others))
    assert found.failure is not None
    assert found.failure.evidence == "at 203.0.113.5 (2 of 3 addresses)"


def soon(days_left: float, toml: str = "", **more: object) -> Outcome:
    text = f'[launch]\ndomain = "example.org"\n{toml}'
    shown = handshake(chain=(certificate(days_left=days_left, **more),))  # type: ignore[arg-type]
    return outcome(certificate_expires_soon, shown, declared(text))


def test_a_certificate_that_expires_on_the_threshold_day_passes() -> None:
    assert soon(21).status == "passed"


def test_a_certificate_one_second_past_the_threshold_is_a_risk() -> None:
    found = soon(21 - 1 / 86400)
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert found.detail == "20 days left"
    assert found.failure is not None
    assert found.failure.wanted == "21 days"


def test_a_certificate_with_exactly_seven_days_left_is_a_risk() -> None:
    assert soon(7).severity is Severity.RISK


def test_a_certificate_with_less_than_seven_days_left_is_a_blocker() -> None:
    found = soon(7 - 1 / 86400)
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)


def test_a_certificate_of_the_last_day_tells_the_hours() -> None:
    assert soon(0.5).detail == "12 hours left"


def test_an_expired_certificate_does_not_expire_soon() -> None:
    assert soon(-0.1).status == "not_applicable"


def test_the_threshold_is_the_manifests() -> None:
    assert soon(30, "[budgets]\nexpires_soon_days = 40\n").status == "failed"
    assert soon(10, "[budgets]\nexpires_soon_days = 5\n").status == "passed"


def test_a_short_test_certificate_is_held_to_the_whole_threshold() -> None:
    assert soon(5, lifetime_days=6).severity is Severity.BLOCKER


def test_a_public_short_lived_certificate_is_held_to_a_third_of_its_life() -> None:
    assert soon(5, lifetime_days=6.67, logged=True).status == "passed"
    assert soon(2, lifetime_days=6.67, logged=True).severity is Severity.RISK
    assert soon(0.5, lifetime_days=6.67, logged=True).severity is Severity.BLOCKER


def test_a_public_certificate_of_ninety_days_is_held_to_the_whole_threshold() -> None:
    assert soon(20.9, lifetime_days=90, logged=True).status == "failed"


def test_an_issuer_that_ends_soon_takes_the_certificate_with_it() -> None:
    found = outcome(
        certificate_expires_soon,
        handshake(chain=(certificate(issuer="CN=R11"), issuer(days_left=3))),
        declared(),
    )
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert found.detail == "3 days left for the certificate of its issuer, CN=R11"


def test_of_an_issuer_that_is_sent_twice_the_one_that_lasts_counts() -> None:
    chain = (certificate(issuer="CN=R11"), issuer(days_left=3), issuer(days_left=300))
    found = outcome(certificate_expires_soon, handshake(chain=chain), declared())
    assert found.status == "passed"


def test_what_stands_above_the_issuer_may_end_first() -> None:
    above = certificate(subject="CN=ISRG Root X1", issuer="CN=DST Root CA X3", days_left=2)
    shown = handshake(chain=(certificate(issuer="CN=R11"), issuer(days_left=300), above))
    assert outcome(certificate_expires_soon, shown, declared()).status == "passed"


def test_the_last_minutes_are_told_as_less_than_an_hour() -> None:
    assert soon(0.01).detail == "less than an hour left"


def test_several_servers_behind_one_address_are_told() -> None:
    others = (OtherAnswer(address="203.0.113.5", accepted=True, trust="trusted"),)
    found = outcome(certificate_expired, handshake("expired", others=others))
    assert found.failure is not None
    assert found.failure.evidence == (
        "at 203.0.113.5, behind which several servers show different certificates"
    )


def test_an_untrusted_certificate_that_expires_soon_is_one_thing_to_fix() -> None:
    found = handshake("untrusted", chain=(certificate(days_left=3),))
    assert root_ids(found) == ["certificate-untrusted"]


def test_a_fault_above_the_hosts_own_certificate_is_shown_with_the_whole_chain() -> None:
    above = handshake("expired", chain=(certificate(), issuer(days_left=-3)))
    own = handshake("expired", chain=(certificate(days_left=-3), issuer()))
    shown = [outcome(certificate_expired, found).failure for found in (above, own)]
    assert ["-showcerts" in f.see for f in shown if f is not None] == [True, False]


def test_every_failure_says_how_to_see_it() -> None:
    facts: Mapping[Check, tuple[Fact, ...]] = {
        **{check: (handshake(trust),) for trust, check in OF_TRUST.items()},
        https_refused: (refused(),),
        old_tls_accepted: (old(True, True), handshake()),
        hsts_missing: (entrance(answer(None)), handshake()),
    }
    for check, found in facts.items():
        failure = outcome(check, *found).failure
        assert failure is not None
        assert "example.org" in failure.see
        assert failure.means
        assert failure.fix
