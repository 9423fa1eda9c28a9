"""Name servers that do not answer, answer for others, or answer differently."""

from __future__ import annotations

import pytest

from launchready.checks.dns.delegating import delegation_mismatch
from launchready.checks.dns.servers import (
    lame_delegation,
    nameserver_silent,
    nameservers_disagree,
    ttl_too_long,
)
from launchready.facts import Key
from launchready.facts.zone import Nameserver, Zone
from launchready.finding import Check, Severity
from tests.checks.dns.making import (
    APP,
    HERE,
    OLD,
    ZONE,
    absent,
    lame,
    nameserver,
    silent,
    unreachable,
    zone,
)
from tests.making import DOMAIN, declared, gap, outcome

SWITCH = declared('[launch]\ndomain = "example.org"\nswitches_dns = true\n')
NEAR = declared('[launch]\ndomain = "example.org"\ndate = 2026-11-25\n')
PAST = declared('[launch]\ndomain = "example.org"\ndate = 2026-11-20\n')
ABOUT_SERVERS = [lame_delegation, nameserver_silent, delegation_mismatch, nameservers_disagree]


@pytest.mark.parametrize("check", [*ABOUT_SERVERS, ttl_too_long])
def test_a_zone_that_was_not_looked_up_is_unknown(check: Check) -> None:
    assert outcome(check, gap(Zone, ZONE), SWITCH).status == "unknown"


@pytest.mark.parametrize("check", [*ABOUT_SERVERS, ttl_too_long])
def test_a_network_that_lets_no_questions_out_is_our_own_limit(check: Check) -> None:
    found = outcome(check, unreachable(), SWITCH)
    assert (found.status, found.ours) == ("unknown", True)


@pytest.mark.parametrize("check", [*ABOUT_SERVERS, ttl_too_long])
def test_resolvers_that_name_no_servers_are_our_own_limit(check: Check) -> None:
    found = outcome(check, zone(nameservers=(), parent_ns=None, child_ns=()), SWITCH)
    assert (found.status, found.ours) == ("unknown", True)


@pytest.mark.parametrize("check", [*ABOUT_SERVERS, ttl_too_long])
def test_a_domain_that_does_not_exist_has_no_servers_to_judge(check: Check) -> None:
    assert outcome(check, absent(), SWITCH).status == "not_applicable"


@pytest.mark.parametrize("check", ABOUT_SERVERS)
def test_two_servers_that_answer_alike_pass(check: Check) -> None:
    assert outcome(check, zone()).status == "passed"


@pytest.mark.parametrize("server", [lame(), lame(rcode="NOERROR"), lame(rcode="SERVFAIL")])
def test_one_lame_server_of_two_is_a_risk(server: Nameserver) -> None:
    found = outcome(lame_delegation, zone(nameserver(1), server))
    assert (found.status, found.severity) == ("failed", Severity.RISK)


def test_a_server_without_address_is_lame() -> None:
    nowhere = nameserver(
        2, addresses=(), authoritative=False, rcode=None, trouble="its name has no address"
    )
    found = outcome(lame_delegation, zone(nameserver(1), nowhere))
    assert found.detail == "ns2.example.net: its name has no address"


def test_only_lame_servers_are_a_blocker() -> None:
    found = outcome(lame_delegation, zone(lame(1), lame(2)))
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)


def test_only_silent_servers_are_one_root_cause() -> None:
    every = zone(silent(1), silent(2))
    assert outcome(lame_delegation, every).severity is Severity.BLOCKER
    assert outcome(nameserver_silent, every).because == Key(Zone, ZONE)


def test_a_silent_server_is_a_risk_and_not_lame() -> None:
    half = zone(nameserver(1), silent(2))
    found = outcome(nameserver_silent, half)
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert outcome(lame_delegation, half).status == "passed"


def test_a_server_that_only_this_network_cannot_reach_is_unknown() -> None:
    found = outcome(nameserver_silent, zone(nameserver(1), silent(2, ours=True)))
    assert (found.status, found.ours) == ("unknown", True)


def test_another_server_at_the_registrar_is_a_mismatch() -> None:
    found = outcome(delegation_mismatch, zone(parent_ns=("ns1.example.net", "ns9.example.net")))
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert found.detail == (
        "only at the registrar: ns9.example.net; only in the zone: ns2.example.net"
    )


