"""What every report is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from launchready import __version__
from launchready.finding import Finding, Outcome, Severity
from launchready.report.plain_text import one_line
from launchready.report.routing import HostRoute
from launchready.verdict import Verdict

GROUPS: dict[Severity, str] = {
    Severity.BLOCKER: "Fix before launch",
    Severity.RISK: "Launch knowingly",
    Severity.ADVICE: "Later",
}
"""What a founder calls the severities, in fix order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """How this run looked, where that differs from how members look."""

    resolvers: tuple[str, ...] = ()
    dial: tuple[str, ...] = ()
    ca: str = ""
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A verdict with all that a reader needs to trust it. Times are UTC."""

    verdict: Verdict
    domain: str
    started: datetime
    finished: datetime
    name: str = ""
    """What members call the community; empty if not declared."""
    timezone: str = "UTC"
    """IANA zone of the launch, in which times are shown to people."""
    version: str = __version__
    active: bool = False
    """Whether the active checks ran as well."""
    looking: Looking = Looking()
    see_astray: bool = False
    """Whether a command under See it looks elsewhere than this run did."""
    manifest_file: str = ""
    """The manifest's path as given; empty when there is none."""
    routing: tuple[HostRoute, ...] = ()
    cache_safe: tuple[tuple[str, str], ...] = ()
    """(URL, why) of routes that a shared cache may store."""
    cache_dynamic: tuple[tuple[str, str], ...] = ()
    """(URL, why) of routes that must reach the app every time."""
    crashes: tuple[str, ...] = ()
    """Tracebacks of our own bugs."""

    @property
    def title(self) -> str:
        """The community's name, or its domain."""
        return self.name or self.domain

    def groups(self) -> Iterator[tuple[str, tuple[Finding, ...]]]:
        """Yield each group of findings that has any, in fix order."""
        for severity, title in GROUPS.items():
            findings = tuple(f for f in self.verdict.findings if f.severity is severity)
            if findings:
                yield title, findings

    def local(self, moment: datetime) -> str:
        """Return the moment in the launch's time zone, to the minute, with the zone's name."""
        try:
            zone: ZoneInfo | None = ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            # The system has no such zone (Windows without tzdata); UTC is never wrong.
            zone = None
        there = moment.astimezone(zone or UTC)
        return f"{there:%Y-%m-%d %H:%M} {there.tzname()}"

    def cautions(self) -> tuple[str, ...]:
        """Return what keeps the verdict from speaking for the whole launch, one sentence each."""
        looking = self.looking
        said = []
        if self.verdict.partial:
            said.append("This run was stopped early: what it had not seen yet counts as unchecked.")
        if looking.only or looking.skip:
            chosen = [f"only {', '.join(looking.only)}"] if looking.only else []
            chosen += [f"without {', '.join(looking.skip)}"] if looking.skip else []
            said.append(f"Only a part of the checks ran: {'; '.join(chosen)}.")
        return tuple(said)

    @property
    def see_elsewhere(self) -> str:
        """Return what is to be known before a command under See it is run; empty as a rule."""
        if not self.see_astray:
            return ""
        return (
            "Under See it, launchready looks where this run looked; some commands of dig, curl and "
            "openssl ask the DNS of the machine they run on and may show another answer, or none."
        )

    @property
    def took(self) -> str:
        """How long the run took, in words: `12 seconds`."""
        return _counted(round((self.finished - self.started).total_seconds()), "second")

    def limits(self) -> tuple[str, ...]:
        """Return how this run looked, where members look otherwise, one sentence each."""
        looking = self.looking
        said = []
        if looking.dial:
            said.append(
                f"Connections went where the dial map sent them ({_counted(len(looking.dial), 'line')}), "
                "not where the DNS points."
            )
        if looking.resolvers:
            said.append(f"DNS was asked at {', '.join(looking.resolvers)}.")
        if looking.ca:
            said.append(f"Certificates signed by {looking.ca} were trusted as well.")
        if not self.active:
            said.append(
                "The active checks did not run: add --active to try wrong log-ins and limits."
            )
        return tuple(said)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun if count == 1 else noun + 's'}"


def minutes(count: int) -> str:
    """Return an effort in words: `15 min`, `2 h`, `1 h 30 min`."""
    if count < 60:
        return f"{count} min"
    hours, rest = divmod(count, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchecked:
    """Outcomes that are unknown for one and the same reason."""

    reason: str
    how_to_prove: str
    ours: bool
    blocking: bool
    outcomes: tuple[Outcome, ...]


def unchecked_groups(verdict: Verdict) -> tuple[Unchecked, ...]:
    """Return what could not be checked, grouped by reason, what keeps from a go first."""
    groups: dict[tuple[str, str, bool], list[Outcome]] = {}
    for outcome in verdict.unchecked:
        groups.setdefault((outcome.detail, outcome.how_to_prove, outcome.ours), []).append(outcome)
    found = [
        Unchecked(
            reason=reason,
            how_to_prove=how,
            ours=ours,
            blocking=not ours and any(o.severity is Severity.BLOCKER for o in outcomes),
            outcomes=tuple(outcomes),
        )
        for (reason, how, ours), outcomes in groups.items()
    ]
    return tuple(sorted(found, key=lambda u: not u.blocking))


def unchecked_reason(outcome: Outcome) -> str:
    """Return why an outcome is unknown, as a sentence that begins with `Could not check`."""
    reason = one_line(outcome.detail)
    if reason.startswith("could not check"):
        return reason[:1].upper() + reason[1:]
    return f"Could not check: {reason}"


def meaning(finding: Finding) -> str:
    """Return what a finding means for members; first what follows from it, where that is graver.

    A redirect that loses the path weighs little by itself, and much where nobody signs in by it.
    """
    graver = [
        o
        for o in finding.consequences
        if o.failure is not None and o.severity < finding.outcome.severity
    ]
    if not graver:
        return finding.failure.means
    worst = min(graver, key=lambda o: (o.severity, o.check.impact))
    assert worst.failure is not None  # noqa: S101 - chosen by it
    return f"{worst.failure.means} {finding.failure.means}"


def consequences(finding: Finding) -> tuple[tuple[str, tuple[Outcome, ...]], ...]:
    """Return what followed from a finding: in words, and which; what could not run comes first."""
    unknown = tuple(o for o in finding.consequences if o.status != "failed")
    failed = tuple(o for o in finding.consequences if o.status == "failed")
    groups = []
    if unknown:
        checks = "check" if len(unknown) == 1 else "checks"
        groups.append((f"And {len(unknown)} more {checks} could not run because of it", unknown))
    if failed:
        checks = "check fails" if len(failed) == 1 else "checks fail"
        groups.append((f"And {len(failed)} more {checks} because of it", failed))
    return tuple(groups)
