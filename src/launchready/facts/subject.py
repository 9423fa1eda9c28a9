"""What a fact or a finding is about, and the key under which it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, NamedTuple
from urllib.parse import urlsplit

SubjectKind = Literal[
    "launch", "domain", "host", "url", "route", "redirect", "mail server", "selector", "account"
]


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing that facts are about; `parent` is what it belongs to (route → host → domain → launch)."""

    kind: SubjectKind
    name: str
    parent: Subject | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.name

    def lineage(self) -> Iterator[Subject]:
        """Yield the subject itself, then each ancestor up to the launch."""
        here: Subject | None = self
        while here is not None:
            yield here
            here = here.parent


LAUNCH = Subject("launch", "the launch")


def domain_subject(name: str) -> Subject:
    """Return the subject of a domain that the launch depends on (lower case, no trailing dot)."""
    return Subject("domain", name.lower().rstrip("."), LAUNCH)


def host_subject(name: str, domain: str) -> Subject:
    """Return the subject of a host and the domain whose zone holds it."""
    return Subject("host", name.lower().rstrip("."), domain_subject(domain))


def url_subject(url: str, domain: str) -> Subject:
    """Return the subject of any URL, below its host."""
    return Subject("url", url, host_subject(urlsplit(url).hostname or "", domain))


def route_subject(url: str, domain: str) -> Subject:
    """Return the subject of a route that the manifest names, below its host."""
    return Subject("route", url, host_subject(urlsplit(url).hostname or "", domain))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something observed. `at` is UTC; `how` is what was done, in words or as a command."""

    subject: Subject
    at: datetime
    how: str
    because: Key | None = None
    """The key of another fact whose fault explains an error that was seen here."""

    plain: ClassVar[str] = "an observation"
    """What a founder calls this kind of fact."""
    patience: ClassVar[int] = 1
    """How many deadlines of the run it may take, for what waits its turn."""

    @property
    def fault(self) -> str:
        """Name the fault in this fact that keeps others from being observed; empty if none."""
        return ""

    @property
    def explains(self) -> str:
        """Name the fault that what goes wrong elsewhere is owed to: `fault`, or one that hides nothing."""
        return self.fault

    @property
    def faults(self) -> tuple[str, ...]:
        """Name every fault in this fact that a failure may be owed to by name; else the one that it explains."""
        return (self.explains,) if self.explains else ()

    @property
    def key(self) -> Key:
        """Return the key that this fact answers."""
        return Key(type(self), self.subject)


class Key(NamedTuple):
    """What is looked for: a kind of fact about a subject."""

    kind: type[Fact]
    subject: Subject

    def __str__(self) -> str:
        return f"{self.kind.plain} of {self.subject}"


class Fault(NamedTuple):
    """One fault of a fact, where it may have several at a time: a kind of fact, the fault, the subject."""

    kind: type[Fact]
    name: str
    subject: Subject

    def __str__(self) -> str:
        return f"{self.kind.plain} of {self.subject}: {self.name}"


GapNature = Literal["", "closed", "no-tls", "late", "not-asked"]
"""What happened where others must know: nothing listens at the port, browsers accept no TLS at a port
other than 443, the answer did not come in time, a silent server was not asked once more. Empty for all
that nobody asks about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A fact that could not be observed.

    `because` is the key that it failed because of, when another fact explains it.
    `ours` says that only our own network or this run's options stood in the way
    (port 25 or IPv6 closed, an active check not asked for), which is never a blocker.
    `reason` is for people; what decides anything is told by `nature`.
    """

    key: Key
    reason: str
    because: Key | None = None
    ours: bool = False
    how_to_prove: str = ""
    nature: GapNature = ""
