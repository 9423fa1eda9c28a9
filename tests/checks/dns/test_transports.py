"""Name servers that answer over UDP alone."""

from __future__ import annotations

import pytest

from launchready.checks.dns.transports import nameserver_without_tcp
from launchready.facts.zone import Zone
from launchready.finding import Severity
from tests.checks.dns.making import ZONE, absent, lame, nameserver, unreachable, zone
from tests.making import gap, outcome

CLOSED = nameserver(2, tcp_trouble="connection refused")


@pytest.mark.parametrize("found", [gap(Zone, ZONE), unreachable()])
def test_servers_that_were_not_asked_are_unknown(found: Zone) -> None:
    assert outcome(nameserver_without_tcp, found).status == "unknown"


@pytest.mark.parametrize("found", [absent(), zone(lame(1), lame(2))])
def test_without_a_server_that_serves_the_zone_there_is_none_to_judge(found: Zone) -> None:
    assert outcome(nameserver_without_tcp, found).status == "not_applicable"


def test_servers_that_answer_over_tcp_as_well_pass() -> None:
    assert outcome(nameserver_without_tcp, zone()).status == "passed"


def test_a_server_that_answers_over_udp_alone_is_advice() -> None:
    found = outcome(nameserver_without_tcp, zone(nameserver(1), CLOSED))
    assert (found.status, found.severity) == ("failed", Severity.ADVICE)
    assert found.detail == "ns2.example.net over TCP: connection refused"


def test_a_record_that_is_too_long_for_udp_already_makes_it_a_risk() -> None:
    closed = nameserver(2, tcp_trouble="connection refused", cut=("example.org TXT",))
    found = outcome(nameserver_without_tcp, zone(nameserver(1), closed))
    assert found.severity is Severity.RISK
    assert found.failure is not None
    assert "example.org TXT" in found.failure.evidence


def test_a_network_that_lets_no_tcp_out_is_our_own_limit() -> None:
    found = outcome(nameserver_without_tcp, zone(CLOSED, tcp_open=False))
    assert (found.status, found.ours) == ("unknown", True)
