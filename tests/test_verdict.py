from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.checks import catalogue
from launchready.facts import Fact, Fault, Gap, Key, Subject, host_subject, route_subject
from launchready.facts.dns import Resolution, ResolverAnswer
from launchready.facts.tls import Handshake
from launchready.finding import (
    BarLine,
    Check,
    Failed,
    Impact,
    Need,
    Passed,
    Result,
    Severity,
    check,
)
from launchready.judge import judge
from launchready.verdict import ALIKE_MIN, SkippedKeyError, Verdict, decide
from tests.making import AT, DOMAIN, HOST, exchange, gap

OTHER = host_subject("app.example.org", DOMAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Road(Fact):
    plain: ClassVar[str] = "the road"
    broken: bool = False

    @property
    def fault(self) -> str:
        return "broken" if self.broken else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mains(Fact):
    plain: ClassVar[str] = "the mains"
    off: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        return tuple(f"{what}-off" for what in self.off)


@dataclass(frozen=True, slots=True, kw_only=True)
class House(Fact):
    plain: ClassVar[str] = "the house"
    dark: bool = False
    because: Key | None = None
    owed: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room(Fact):
    plain: ClassVar[str] = "the room"


def failed(
    *, fix: str = "Mend it.", effort: int = 10, because: Key | Fault | None = None
) -> Failed:
    return Failed(
        means="Members wait.", observed="broken", wanted="whole", fix=(fix,), who="you",
        effort_min=effort, takes_effect="at once", see="ls", because=because,
    )  # fmt: skip


@check(severity=Severity.BLOCKER, impact=Impact.SIGN_IN, prevents=[(Road, "broken")], bar="sign-in")
def road_broken(here: Road) -> Result:
    """The road is broken.

    Why: x

    Fix: y
    """
    return failed() if here.broken else Passed(evidence="whole")


@check(severity=Severity.RISK, impact=Impact.SPEED, bar="https")
def house_dark(here: House) -> Result:
    """The house is dark.

    Why: x

    Fix: y
    """
    return failed(because=here.owed or here.because) if here.dark else Passed(evidence="lit")


@check(
    severity=Severity.RISK, impact=Impact.SPEED,
    prevents=[(Mains, "current-off"), (Mains, "water-off")],
)  # fmt: skip
def mains_off(here: Mains) -> Result:
    """Something of the mains is off.

    Why: x

    Fix: y
    """
    return failed() if here.off else Passed(evidence="on")


@check(severity=Severity.BLOCKER, impact=Impact.EXPOSURE)
def room_unseen(here: Room) -> Result:
    """The room cannot be seen.

    Why: x

    Fix: y
    """
    return Passed(evidence=here.how)


CHECKS = [road_broken, house_dark, room_unseen]


def road(subject: Subject = HOST, *, broken: bool = False) -> Road:
    return Road(subject=subject, at=AT, how="", broken=broken)


def house(subject: Subject = HOST, *, dark: bool = False, because: Key | None = None) -> House:
    return House(subject=subject, at=AT, how="", dark=dark, because=because)


def room(subject: Subject = HOST) -> Room:
    return Room(subject=subject, at=AT, how="")


def verdict(
    *found: Fact | Gap, checks: list[Check] | None = None, partial: bool = False
) -> Verdict:
    observed = {f.key: f for f in found}
    return decide(observed, observed, judge(checks or CHECKS, observed), partial=partial)


def test_everything_proven_is_a_go_with_the_open_lines_named() -> None:
    result = verdict(road(), house(), room())
    assert result.go
    assert (result.proven, result.total) == (3, 3)
    assert result.headline == "GO, with 8 lines of the minimum bar not proven"


def test_a_go_of_a_part_of_the_checks_says_so() -> None:
    observed = {f.key: f for f in (road(), house(), room())}
    left_out: tuple[BarLine, ...] = ("mail",)
    result = decide(observed, observed, judge(CHECKS, observed), left_out=left_out)
    assert result.headline == "GO, as far as the checks that ran can tell"


def test_a_go_does_not_keep_silent_about_a_line_that_is_not_met() -> None:
    result = verdict(road(), house(dark=True), room())
    assert result.go
    assert result.headline == "GO, with 1 line of the minimum bar not met and 8 not proven"


def test_a_go_of_a_part_of_the_checks_names_a_line_that_is_not_met() -> None:
    observed = {f.key: f for f in (road(), house(dark=True), room())}
    left_out: tuple[BarLine, ...] = ("mail",)
    result = decide(observed, observed, judge(CHECKS, observed), left_out=left_out)
    assert result.headline.endswith("ran can tell; 1 line of the minimum bar not met")


def test_a_failed_blocker_is_a_no_go() -> None:
    result = verdict(road(broken=True))
    assert not result.go
    assert result.headline == "NO-GO: 1 thing is broken"


def test_a_risk_alone_is_launched_with_knowingly() -> None:
    result = verdict(road(), house(dark=True), room())
    assert result.go
    assert [f.check.id for f in result.findings] == ["house-dark"]


def test_an_unknown_blocker_is_a_no_go_of_its_own() -> None:
    result = verdict(road(), gap(Room, HOST))
    assert not result.go
    assert result.headline == "NOT PROVEN YET: nothing broken found, 1 thing unchecked"


def test_what_only_our_own_network_hinders_is_no_blocker() -> None:
    assert verdict(road(), gap(Room, HOST, ours=True)).go


def test_a_run_that_could_check_nothing_at_all_is_no_go() -> None:
    decided = verdict(gap(Road, HOST, ours=True))
    assert not decided.go
    assert decided.headline == "NOT PROVEN YET: nothing could be checked from here"


def test_an_unknown_risk_is_no_blocker() -> None:
    assert verdict(road(), gap(House, HOST)).go


def test_a_gap_is_folded_under_the_finding_that_explains_it() -> None:
    result = verdict(road(broken=True), gap(House, HOST, because=Key(Road, HOST)))
    (finding,) = result.findings
    assert [o.check.id for o in finding.consequences] == ["house-dark"]
    assert result.unchecked == ()


def test_a_chain_of_gaps_is_walked_to_its_root() -> None:
    result = verdict(
        road(broken=True),
        gap(House, HOST, because=Key(Road, HOST)),
        gap(Room, HOST, because=Key(House, HOST)),
    )
    (finding,) = result.findings
    assert {o.check.id for o in finding.consequences} == {"house-dark", "room-unseen"}


def test_a_failure_with_a_cause_is_a_consequence_and_no_finding() -> None:
    result = verdict(road(broken=True), house(dark=True, because=Key(Road, HOST)))
    assert [f.check.id for f in result.findings] == ["road-broken"]


def test_a_failure_whose_cause_is_not_at_fault_stays_a_finding() -> None:
    result = verdict(road(), house(dark=True, because=Key(Road, HOST)))
    assert [f.check.id for f in result.findings] == ["house-dark"]


DARK = House(subject=HOST, at=AT, how="", dark=True, owed=Fault(Mains, "current-off", HOST))


def mains(*off: str, subject: Subject = HOST) -> Mains:
    return Mains(subject=subject, at=AT, how="", off=off)


@pytest.mark.parametrize("off", [("current",), ("water", "current")])
def test_a_failure_owed_to_one_fault_by_name_is_folded_where_that_fault_is(
    off: tuple[str, ...],
) -> None:
    result = verdict(mains(*off), DARK, checks=[mains_off, house_dark])
    assert [f.check.id for f in result.findings] == ["mains-off"]
    assert [o.check.id for o in result.findings[0].consequences] == ["house-dark"]


def test_a_failure_owed_to_one_fault_is_not_folded_under_another_of_the_same_fact() -> None:
    result = verdict(mains("water"), DARK, checks=[mains_off, house_dark])
    assert {f.check.id for f in result.findings} == {"mains-off", "house-dark"}


def test_a_failure_owed_to_a_fault_is_not_folded_under_what_hid_that_fault() -> None:
    unread = gap(Mains, HOST, because=Key(Road, HOST))
    result = verdict(road(broken=True), unread, DARK, checks=[road_broken, mains_off, house_dark])
    assert {f.check.id for f in result.findings} == {"road-broken", "house-dark"}


def test_a_failure_owed_to_a_fault_of_another_subject_is_not_folded() -> None:
    result = verdict(mains("current", subject=OTHER), DARK, checks=[mains_off, house_dark])
    assert {f.check.id for f in result.findings} == {"mains-off", "house-dark"}


def test_a_fact_with_one_fault_may_be_named_by_it() -> None:
    dark = replace(DARK, owed=Fault(Road, "broken", HOST))
    result = verdict(road(broken=True), dark)
    assert [f.check.id for f in result.findings] == ["road-broken"]


def test_a_gap_of_another_host_is_not_folded() -> None:
    result = verdict(road(broken=True), gap(Room, OTHER, because=Key(Road, OTHER)))
    assert len(result.unchecked) == 1


def test_an_unknown_says_how_to_get_checked_what_it_goes_back_to() -> None:
    behind = replace(gap(House, HOST), how_to_prove="Light it.")
    result = verdict(gap(Room, HOST, because=Key(House, HOST)), behind)
    assert {o.how_to_prove for o in result.unchecked} == {"Light it."}


def test_what_bot_protection_hides_is_checked_once_it_lets_the_audit_pass() -> None:
    page = exchange(status=403, challenge="Cloudflare")
    result = verdict(page, gap(Room, HOST, because=page.key))
    assert result.unchecked[0].how_to_prove.startswith("Let the bot protection pass")


def test_gaps_that_explain_each_other_end_unexplained() -> None:
    result = verdict(
        gap(House, HOST, because=Key(Room, HOST)), gap(Room, HOST, because=Key(House, HOST))
    )
    assert len(result.unchecked) == 2


def test_a_risk_that_hides_a_blocker_is_a_blocker() -> None:
    @check(severity=Severity.RISK, impact=Impact.SPEED, prevents=[(Road, "broken")])
    def road_narrow(here: Road) -> Result:
        """The road is narrow.

        Why: x

        Fix: y
        """
        return failed() if here.broken else Passed(evidence="wide")

    hidden = gap(Room, HOST, because=Key(Road, HOST))
    result = verdict(road(broken=True), hidden, checks=[road_narrow, room_unseen])
    assert not result.go
    assert result.headline == "NO-GO: 1 thing is broken"
    assert [f.severity for f in result.findings] == [Severity.BLOCKER]


def test_the_same_fix_on_two_hosts_is_one_thing_to_do() -> None:
    result = verdict(road(HOST, broken=True), road(OTHER, broken=True))
    (finding,) = result.findings
    assert (finding.subject.name, [s.name for s in finding.also]) == (
        "app.example.org",
        ["example.org"],
    )


@check(severity=Severity.RISK, impact=Impact.UPKEEP)
def bell_silent(here: House) -> Result:
    """The bell is silent.

    Why: x

    Fix: y
    """
    return replace(failed(fix=f"Ring at {here.subject.name}."), alike="silent")


def houses(count: int) -> list[House]:
    return [house(Subject("host", f"{n}.example.org")) for n in range(count)]


def test_many_that_fail_in_the_same_manner_are_one_finding_with_the_steps_of_each() -> None:
    result = verdict(*houses(ALIKE_MIN), checks=[bell_silent])
    (finding,) = result.findings
    assert [s.name for s in finding.also] == ["1.example.org", "2.example.org"]
    assert finding.failure.fix == (
        "Ring at 0.example.org.",
        "Ring at 1.example.org.",
        "Ring at 2.example.org.",
    )
    assert finding.failure.means == "Members wait. 2 more fail in the same manner."


def test_a_few_that_fail_in_the_same_manner_are_told_one_by_one() -> None:
    assert len(verdict(*houses(ALIKE_MIN - 1), checks=[bell_silent]).findings) == ALIKE_MIN - 1


def test_of_hundreds_that_fail_alike_the_first_steps_are_told_and_the_rest_counted() -> None:
    (finding,) = verdict(*houses(300), checks=[bell_silent]).findings
    assert finding.failure.fix[-1] == "And 260 more steps of the same kind."


def test_blockers_come_before_risks_in_the_fix_order() -> None:
    result = verdict(road(broken=True), house(dark=True))
    assert [f.check.id for f in result.findings] == ["road-broken", "house-dark"]


def test_what_hides_most_of_the_rest_is_fixed_first() -> None:
    hidden = gap(House, OTHER, because=Key(Road, OTHER))
    quick = replace(
        road_broken,
        judge=lambda here: (
            failed(fix="Quick.", effort=5) if here.subject == HOST else failed(effort=60)
        ),
    )
    result = verdict(
        road(HOST, broken=True), road(OTHER, broken=True), hidden, checks=[quick, house_dark]
    )
    assert [f.subject for f in result.findings] == [OTHER, HOST]


def test_what_keeps_a_member_out_is_fixed_before_a_single_page() -> None:
    page = route_subject("https://example.org/reset", DOMAIN)
    member = Subject("account", "member at https://example.org/login", HOST)
    hidden = gap(House, page, because=Key(Road, page))
    each = replace(road_broken, judge=lambda here: failed(fix=f"Mend {here.subject}."))
    result = verdict(
        road(page, broken=True), road(member, broken=True), hidden, checks=[each, house_dark]
    )
    assert [f.subject for f in result.findings] == [member, page]


def test_of_what_hides_as_much_the_earlier_line_of_the_minimum_bar_is_fixed_first() -> None:
    late = replace(house_dark, id="a", bar="caching")
    early = replace(house_dark, id="b", bar="private", judge=lambda **_: failed(effort=60))
    result = verdict(house(dark=True), checks=[late, early])
    assert [f.check.id for f in result.findings] == ["b", "a"]


def test_what_a_wrong_machine_answers_is_owed_to_the_name_that_leads_there() -> None:
    """A second fault of the machine that gives something away stands beside it."""
    there = Resolution(
        subject=HOST, at=AT, how="", elsewhere=True,
        answers=(ResolverAnswer(resolver="192.0.2.1", rcode="NOERROR", v4=("203.0.113.9",)),),
    )  # fmt: skip
    leads = replace(
        road_broken,
        id="leads",
        prevents=((Resolution, "elsewhere"),),
        needs=(Need(name="here", kind=Resolution, how="same"),),
        judge=lambda **_: failed(fix="Point it back."),
    )
    answers = replace(house_dark, id="answers", family="redirects", impact=Impact.SIGN_IN)
    leaks = replace(house_dark, id="leaks", family="exposure", impact=Impact.EXPOSURE)
    seen = (
        there,
        house(dark=True),
        gap(Room, HOST, because=Key(Handshake, HOST)),
        gap(Handshake, HOST),
    )
    result = verdict(*seen, checks=[leads, answers, leaks, room_unseen])
    assert [f.check.id for f in result.findings] == ["leads", "leaks"]
    assert {c.check.id for c in result.findings[0].consequences} == {"answers", "room-unseen"}


def test_an_expected_key_without_fact_or_gap_is_an_error_of_ours() -> None:
    with pytest.raises(SkippedKeyError, match=r"the road of example\.org"):
        decide([Key(Road, HOST)], {}, [])


def test_a_run_that_was_stopped_is_never_a_go() -> None:
    result = verdict(road(), house(), room(), partial=True)
    assert not result.go
    assert result.headline.startswith("NOT PROVEN YET")


def test_the_effort_says_what_can_be_done_without_a_developer() -> None:
    result = verdict(road(broken=True), house(dark=True))
    assert result.effort == "2 things to fix, about 20 minutes, 2 of them without a developer"


def test_what_the_host_can_do_takes_no_developer_either() -> None:
    by_host = replace(road_broken, judge=lambda **_: replace(failed(), who="your host"))
    result = verdict(road(broken=True), checks=[by_host])
    assert result.effort == "1 thing to fix, about 10 minutes, without a developer"


def test_the_effort_of_one_thing_counts_nothing() -> None:
    result = verdict(road(broken=True))
    assert result.effort == "1 thing to fix, about 10 minutes, without a developer"


_SUBJECTS = st.sampled_from([HOST, OTHER])
_KINDS = st.sampled_from([Road, House, Room])
_KEYS = st.builds(Key, _KINDS, _SUBJECTS)


@given(
    st.dictionaries(
        _KEYS, st.tuples(st.sampled_from(["fact", "fault", "gap"]), st.none() | _KEYS), max_size=6
    )
)
def test_every_failure_and_gap_stands_exactly_once(
    world: dict[Key, tuple[str, Key | None]],
) -> None:
    found: list[Fact | Gap] = []
    for key, (what, because) in world.items():
        if what == "gap":
            found.append(gap(key.kind, key.subject, because=because))
        elif key.kind is Road:
            found.append(road(key.subject, broken=what == "fault"))
        elif key.kind is House:
            found.append(house(key.subject, dark=what == "fault", because=because))
        else:
            found.append(room(key.subject))
    result = verdict(*found)
    placed = [o for f in result.findings for o in f.consequences] + list(result.unchecked)
    roots = sum(1 + len(f.also) for f in result.findings)
    open_ones = [o for o in result.outcomes if o.status in {"failed", "unknown"}]
    assert len(placed) + roots == len(open_ones)
    assert not result.go or not any(
        o.severity is Severity.BLOCKER and not o.ours for o in open_ones
    )


def test_the_catalogue_has_no_id_twice_and_no_fault_with_two_owners() -> None:
    checks = catalogue()
    assert len({c.id for c in checks}) == len(checks) > 0
