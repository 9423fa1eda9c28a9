"""Outcomes made into a verdict: root causes, fix order, go or no-go, and how much was proven."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from launchready.causes import fault_behind, with_way
from launchready.facts import Fault, Key
from launchready.facts.subject import SubjectKind
from launchready.finding import BarLine, Failed, Finding, Outcome, Severity
from launchready.judge import Observed
from launchready.minimum_bar import BAR, BarResult, minimum_bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Go or no-go, with what led to it."""

    go: bool
    headline: str
    proven: int
    total: int
    findings: tuple[Finding, ...]
    """Root causes in fix order."""
    unchecked: tuple[Outcome, ...]
    """Unknown outcomes that no finding explains, the ones that keep from a go first."""
    bar: tuple[BarResult, ...]
    outcomes: tuple[Outcome, ...]
    partial: bool = False

    @property
    def to_fix(self) -> tuple[Finding, ...]:
        """The findings that are more than advice."""
        return tuple(f for f in self.findings if f.severity is not Severity.ADVICE)

    @property
    def effort(self) -> str:
        """Return the line that says how much there is to do and who can do it."""
        if not self.to_fix:
            return "Nothing to fix before launch"
        count = len(self.to_fix)
        minutes = sum(f.failure.effort_min for f in self.to_fix)
        alone = sum(f.failure.who != "your developer" for f in self.to_fix)
        time = f"{minutes} minutes" if minutes < 120 else f"{minutes / 60:.0f} hours"
        things = "thing" if count == 1 else "things"
        line = f"{count} {things} to fix, about {time}"
        if not alone:
            return line
        return f"{line}, {'' if count == 1 else f'{alone} of them '}without a developer"


class SkippedKeyError(RuntimeError):
    """A subject was skipped in silence: a bug of ours that would have been a false green."""


def decide(
    expected: Iterable[Key],
    observed: Observed,
    outcomes: Sequence[Outcome],
    *,
    partial: bool = False,
    left_out: Collection[BarLine] = (),
    offline: bool = False,
) -> Verdict:
    """Return the verdict. Raises SkippedKeyError when an expected key has neither fact nor gap.

    `left_out` names the lines of the minimum bar of which not every check ran: they may turn
    out "no", but never "yes". `offline` says that no name could be looked up from here, so that
    nothing of what was looked at can be a go.
    """
    missing = [key for key in expected if key not in observed]
    if missing:
        raise SkippedKeyError("neither fact nor gap for " + ", ".join(map(str, missing[:5])))
    outcomes = [with_way(o, observed) for o in outcomes]
    findings, unexplained = _fold(outcomes, observed)
    counted = [o for o in outcomes if o.status != "not_applicable"]
    proven = sum(o.status == "passed" for o in counted)
    broken = [f for f in findings if f.severity is Severity.BLOCKER]
    blocking = [o for o in unexplained if o.severity is Severity.BLOCKER and not o.ours]
    bar = minimum_bar(outcomes, left_out, findings)
    # Findings that are no blockers have been seen; where nothing has, nothing tells of a go.
    unseen = bool(counted) and all(o.status == "unknown" for o in counted)
    go = not broken and not blocking and not partial and not offline and not unseen
    return Verdict(
        go=go,
        headline=_headline(
            len(broken),
            len(blocking),
            bar,
            left_out,
            partial=partial,
            offline=offline,
            unseen=unseen,
        ),
        proven=proven,
        total=len(counted),
        findings=findings,
        unchecked=tuple(
            sorted(unexplained, key=lambda o: (o.ours, o.severity, o.check.impact, o.check.id))
        ),
        bar=bar,
        outcomes=tuple(outcomes),
        partial=partial,
    )


def _headline(
    broken: int,
    blocking: int,
    bar: Sequence[BarResult],
    left_out: Collection[BarLine],
    *,
    partial: bool,
    offline: bool,
    unseen: bool,
) -> str:
    if broken:
        return f"NO-GO: {broken} {'thing is' if broken == 1 else 'things are'} broken"
    if partial:
        return "NOT PROVEN YET: stopped before everything was checked"
    if offline:
        return "NOT PROVEN YET: no DNS resolver is of use from here"
    if blocking:
        things = "thing" if blocking == 1 else "things"
        return f"NOT PROVEN YET: nothing broken found, {blocking} {things} unchecked"
    if unseen:
        return "NOT PROVEN YET: nothing could be checked from here"
    # A risk may be launched with, but not under a headline that keeps silent about its line.
    missed = sum(b.answer == "no" for b in bar)
    unmet = f"{missed} {'line' if missed == 1 else 'lines'} of the minimum bar not met"
    if left_out:
        can_tell = "GO, as far as the checks that ran can tell"
        return f"{can_tell}; {unmet}" if missed else can_tell
    open_lines = sum(b.answer == "not proven" for b in bar)
    if missed:
        return f"GO, with {unmet}" + (f" and {open_lines} not proven" if open_lines else "")
    if open_lines:
        lines = "line" if open_lines == 1 else "lines"
        return f"GO, with {open_lines} {lines} of the minimum bar not proven"
    return "GO"


