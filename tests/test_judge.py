from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from launchready.facts import LAUNCH, Fact, Gap, Key, Subject, host_subject, route_subject
from launchready.finding import (
    Below,
    Every,
    Failed,
    Impact,
    NotApplicable,
    Parent,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)
from launchready.judge import judge
from tests.making import AT, DOMAIN, HOST, declared, gap

ROUTE = route_subject("https://example.org/a", DOMAIN)
OTHER = host_subject("app.example.org", DOMAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door(Fact):
    plain: ClassVar[str] = "the door"
    open: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Bell(Fact):
    plain: ClassVar[str] = "the bell"


def door(subject: Subject = HOST, *, is_open: bool = True) -> Door:
    return Door(subject=subject, at=AT, how="looked", open=is_open)


def bell(subject: Subject = ROUTE) -> Bell:
    return Bell(subject=subject, at=AT, how="rang")


def failed(observed: str = "shut") -> Failed:
    return Failed(
        means="Members wait.", observed=observed, wanted="open", fix=("Open it.",), who="you",
        effort_min=1, takes_effect="at once", see="ls",
    )  # fmt: skip


@check(severity=Severity.RISK, impact=Impact.SPEED)
def door_shut(here: Door) -> Result:
    """The door is shut.

    Why: Members wait.

    Fix: Open it.
    """
    return Passed(evidence="open") if here.open else failed()


@check(severity=Severity.RISK, impact=Impact.SPEED, routes=["chat"])
def bell_broken(_here: Bell) -> Result:
    """The guide's bell is broken.

    Why: Members wait.

    Fix: Mend it.
    """
    return Passed(evidence="rings")


@check(severity=Severity.RISK, impact=Impact.SPEED)
def bell_without_door(here: Bell, house: Parent[Door]) -> Result:
    """A bell rings at a shut door.

    Why: Members wait.

    Fix: Open it.
    """
    return Passed(evidence=here.how) if house.open else failed()


@check(severity=Severity.RISK, impact=Impact.SPEED)
def any_door_shut(doors: Every[Door]) -> Result:
    """Some door is shut.

    Why: Members wait.

    Fix: Open it.
    """
    shut = [d for d in doors if not d.open]
    return failed(f"{len(shut)} shut") if shut else Passed(evidence=f"{len(doors)} open")


@check(severity=Severity.RISK, impact=Impact.SPEED)
def bells_below(here: Door, bells: Below[Bell]) -> Result:
    """A door has no bell.

    Why: Members wait.

    Fix: Hang one up.
    """
    if not here.open:
        return NotApplicable(reason="shut")
    return Passed(evidence=f"{len(bells)} bells") if bells else Unproven(reason="no bell seen")


def seen(*found: Fact | Gap) -> dict[Key, Fact | Gap]:
    return {f.key: f for f in found}


def test_a_check_runs_on_every_subject_of_its_first_fact() -> None:
    outcomes = judge([door_shut], seen(door(HOST), door(OTHER, is_open=False)))
    assert {o.subject.name: o.status for o in outcomes} == {
        "example.org": "passed",
        "app.example.org": "failed",
    }


def test_a_gap_becomes_unknown_and_never_reaches_the_check() -> None:
    (outcome,) = judge([door_shut], seen(gap(Door, HOST)))
    assert outcome.status == "unknown"
    assert outcome.because == Key(Door, HOST)


def test_a_fact_about_an_ancestor_is_joined() -> None:
    (outcome,) = judge([bell_without_door], seen(bell(), door(HOST, is_open=False)))
    assert (outcome.subject, outcome.status) == (ROUTE, "failed")


def test_a_fact_about_another_host_is_not_joined() -> None:
    (outcome,) = judge([bell_without_door], seen(bell(), door(OTHER, is_open=False)))
    assert outcome.status == "not_applicable"


def test_a_gap_above_makes_the_check_unknown() -> None:
    (outcome,) = judge([bell_without_door], seen(bell(), gap(Door, HOST)))
    assert outcome.status == "unknown"


def test_a_pass_over_all_needs_all_of_them_observed() -> None:
    (outcome,) = judge([any_door_shut], seen(door(HOST), gap(Door, OTHER)))
    assert outcome.status == "unknown"


def test_a_failure_over_all_stands_whatever_else_was_not_observed() -> None:
    (outcome,) = judge([any_door_shut], seen(door(HOST, is_open=False), gap(Door, OTHER)))
    assert (outcome.subject, outcome.status, outcome.detail) == (LAUNCH, "failed", "1 shut")


def test_only_what_lies_below_the_subject_is_joined() -> None:
    outcomes = judge([bells_below], seen(door(HOST), door(OTHER), bell(ROUTE)))
    assert {o.subject.name: o.detail for o in outcomes} == {
        "example.org": "1 bells",
        "app.example.org": "no bell seen",
    }


def test_not_applicable_over_a_gap_is_unknown() -> None:
    shut = door(HOST, is_open=False)
    (outcome,) = judge([bells_below], seen(shut, gap(Bell, ROUTE)))
    assert outcome.status == "unknown"


def test_our_own_limit_does_not_hide_a_gap_of_the_world() -> None:
    ours = gap(Door, HOST, ours=True)
    (outcome,) = judge([any_door_shut], seen(ours, gap(Door, OTHER)))
    assert outcome.ours is False


def test_a_check_without_why_and_fix_is_refused() -> None:
    def bare(here: Door) -> Result:
        """A title alone."""
        return Passed(evidence=here.how)

    with pytest.raises(TypeError, match="Why: and Fix:"):
        check(severity=Severity.RISK, impact=Impact.SPEED)(bare)


def test_a_check_that_asks_for_no_fact_is_refused() -> None:
    def wrong(here: str) -> Result:
        """A title.

        Why: x

        Fix: y
        """
        return Passed(evidence=here)

    with pytest.raises(TypeError, match="not a kind of fact"):
        check(severity=Severity.RISK, impact=Impact.SPEED)(wrong)


def test_an_id_is_the_name_of_the_function() -> None:
    assert (door_shut.id, door_shut.title) == ("door-shut", "The door is shut.")


@pytest.mark.parametrize(("kind", "status"), [("chat", "unknown"), ("page", "not_applicable")])
def test_a_gap_leaves_nothing_unproven_where_the_routes_kind_is_not_asked_about(
    kind: str, status: str
) -> None:
    launch = declared(f'[launch]\ndomain = "example.org"\n[routes]\n"example.org/a" = "{kind}"\n')
    (only,) = judge([bell_broken], {launch.key: launch, Key(Bell, ROUTE): gap(Bell, ROUTE)})
    assert only.status == status


def test_the_root_of_a_host_that_no_route_names_is_a_page() -> None:
    root = route_subject("https://example.org/", DOMAIN)
    (only,) = judge([bell_broken], {Key(Bell, root): gap(Bell, root)})
    assert only.status == "not_applicable"
