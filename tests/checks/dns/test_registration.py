"""Domains that are not, or will soon not be, registered; and what registries say."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchready.checks.dns.registration import domain_does_not_exist, registration_lapses_soon
from launchready.derive.rdap import registered
from launchready.facts.dns import Registration
from launchready.facts.zone import Zone
from launchready.finding import Severity
from tests.checks.dns.making import ZONE, absent, registration, zone
from tests.making import AT, gap, outcome

TODAY = AT.date()


def test_a_zone_that_answers_exists() -> None:
    assert outcome(domain_does_not_exist, zone()).status == "passed"


def test_a_domain_that_the_registry_denies_is_a_blocker() -> None:
    found = outcome(domain_does_not_exist, absent())
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)


def test_a_zone_that_was_not_looked_up_is_unknown() -> None:
    assert outcome(domain_does_not_exist, gap(Zone, ZONE)).status == "unknown"


@pytest.mark.parametrize(
    ("days", "status", "severity"),
    [
        (31, "passed", Severity.RISK),
        (30, "failed", Severity.RISK),
        (8, "failed", Severity.RISK),
        (7, "failed", Severity.BLOCKER),
        (-1, "failed", Severity.BLOCKER),
    ],
)
def test_thirty_days_are_a_risk_and_seven_a_blocker(
    days: int, status: str, severity: Severity
) -> None:
    found = outcome(registration_lapses_soon, registration(TODAY + timedelta(days=days)))
    assert (found.status, found.severity) == (status, severity)


def test_a_domain_in_redemption_is_a_blocker_whatever_its_date() -> None:
    far = registration(TODAY + timedelta(days=300), status=("redemption period",))
    assert outcome(registration_lapses_soon, far).severity is Severity.BLOCKER


def test_a_registry_that_hides_the_date_proves_nothing() -> None:
    assert outcome(registration_lapses_soon, registration(None)).status == "unknown"


def test_a_registry_that_was_not_reached_is_unknown_and_ours() -> None:
    found = outcome(registration_lapses_soon, gap(Registration, ZONE, ours=True))
    assert (found.status, found.ours) == ("unknown", True)


def rdap(**parts: object) -> bytes:
    return json.dumps({"objectClassName": "domain", **parts}).encode()


def test_the_end_the_status_and_the_registrar_are_read() -> None:
    found = registered(
        rdap(
            status=["active", "Client Hold"],
            events=[{"eventAction": "expiration", "eventDate": "2027-03-01T23:30:00-02:00"}],
            entities=[
                {
                    "roles": ["registrar"],
                    "vcardArray": ["vcard", [["fn", {}, "text", "Example\n\x1b[31m Registrar"]]],
                }
            ],
        )
    )
    assert found is not None
    assert found.expires == date(2027, 3, 2)
    assert found.status == ("active", "client hold")
    assert found.registrar == "Example [31m Registrar"


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"objectClassName": "help"}', b"[" * 9000]
)
def test_what_is_no_answer_about_a_domain_is_refused(body: bytes) -> None:
    assert registered(body) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@settings(deadline=None)
@given(status=JSON, events=JSON, entities=JSON)
def test_whatever_a_registry_sends_is_read_without_error(
    status: object, events: object, entities: object
) -> None:
    found = registered(rdap(status=status, events=events, entities=entities))
    assert found is not None
    assert all(len(s) <= 60 for s in found.status)
