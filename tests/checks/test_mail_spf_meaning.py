"""What a readable SPF record says: each check passing, failing and not knowing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.checks.mail.spf_meaning import (
    spf_allows_everyone,
    spf_neutral_all,
    spf_no_all,
    spf_record_too_long,
    spf_terms_after_all,
    spf_unknown_modifier,
    spf_uses_ptr,
)
from launchready.checks.mail.spf_senders import spf_sender_not_authorised
from launchready.derive.mail.senders import SERVICES, service
from launchready.derive.mail.spf_records import (
    merged,
    new_record,
    repaired,
    sender_terms,
    with_all,
    with_terms,
)
from launchready.facts.mail import Spf
from launchready.finding import Check, Outcome, Severity
from launchready.mailauth.spf_record import parse_spf
from tests.checks.mail_making import (
    DOMAIN_SUBJECT,
    Zones,
    outcome,
    spf,
    unreadable_spf,
)
from tests.making import gap

GOOD = "v=spf1 ip4:192.0.2.25 include:s.example.net -all"


SERVICE: Zones = {("s.example.net", "TXT"): ["v=spf1 ip4:198.51.100.0/28 -all"]}


EVERY = (
    spf_allows_everyone, spf_no_all, spf_neutral_all, spf_sender_not_authorised, spf_uses_ptr,
    spf_terms_after_all, spf_unknown_modifier, spf_record_too_long,
)  # fmt: skip


def step(found: Outcome) -> str:
    assert found.failure is not None, found
    return found.failure.fix[-1].partition(" to: ")[2]


@pytest.mark.parametrize("check", EVERY, ids=lambda c: c.id)
def test_a_good_record_passes(check: Check) -> None:
    fact = spf(GOOD, SERVICE, senders=["192.0.2.25", "include:s.example.net"])
    assert outcome(check, fact).status == "passed"


@pytest.mark.parametrize("check", EVERY, ids=lambda c: c.id)
def test_a_domain_that_could_not_be_asked_is_unknown(check: Check) -> None:
    assert outcome(check, gap(Spf, DOMAIN_SUBJECT)).status == "unknown"


@pytest.mark.parametrize("check", EVERY, ids=lambda c: c.id)
def test_a_failing_look_up_is_unknown_and_folds_under_its_own_finding(check: Check) -> None:
    found = outcome(check, unreadable_spf(senders=["192.0.2.25"]))
    assert (found.status, found.because) == ("unknown", unreadable_spf().key)


@pytest.mark.parametrize("check", EVERY, ids=lambda c: c.id)
@pytest.mark.parametrize("record", [(), (GOOD, GOOD)], ids=["missing", "several"])
def test_without_a_single_record_there_is_nothing_to_judge(
    check: Check, record: tuple[str, ...]
) -> None:
    assert outcome(check, spf(record, senders=["192.0.2.25"])).status == "not_applicable"


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        ("v=spf1 mx +all", "v=spf1 mx ~all"),
        ("v=spf1 mx all", "v=spf1 mx ~all"),
        ("v=spf1 mx ip4:0.0.0.0/0 -all", "v=spf1 mx -all"),
        ("v=spf1 mx ip4:0.0.0.0/1 ip4:128.0.0.0/1 ~all", "v=spf1 mx ~all"),
        ("v=spf1 mx ip6:::/0 ~all", "v=spf1 mx ~all"),
        ("v=spf1 a/0 mx ~all", "v=spf1 mx ~all"),
    ],
)
def test_a_record_that_allows_everyone_is_a_blocker_and_mended(record: str, wanted: str) -> None:
    found = outcome(spf_allows_everyone, spf(record))
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert step(found) == wanted


def test_an_include_of_everyone_allows_everyone() -> None:
    fact = spf("v=spf1 include:s.example.net -all", {("s.example.net", "TXT"): ["v=spf1 +all"]})
    found = outcome(spf_allows_everyone, fact)
    assert "s.example.net" in found.detail


def test_what_ends_an_included_record_is_not_the_records_own_end() -> None:
    fact = spf("v=spf1 ?include:s.example.net -all", {("s.example.net", "TXT"): ["v=spf1 +all"]})
    assert outcome(spf_allows_everyone, fact).status == "passed"


@pytest.mark.parametrize(("ending", "status"), [("+all", "failed"), ("-all", "passed")])
def test_an_include_that_depends_on_the_sender_is_tried_with_an_address_that_nobody_has(
    ending: str, status: str
) -> None:
    zones: Zones = {("240.0.0.1.s.example.net", "TXT"): [f"v=spf1 {ending}"]}
    fact = spf("v=spf1 include:%{i}.s.example.net -all", zones)
    assert outcome(spf_allows_everyone, fact).status == status


def test_whether_everyone_may_send_is_unknown_behind_an_include_that_fails() -> None:
    fact = spf("v=spf1 include:s.example.net -all", {("s.example.net", "TXT"): "SERVFAIL"})
    found = outcome(spf_allows_everyone, fact)
    assert (found.status, found.because) == ("unknown", fact.key)


def test_a_record_without_an_end_gets_one() -> None:
    found = outcome(spf_no_all, spf("v=spf1 mx"))
    assert (found.status, step(found)) == ("failed", "v=spf1 mx ~all")


def test_a_redirect_to_a_record_with_an_end_is_an_end() -> None:
    fact = spf("v=spf1 redirect=s.example.net", SERVICE)
    assert outcome(spf_no_all, fact).status == "passed"


def test_a_misspelt_end_is_one_finding() -> None:
    fact = spf("v=spf1 mx -alll")
    found = outcome(spf_no_all, fact)
    assert found.failure is not None
    assert found.failure.because == fact.key


def test_another_mistake_does_not_explain_a_missing_end() -> None:
    found = outcome(spf_no_all, spf("v=spf1 ip4:1.2.3.456"))
    assert found.failure is not None
    assert found.failure.because is None


def test_a_redirect_to_nowhere_is_one_finding() -> None:
    fact = spf("v=spf1 redirect=gone.example.net")
    found = outcome(spf_no_all, fact)
    assert found.failure is not None
    assert found.failure.because == fact.key


def test_a_neutral_end_is_advised_against() -> None:
    found = outcome(spf_neutral_all, spf("v=spf1 mx ?all"))
    assert (found.severity, step(found)) == (Severity.ADVICE, "v=spf1 mx ~all")


def test_ptr_is_advised_against_and_taken_out() -> None:
    found = outcome(spf_uses_ptr, spf("v=spf1 mx ptr:example.org ~all"))
    assert (found.severity, step(found)) == (Severity.ADVICE, "v=spf1 mx ~all")


def test_terms_behind_all_are_moved_in_front_of_it() -> None:
    found = outcome(spf_terms_after_all, spf("v=spf1 mx -all ip4:192.0.2.9 redirect=a.example.net"))
    assert step(found) == "v=spf1 mx ip4:192.0.2.9 -all"


def test_a_modifier_that_should_be_a_mechanism_is_a_risk_and_mended() -> None:
    found = outcome(spf_unknown_modifier, spf("v=spf1 ip4=192.0.2.9 -all"))
    assert (found.severity, step(found)) == (Severity.RISK, "v=spf1 ip4:192.0.2.9 -all")


def test_a_made_up_modifier_is_advice() -> None:
    found = outcome(spf_unknown_modifier, spf("v=spf1 mx moo=1 -all"))
    assert (found.severity, step(found)) == (Severity.ADVICE, "v=spf1 mx -all")


def test_a_record_that_fills_an_answer_is_advised_against() -> None:
    servers = " ".join(f"ip4:192.0.2.{n}" for n in range(100, 140))
    assert outcome(spf_record_too_long, spf(f"v=spf1 {servers} -all")).status == "failed"


@pytest.mark.parametrize("each", SERVICES, ids=lambda s: s.name)
def test_every_service_is_found_by_its_name_and_its_terms_are_valid(each: object) -> None:
    known = service(getattr(each, "name", ""))
    assert known is each
    record = parse_spf(new_record([known.name] if known else []))
    assert not record.problems


def test_an_include_that_lets_everybody_pass_is_taken_out_of_the_record() -> None:
    zones = {("open.example.net", "TXT"): ["v=spf1 +all"]}
    fact = spf(
        "v=spf1 mx include:open.example.net -all", zones, senders=["include:open.example.net"]
    )
    failure = outcome(spf_allows_everyone, fact).failure
    assert failure is not None
    assert failure.fix[0].endswith("to: v=spf1 mx -all")


TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)


@given(st.lists(TEXT, max_size=6))
def test_a_repaired_record_is_always_valid_and_ends(terms: list[str]) -> None:
    record = repaired(" ".join(["v=spf1", *terms]), ["google", "192.0.2.25"])
    parsed = parse_spf(record)
    assert not parsed.problems
    assert parsed.redirect is not None or any(m.kind == "all" for m in parsed.mechanisms)


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        ("v=spf1 mx redirect=a.example", "v=spf1 mx redirect=a.example"),
        ("v=spf1 redirect=a.example redirect=b.example", "v=spf1 redirect=a.example"),
        ("v=spf1 exp=a.example mx exp=b.example", "v=spf1 mx exp=a.example ~all"),
    ],
)
def test_a_repaired_record_has_each_modifier_once(record: str, wanted: str) -> None:
    assert repaired(record, []) == wanted


@given(
    st.lists(st.sampled_from(["mx", "a", "ip4:192.0.2.1", "-all", "~all", "redirect=a.example"]))
)
def test_with_all_leaves_exactly_one_end(terms: list[str]) -> None:
    words = with_all(" ".join(["v=spf1", *terms])).split()
    assert [w for w in words if w.endswith("all") or w.startswith("redirect")] == ["~all"]


@given(
    st.lists(
        st.sampled_from(["v=spf1 mx -all", "v=spf1 a ~all", "v=spf1 redirect=a.example"]),
        min_size=2,
    )
)
def test_merged_records_are_one_valid_record(records: list[str]) -> None:
    assert not parse_spf(merged(records)).problems


@given(st.lists(TEXT))
def test_hostile_senders_never_break_a_record(senders: list[str]) -> None:
    assert sender_terms(senders) == tuple(dict.fromkeys(sender_terms(senders)))
    assert with_terms("v=spf1 mx -all", sender_terms(senders)).endswith("-all")


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        ("v=spf1 mx ~all -all", "v=spf1 mx ~all"),
        ("v=spf1 mx -all -all", "v=spf1 mx -all"),
        ("v=spf1 mx ~all include:s.example.net -all", "v=spf1 mx include:s.example.net ~all"),
        ("v=spf1 Redirect=s.example.net mx -all", "v=spf1 mx -all"),
    ],
)
def test_a_record_with_more_than_one_end_keeps_the_one_that_counts(
    record: str, wanted: str
) -> None:
    assert step(outcome(spf_terms_after_all, spf(record, SERVICE))) == wanted


def test_a_second_all_is_not_called_a_sender() -> None:
    failure = outcome(spf_terms_after_all, spf("v=spf1 mx ~all -all")).failure
    assert failure is not None
    assert "senders" not in failure.means


def test_all_that_lets_everybody_pass_is_taken_out_in_one_step() -> None:
    zones: Zones = {("open.example.net", "TXT"): ["v=spf1 +all"]}
    record = "v=spf1 include:open.example.net ip4:0.0.0.0/1 mx all"
    failure = outcome(spf_allows_everyone, spf(record, zones)).failure
    assert failure is not None
    assert failure.fix[0].endswith("to: v=spf1 mx ~all")
    assert "include:open.example.net" in failure.fix[1]