def named_below(glue: tuple[str, ...], *addresses: str) -> Zone:
    own = nameserver(1, name=f"ns1.{DOMAIN}", addresses=addresses or ("192.0.2.1",), glue=glue)
    names = (own.name, "ns2.example.net")
    return zone(own, nameserver(2), parent_ns=names, child_ns=names)


def test_an_address_that_only_the_registrar_still_has_for_a_server_is_a_risk() -> None:
    found = outcome(delegation_mismatch, named_below(("192.0.2.77",)))
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert "192.0.2.77" in found.detail


def test_the_same_address_at_the_registrar_and_in_the_zone_passes() -> None:
    assert outcome(delegation_mismatch, named_below(("192.0.2.1",))).status == "passed"


def test_a_registrar_that_knows_fewer_addresses_than_the_zone_passes() -> None:
    found = named_below(("192.0.2.1",), "192.0.2.1", "2001:db8::1")
    assert outcome(delegation_mismatch, found).status == "passed"


def test_what_the_registrar_says_of_a_server_in_another_zone_is_not_judged() -> None:
    other = zone(nameserver(1, glue=("192.0.2.77",)), nameserver(2))
    assert outcome(delegation_mismatch, other).status == "passed"


def test_a_parent_that_could_not_be_asked_proves_nothing() -> None:
    assert outcome(delegation_mismatch, zone(parent_ns=None)).status == "unknown"


def test_another_serial_with_the_same_answers_is_advice() -> None:
    found = outcome(nameservers_disagree, zone(nameserver(1), nameserver(2, serial=7)))
    assert (found.status, found.severity) == ("failed", Severity.ADVICE)


def test_serials_of_two_dns_hosts_are_not_compared() -> None:
    other = nameserver(2, serial=7, primary="dns1.example.com")
    found = zone(nameserver(1, primary="ns1.example.net"), other)
    assert outcome(nameservers_disagree, found).status == "passed"


def test_another_answer_under_another_serial_is_a_blocker() -> None:
    old = nameserver(2, serial=7, host_answers=((DOMAIN, (HERE,)), (APP.name, (OLD,))))
    found = outcome(nameservers_disagree, zone(nameserver(1), old))
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert found.detail.startswith("app.example.org: 203.0.113.5 at ns1.example.net")


def test_answers_that_rotate_under_one_serial_agree() -> None:
    one = nameserver(1, host_answers=((DOMAIN, (HERE, OLD)),))
    other = nameserver(2, host_answers=((DOMAIN, (OLD, "203.0.113.77")),))
    assert outcome(nameservers_disagree, zone(one, other)).status == "passed"


def test_answers_with_nothing_in_common_disagree_under_one_serial() -> None:
    one = nameserver(1, host_answers=((DOMAIN, (HERE,)),))
    other = nameserver(2, host_answers=((DOMAIN, (OLD,)),))
    assert outcome(nameservers_disagree, zone(one, other)).status == "failed"


def test_fleeting_answers_under_one_serial_are_steered() -> None:
    one = nameserver(1, host_answers=((DOMAIN, (HERE,)),), host_ttls=((DOMAIN, 60),))
    other = nameserver(2, host_answers=((DOMAIN, (OLD,)),), host_ttls=((DOMAIN, 60),))
    assert outcome(nameservers_disagree, zone(one, other)).status == "passed"


def test_servers_that_differ_in_who_may_issue_alone_are_a_risk_to_the_renewal() -> None:
    label = f"{DOMAIN} CAA"
    one = nameserver(1, host_answers=((label, ('0 issue "ca.example"',)),))
    other = nameserver(2, host_answers=((label, ('0 issue ";"', '0 issue "ca.example"')),))
    found = outcome(nameservers_disagree, zone(one, other))
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert found.failure is not None
    assert "renewed" in found.failure.means
    assert " CAA example.org" in found.failure.see


def test_of_several_differences_the_one_in_the_addresses_is_told() -> None:
    label = f"{DOMAIN} CAA"
    one = nameserver(1, host_answers=((label, ()), (APP.name, (HERE,))))
    other = nameserver(2, host_answers=((label, ('0 issue ";"',)), (APP.name, (OLD,))))
    found = outcome(nameservers_disagree, zone(one, other))
    assert (found.severity, found.detail.partition(":")[0]) == (Severity.BLOCKER, APP.name)


