"""Whether mail to the launch finds its servers: each check passing, failing and not knowing."""

from __future__ import annotations

import pytest

from launchready.checks.mail.exchanges import (
    mx_is_address,
    mx_is_alias,
    mx_lookup_fails,
    mx_missing,
    mx_null_beside_others,
    mx_unresolvable,
)
from launchready.facts.mail import Mx, MxRecord
from launchready.finding import Check
from tests.checks.mail_making import DOMAIN_SUBJECT, exchange, mx, without_address
from tests.making import gap, outcome

OF_MX = (
    mx_missing, mx_null_beside_others, mx_is_address, mx_unresolvable, mx_is_alias, mx_lookup_fails,
)  # fmt: skip


@pytest.mark.parametrize("check", OF_MX, ids=lambda c: c.id)
def test_a_good_record_passes(check: Check) -> None:
    assert outcome(check, mx(exchange())).status == "passed"


@pytest.mark.parametrize("check", OF_MX, ids=lambda c: c.id)
def test_records_that_could_not_be_asked_are_unknown(check: Check) -> None:
    assert outcome(check, gap(Mx, DOMAIN_SUBJECT)).status == "unknown"


@pytest.mark.parametrize("check", OF_MX[:-1], ids=lambda c: c.id)
def test_a_failing_look_up_is_unknown_and_folds_under_its_own_finding(check: Check) -> None:
    fact = mx(trouble="SERVFAIL")
    found = outcome(check, fact)
    assert (found.status, found.because) == ("unknown", fact.key)


def test_a_failing_look_up_is_a_finding() -> None:
    assert outcome(mx_lookup_fails, mx(trouble="SERVFAIL")).status == "failed"


def test_servers_whose_names_cannot_be_looked_up_are_a_finding() -> None:
    fact = mx(MxRecord(preference=10, exchange="mx.example.net", addresses=(), trouble="SERVFAIL"))
    assert outcome(mx_lookup_fails, fact).detail == "mx.example.net: SERVFAIL"
    assert outcome(mx_unresolvable, fact).status == "unknown"


@pytest.mark.parametrize(
    ("fact", "observed"),
    [
        (mx(), "no MX record"),
        (mx(implicit=True), "no MX record; mail goes to the web server's address"),
        (mx(null=True), "a null MX, which says that the domain takes no mail (RFC 7505)"),
    ],
)
def test_a_sending_domain_that_takes_no_mail_fails(fact: Mx, observed: str) -> None:
    assert outcome(mx_missing, fact).detail == observed


@pytest.mark.parametrize("more", [{"receives": False}, {"sends": False}])
def test_a_domain_where_nobody_reads_mail_needs_no_mx(more: dict[str, bool]) -> None:
    sends, receives = more.get("sends", True), more.get("receives")
    assert (
        outcome(mx_missing, mx(null=True, sends=sends, receives=receives)).status
        == "not_applicable"
    )


def test_a_null_mx_beside_others_fails() -> None:
    assert outcome(mx_null_beside_others, mx(exchange(), null=True)).status == "failed"


def test_an_address_in_the_mx_fails_once_with_the_records_to_publish() -> None:
    fact = mx(without_address("203.0.113.25"))
    found = outcome(mx_is_address, fact)
    assert found.failure is not None
    assert found.failure.fix == (
        "At your DNS provider, add this A record at mail.example.org: 203.0.113.25",
        "At your DNS provider, change the MX record at example.org to: 10 mail.example.org.",
    )
    assert outcome(mx_unresolvable, fact).status == "not_applicable"


def test_a_server_without_an_address_fails() -> None:
    found = outcome(mx_unresolvable, mx(exchange(), without_address()))
    assert found.detail == "gone.example.org has no address"


def test_an_alias_is_advised_against_with_the_record_to_publish() -> None:
    found = outcome(mx_is_alias, mx(exchange("mx.example.org", alias="mx.example.net")))
    assert found.failure is not None
    assert found.failure.fix[0].endswith("to: 10 mx.example.net.")
