"""HTTPS records that lead browsers elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from launchready.checks.dns.services import https_record_misleads
from launchready.facts.services import Endpoint, HttpsRecord, ServiceRecord
from launchready.facts.tls import Handshake
from launchready.finding import Outcome, Severity
from tests.checks.dns.making import APP, HERE, OLD, handshake
from tests.making import AT, gap, outcome

SERVICE = ServiceRecord(priority=1, target=APP.name)


def record(*endpoints: Endpoint, **more: Any) -> HttpsRecord:
    values = {"services": (SERVICE,), "endpoints": endpoints} | more
    return HttpsRecord(subject=APP, at=AT, how="test", **values)


def at(address: str = OLD, **more: Any) -> Endpoint:
    values: dict[str, Any] = {"port": 443, "name": APP.name, "answer": "verified"} | more
    return Endpoint(address=address, **values)


def judged(found: HttpsRecord) -> Outcome:
    return outcome(https_record_misleads, found, handshake())


def test_a_record_that_was_not_looked_up_is_unknown() -> None:
    missing = gap(HttpsRecord, APP)
    assert outcome(https_record_misleads, missing, handshake()).status == "unknown"
    unseen = gap(Handshake, APP)
    assert outcome(https_record_misleads, record(), unseen).status == "unknown"


def test_without_a_record_browsers_go_by_the_addresses() -> None:
    assert judged(record(services=())).status == "not_applicable"


def test_resolvers_that_answer_no_such_question_prove_nothing() -> None:
    found = judged(record(services=(), trouble="SERVFAIL"))
    assert (found.status, found.ours) == ("unknown", True)


@pytest.mark.parametrize("endpoints", [(), (at(),), (at(HERE, port=8443),)])
def test_a_record_whose_places_serve_the_host_passes(endpoints: tuple[Endpoint, ...]) -> None:
    assert judged(record(*endpoints)).status == "passed"


@pytest.mark.parametrize("answer", ["rejected", "refused", "silent", "private"])
def test_a_hint_at_a_place_that_does_not_serve_the_host_is_a_risk(answer: str) -> None:
    found = judged(record(at(answer=answer)))
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert found.detail.startswith(f"{OLD}:443 ")


def test_a_target_without_address_is_a_risk() -> None:
    found = judged(record(nowhere=("gone.example.net",)))
    assert found.detail == "its target gone.example.net has no address"


def test_a_key_for_encrypted_hellos_that_the_server_does_not_stand_by_is_a_blocker() -> None:
    found = judged(record(at(HERE, name="ech.example.net", answer="rejected")))
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert "certificate for ech.example.net, for which hellos are encrypted" in found.detail


def test_a_place_that_only_our_network_does_not_reach_proves_nothing() -> None:
    found = judged(record(at("2001:db8::9", answer="silent", ours=True)))
    assert (found.status, found.ours) == ("unknown", True)


def test_where_https_does_not_work_at_all_the_record_is_not_judged() -> None:
    refused = Handshake(subject=APP, at=AT, how="test", accepted=False, refusal="closed")
    found = outcome(https_record_misleads, record(at(answer="refused")), refused)
    assert found.status == "not_applicable"
