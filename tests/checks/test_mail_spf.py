"""Whether receivers can read the SPF record: each check passing, failing and not knowing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from launchready.checks.mail.dkim import dkim_missing
from launchready.checks.mail.dmarc import dmarc_missing
from launchready.checks.mail.spf import spf_missing, spf_several_records, spf_syntax_error
from launchready.checks.mail.spf_lookups import (
    spf_include_broken,
    spf_includes_itself,
    spf_lookup_fails,
    spf_too_many_lookups,
    spf_too_many_void_lookups,
)
from launchready.derive.mail.spf_records import new_record
from launchready.facts import Fact
from launchready.facts.mail import Spf
from launchready.finding import Check, Severity
from tests.checks.mail_making import (
    DOMAIN_SUBJECT,
    Zones,
    dmarc,
    mx,
    outcome,
    selectors,
    spf,
    unreadable_spf,
)
from tests.making import DOMAIN, gap

GOOD = "v=spf1 ip4:192.0.2.25 -all"
EVERY = (
    spf_missing, spf_several_records, spf_syntax_error, spf_includes_itself, spf_include_broken,
    spf_too_many_lookups, spf_too_many_void_lookups, spf_lookup_fails,
)  # fmt: skip


def services(count: int) -> Zones:
    return {(f"s{n}.example.net", "TXT"): [f"v=spf1 ip4:198.51.100.{n} -all"] for n in range(count)}


def including(count: int) -> str:
    return "v=spf1 " + " ".join(f"include:s{n}.example.net" for n in range(count)) + " -all"


def fix_of(check: Check, fact: Spf) -> str:
    found = outcome(check, fact)
    assert found.failure is not None, found
    return "\n".join(found.failure.fix)


@pytest.mark.parametrize("check", EVERY, ids=lambda c: c.id)
def test_a_good_record_passes(check: Check) -> None:
    assert outcome(check, spf(GOOD)).status == "passed"


@pytest.mark.parametrize("check", EVERY, ids=lambda c: c.id)
def test_a_domain_that_could_not_be_asked_is_unknown(check: Check) -> None:
    found = outcome(check, gap(Spf, DOMAIN_SUBJECT))
    assert found.status == "unknown"


@pytest.mark.parametrize("check", EVERY[:-1], ids=lambda c: c.id)
def test_a_failing_look_up_is_unknown_and_folds_under_its_own_finding(check: Check) -> None:
    found = outcome(check, unreadable_spf())
    assert (found.status, found.because) == ("unknown", unreadable_spf().key)


@pytest.mark.parametrize("check", EVERY, ids=lambda c: c.id)
def test_a_domain_that_never_sends_is_not_asked_for_a_record(check: Check) -> None:
    found = outcome(check, spf(sends=False))
    assert found.status == "not_applicable"


def test_a_missing_record_is_a_blocker_with_the_record_to_publish() -> None:
    fact = spf(senders=["google", "203.0.113.7", "include:_spf.example.net", "postmark"])
    found = outcome(spf_missing, fact)
    assert found.severity is Severity.BLOCKER
    record = "v=spf1 include:_spf.google.com ip4:203.0.113.7 include:_spf.example.net ~all"
    assert fix_of(spf_missing, fact).endswith(f"TXT record at {DOMAIN}: {record}")


def test_a_missing_record_gets_the_service_that_holds_the_mailboxes() -> None:
    fact = replace(spf(senders=["postmark"]), exchanges=("smtp.google.com",))
    assert f"at {DOMAIN}: v=spf1 include:_spf.google.com ~all" in fix_of(spf_missing, fact)


def test_a_record_at_a_doubled_name_is_moved_as_it_is() -> None:
    fact = replace(spf(), misplaced=(f"{DOMAIN}.{DOMAIN}", "v=spf1 ip4:192.0.2.25 -all"))
    found = outcome(spf_missing, fact)
    assert (
        found.detail == f"no SPF record; one stands at {DOMAIN}.{DOMAIN}, where nobody looks for it"
    )
    fix = fix_of(spf_missing, fact)
    assert f"at {DOMAIN}: v=spf1 ip4:192.0.2.25 -all" in fix
    assert f"Delete the TXT record at {DOMAIN}.{DOMAIN} that reads" in fix


def test_a_missing_record_without_declared_senders_says_what_to_add() -> None:
    assert "v=spf1 mx ~all" in fix_of(spf_missing, spf())


@pytest.mark.parametrize(
    ("check", "found"),
    [
        (spf_missing, spf()),
        (dmarc_missing, dmarc()),
        (dkim_missing, selectors(none_exist=True)),
    ],
)
def test_who_declares_no_senders_is_told_how_to_say_that_no_mail_is_sent(
    check: Check, found: Fact
) -> None:
    failure = outcome(check, found).failure
    assert failure is not None
    assert failure.fix[-1].startswith(f"If no mail is sent as {DOMAIN}, say so: sends = false")


def test_who_declares_senders_is_not_asked_whether_mail_is_sent() -> None:
    assert "sends = false" not in fix_of(spf_missing, spf(senders=["192.0.2.1"]))


@pytest.mark.parametrize("check", EVERY[1:-1], ids=lambda c: c.id)
def test_a_missing_record_is_one_finding_only(check: Check) -> None:
    assert outcome(check, spf()).status == "not_applicable"


def test_several_records_are_merged_in_the_fix() -> None:
    fact = spf(["v=spf1 ip4:192.0.2.25 mx -all", "v=spf1 include:s0.example.net mx -all"])
    assert outcome(spf_several_records, fact).detail == "2 SPF records"
    wanted = "v=spf1 ip4:192.0.2.25 mx include:s0.example.net -all"
    assert fix_of(spf_several_records, fact).endswith(wanted)


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        ("v=spf1 include: s0.example.net ~all", "v=spf1 include:s0.example.net ~all"),
        ("v=spf1 include:s0.example.net, mx; -all", "v=spf1 include:s0.example.net mx -all"),
        ("v=spf1 ip:192.0.2.4 mx -all.", "v=spf1 ip4:192.0.2.4 mx -all"),
        (
            "v=spf1 192.0.2.0/24 ipv6:2001:db8::1 -all",
            "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::1 -all",
        ),
        ("v=spf1 mx include:s0.example.net~all", "v=spf1 mx include:s0.example.net ~all"),
        ('v=spf1 "include:s0.example.net" -all', "v=spf1 include:s0.example.net -all"),
    ],
)
def test_a_usual_slip_is_mended_and_nothing_is_lost(record: str, wanted: str) -> None:
    found = fix_of(spf_syntax_error, spf(record))
    assert f"to: {wanted}" in found


def test_a_mended_record_without_losses_names_none() -> None:
    assert "Left out" not in fix_of(spf_syntax_error, spf("v=spf1 include:s0.example.net~all"))


def test_a_redirect_to_nothing_is_replaced_by_the_declared_senders() -> None:
    fact = spf("v=spf1 redirect=gone.example.net", senders=["google"])
    assert "to: v=spf1 include:_spf.google.com ~all" in fix_of(spf_include_broken, fact)


def test_what_nobody_can_guess_is_left_out_and_named() -> None:
    found = fix_of(spf_syntax_error, spf("v=spf1 mx bogus:x ip4:203.0.113.999 -all"))
    assert "to: v=spf1 mx -all" in found
    assert "bogus:x; ip4:203.0.113.999" in found


def test_a_dash_from_a_document_is_told_as_one() -> None:
    detail = outcome(spf_syntax_error, spf("v=spf1 mx \N{EN DASH}all")).detail
    assert "such as a long dash" in detail
    assert r"\\x" not in detail


def test_a_term_that_is_not_valid_fails_and_is_named() -> None:
    fact = spf("v=spf1 ip4:192.0.2.25 ip4:203.0.113.999 -all")
    found = outcome(spf_syntax_error, fact)
    assert found.status == "failed"
    assert "ip4:203.0.113.999" in found.detail
    assert "to: v=spf1 ip4:192.0.2.25 -all" in fix_of(spf_syntax_error, fact)


def test_a_declared_sender_that_is_mistyped_is_put_back_in_the_fix() -> None:
    fact = spf(
        "v=spf1 mx inlcude:s.example.net -all", senders=["192.0.2.9", "include:s.example.net"]
    )
    assert "to: v=spf1 mx include:s.example.net -all" in fix_of(spf_syntax_error, fact)


def test_a_fault_in_an_include_is_not_the_records_own() -> None:
    fact = spf("v=spf1 include:s.example.net -all", {("s.example.net", "TXT"): ["v=spf1 ip4:x"]})
    assert outcome(spf_syntax_error, fact).status == "passed"
    assert outcome(spf_include_broken, fact).status == "failed"


def test_an_include_without_a_record_fails_and_is_left_out_of_the_fix() -> None:
    fact = spf("v=spf1 include:gone.example.net mx -all")
    found = outcome(spf_include_broken, fact)
    assert found.detail == "gone.example.net: there is no SPF record"
    assert "to: v=spf1 mx -all" in fix_of(spf_include_broken, fact)


def test_an_include_of_itself_fails() -> None:
    fact = spf(f"v=spf1 mx include:{DOMAIN} -all")
    assert outcome(spf_includes_itself, fact).detail == f"{DOMAIN} > {DOMAIN}"
    assert fix_of(spf_includes_itself, fact).endswith("to: v=spf1 mx -all")


def test_a_circle_further_down_names_the_record_that_closes_it() -> None:
    zones: Zones = {("s.example.net", "TXT"): [f"v=spf1 include:{DOMAIN} -all"]}
    fact = spf("v=spf1 include:s.example.net -all", zones)
    assert fix_of(spf_includes_itself, fact).startswith("In the SPF record of s.example.net")


def test_ten_look_ups_pass() -> None:
    found = outcome(spf_too_many_lookups, spf(including(10), services(10)))
    assert (found.status, found.detail) == ("passed", "10 of 10 look-ups")


def test_eleven_look_ups_fail_with_the_tree() -> None:
    found = outcome(spf_too_many_lookups, spf(including(11), services(11)))
    assert (found.status, found.detail) == ("failed", "11 look-ups")
    assert found.failure is not None
    assert "  s10.example.net: 1 look-up" in found.failure.evidence


def test_an_include_that_depends_on_the_sender_leaves_the_count_unknown() -> None:
    found = outcome(spf_too_many_lookups, spf("v=spf1 include:%{i}.s.example.net -all"))
    assert (found.status, found.because) == ("unknown", None)
    assert f"launchready mail spf {DOMAIN} --ip" in found.how_to_prove


DYNAMIC = "v=spf1 include:%{i}.s.example.net -all"


def test_an_address_that_nobody_has_settles_an_include_that_depends_on_the_sender() -> None:
    zones: Zones = {("240.0.0.1.s.example.net", "TXT"): ["v=spf1 -all"]}
    assert outcome(spf_too_many_lookups, spf(DYNAMIC, zones)).status == "passed"


def test_look_ups_behind_an_include_that_depends_on_the_sender_are_counted() -> None:
    zones: Zones = {("240.0.0.1.s.example.net", "TXT"): [including(11)], **services(11)}
    assert outcome(spf_too_many_lookups, spf(DYNAMIC, zones)).detail == "11 look-ups"


def test_three_void_look_ups_fail_and_two_pass() -> None:
    three = spf("v=spf1 a:a.example.net a:b.example.net a:c.example.net mx -all",
                {(DOMAIN, "MX"): [(10, DOMAIN)]})  # fmt: skip
    assert outcome(spf_too_many_void_lookups, three).detail == "3 look-ups that find nothing"
    assert fix_of(spf_too_many_void_lookups, three).endswith("to: v=spf1 mx -all")
    two = spf("v=spf1 a:a.example.net a:b.example.net -all")
    assert outcome(spf_too_many_void_lookups, two).status == "passed"


def test_includes_that_do_not_exist_are_counted_once_as_broken() -> None:
    fact = spf("v=spf1 include:a.example.net include:b.example.net include:c.example.net -all")
    assert outcome(spf_too_many_void_lookups, fact).status == "passed"


def test_an_include_that_cannot_be_looked_up_fails() -> None:
    fact = spf("v=spf1 include:s.example.net -all", {("s.example.net", "TXT"): "SERVFAIL"})
    found = outcome(spf_lookup_fails, fact)
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert "s.example.net" in found.detail


def test_an_own_record_that_cannot_be_looked_up_is_a_blocker() -> None:
    assert outcome(spf_lookup_fails, unreadable_spf()).severity is Severity.BLOCKER


def test_own_mx_records_that_cannot_be_looked_up_are_one_finding() -> None:
    fact = spf("v=spf1 mx -all", {(DOMAIN, "MX"): "SERVFAIL"})
    failing = mx(trouble="SERVFAIL")
    found = outcome(spf_lookup_fails, fact, failing)
    assert found.failure is not None
    assert found.failure.because == failing.key


def test_a_record_that_does_not_begin_as_one_must_is_named() -> None:
    fact = replace(spf(), lookalikes=("spf1 mx -all",))
    assert outcome(spf_missing, fact).detail.endswith("is none: spf1 mx -all")


def test_too_many_look_ups_get_the_record_without_what_no_declared_sender_needs() -> None:
    senders = [f"include:s{n}.example.net" for n in range(9)]
    fact = spf(including(12), services(12), senders=senders)
    kept = including(9).removesuffix(" -all")
    assert f"to: {kept} -all\n" in fix_of(spf_too_many_lookups, fact)


def test_too_many_look_ups_of_declared_senders_get_no_record() -> None:
    fact = spf(
        including(11), services(11), senders=[f"include:s{n}.example.net" for n in range(11)]
    )
    assert "to: v=spf1" not in fix_of(spf_too_many_lookups, fact)


def test_names_that_do_not_exist_behind_an_include_are_the_service_s_to_mend() -> None:
    nowhere = {
        ("s.example.net", "TXT"): ["v=spf1 a:x.example.com a:y.example.com a:z.example.com ?all"]
    }
    found = fix_of(spf_too_many_void_lookups, spf("v=spf1 include:s.example.net -all", nowhere))
    assert found.startswith("Behind include:s.example.net stand names that do not exist")


def test_a_term_that_leads_to_no_name_is_left_out_and_named() -> None:
    found = fix_of(spf_syntax_error, spf("v=spf1 a:mail..example.net ip4:192.0.2.25 -all"))
    assert "to: v=spf1 ip4:192.0.2.25 -all\n" in found
    assert "not valid: a:mail..example.net" in found


def test_a_declared_sender_that_no_look_up_is_left_for_is_not_added_beside_a_broken_include() -> (
    None
):
    record = including(10).replace("v=spf1", "v=spf1 include:gone.example.net")
    fact = spf(record, services(10), senders=["google"])
    assert f"to: {including(10)}" in fix_of(spf_include_broken, fact)


def test_a_broken_include_that_a_macro_makes_is_left_out_of_the_fix() -> None:
    found = fix_of(spf_include_broken, spf("v=spf1 include:%{d}._spf.example.net mx -all"))
    assert found.endswith("to: v=spf1 mx -all")


def test_a_broken_include_further_down_names_the_term_that_leads_there() -> None:
    zones: Zones = {("s0.example.net", "TXT"): ["v=spf1 include:gone.example.net -all"]}
    found = fix_of(spf_include_broken, spf("v=spf1 mx include:s0.example.net -all", zones))
    assert "gone.example.net" in found
    assert "take include:s0.example.net out" in found


@pytest.mark.parametrize(
    ("exchange", "include"),
    [
        ("aspmx1.migadu.com", "spf.migadu.com"),
        ("spool.mail.gandi.net", "_mailcust.gandi.net"),
        ("mx1.privateemail.com", "spf.privateemail.com"),
        ("mx1.titan.email", "spf.titan.email"),
        ("example-org.mail.protection.outlook.com", "spf.protection.outlook.com"),
        ("in1-smtp.messagingengine.com", "spf.messagingengine.com"),
    ],
)
def test_a_first_record_names_the_service_that_holds_the_mailboxes(
    exchange: str, include: str
) -> None:
    assert new_record((), [exchange]) == f"v=spf1 include:{include} ~all"
