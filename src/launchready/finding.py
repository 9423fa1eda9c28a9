"""Checks and what comes of them: outcomes and findings.

A check is a pure function from facts to a Result. Its parameters' annotations declare the
facts it needs; its name is its id, its docstring its page in the catalogue.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Literal, TypeVar

from launchready.facts import Fact, Fault, Key, Subject
from launchready.manifest import RouteKind

F = TypeVar("F", bound=Fact)


class Join(typing.NamedTuple):
    """How a check's parameter is joined to the check's subject."""

    how: Literal["same", "parent", "every", "below"]


Parent = Annotated[F, Join("parent")]
"""The fact of this kind about the subject or its nearest ancestor that has one."""
Every = Annotated[tuple[F, ...], Join("every")]
"""All facts of this kind in the launch. A pass needs all of them observed."""
Below = Annotated[tuple[F, ...], Join("below")]
"""All facts of this kind about the subject and its descendants. A pass needs all of them observed."""


class Severity(IntEnum):
    """How much a finding weighs: a blocker is a no-go, a risk is launched with knowingly."""

    BLOCKER = 0
    RISK = 1
    ADVICE = 2

    def __str__(self) -> str:
        return self.name.lower()


class Impact(IntEnum):
    """What a finding damages, in the order in which things are fixed."""

    SIGN_IN = 0
    EXPOSURE = 1
    PAYMENTS = 2
    EMAIL = 3
    SPEED = 4
    BLINDNESS = 5
    UPKEEP = 6

    def __str__(self) -> str:
        return self.name.lower().replace("_", "-")


BarLine = Literal[
    "sign-in",
    "https",
    "redirects",
    "mail",
    "secrets",
    "private",
    "caching",
    "abuse",
    "fast",
    "told",
]
Who = Literal["you", "your developer", "your host"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What should be true was observed to be true."""

    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotApplicable:
    """The check asks nothing of this subject."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unproven:
    """The facts are there but do not tell; a check returns it where neither answer is proven."""

    reason: str
    ours: bool = False
    how_to_prove: str = ""
    because: Key | Fault | None = None
    """A fact whose fault explains it, or one fault of it; it is then folded under that fault's finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """What is wrong, in the words of the report."""

    means: str
    """One plain sentence about what members or the founder would feel."""
    observed: str
    wanted: str
    fix: tuple[str, ...]
    """Steps, each one an action; exact records and header lines where they exist."""
    who: Who
    effort_min: int
    takes_effect: str
    """How long until the fix is felt: `at once`, `within an hour`, …"""
    see: str
    """A command that anyone can run to see it."""
    evidence: str = ""
    severity: Severity | None = None
    """Overrides the check's severity when the case is graver or milder."""
    because: Key | Fault | None = None
    """A fact whose fault explains this failure, or one fault of it; it is then folded under that fault's finding."""
    also_bar: tuple[BarLine, ...] = ()
    """Lines of the minimum bar that it keeps from a yes, besides the check's own."""
    alike: str = ""
    """The manner in which it fails: many that fail so are one thing to do, though each has its own steps."""


Result = Passed | NotApplicable | Unproven | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One parameter of a check: its name, the kind of fact and how it is joined."""

    name: str
    kind: type[Fact]
    how: Literal["same", "parent", "every", "below"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of the catalogue."""

    id: str
    family: str
    severity: Severity
    impact: Impact
    title: str
    why: str
    fix: str
    needs: tuple[Need, ...]
    judge: Callable[..., Result]
    bar: BarLine | None
    active: bool
    prevents: tuple[tuple[type[Fact], str], ...]
    routes: frozenset[RouteKind] = frozenset()
    """The kinds of route that it asks something of; empty: of all, or it is about no route."""

    @property
    def about(self) -> type[Fact] | None:
        """The kind of fact whose subjects the check runs on; None: once, for the launch."""
        return next((n.kind for n in self.needs if n.how == "same"), None)


