"""MTA-STS, TLS reporting and domains that never send: passing, failing and not knowing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from launchready.checks.mail.transport import (
    mta_sts_broken,
    mta_sts_missing,
    never_sending_domain_open,
    tls_rpt_broken,
    tls_rpt_missing,
)
from launchready.facts import Key, host_subject
from launchready.facts.mail import Dmarc, MtaSts, Mx, TlsRpt
from launchready.facts.tls import Handshake
from launchready.facts.zone import Zone
from launchready.finding import Outcome, Severity
from tests.checks.mail_making import DOMAIN_SUBJECT, dmarc, exchange, mx, spf, sts, unreadable_spf
from tests.making import AT, DOMAIN, gap, outcome


def rpt(*records: str, problem: str = "") -> TlsRpt:
    return TlsRpt(subject=DOMAIN_SUBJECT, at=AT, how="test", records=records, problem=problem)


NO_STS = sts(record="", policy="", mode="", mx_patterns=(), max_age_s=0)
GOOD_RPT = "v=TLSRPTv1; rua=mailto:t@example.org"


def test_a_record_with_a_policy_that_names_every_server_passes() -> None:
    assert outcome(mta_sts_missing, sts(), mx(exchange())).status == "passed"
    assert outcome(mta_sts_broken, sts(), mx(exchange())).status == "passed"


def test_a_missing_record_is_advice_with_record_and_policy() -> None:
    found = outcome(mta_sts_missing, NO_STS, mx(exchange()))
    assert found.severity is Severity.ADVICE
    assert found.failure is not None
    assert "mx: mx.example.org" in found.failure.fix[0]
    assert found.failure.fix[1].endswith("at _mta-sts.example.org: v=STSv1; id=20261121T120000")
    assert outcome(mta_sts_broken, NO_STS, mx(exchange())).status == "not_applicable"


def test_a_domain_that_takes_no_mail_needs_neither() -> None:
    for check, fact in ((mta_sts_missing, NO_STS), (tls_rpt_missing, rpt())):
        assert outcome(check, fact, mx(null=True)).status == "not_applicable"


def test_what_could_not_be_asked_is_unknown() -> None:
    for check in (mta_sts_missing, mta_sts_broken):
        assert outcome(check, gap(MtaSts, DOMAIN_SUBJECT), mx(exchange())).status == "unknown"
        assert outcome(check, sts(), gap(Mx, DOMAIN_SUBJECT)).status == "unknown"
    assert outcome(tls_rpt_missing, gap(TlsRpt, DOMAIN_SUBJECT), mx(exchange())).status == "unknown"
    assert outcome(tls_rpt_broken, gap(TlsRpt, DOMAIN_SUBJECT)).status == "unknown"


def test_a_policy_that_leaves_a_server_out_fails() -> None:
    found = outcome(mta_sts_broken, sts(mx_patterns=("*.example.net",)), mx(exchange()))
    assert (found.severity, found.detail) == (
        Severity.RISK, "the policy does not name mx.example.org",
    )  # fmt: skip


def test_a_policy_in_testing_that_leaves_a_server_out_keeps_no_mail_and_is_advice() -> None:
    policy = sts(mode="testing", mx_patterns=("*.example.net",))
    assert outcome(mta_sts_broken, policy, mx(exchange())).severity is Severity.ADVICE


def test_a_wildcard_stands_for_one_label() -> None:
    policy = sts(mx_patterns=("*.example.org",))
    assert outcome(mta_sts_broken, policy, mx(exchange())).status == "passed"
    assert outcome(mta_sts_broken, policy, mx(exchange("a.b.example.org"))).status == "failed"


def test_a_policy_that_leaves_out_a_server_that_does_not_exist_is_folded_under_its_record() -> None:
    fact = mx(exchange(), exchange("203.0.113.25"))
    found = outcome(mta_sts_broken, sts(), fact)
    assert found.failure is not None
    assert found.failure.because == fact.key


def test_which_servers_a_policy_must_name_is_unknown_when_the_dns_fails() -> None:
    assert outcome(mta_sts_broken, sts(), mx(trouble="SERVFAIL")).status == "unknown"


def test_a_policy_that_cannot_be_fetched_fails_under_what_explains_it() -> None:
    because = Key(Handshake, host_subject(f"mta-sts.{DOMAIN}", DOMAIN))
    fact = sts(problem="the certificate is not one that senders accept", because=because)
    found = outcome(mta_sts_broken, fact, mx(exchange()))
    assert found.failure is not None
    assert found.failure.because == because


def test_tls_reports_pass_fail_and_are_advised() -> None:
    assert outcome(tls_rpt_missing, rpt(GOOD_RPT), mx(exchange())).status == "passed"
    assert outcome(tls_rpt_broken, rpt(GOOD_RPT)).status == "passed"
    missing = outcome(tls_rpt_missing, rpt(), mx(exchange()))
    assert (missing.status, missing.severity) == ("failed", Severity.ADVICE)
    assert outcome(tls_rpt_broken, rpt()).status == "not_applicable"
    assert outcome(tls_rpt_broken, rpt("v=TLSRPTv1", problem="no rua=")).status == "failed"


REJECT = "v=DMARC1; p=reject"


def closed(
    record: str = "v=spf1 -all",
    policy: str = REJECT,
    *,
    null: bool = True,
    receives: bool | None = None,
) -> Outcome:
    return outcome(
        never_sending_domain_open,
        spf(record or (), sends=False),
        dmarc(policy or (), sends=False),
        mx(null=null, sends=False, receives=receives),
    )


def test_a_domain_that_says_that_it_never_sends_passes() -> None:
    assert closed().status == "passed"
    assert closed(null=False, receives=True).status == "passed"


def test_a_silent_domain_is_one_finding_with_every_record() -> None:
    found = closed("", "", null=False)
    assert found.failure is not None
    assert [step.partition("add this ")[2] for step in found.failure.fix] == [
        "TXT record at example.org: v=spf1 -all",
        "TXT record at _dmarc.example.org: v=DMARC1; p=reject",
        "MX record at example.org: 0 .",
    ]


@pytest.mark.parametrize("record", ["v=spf1 ~all", "v=spf1 mx -all", "v=spf1 ip4:x -all", "v=spf1"])
def test_an_spf_record_that_allows_or_tolerates_anybody_fails(record: str) -> None:
    assert closed(record).detail == "SPF is not v=spf1 -all"


@pytest.mark.parametrize("policy", ["v=DMARC1; p=quarantine", "v=DMARC1; p=reject; t=y"])
def test_a_milder_policy_than_reject_fails(policy: str) -> None:
    found = closed(policy=policy)
    assert found.failure is not None
    assert found.failure.fix[0].endswith(f"to: {REJECT}")


def test_a_sending_domain_is_not_asked_to_be_closed() -> None:
    facts = (spf("v=spf1 mx -all"), dmarc(), mx())
    assert outcome(never_sending_domain_open, *facts).status == "not_applicable"


def test_whether_a_domain_is_closed_is_unknown_when_the_dns_fails() -> None:
    failing = dmarc(zones={(f"_dmarc.{DOMAIN}", "TXT"): "SERVFAIL"}, sends=False)
    quiet, null = spf("v=spf1 -all", sends=False), mx(null=True, sends=False)
    good = dmarc(REJECT, sends=False)
    check = never_sending_domain_open
    assert outcome(check, quiet, failing, null).status == "unknown"
    assert outcome(check, unreadable_spf(sends=False), good, null).status == "unknown"
    assert outcome(check, quiet, good, mx(trouble="SERVFAIL", sends=False)).status == "unknown"
    assert outcome(check, quiet, gap(Dmarc, DOMAIN_SUBJECT), null).status == "unknown"


def test_a_domain_that_does_not_exist_is_open_to_whoever_registers_it() -> None:
    owed = Key(Zone, DOMAIN_SUBJECT)
    gone = replace(spf((), sends=False), because=owed)
    found = outcome(never_sending_domain_open, gone, dmarc((), sends=False), mx(sends=False))
    assert (found.status, found.because) == ("failed", owed)
    assert "NXDOMAIN" in found.detail
