"""What an unknown or an explained failure goes back to: a fact with a fault, and who owns it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from launchready.derive.pages.challenge import LET_US_THROUGH
from launchready.facts import Fact, Fault, Gap, Key
from launchready.facts.dns import Resolution
from launchready.facts.http import Exchange
from launchready.facts.tls import Handshake
from launchready.finding import Check, Impact, Outcome
from launchready.judge import Observed, judge

_OF_THE_MACHINE = frozenset({"tls", "redirects", "edge", "sign-in"})
"""Families whose failures the machine that answers for a host is to blame for."""
_LEAKS = frozenset({Impact.EXPOSURE, Impact.PAYMENTS})
"""What a machine gives away, it gives away wherever the name should have led."""
_ASKS_THE_MACHINE = frozenset({Handshake, Exchange})


def fault_behind(outcome: Outcome, observed: Observed) -> Fault | None:
    """Follow what an outcome is owed to, gap → because → …, to a fact, and return its fault.

    None when it leads to none. What only a host's machine can be blamed for is owed to the host's
    name where that leads to another machine than was declared. What is owed to one fault by name
    is owed to nothing where that fault was not seen: why it was not seen explains nothing.
    """
    because = outcome.because
    if isinstance(because, Fault):
        found = observed.get(Key(because.kind, because.subject))
        there = isinstance(found, Fact) and because.name in found.faults
        return because if there else _led_astray(outcome, None, observed)
    last = because
    seen: set[Key] = set()
    while because is not None and because not in seen:
        seen.add(because)
        last = because
        found = observed.get(because)
        if isinstance(found, Gap):
            because = found.because
            continue
        if found is None or not found.explains:
            break
        return Fault(because.kind, found.explains, because.subject)
    return _led_astray(outcome, last, observed)


def _led_astray(outcome: Outcome, last: Key | None, observed: Observed) -> Fault | None:
    """Return the fault of a host's name, when its machine is to blame and the name leads to another."""
    if outcome.status == "failed":
        check = outcome.check
        blamed = check.family in _OF_THE_MACHINE and check.impact not in _LEAKS
        subject = outcome.subject
    else:
        blamed = last is not None and last.kind in _ASKS_THE_MACHINE
        subject = last.subject if last is not None else outcome.subject
    host = next((s for s in subject.lineage() if s.kind == "host"), None)
    if not blamed or host is None:
        return None
    found = observed.get(Key(Resolution, host))
    if isinstance(found, Resolution) and found.explains == "elsewhere":
        return Fault(Resolution, "elsewhere", host)
    return None


def with_way(outcome: Outcome, observed: Observed) -> Outcome:
    """Return an unknown outcome with how to get it checked, where a gap that it goes back to tells it."""
    if outcome.status != "unknown" or outcome.how_to_prove or isinstance(outcome.because, Fault):
        return outcome
    because = outcome.because
    seen: set[Key] = set()
    while because is not None and because not in seen:
        seen.add(because)
        found = observed.get(because)
        if isinstance(found, Gap):
            if found.how_to_prove:
                return replace(outcome, how_to_prove=found.how_to_prove)
            because = found.because
            continue
        challenged = found is not None and found.fault == "challenged"
        return replace(outcome, how_to_prove=LET_US_THROUGH) if challenged else outcome
    return outcome


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
        behind = fault_behind(outcome, observed)
        owner = owners.get((behind.kind, behind.name)) if behind is not None else None
        if behind is None or owner is None or behind in known:
            continue
        known.add(behind)
        found = [
            o
            for o in judge([owner], own)
            if o.status == "failed" and o.subject == behind.subject and o not in causes
        ]
        causes += found
        waiting += found
    return causes
