"""Whether a DMARC policy applies and reports arrive: each check passing, failing, not knowing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.checks.mail.dmarc import (
    dmarc_broken,
    dmarc_leftovers,
    dmarc_lookup_fails,
    dmarc_missing,
    dmarc_report_address_not_authorised,
    dmarc_several_records,
    dmarc_without_reports,
)
from launchready.checks.mail.dmarc_policy import (
    dmarc_not_enforced,
    dmarc_says_public_suffix,
    dmarc_subdomain_open,
    dmarc_test_mode,
    from_not_aligned,
)
from launchready.derive.mail.dmarc_records import repaired, strictest
from launchready.facts.declared import Declared
from launchready.facts.mail import Dmarc
from launchready.finding import Check, Outcome, Severity
from launchready.mailauth.dmarc_record import parse_dmarc
from tests.checks.mail_making import DOMAIN_SUBJECT, Zones, dmarc
from tests.making import DOMAIN, declared, gap, outcome

GOOD = "v=DMARC1; p=reject; rua=mailto:d@example.org"
EVERY = (
    dmarc_missing, dmarc_several_records, dmarc_broken, dmarc_without_reports,
    dmarc_report_address_not_authorised, dmarc_leftovers, dmarc_not_enforced, dmarc_test_mode,
    dmarc_subdomain_open, dmarc_says_public_suffix, dmarc_lookup_fails, from_not_aligned,
)  # fmt: skip
FAILING: Zones = {(f"_dmarc.{DOMAIN}", "TXT"): "SERVFAIL"}


def step(found: Outcome, which: int = -1) -> str:
    assert found.failure is not None, found
    return found.failure.fix[which].partition(" to: ")[2]


@pytest.mark.parametrize("check", EVERY, ids=lambda c: c.id)
def test_an_enforced_policy_with_reports_passes(check: Check) -> None:
    assert outcome(check, dmarc(GOOD)).status == "passed"


@pytest.mark.parametrize("check", EVERY, ids=lambda c: c.id)
def test_a_domain_that_could_not_be_asked_is_unknown(check: Check) -> None:
    assert outcome(check, gap(Dmarc, DOMAIN_SUBJECT)).status == "unknown"


@pytest.mark.parametrize("check", EVERY[:-2], ids=lambda c: c.id)
def test_a_failing_look_up_is_unknown_and_folds_under_its_own_finding(check: Check) -> None:
    fact = dmarc(zones=FAILING)
    found = outcome(check, fact)
    assert (found.status, found.because) == ("unknown", fact.key)


def test_a_failing_look_up_is_a_finding() -> None:
    assert outcome(dmarc_lookup_fails, dmarc(zones=FAILING)).status == "failed"


@pytest.mark.parametrize("check", EVERY[:-2], ids=lambda c: c.id)
def test_a_domain_that_never_sends_is_not_asked_for_a_policy(check: Check) -> None:
    assert outcome(check, dmarc(sends=False)).status == "not_applicable"


def test_a_missing_record_is_a_blocker_with_the_record_to_begin_with() -> None:
    found = outcome(dmarc_missing, dmarc())
    assert found.severity is Severity.BLOCKER
    assert found.failure is not None
    assert found.failure.fix[0].endswith(
        "at _dmarc.example.org: v=DMARC1; p=none; rua=mailto:dmarc@example.org"
    )


@pytest.mark.parametrize("check", EVERY[1:-2], ids=lambda c: c.id)
def test_a_missing_record_is_one_finding_only(check: Check) -> None:
    assert outcome(check, dmarc()).status in {"not_applicable", "passed"}


def test_the_policy_of_the_domain_above_is_enough() -> None:
    zones: Zones = {(f"_dmarc.{DOMAIN}", "TXT"): [GOOD]}
    assert outcome(dmarc_missing, dmarc(zones=zones, name="mail.example.org")).status == "passed"


def test_several_records_fail_and_the_strictest_is_kept() -> None:
    found = outcome(
        dmarc_several_records, dmarc([GOOD, "v=DMARC1; p=none; rua=mailto:x@example.org"])
    )
    assert found.failure is not None
    assert found.failure.fix[1].endswith(
        "v=DMARC1; p=reject; rua=mailto:d@example.org,mailto:x@example.org"
    )


@pytest.mark.parametrize(
    ("record", "mended"),
    [
        (
            "v=DMARC1; p=block; rua=mailto:d@example.org",
            "v=DMARC1; p=none; rua=mailto:d@example.org",
        ),
        ("v=DMARC1; rua=mailto:d@example.org", "v=DMARC1; p=none; rua=mailto:d@example.org"),
        ("v=DMARC1; p=reject; sp=x; rua=mailto:d@example.org", GOOD),
        ("v=DMARC1; p=block; p=none; rua=x", "v=DMARC1; p=none; rua=mailto:dmarc@example.org"),
        ("v=DMARC 1; p=reject", "v=DMARC1; p=none; rua=mailto:dmarc@example.org"),
    ],
)
def test_a_record_without_a_valid_policy_is_a_blocker_and_mended(record: str, mended: str) -> None:
    found = outcome(dmarc_broken, dmarc(record))
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert step(found) == mended


@pytest.mark.parametrize(
    ("record", "mended"),
    [
        (GOOD + "; adkim=x", GOOD),
        (GOOD + "; fo=7", GOOD),
        (GOOD + "; rua=mailto:e@example.org", GOOD),
        ("v=DMARC1; p=reject; rua=mailto:d@example.org,nobody", GOOD),
        ("v=DMARC1; p=reject;; rua=mailto:d@example.org", GOOD),
        ("v=DMARC1; p=reject; rua=mailto:d@example.org; t=maybe; psd=x", GOOD),
    ],
)
def test_a_mistake_beside_a_valid_policy_is_a_risk_and_mended(record: str, mended: str) -> None:
    found = outcome(dmarc_broken, dmarc(record))
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert step(found) == mended


def test_no_policy_without_reports_is_a_risk_and_gets_an_address() -> None:
    found = outcome(dmarc_without_reports, dmarc("v=DMARC1; p=none"))
    assert found.severity is Severity.RISK
    assert step(found, 0) == "v=DMARC1; p=none; rua=mailto:dmarc@example.org"


def test_an_enforced_policy_without_reports_is_advice() -> None:
    found = outcome(dmarc_without_reports, dmarc("v=DMARC1; p=reject"))
    assert (found.status, found.severity) == ("failed", Severity.ADVICE)


def test_a_record_at_the_domain_itself_is_told_and_begins_with_none() -> None:
    fact = replace(dmarc(), misplaced=(DOMAIN, "v=DMARC1; p=reject"))
    found = outcome(dmarc_missing, fact)
    assert found.detail.endswith(f"one stands at {DOMAIN}, where nobody looks for it")
    assert found.failure is not None
    assert found.failure.fix[0].endswith(f"v=DMARC1; p=none; rua=mailto:dmarc@{DOMAIN}")
    assert "reads v=DMARC1; p=reject" in found.failure.fix[1]


def test_a_misspelt_report_address_is_one_finding() -> None:
    fact = dmarc("v=DMARC1; p=reject; rua=dmarc@example.org")
    assert outcome(dmarc_broken, fact).status == "failed"
    assert outcome(dmarc_without_reports, fact).status == "not_applicable"


def test_a_broken_record_without_reports_is_one_finding() -> None:
    fact = dmarc("v=DMARC1; p=block")
    found = outcome(dmarc_without_reports, fact)
    assert found.failure is not None
    assert found.failure.because == fact.key


ABROAD = "v=DMARC1; p=reject; rua=mailto:d@reports.example"
CONSENT = f"{DOMAIN}._report._dmarc.reports.example"


def test_reports_to_a_domain_that_has_not_agreed_fail_with_its_record() -> None:
    found = outcome(dmarc_report_address_not_authorised, dmarc(ABROAD))
    assert found.failure is not None
    assert found.failure.fix[0].endswith(f"at {CONSENT}: v=DMARC1")


def test_reports_to_a_domain_that_has_agreed_pass() -> None:
    fact = dmarc(ABROAD, {(CONSENT, "TXT"): ["v=DMARC1"]})
    assert outcome(dmarc_report_address_not_authorised, fact).status == "passed"


def test_consent_that_could_not_be_looked_up_is_unknown() -> None:
    fact = dmarc(ABROAD, {(CONSENT, "TXT"): "SERVFAIL"})
    assert outcome(dmarc_report_address_not_authorised, fact).status == "unknown"


def test_tags_of_the_old_rfc_are_advised_against_and_taken_out() -> None:
    found = outcome(dmarc_leftovers, dmarc(GOOD + "; pct=50; rf=afrf; ri=86400; x=1"))
    assert (found.severity, found.detail) == (Severity.ADVICE, "pct=50; rf=afrf; ri=86400; x=1")
    assert step(found) == GOOD


def test_no_policy_with_reports_is_advice_with_the_next_safe_step() -> None:
    found = outcome(dmarc_not_enforced, dmarc("v=DMARC1; p=none; rua=mailto:d@example.org"))
    assert found.severity is Severity.ADVICE
    assert step(found, 1) == "v=DMARC1; p=quarantine; rua=mailto:d@example.org"


def test_test_mode_is_advised_against() -> None:
    found = outcome(dmarc_test_mode, dmarc(GOOD + "; t=y"))
    assert (found.detail, step(found)) == ("t=y, so reject counts as quarantine", GOOD)


@pytest.mark.parametrize("tag", ["sp=none", "np=quarantine", "sp=quarantine; np=none"])
def test_a_milder_policy_for_subdomains_fails(tag: str) -> None:
    found = outcome(dmarc_subdomain_open, dmarc(f"{GOOD}; {tag}"))
    assert (found.status, step(found)) == ("failed", GOOD)


def test_a_stricter_policy_for_subdomains_passes() -> None:
    fact = dmarc("v=DMARC1; p=none; sp=reject; rua=mailto:d@example.org")
    assert outcome(dmarc_subdomain_open, fact).status == "passed"


def test_a_domain_that_calls_itself_a_public_suffix_fails() -> None:
    assert step(outcome(dmarc_says_public_suffix, dmarc(GOOD + "; psd=y"))) == GOOD


def test_a_sender_below_the_brand_is_aligned() -> None:
    assert outcome(from_not_aligned, dmarc(GOOD, name="mail.example.org")).status == "passed"


def test_a_sender_of_another_domain_is_not_aligned() -> None:
    found = outcome(from_not_aligned, dmarc(GOOD, name="sender.example"))
    assert (found.status, found.severity) == ("failed", Severity.RISK)


def launched(domain: str) -> Declared:
    return declared(f'[launch]\ndomain = "{domain}"\n')


def test_a_sender_above_the_brand_is_aligned() -> None:
    fact = dmarc(GOOD, brand="app.example.org")
    assert outcome(from_not_aligned, fact, launched("app.example.org")).status == "passed"


def test_a_sender_beside_the_brand_is_aligned_by_the_record_above_both() -> None:
    fact = dmarc(zones={("_dmarc.example.org", "TXT"): [GOOD]}, name="mail.example.org")
    assert outcome(from_not_aligned, fact, launched("app.example.org")).status == "passed"


def test_a_sender_that_may_share_a_domain_with_the_brand_is_unknown() -> None:
    fact = dmarc(name="mail.example.org", brand="app.example.org")
    found = outcome(from_not_aligned, fact, launched("app.example.org"))
    assert (found.status, found.because) == ("unknown", fact.key)


def test_neighbours_under_a_public_suffix_are_not_aligned() -> None:
    fact = dmarc(GOOD, name="sender.co.example", brand="brand.co.example")
    assert outcome(from_not_aligned, fact, launched("brand.co.example")).status == "failed"


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)


@given(st.lists(TEXT, max_size=6))
def test_a_repaired_record_always_has_a_policy_and_reports(tags: list[str]) -> None:
    parsed = parse_dmarc("; ".join(["v=DMARC1", *tags]))
    assert parsed is not None
    again = parse_dmarc(repaired(parsed, DOMAIN))
    assert again is not None
    assert again.sound
    assert again.reports


@given(st.lists(st.sampled_from([GOOD, "v=DMARC1; p=none", "v=DMARC1; p=x", "nonsense"])))
def test_of_several_records_one_valid_one_is_kept(records: list[str]) -> None:
    kept = parse_dmarc(strictest(records, DOMAIN))
    assert kept is not None
    assert kept.sound
    assert kept.p == ("reject" if GOOD in records else "none")


def test_an_alias_that_leads_nowhere_goes_before_a_record_comes() -> None:
    failure = outcome(dmarc_missing, replace(dmarc(), alias="gone.example.net")).failure
    assert failure is not None
    assert failure.fix[0].endswith(f"delete the CNAME record at _dmarc.{DOMAIN}.")


def test_the_records_to_publish_stand_last_so_that_nothing_is_pasted_with_them() -> None:
    failure = outcome(
        dmarc_not_enforced, dmarc("v=DMARC1; p=none; rua=mailto:d@example.org")
    ).failure
    assert failure is not None
    assert failure.fix[-1].startswith("Two weeks later")
    assert failure.fix[-1].endswith(f"to: {GOOD}")


@pytest.mark.parametrize("begin", ["v= DMARC1", "v =DMARC1", "V=DMARC1"])
def test_a_begin_that_the_rfc_allows_and_receivers_do_not_know_is_a_risk(begin: str) -> None:
    record = f"{begin}; p=reject; rua=mailto:dmarc@{DOMAIN}"
    failure = outcome(dmarc_broken, dmarc(record)).failure
    assert failure is not None
    assert failure.severity == Severity.RISK
    assert "find no record" in failure.observed
    assert failure.fix[0].endswith(f"to: v=DMARC1; p=reject; rua=mailto:dmarc@{DOMAIN}")