def test_a_host_that_one_server_lacks_is_not_found_by_chance() -> None:
    other = nameserver(2, host_answers=((APP.name, ()),))
    found = outcome(nameservers_disagree, zone(nameserver(1), other)).failure
    assert found is not None
    assert found.means == f"Some members do not find {APP.name}, by chance."


@pytest.mark.parametrize("kind", ["MX", "TXT"])
def test_what_differs_in_mail_alone_is_not_told_as_an_old_place(kind: str) -> None:
    one = nameserver(1, host_answers=((f"{DOMAIN} {kind}", ("x",)),))
    other = nameserver(2, host_answers=((f"{DOMAIN} {kind}", ()),))
    found = outcome(nameservers_disagree, zone(one, other)).failure
    assert found is not None
    assert "old place" not in found.means


def test_one_server_alone_cannot_disagree() -> None:
    assert outcome(nameservers_disagree, zone(nameserver(1))).status == "not_applicable"


def with_ttl(seconds: int) -> Zone:
    return zone(nameserver(1, host_ttls=((DOMAIN, 300), (APP.name, seconds))))


def test_the_ttl_is_asked_only_before_a_switch_or_a_launch() -> None:
    assert outcome(ttl_too_long, with_ttl(604_800)).status == "not_applicable"
    assert outcome(ttl_too_long, with_ttl(604_800), PAST).status == "not_applicable"


@pytest.mark.parametrize(("seconds", "status"), [(3600, "passed"), (3601, "failed")])
def test_before_a_switch_an_hour_is_the_limit(seconds: int, status: str) -> None:
    found = outcome(ttl_too_long, with_ttl(seconds), SWITCH)
    assert (found.status, found.severity) == (status, Severity.RISK)


@pytest.mark.parametrize(("seconds", "status"), [(86_400, "passed"), (86_401, "failed")])
def test_near_the_launch_a_day_is_the_limit_and_advice(seconds: int, status: str) -> None:
    found = outcome(ttl_too_long, with_ttl(seconds), NEAR)
    assert found.status == status
    assert found.severity is (Severity.ADVICE if status == "failed" else Severity.RISK)


def test_an_ipv6_address_that_is_remembered_too_long_is_told() -> None:
    ttls = ((APP.name, 300), (f"{APP.name} AAAA", 172_800), (f"{DOMAIN} MX", 604_800))
    found = outcome(ttl_too_long, zone(nameserver(1, host_ttls=ttls)), SWITCH)
    assert (found.status, found.detail) == ("failed", f"172800 seconds for {APP.name}")
    assert found.failure is not None
    assert "AAAA" in found.failure.see


def test_servers_that_told_no_ttl_prove_nothing() -> None:
    assert outcome(ttl_too_long, zone(nameserver(1, host_ttls=())), SWITCH).status == "unknown"


def test_one_server_named_below_the_domain_without_glue_is_a_mismatch() -> None:
    with_glue = nameserver(1, name=f"ns1.{DOMAIN}", glue=("192.0.2.1",))
    without = nameserver(2, name=f"ns2.{DOMAIN}")
    found = outcome(delegation_mismatch, zone(with_glue, without))
    assert found.status == "failed"
    assert f"no address of ns2.{DOMAIN}" in found.detail


def test_a_zone_above_that_tells_no_glue_at_all_proves_nothing() -> None:
    servers = [nameserver(n, name=f"ns{n}.{DOMAIN}") for n in (1, 2)]
    assert outcome(delegation_mismatch, zone(*servers)).status == "passed"


def test_a_server_below_a_domain_that_anybody_can_register_is_a_blocker() -> None:
    gone = nameserver(
        2, addresses=(), authoritative=False, rcode=None, serial=None, host_answers=(),
        trouble="its name has no address", unregistered="example.net",
    )  # fmt: skip
    found = outcome(lame_delegation, zone(nameserver(1), gone))
    assert found.severity is Severity.BLOCKER
    assert found.failure is not None
    assert "Whoever registers example.net takes over" in found.failure.means
