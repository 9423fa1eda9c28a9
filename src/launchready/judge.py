"""Checks applied to facts: pure, one outcome for every check and subject."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from launchready.facts import LAUNCH, Fact, Gap, Key, Subject
from launchready.facts.declared import Declared
from launchready.finding import Check, Failed, Need, NotApplicable, Outcome, Passed, Unproven
from launchready.manifest import RouteKind

Observed = Mapping[Key, Fact | Gap]


class _Index:
    """Facts and gaps by kind, so that joins need no search through everything."""

    def __init__(self, observed: Observed) -> None:
        self.observed = observed
        self.by_kind: dict[type[Fact], list[Key]] = {}
        for key in observed:
            self.by_kind.setdefault(key.kind, []).append(key)
        for keys in self.by_kind.values():
            keys.sort(key=lambda k: (k.subject.kind, k.subject.name))
        self._below: dict[type[Fact], dict[Subject, list[Key]]] = {}
        declared = observed.get(Key(Declared, LAUNCH))
        routes = declared.manifest.routes if isinstance(declared, Declared) else {}
        self.kinds: dict[str, RouteKind] = {url: route.kind for url, route in routes.items()}

    def below(self, kind: type[Fact], subject: Subject) -> list[Key]:
        """Return the keys of a kind about the subject itself and all that lies below it."""
        if kind not in self._below:
            found = self._below[kind] = {}
            for key in self.by_kind.get(kind, []):
                for above in key.subject.lineage():
                    found.setdefault(above, []).append(key)
        return self._below[kind].get(subject, [])

    def join(self, need: Need, subject: Subject) -> list[Fact | Gap] | None:
        """Return what the need finds for the subject; None when nothing of the kind is expected."""
        if need.how in {"same", "parent"}:
            near = subject.lineage() if need.how == "parent" else iter((subject,))
            for candidate in near:
                found = self.observed.get(Key(need.kind, candidate))
                if found is not None:
                    return [found]
            return None
        below = need.how == "below"
        keys = self.below(need.kind, subject) if below else self.by_kind.get(need.kind, [])
        return [self.observed[k] for k in keys]


def judge(checks: Iterable[Check], observed: Observed) -> list[Outcome]:
    """Return the outcome of every check on every subject it is about."""
    index = _Index(observed)
    outcomes = []
    for check in checks:
        kind = check.about
        subjects = [LAUNCH] if kind is None else [k.subject for k in index.by_kind.get(kind, [])]
        outcomes += [_outcome(check, subject, index) for subject in subjects]
    return outcomes


def _outcome(check: Check, subject: Subject, index: _Index) -> Outcome:
    arguments: dict[str, object] = {}
    many_gaps: list[Gap] = []
    for need in check.needs:
        found = index.join(need, subject)
        if found is None:
            reason = f"nothing here has {need.kind.plain}"
            return Outcome(check=check, subject=subject, status="not_applicable", detail=reason)
        gaps = [f for f in found if isinstance(f, Gap)]
        if need.how in {"same", "parent"}:
            if gaps and (other := _asks_nothing(check, subject, index)):
                return other
            if gaps:
                return _unknown(check, subject, gaps)
            arguments[need.name] = found[0]
        else:
            many_gaps += gaps
            arguments[need.name] = tuple(f for f in found if isinstance(f, Fact))
    result = check.judge(**arguments)
    match result:
        case Failed():
            return Outcome(
                check=check,
                subject=subject,
                status="failed",
                detail=result.observed,
                failure=result,
                because=result.because,
            )
        case Passed() | NotApplicable() if many_gaps:
            # What was not seen might have failed: neither answer stands without it.
            return _unknown(check, subject, many_gaps)
        case Passed():
            return Outcome(check=check, subject=subject, status="passed", detail=result.evidence)
        case NotApplicable():
            return Outcome(
                check=check, subject=subject, status="not_applicable", detail=result.reason
            )
        case Unproven():
            return Outcome(
                check=check,
                subject=subject,
                status="unknown",
                detail=result.reason,
                because=result.because,
                ours=result.ours,
                how_to_prove=result.how_to_prove,
            )


def _asks_nothing(check: Check, subject: Subject, index: _Index) -> Outcome | None:
    """Return that a check asks nothing of a route by its kind, which is known without a look."""
    if subject.kind != "route" or not check.routes:
        return None
    kind = index.kinds.get(subject.name)
    if kind is None and urlsplit(subject.name).path == "/":
        kind = "page"  # as the root of every host is looked at that no route names
    if kind is None or kind in check.routes:
        return None
    reason = f"this route is of the kind {kind}"
    return Outcome(check=check, subject=subject, status="not_applicable", detail=reason)


def _unknown(check: Check, subject: Subject, gaps: Sequence[Gap]) -> Outcome:
    # One gap of the world weighs more than any number of our own.
    gap = min(gaps, key=lambda g: (g.ours, g.because is not None))
    more = f" (and {len(gaps) - 1} more)" if len(gaps) > 1 else ""
    what = gap.key.kind.plain if gap.key.subject == subject else str(gap.key)
    return Outcome(
        check=check,
        subject=subject,
        status="unknown",
        detail=f"could not check {what}: {gap.reason}{more}",
        because=gap.key,
        ours=gap.ours,
        how_to_prove=gap.how_to_prove,
    )