Status = Literal["passed", "failed", "unknown", "not_applicable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one check on one subject."""

    check: Check
    subject: Subject
    status: Status
    detail: str
    """Evidence of a pass, what was observed of a failure, the reason of the others."""
    failure: Failed | None = None
    because: Key | Fault | None = None
    """Of an unknown: the key of the gap that kept it from being judged."""
    ours: bool = False
    how_to_prove: str = ""

    @property
    def severity(self) -> Severity:
        """The failure's own severity where it has one, else the check's."""
        own = self.failure.severity if self.failure else None
        return self.check.severity if own is None else own


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A root cause to fix, with everything that follows from it."""

    outcome: Outcome
    also: tuple[Subject, ...] = ()
    """Other subjects where the very same fix mends the very same fault, or that fail in the same manner."""
    for_all: Failed | None = None
    """What is wrong with all of them, where each has steps of its own."""
    consequences: tuple[Outcome, ...] = ()

    @property
    def check(self) -> Check:
        """The check that found it."""
        return self.outcome.check

    @property
    def subject(self) -> Subject:
        """The first subject it was found on."""
        return self.outcome.subject

    @property
    def severity(self) -> Severity:
        """How much it weighs: as much as the gravest thing that failed, or went unseen, because of it."""
        under = (o.severity for o in self.consequences if not o.ours)
        return min((self.outcome.severity, *under))

    @property
    def failure(self) -> Failed:
        """What is wrong, in the words of the report."""
        assert self.outcome.failure is not None  # noqa: S101 - findings are made of failures only
        return self.for_all or self.outcome.failure


def check(
    *,
    severity: Severity,
    impact: Impact,
    bar: BarLine | None = None,
    active: bool = False,
    prevents: Sequence[tuple[type[Fact], str]] = (),
    routes: Collection[RouteKind] = (),
) -> Callable[[Callable[..., Result]], Check]:
    """Make a Check of a function: its name is the id, its docstring the page.

    The docstring has a summary line, a `Why:` and a `Fix:` paragraph. `prevents` names the
    (kind of fact, fault) that this check owns: what could not be checked because of such a
    fact is folded under this check's finding. `routes` names the kinds of route that it asks
    something of, so that what could not be seen of another counts as nothing left unproven.
    Raises TypeError on a function without them.
    """

    def make(judge: Callable[..., Result]) -> Check:
        title, why, fix = _page(judge)
        return Check(
            id=judge.__name__.replace("_", "-"),
            family=_family(judge.__module__),
            severity=severity,
            impact=impact,
            title=title,
            why=why,
            fix=fix,
            needs=_needs(judge),
            judge=judge,
            bar=bar,
            active=active,
            prevents=tuple(prevents),
            routes=frozenset(routes),
        )

    return make


def _family(module: str) -> str:
    """Return the family of a check: the file or the folder of files that stands in checks/."""
    _, found, inside = module.partition("checks.")
    return (inside if found else module).split(".")[0].replace("_", "-")


def _page(judge: Callable[..., Result]) -> tuple[str, str, str]:
    text = inspect.getdoc(judge) or ""
    match = re.fullmatch(r"(.+?)\n\n(?:.*\n\n)?Why: (.+?)\n\s*\n?Fix: (.+)", text, re.DOTALL)
    if match is None:
        raise TypeError(f"check {judge.__name__} needs a docstring: a summary line, Why: and Fix:")
    title, why, fix = (" ".join(part.split()) for part in match.groups())
    return title, why, fix


def _needs(judge: Callable[..., Result]) -> tuple[Need, ...]:
    hints = typing.get_type_hints(judge, include_extras=True)
    if hints.pop("return", None) is None:
        raise TypeError(f"check {judge.__name__} needs a return annotation")
    needs = []
    for name, hint in hints.items():
        how: Literal["same", "parent", "every", "below"] = "same"
        kind = hint
        if typing.get_origin(hint) is Annotated:
            kind, *marks = typing.get_args(hint)
            how = next(m.how for m in marks if isinstance(m, Join))
            if how in {"every", "below"}:
                kind = typing.get_args(kind)[0]
        if not (isinstance(kind, type) and issubclass(kind, Fact)):
            raise TypeError(f"check {judge.__name__}: parameter {name} is not a kind of fact")
        needs.append(Need(name=name, kind=kind, how=how))
    if not needs:
        raise TypeError(f"check {judge.__name__} needs at least one fact")
    return tuple(needs)
