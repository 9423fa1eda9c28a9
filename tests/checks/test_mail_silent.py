"""A domain of which nothing says whether mail is sent: neither the manifest nor any record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from launchready.checks.mail.dkim import dkim_missing
from launchready.checks.mail.dmarc import dmarc_missing
from launchready.checks.mail.exchanges import mx_missing
from launchready.checks.mail.spf import spf_missing
from launchready.checks.mail.transport import never_sending_domain_open
from launchready.facts import Fact
from launchready.finding import Check, Outcome, Severity
from tests.checks.mail_making import dmarc, mx, selectors, spf
from tests.making import DOMAIN, outcome

FACTS: list[tuple[Check, Fact]] = [
    (spf_missing, spf(silent=True)),
    (dmarc_missing, replace(dmarc(), silent=True)),
    (dkim_missing, replace(selectors(none_exist=True), silent=True)),
    (mx_missing, replace(mx(implicit=True), silent=True)),
]


def spoofed(policy: str = "", *, null: bool = False) -> Outcome:
    above = {("_dmarc.org", "TXT"): [policy]} if policy else {}
    facts = (spf(silent=True), replace(dmarc(zones=above), silent=True))
    return outcome(never_sending_domain_open, *facts, replace(mx(null=null), silent=True))


@pytest.mark.parametrize(("check", "fact"), FACTS, ids=[check.id for check, _ in FACTS])
def test_whether_a_record_is_missing_is_not_known_and_says_how_to_tell(
    check: Check, fact: Fact
) -> None:
    found = outcome(check, fact)
    assert found.status == "unknown"
    assert f"nothing says whether mail is sent as {DOMAIN}" in found.detail
    assert f'[mail.domains."{DOMAIN}"]' in found.how_to_prove


def test_that_anybody_can_write_in_its_name_is_a_risk() -> None:
    found = spoofed()
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert found.failure is not None
    assert found.failure.means == (
        f"Anybody can write to members as {DOMAIN}, and the mail is delivered."
    )


def test_the_fix_asks_first_whether_mail_is_sent() -> None:
    failure = spoofed().failure
    assert failure is not None
    assert "leave the records below out" in failure.fix[0]
    assert "sends = false" in failure.fix[1]
    assert failure.fix[2].endswith("v=spf1 -all")


def test_a_policy_of_the_domain_above_that_refuses_forged_mail_passes() -> None:
    assert spoofed("v=DMARC1; p=reject").status == "passed"
    assert spoofed("v=DMARC1; p=none").status == "failed"
