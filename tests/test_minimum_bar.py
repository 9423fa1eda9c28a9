from __future__ import annotations

import pytest

from launchready.checks import catalogue
from launchready.finding import BarLine, Outcome
from launchready.minimum_bar import SPEAKS, minimum_bar
from tests.making import HOST, gap
from tests.test_verdict import Road, road, room, verdict


def test_a_line_of_the_bar_says_no_with_what_was_observed() -> None:
    line = next(b for b in verdict(road(broken=True)).bar if b.line == "sign-in")
    assert (line.answer, line.evidence) == ("no", "example.org: broken")


def test_a_line_of_the_bar_with_a_gap_is_not_proven() -> None:
    line = next(b for b in verdict(gap(Road, HOST)).bar if b.line == "sign-in")
    assert line.answer == "not proven"


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
