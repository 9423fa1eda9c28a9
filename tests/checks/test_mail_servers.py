"""Whether the mail servers answer and encrypt: each check passing, failing and not knowing."""

from __future__ import annotations

import pytest

from launchready.checks.mail.servers import (
    mail_server_certificate,
    mail_server_unreachable,
    mail_server_without_starttls,
)
from launchready.facts import Subject
from launchready.facts.mail import MailServer, MtaSts
from launchready.finding import Check, Severity
from tests.checks.mail_making import DOMAIN_SUBJECT, exchange, mx, sts, without_address
from tests.making import AT, gap, outcome

OF_SERVERS = (mail_server_unreachable, mail_server_without_starttls, mail_server_certificate)
SERVER = Subject("mail server", "mx.example.org", DOMAIN_SUBJECT)
NO_STS = sts(record="", policy="", mode="", mx_patterns=(), max_age_s=0)


def server(**more: object) -> MailServer:
    values: dict[str, object] = {
        "reachable": True, "banner": "mx.example.org ESMTP", "starttls": True, "tls_accepted": True,
        "name_matches": True, "trusted": True,
    }  # fmt: skip
    return MailServer(subject=SERVER, at=AT, how="test", **(values | more))  # type: ignore[arg-type]


def test_a_server_that_refuses_in_words_is_not_asked_to_start() -> None:
    down = server(reachable=False, detail="it greets with 554 no SMTP service here")
    failure = outcome(mail_server_unreachable, down, mx(exchange())).failure
    assert failure is not None
    assert not any("Start the mail server" in step for step in failure.fix)


def test_what_shows_a_mail_server_ends_by_itself_and_shows_its_certificate() -> None:
    bare = outcome(mail_server_without_starttls, server(starttls=False), mx(exchange())).failure
    assert bare is not None
    assert bare.see == "openssl s_client -starttls smtp -connect mx.example.org:25 </dev/null"
    untrusted = outcome(
        mail_server_certificate, server(trusted=False), mx(exchange()), NO_STS
    ).failure
    assert untrusted is not None
    assert untrusted.see.startswith(f"{bare.see} 2>/dev/null | openssl x509 -noout -subject")


def test_a_server_at_a_private_address_is_told_to_publish_another() -> None:
    detail = "it publishes 192.168.1.10, which no sender can reach"
    failure = outcome(
        mail_server_unreachable, server(reachable=False, detail=detail), mx(exchange())
    ).failure
    assert failure is not None
    assert failure.fix[0] == (
        "At your DNS provider, give mx.example.org the public address of the mail server."
    )


@pytest.mark.parametrize("check", OF_SERVERS, ids=lambda c: c.id)
def test_a_good_server_passes(check: Check) -> None:
    assert outcome(check, server(), mx(exchange()), sts()).status == "passed"


@pytest.mark.parametrize("check", OF_SERVERS, ids=lambda c: c.id)
def test_a_server_behind_our_own_closed_port_is_unknown_and_no_fault_of_the_launch(
    check: Check,
) -> None:
    found = outcome(check, gap(MailServer, SERVER, ours=True), mx(exchange()), sts())
    assert (found.status, found.ours) == ("unknown", True)


def test_a_server_that_does_not_answer_fails_once() -> None:
    down = server(reachable=False, starttls=False, tls_accepted=False, detail="refused")
    assert outcome(mail_server_unreachable, down, mx(exchange())).detail == "refused"
    assert outcome(mail_server_without_starttls, down).status == "not_applicable"
    assert outcome(mail_server_certificate, down, mx(exchange()), NO_STS).status == "not_applicable"


@pytest.mark.parametrize("name", ["mx.example.org", "203.0.113.25"])
def test_a_server_without_an_address_is_folded_under_its_record(name: str) -> None:
    fact = mx(without_address(name))
    down = MailServer(
        subject=Subject("mail server", name, DOMAIN_SUBJECT), at=AT, how="test", reachable=False,
        banner="", starttls=False, tls_accepted=False,
    )  # fmt: skip
    found = outcome(mail_server_unreachable, down, fact)
    assert found.failure is not None
    assert found.failure.because == fact.key


def test_a_server_without_starttls_fails_once() -> None:
    plain = server(starttls=False, tls_accepted=False, name_matches=None)
    assert outcome(mail_server_without_starttls, plain).status == "failed"
    assert (
        outcome(mail_server_certificate, plain, mx(exchange()), NO_STS).status == "not_applicable"
    )


@pytest.mark.parametrize("fault", [{"trusted": False}, {"name_matches": False}])
def test_a_certificate_that_senders_cannot_verify_is_advised_against(
    fault: dict[str, object],
) -> None:
    assert (
        outcome(mail_server_certificate, server(**fault), mx(exchange()), NO_STS).status == "failed"
    )


def test_a_certificate_that_was_not_verified_is_unknown() -> None:
    found = outcome(mail_server_certificate, server(trusted=None), mx(exchange()), NO_STS)
    assert found.status == "unknown"


def test_a_certificate_for_the_name_behind_an_alias_is_folded_under_the_alias() -> None:
    fact = mx(exchange("mx.example.org", alias="mx.example.net"))
    found = outcome(mail_server_certificate, server(name_matches=False), fact, NO_STS)
    assert found.failure is not None
    assert found.failure.because == fact.key


def test_encryption_that_is_offered_and_fails_is_one_finding() -> None:
    broken = server(tls_accepted=False, trusted=None, name_matches=None, tls_detail="454 not now")
    assert outcome(mail_server_without_starttls, broken).detail == "454 not now"
    assert (
        outcome(mail_server_certificate, broken, mx(exchange()), NO_STS).status == "not_applicable"
    )


def test_under_a_policy_that_is_enforced_such_a_certificate_loses_mail() -> None:
    found = outcome(mail_server_certificate, server(trusted=False), mx(exchange()), sts())
    assert found.failure is not None
    assert found.severity is Severity.RISK
    assert "MTA-STS policy refuse" in found.failure.means
    assert "mode: testing" in found.failure.fix[-1]


@pytest.mark.parametrize("policy", [sts(mode="testing"), sts(problem="two records"), NO_STS])
def test_without_an_enforced_policy_such_a_certificate_is_advice(policy: MtaSts) -> None:
    found = outcome(mail_server_certificate, server(trusted=False), mx(exchange()), policy)
    assert found.severity is Severity.ADVICE
