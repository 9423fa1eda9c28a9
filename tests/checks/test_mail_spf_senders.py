"""Whether the declared senders may send."""

from __future__ import annotations

from launchready.checks.mail.spf_senders import spf_sender_not_authorised
from launchready.derive.mail.spf_records import with_terms
from tests.checks.mail_making import (
    Zones,
    mx,
    outcome,
    spf,
)
from tests.checks.test_mail_spf_meaning import SERVICE, step


def test_a_declared_address_that_is_not_allowed_fails_with_the_whole_record() -> None:
    fact = spf("v=spf1 ip4:192.0.2.25 -all", senders=["192.0.2.25", "203.0.113.7"])
    found = outcome(spf_sender_not_authorised, fact)
    assert found.detail == "203.0.113.7 gets fail"
    assert step(found) == "v=spf1 ip4:192.0.2.25 ip4:203.0.113.7 -all"


def test_a_declared_service_that_is_not_included_fails() -> None:
    found = outcome(spf_sender_not_authorised, spf("v=spf1 mx ~all", senders=["Google Workspace"]))
    assert step(found) == "v=spf1 mx include:_spf.google.com ~all"


def test_a_declared_service_deep_in_the_tree_passes() -> None:
    zones: Zones = {
        ("s.example.net", "TXT"): ["v=spf1 include:_spf.google.com ~all"],
        ("_spf.google.com", "TXT"): ["v=spf1 ip4:198.51.100.0/24 ~all"],
    }
    fact = spf("v=spf1 include:s.example.net -all", zones, senders=["google"])
    assert outcome(spf_sender_not_authorised, fact).status == "passed"


def test_a_service_with_a_return_path_of_its_own_needs_no_include() -> None:
    fact = spf("v=spf1 mx ~all", senders=["postmark"])
    assert outcome(spf_sender_not_authorised, fact).status == "passed"


def test_a_service_that_nobody_knows_is_unknown() -> None:
    found = outcome(spf_sender_not_authorised, spf("v=spf1 mx ~all", senders=["acme"]))
    assert (found.status, found.detail) == (
        "unknown", "acme is no service or address that is known here",
    )  # fmt: skip


def test_an_address_refused_for_a_broken_record_is_folded_under_it() -> None:
    fact = spf("v=spf1 ip4:192.0.2.999 -all", senders=["192.0.2.25"])
    found = outcome(spf_sender_not_authorised, fact)
    assert found.failure is not None
    assert found.failure.because == fact.key


def test_a_sender_behind_all_moves_before_it_in_the_fix() -> None:
    fact = spf("v=spf1 mx -all include:_spf.google.com", senders=["google"])
    failure = outcome(spf_sender_not_authorised, fact).failure
    assert failure is not None
    assert failure.fix[0].endswith("to: v=spf1 mx include:_spf.google.com -all")


def test_a_sender_with_another_qualifier_is_replaced_in_the_fix() -> None:
    fact = spf("v=spf1 ?include:_spf.google.com mx ~all", senders=["google"])
    failure = outcome(spf_sender_not_authorised, fact).failure
    assert failure is not None
    assert failure.fix[0].endswith("to: v=spf1 mx include:_spf.google.com ~all")


def test_a_sender_that_a_broken_redirect_may_have_named_is_folded_under_it() -> None:
    fact = spf("v=spf1 redirect=gone.example.net", senders=["google"])
    failure = outcome(spf_sender_not_authorised, fact).failure
    assert failure is not None
    assert failure.because == fact.key


def test_a_misspelt_include_is_one_finding() -> None:
    fact = spf("v=spf1 inlcude:s.example.net -all", SERVICE, senders=["include:s.example.net"])
    found = outcome(spf_sender_not_authorised, fact)
    assert found.failure is not None
    assert found.failure.because == fact.key


def test_an_address_behind_a_failing_include_is_unknown() -> None:
    zones: Zones = {("s.example.net", "TXT"): "SERVFAIL"}
    fact = spf("v=spf1 include:s.example.net -all", zones, senders=["192.0.2.25"])
    found = outcome(spf_sender_not_authorised, fact)
    assert (found.status, found.because) == ("unknown", fact.key)


def test_an_address_that_only_a_lost_mx_would_allow_is_folded_under_the_mx() -> None:
    fact, lost = spf("v=spf1 mx -all", senders=["192.0.2.25"]), mx()
    found = outcome(spf_sender_not_authorised, fact, lost)
    assert found.failure is not None
    assert found.failure.because == lost.key


def test_a_service_that_may_stand_behind_an_unseen_include_is_unknown() -> None:
    zones: Zones = {("s.example.net", "TXT"): "SERVFAIL"}
    fact = spf("v=spf1 include:s.example.net -all", zones, senders=["google"])
    assert outcome(spf_sender_not_authorised, fact).status == "unknown"


def test_a_service_with_a_return_path_of_its_own_is_unknown_where_part_was_not_seen() -> None:
    zones: Zones = {("s.example.net", "TXT"): "SERVFAIL"}
    fact = spf("v=spf1 include:s.example.net -all", zones, senders=["sendgrid"])
    found = outcome(spf_sender_not_authorised, fact)
    assert (found.status, found.because) == ("unknown", fact.key)


def test_without_declared_senders_there_is_nothing_to_compare() -> None:
    assert outcome(spf_sender_not_authorised, spf("v=spf1 mx ~all")).status == "not_applicable"


def _steps(used: int, declared: int) -> tuple[str, ...]:
    """The fix for a record of so many includes, all but `declared` of which nobody declares."""
    zones: Zones = {
        (f"s{n}.example.net", "TXT"): [f"v=spf1 ip4:198.51.100.{n} -all"] for n in range(used)
    }
    terms = [f"include:s{n}.example.net" for n in range(used)]
    record = f"v=spf1 {' '.join(terms)} -all"
    fact = spf(record, zones, senders=[*terms[:declared], "google"])
    failure = outcome(spf_sender_not_authorised, fact).failure
    assert failure is not None
    return failure.fix


def test_a_sender_for_whom_ten_look_ups_leave_no_room_gets_no_record_that_breaks_all() -> None:
    steps = _steps(10, 10)
    assert "the record uses 10 of 10 look-ups, and this takes 1 or more" in steps[0]
    assert not any("to: v=spf1" in step for step in steps)
    assert any("from a subdomain" in step for step in steps)


def test_a_sender_takes_the_place_of_an_include_that_nobody_declares() -> None:
    (step,) = _steps(10, 9)
    assert "If nothing sends through include:s9.example.net" in step
    assert step.endswith("include:s8.example.net include:_spf.google.com -all")


def test_a_sender_that_may_not_fit_comes_with_a_word_of_what_is_left() -> None:
    steps = _steps(8, 8)
    assert "1 or more of the 2 look-ups that are left" in steps[0]
    assert steps[1].endswith("include:s7.example.net include:_spf.google.com -all")


def test_a_sender_for_whom_there_is_room_gets_the_record_alone() -> None:
    assert len(_steps(3, 3)) == 1


def test_an_include_with_a_final_dot_is_not_added_a_second_time() -> None:
    record = "v=spf1 include:_spf.google.com. -all"
    assert with_terms(record, ["include:_spf.google.com"]) == record
