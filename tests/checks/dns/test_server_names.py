"""Zones that hang on one server, and servers named by an alias."""

from __future__ import annotations

import pytest

from launchready.checks.dns.server_names import nameserver_is_alias, single_nameserver
from launchready.facts import Key
from launchready.facts.zone import Nameserver, Zone
from launchready.finding import Check, Severity
from tests.checks.dns.making import ZONE, absent, lame, nameserver, silent, unreachable, zone
from tests.making import gap, outcome

ONE, OTHER = "192.0.2.1", "192.0.2.2"
ONE_V6, OTHER_V6 = "2001:db8::1", "2001:db8::2"
BOTH = [single_nameserver, nameserver_is_alias]


def at(number: int, *addresses: str) -> Nameserver:
    return nameserver(number, addresses=addresses)


@pytest.mark.parametrize("check", BOTH)
def test_a_zone_that_was_not_looked_up_is_unknown(check: Check) -> None:
    assert outcome(check, gap(Zone, ZONE)).status == "unknown"


@pytest.mark.parametrize("check", BOTH)
def test_a_network_that_lets_no_questions_out_is_our_own_limit(check: Check) -> None:
    found = outcome(check, unreachable())
    assert (found.status, found.ours) == ("unknown", True)


@pytest.mark.parametrize("check", BOTH)
def test_a_domain_that_does_not_exist_has_no_servers_to_judge(check: Check) -> None:
    assert outcome(check, absent()).status == "not_applicable"


@pytest.mark.parametrize("check", BOTH)
def test_two_servers_by_their_own_names_pass(check: Check) -> None:
    assert outcome(check, zone()).status == "passed"


def test_one_name_at_one_address_is_a_risk() -> None:
    found = outcome(single_nameserver, zone(at(1, ONE)))
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert found.detail == "ns1.example.net alone (192.0.2.1)"


def test_one_name_with_an_address_of_each_family_is_one_server() -> None:
    assert outcome(single_nameserver, zone(at(1, ONE, ONE_V6))).status == "failed"


def test_several_names_at_one_address_are_one_server() -> None:
    found = outcome(single_nameserver, zone(at(1, ONE), at(2, ONE)))
    assert found.status == "failed"
    assert found.detail == "ns1.example.net, ns2.example.net all at 192.0.2.1"


def test_a_second_name_without_the_ipv6_address_of_the_first_is_the_same_server() -> None:
    assert outcome(single_nameserver, zone(at(1, ONE, ONE_V6), at(2, ONE))).status == "failed"


@pytest.mark.parametrize(
    "servers",
    [
        (at(1, ONE, OTHER),),
        (at(1, ONE, ONE_V6, OTHER_V6),),
        (at(1, ONE), at(2, ONE, OTHER)),
        (at(1, ONE, ONE_V6), at(2, ONE, OTHER_V6)),
        (at(1, ONE), at(2, ONE_V6)),
        (at(1, ONE), at(2, ONE), at(3, OTHER)),
    ],
)
def test_any_second_address_may_be_a_second_server(servers: tuple[Nameserver, ...]) -> None:
    assert outcome(single_nameserver, zone(*servers)).status == "passed"


def test_a_second_server_that_is_down_is_there_all_the_same() -> None:
    assert outcome(single_nameserver, zone(at(1, ONE), silent(2))).status == "passed"


def test_a_second_name_without_address_does_not_tell_of_a_second_server() -> None:
    found = outcome(single_nameserver, zone(at(1, ONE), at(2)))
    assert (found.status, found.detail) == ("unknown", "ns2.example.net has no address")


def test_a_single_server_that_refuses_the_zone_is_one_root_cause() -> None:
    found = outcome(single_nameserver, zone(lame(1)))
    assert (found.status, found.because) == ("failed", Key(Zone, ZONE))


def alias(number: int) -> Nameserver:
    return nameserver(number, alias=f"host{number}.example.net")


def test_a_server_named_by_an_alias_is_advice_as_for_mail_servers() -> None:
    found = outcome(nameserver_is_alias, zone(nameserver(1), alias(2)))
    assert (found.status, found.severity) == ("failed", Severity.ADVICE)
    assert found.detail == "ns2.example.net is an alias of host2.example.net"
    assert found.failure is not None
    assert any("host2.example.net" in step for step in found.failure.fix)


def test_servers_that_are_all_named_by_aliases_are_a_risk() -> None:
    found = outcome(nameserver_is_alias, zone(alias(1), alias(2)))
    assert (found.status, found.severity) == ("failed", Severity.RISK)


def test_an_alias_that_leads_nowhere_is_the_lack_of_an_address() -> None:
    nowhere = nameserver(2, addresses=(), alias="gone.example.net")
    assert outcome(nameserver_is_alias, zone(nameserver(1), nowhere)).status == "passed"
