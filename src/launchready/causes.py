"""What an unknown or an explained failure goes back to: a fact with a fault, and who owns it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from launchready.facts import Fact, Gap, Key, Subject
from launchready.finding import Check, Outcome
from launchready.judge import Observed, judge

Fault = tuple[type[Fact], str, Subject]
"""The kind of a fact, the fault in it, and the subject that it is about."""


def fault_behind(because: Key | None, observed: Observed) -> Fault | None:
    """Follow gap → because → … to a fact, and return its fault; None when it leads to none."""
    seen: set[Key] = set()
    while because is not None and because not in seen:
        seen.add(because)
        found = observed.get(because)
        if isinstance(found, Gap):
            because = found.because
            continue
        if found is None or not found.fault:
            return None
        return because.kind, found.fault, because.subject
    return None


def causes_of(
    outcomes: Iterable[Outcome],
    observed: Observed,
    expected: Collection[Key],
    checks: Sequence[Check],
) -> list[Outcome]:
    """Return the failures of these checks that outcomes go back to, and those that they go back to.

    For checks that were not asked for: nothing else of theirs is told. They judge what is expected
    and nothing else, as in a whole audit: a host of others is not the launch's to mend.
    """
    own = {key: observed[key] for key in expected if key in observed}
    owners = {(kind, fault): check for check in checks for kind, fault in check.prevents}
    causes: list[Outcome] = []
    known: set[Fault] = set()
    waiting = list(outcomes)
    while waiting:
        outcome = waiting.pop()
        if outcome.status not in {"failed", "unknown"}:
            continue
        behind = fault_behind(outcome.because, observed)
        owner = owners.get(behind[:2]) if behind is not None else None
        if behind is None or owner is None or behind in known:
            continue
        known.add(behind)
        found = [
            o
            for o in judge([owner], own)
            if o.status == "failed" and o.subject == behind[2] and o not in causes
        ]
        causes += found
        waiting += found
    return causes
