"""Whether mail to the launch finds its servers: each check passing, failing and not knowing."""

from __future__ import annotations

import pytest

from launchready.checks.mail.exchanges import (
    mail_server_certificate,
    mail_server_unreachable,
    mail_server_without_starttls,
    mx_is_address,
    mx_is_alias,
    mx_lookup_fails,
    mx_missing,
    mx_null_beside_others,
    mx_unresolvable,
)
from launchready.facts import Subject
from launchready.facts.mail import MailServer, Mx, MxRecord
from launchready.finding import Check
from tests.checks.mail_making import DOMAIN_SUBJECT, exchange, mx
from tests.making import AT, gap, outcome

OF_MX = (
    mx_missing, mx_null_beside_others, mx_is_address, mx_unresolvable, mx_is_alias, mx_lookup_fails,
)  # fmt: skip
OF_SERVERS = (mail_server_unreachable, mail_server_without_starttls, mail_server_certificate)
SERVER = Subject("mail server", "mx.example.org", DOMAIN_SUBJECT)


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
    untrusted = outcome(mail_server_certificate, server(trusted=False), mx(exchange())).failure
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


def without_address(name: str = "gone.example.org") -> MxRecord:
    return MxRecord(preference=10, exchange=name, addresses=())


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


@pytest.mark.parametrize("check", OF_SERVERS, ids=lambda c: c.id)
def test_a_good_server_passes(check: Check) -> None:
    assert outcome(check, server(), mx(exchange())).status == "passed"


@pytest.mark.parametrize("check", OF_SERVERS, ids=lambda c: c.id)
def test_a_server_behind_our_own_closed_port_is_unknown_and_no_fault_of_the_launch(
    check: Check,
) -> None:
    found = outcome(check, gap(MailServer, SERVER, ours=True), mx(exchange()))
    assert (found.status, found.ours) == ("unknown", True)


def test_a_server_that_does_not_answer_fails_once() -> None:
    down = server(reachable=False, starttls=False, tls_accepted=False, detail="refused")
    assert outcome(mail_server_unreachable, down, mx(exchange())).detail == "refused"
    assert outcome(mail_server_without_starttls, down).status == "not_applicable"
    assert outcome(mail_server_certificate, down, mx(exchange())).status == "not_applicable"


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
    assert outcome(mail_server_certificate, plain, mx(exchange())).status == "not_applicable"


@pytest.mark.parametrize("fault", [{"trusted": False}, {"name_matches": False}])
def test_a_certificate_that_senders_cannot_verify_is_advised_against(
    fault: dict[str, object],
) -> None:
    assert outcome(mail_server_certificate, server(**fault), mx(exchange())).status == "failed"


def test_a_certificate_that_was_not_verified_is_unknown() -> None:
    found = outcome(mail_server_certificate, server(trusted=None), mx(exchange()))
    assert found.status == "unknown"


def test_a_certificate_for_the_name_behind_an_alias_is_folded_under_the_alias() -> None:
    fact = mx(exchange("mx.example.org", alias="mx.example.net"))
    found = outcome(mail_server_certificate, server(name_matches=False), fact)
    assert found.failure is not None
    assert found.failure.because == fact.key


def test_encryption_that_is_offered_and_fails_is_one_finding() -> None:
    broken = server(tls_accepted=False, trusted=None, name_matches=None, tls_detail="454 not now")
    assert outcome(mail_server_without_starttls, broken).detail == "454 not now"
    assert outcome(mail_server_certificate, broken, mx(exchange())).status == "not_applicable"