def _fold(
    outcomes: Sequence[Outcome], observed: Observed
) -> tuple[tuple[Finding, ...], list[Outcome]]:
    """Walk from every gap and explained failure to the finding that owns its cause."""
    owners: dict[Fault, Outcome] = {}
    for outcome in outcomes:
        if outcome.status == "failed":
            for kind, fault in outcome.check.prevents:
                owners[Fault(kind, fault, outcome.subject)] = outcome
    under: dict[int, list[Outcome]] = {}
    roots: list[Outcome] = []
    unexplained: list[Outcome] = []
    for outcome in outcomes:
        if outcome.status not in {"failed", "unknown"}:
            continue
        owner = _owner(outcome, observed, owners)
        if owner is not None and owner is not outcome:
            under.setdefault(id(owner), []).append(outcome)
        elif outcome.status == "failed":
            roots.append(outcome)
        else:
            unexplained.append(outcome)
    # An owner may itself be a consequence: lift what hangs under it to the top of its chain.
    lifted: dict[int, list[Outcome]] = {id(r): [] for r in roots}
    for root in roots:
        waiting = list(under.get(id(root), []))
        seen: set[int] = set()
        while waiting:
            outcome = waiting.pop(0)
            if id(outcome) in seen:
                continue
            seen.add(id(outcome))
            lifted[id(root)].append(outcome)
            waiting += under.get(id(outcome), [])
    return _merge(roots, lifted), unexplained


def _owner(
    outcome: Outcome,
    observed: Observed,
    owners: dict[Fault, Outcome],
) -> Outcome | None:
    """Return the failed check that owns the fault which a gap or a failure goes back to."""
    behind = fault_behind(outcome, observed)
    return owners.get(behind) if behind is not None else None


ALIKE_MIN = 3
"""So many failures of a check that fail in the same manner are one finding with the list of them."""
_STEPS_MAX = 40
_FURTHER_MIN = 2
"""Minutes that one more of the same kind takes, once the first is mended."""


def _merge(roots: Sequence[Outcome], under: dict[int, list[Outcome]]) -> tuple[Finding, ...]:
    """Make findings in fix order; the same check with the same fix is one thing to do."""
    manners = Counter((o.check.id, _failure(o).alike, o.severity) for o in roots)
    groups: dict[object, list[Outcome]] = {}
    for outcome in roots:
        failure = _failure(outcome)
        manner = (outcome.check.id, failure.alike, outcome.severity)
        many = failure.alike and manners[manner] >= ALIKE_MIN
        same_fix = (outcome.check.id, failure.fix, outcome.severity)
        groups.setdefault(manner if many else same_fix, []).append(outcome)
    findings = []
    for group in groups.values():
        group.sort(key=lambda o: o.subject.name)
        consequences = [c for outcome in group for c in under[id(outcome)]]
        findings.append(
            Finding(
                outcome=group[0],
                also=tuple(o.subject for o in group[1:]),
                for_all=_for_all(group),
                consequences=tuple(consequences),
            )
        )
    return tuple(sorted(findings, key=_fix_order))


def _failure(outcome: Outcome) -> Failed:
    assert outcome.failure is not None  # noqa: S101 - roots are failures
    return outcome.failure


def _for_all(group: Sequence[Outcome]) -> Failed | None:
    """Return the failure of a group with the steps of each; None where they are the same."""
    first = _failure(group[0])
    steps = tuple(dict.fromkeys(step for o in group for step in _failure(o).fix))
    if steps == first.fix:
        return None
    more = len(steps) - _STEPS_MAX
    return replace(
        first,
        means=f"{first.means} {len(group) - 1} more fail in the same manner.",
        fix=steps
        if more <= 0
        else (*steps[:_STEPS_MAX], f"And {more} more steps of the same kind."),
        effort_min=first.effort_min + _FURTHER_MIN * (len(group) - 1),
    )


_LINES: tuple[BarLine | None, ...] = (*BAR, None)
_REACH: tuple[SubjectKind, ...] = ("launch", "domain", "host", "account")
"""Subjects by how much of the launch hangs on them; all others are single addresses or servers."""


def _fix_order(finding: Finding) -> tuple[int, int, int, int, int, int, str, str]:
    """Return where a finding stands: of what damages the same, what reaches furthest comes first."""
    check, kind = finding.check, finding.subject.kind
    return (
        finding.severity,
        check.impact,
        _REACH.index(kind) if kind in _REACH else len(_REACH),
        -len(finding.consequences),
        _LINES.index(check.bar),
        finding.failure.effort_min,
        check.id,
        finding.subject.name,
    )
