"""Certificates that demand a stapled OCSP answer."""

from __future__ import annotations

import pytest

from launchready.checks.tls.stapling import certificate_staple_missing
from launchready.facts.tls import Handshake, Staple
from launchready.finding import Severity
from tests.checks.tls.making import certificate, handshake, refused
from tests.making import outcome


def demanding(staple: Staple) -> Handshake:
    return handshake(chain=(certificate(must_staple=True),), staple=staple)


@pytest.mark.parametrize("staple", ["missing", "unusable"])
def test_a_demanded_answer_that_is_not_stapled_is_a_risk(staple: Staple) -> None:
    found = outcome(certificate_staple_missing, demanding(staple))
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert found.failure is not None
    assert "-status" in found.failure.see


def test_a_stapled_answer_passes() -> None:
    assert outcome(certificate_staple_missing, demanding("good")).status == "passed"


def test_what_nobody_could_ask_is_no_pass() -> None:
    assert outcome(certificate_staple_missing, demanding("")).status == "unknown"


def test_a_certificate_that_demands_nothing_is_not_judged() -> None:
    found = outcome(certificate_staple_missing, handshake(staple="missing"))
    assert found.status == "not_applicable"


def test_a_certificate_that_was_not_shown_is_not_judged_for_its_staple() -> None:
    assert outcome(certificate_staple_missing, refused()).status == "not_applicable"


def test_a_certificate_that_browsers_refuse_already_is_not_judged() -> None:
    found = handshake("expired", chain=(certificate(must_staple=True),), staple="missing")
    assert outcome(certificate_staple_missing, found).status == "not_applicable"
