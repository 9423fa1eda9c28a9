from __future__ import annotations

from dataclasses import replace

import pytest

from launchready.checks.sign_in import (
    log_in_keeps_session_id,
    log_out_leaves_session_open,
    member_cannot_sign_in,
    wrong_password_accepted,
)
from launchready.facts import Gap, Key, Subject, host_subject
from launchready.facts.active import CLOSED_TO_EARLIER, COPY_CLOSED, JourneyStep, SignIn
from launchready.facts.ways import Entrance
from launchready.finding import Check, Outcome
from tests.making import AT, outcome, outcomes

LOG_IN = "https://app.example.org/login"
WHOLE = (
    "wrong password is refused", "reach the log-in page", "log in", "open the private page",
    "log out", "private page is closed afterwards",
)  # fmt: skip


def subject(entrance: str) -> Subject:
    return Subject(kind="account", name=f"member at {entrance}", parent=None)


def journey(*steps: str, fails: str = "", entrance: str = LOG_IN) -> SignIn:
    taken = steps or WHOLE
    return SignIn(
        subject=subject(entrance), at=AT, how="launchready smoke", entrance=entrance,
        steps=tuple(
            JourneyStep(name=s, passed=s != fails, seen="401", wanted="200") for s in taken
        ),
    )  # fmt: skip


def unknown(check: Check) -> Outcome:
    return outcome(check, Gap(key=Key(SignIn, subject(LOG_IN)), reason="takes an active check"))


CHECKS = (member_cannot_sign_in, wrong_password_accepted, log_out_leaves_session_open)


@pytest.mark.parametrize("check", CHECKS)
def test_a_whole_journey_passes(check: Check) -> None:
    assert outcome(check, journey()).status == "passed"


@pytest.mark.parametrize("check", CHECKS)
def test_a_journey_that_was_not_taken_is_unknown(check: Check) -> None:
    assert unknown(check).status == "unknown"


def test_a_session_of_before_that_is_nobodys_afterwards_passes() -> None:
    found = outcome(log_in_keeps_session_id, journey(*WHOLE, CLOSED_TO_EARLIER))
    assert found.status == "passed"


def test_a_session_of_before_that_opens_the_members_page_fails() -> None:
    taken = journey(*WHOLE, CLOSED_TO_EARLIER, fails=CLOSED_TO_EARLIER)
    assert outcome(log_in_keeps_session_id, taken).status == "failed"


def test_whether_the_session_of_before_is_kept_is_unknown_where_it_could_not_be_seen() -> None:
    unseen = replace(journey(), unseen=((CLOSED_TO_EARLIER, "no answer"),))
    assert outcome(log_in_keeps_session_id, unseen).status == "unknown"
    assert unknown(log_in_keeps_session_id).status == "unknown"


def test_the_session_of_before_is_told_to_be_none_also_where_a_copy_outlives_the_log_out() -> None:
    found = outcome(log_in_keeps_session_id, journey(*WHOLE, COPY_CLOSED, fails=COPY_CLOSED))
    assert found.status == "not_applicable"
    assert found.detail == "the private page gets no cookie of before the log-in"


@pytest.mark.parametrize("step", ["log in", "open the private page"])
def test_a_member_who_gets_no_further_cannot_sign_in(step: str) -> None:
    upto = WHOLE[: WHOLE.index(step) + 1]
    assert outcome(member_cannot_sign_in, journey(*upto, fails=step)).status == "failed"


def test_a_log_in_that_fails_alike_at_each_entrance_is_one_thing_to_mend() -> None:
    upto = WHOLE[:3]
    found = [
        journey(*upto, fails="log in", entrance=entrance)
        for entrance in (LOG_IN, "https://example.org/login")
    ]
    judged = outcomes(member_cannot_sign_in, *found)
    assert [o.status for o in judged] == ["failed", "failed"]
    assert len({o.failure.fix for o in judged if o.failure}) == 1


def test_a_wrong_password_that_gets_in_is_found_and_told_once() -> None:
    lax = journey(WHOLE[0], fails=WHOLE[0])
    assert outcome(wrong_password_accepted, lax).status == "failed"
    assert outcome(member_cannot_sign_in, lax).status == "not_applicable"


def test_a_private_page_that_stays_open_after_log_out_is_found() -> None:
    found = outcome(log_out_leaves_session_open, journey(fails=WHOLE[-1]))
    assert found.status == "failed"


def test_a_journey_without_a_log_out_proves_nothing_of_it() -> None:
    assert outcome(log_out_leaves_session_open, journey(*WHOLE[:4])).status == "unknown"


def test_a_failure_that_another_fact_explains_is_folded_under_it() -> None:
    host = Key(Entrance, host_subject("www.example.org", "example.org"))
    upto = WHOLE[: WHOLE.index("open the private page") + 1]
    found = replace(journey(*upto, fails="open the private page"), because=host)
    failure = outcome(member_cannot_sign_in, found).failure
    assert failure is not None
    assert failure.because == host
