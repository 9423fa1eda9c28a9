from __future__ import annotations

from dataclasses import replace

import pytest

from launchready.checks import catalogue
from launchready.facts import Key
from launchready.finding import BarLine, Outcome, Severity
from launchready.minimum_bar import SPEAKS, minimum_bar
from tests.making import HOST, gap
from tests.test_verdict import (
    OTHER,
    House,
    Road,
    failed,
    house,
    house_dark,
    road,
    road_broken,
    room,
    verdict,
)


def test_a_line_of_the_bar_says_no_with_what_was_observed() -> None:
    line = next(b for b in verdict(road(broken=True)).bar if b.line == "sign-in")
    assert (line.answer, line.evidence) == ("no", "example.org: broken")


def test_a_line_of_the_bar_with_a_gap_is_not_proven() -> None:
    line = next(b for b in verdict(gap(Road, HOST)).bar if b.line == "sign-in")
    assert line.answer == "not proven"


def test_a_line_that_something_else_hides_says_what_to_mend_in_the_words_of_its_finding() -> None:
    hidden = gap(House, HOST, because=Key(Road, HOST))
    line = next(b for b in verdict(road(broken=True), hidden).bar if b.line == "https")
    assert line.evidence == (
        "example.org: could not be checked because of what is to fix: Members wait. "
        "Mend that, then audit again."
    )


def test_what_fails_because_of_another_fault_does_not_speak_for_the_line() -> None:
    of_road = replace(house_dark, bar="sign-in", severity=Severity.BLOCKER)
    dark = house(dark=True, because=Key(Road, HOST))
    result = verdict(
        dark, road(broken=True), checks=[of_road, replace(road_broken, severity=Severity.RISK)]
    )
    line = next(b for b in result.bar if b.line == "sign-in")
    assert line.evidence == "example.org: broken"
    assert len(result.findings) == 1


def test_what_is_fixed_first_speaks_for_its_line() -> None:
    hidden = gap(House, HOST, because=Key(Road, HOST))
    each = replace(road_broken, judge=lambda here: failed(fix=f"Mend {here.subject}."))
    result = verdict(
        road(OTHER, broken=True), road(HOST, broken=True), hidden, checks=[each, house_dark]
    )
    line = next(b for b in result.bar if b.line == "sign-in")
    assert line.evidence == "example.org: broken (and 1 more)"


def test_one_thing_to_mend_counts_once_wherever_it_fails() -> None:
    line = next(
        b
        for b in verdict(road(OTHER, broken=True), road(HOST, broken=True)).bar
        if b.line == "sign-in"
    )
    assert line.evidence == "app.example.org: broken"


def test_a_failure_may_keep_another_line_from_a_yes_as_well() -> None:
    given = passed("private-answer-served-from-cache", "")
    failure = replace(failed(), also_bar=("caching",))
    kept = replace(given, status="failed", failure=failure, detail="200, age: 12")
    bar = minimum_bar([kept, passed("private-answer-storable", "no-store")], ())
    assert {b.line for b in bar if b.answer == "no"} == {"private", "caching"}


def test_a_line_that_nothing_was_checked_for_is_not_proven() -> None:
    line = next(b for b in verdict(room()).bar if b.line == "mail")
    assert line.answer == "not proven"


def passed(check_id: str, evidence: str) -> Outcome:
    found = next(check for check in catalogue() if check.id == check_id)
    return Outcome(check=found, subject=HOST, status="passed", detail=evidence)


def test_the_check_that_tells_most_speaks_for_a_line_that_holds() -> None:
    outcomes = [
        passed("does-not-resolve", "it is at 203.0.113.5"),
        passed("member-cannot-sign-in", "in, 200 at /members"),
        passed("dnssec-bogus", "accepted"),
    ]
    line = next(b for b in minimum_bar(outcomes, ()) if b.line == "sign-in")
    assert line.evidence == "example.org: in, 200 at /members (and 2 more checks passed)"


@pytest.mark.parametrize(("line", "check_id"), SPEAKS.items())
def test_what_speaks_for_a_line_is_a_check_of_that_line(line: BarLine, check_id: str) -> None:
    assert [check.bar for check in catalogue() if check.id == check_id] == [line]
