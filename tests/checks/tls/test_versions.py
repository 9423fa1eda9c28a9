from __future__ import annotations

import pytest

from launchready.checks.tls.versions import https_refused, old_tls_accepted
from launchready.facts.tls import (
    LARGE_HELLO,
    Handshake,
    OldProtocols,
    OtherAnswer,
)
from launchready.finding import Severity
from tests.checks.tls.making import handshake, old, refused, root_ids
from tests.making import HOST, gap, outcome


def test_a_closed_port_443_is_a_blocker() -> None:
    found = outcome(https_refused, refused())
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert found.detail == "nothing listens on port 443"
    assert (Handshake, "refused") in https_refused.prevents


def test_an_open_port_443_passes() -> None:
    assert outcome(https_refused, handshake()).status == "passed"


def test_one_dead_address_of_several_is_a_risk() -> None:
    dead = OtherAnswer(address="203.0.113.6", accepted=False, trust=None, detail="closed")
    found = outcome(https_refused, handshake(others=(dead,)))
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert found.detail == "1 of 2 addresses refuse HTTPS"


@pytest.mark.parametrize(
    ("tls10", "tls11", "status"),
    [
        (True, True, "failed"), (False, True, "failed"), (None, True, "failed"),
        (False, False, "passed"), (None, False, "unknown"), (False, None, "unknown"),
        (None, None, "unknown"),
    ],
)  # fmt: skip
def test_old_versions_are_judged_together(
    tls10: bool | None, tls11: bool | None, status: str
) -> None:
    assert outcome(old_tls_accepted, old(tls10, tls11), handshake()).status == status


def test_only_the_accepted_version_is_named() -> None:
    found = outcome(old_tls_accepted, old(False, True), handshake())
    assert found.detail == "TLS 1.1 accepted"


def test_a_server_of_old_versions_only_is_one_thing_to_fix() -> None:
    assert root_ids(old(True, True), refused()) == ["https-refused"]


def test_old_versions_that_were_not_observed_are_unknown() -> None:
    found = outcome(old_tls_accepted, gap(OldProtocols, HOST), handshake())
    assert found.status == "unknown"


def test_a_server_that_takes_small_hellos_only_is_told_apart_from_one_that_is_down() -> None:
    found = outcome(https_refused, refused(refusal=LARGE_HELLO))
    assert (found.severity, found.detail) == (Severity.BLOCKER, LARGE_HELLO)
    assert found.failure is not None
    assert "browser of today" in found.failure.means
