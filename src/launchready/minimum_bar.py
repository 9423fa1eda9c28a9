"""The minimum bar: ten lines that open every report, each yes, no or not proven."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from launchready.finding import BarLine, Finding, Outcome, Severity

BAR: dict[BarLine, str] = {
    "sign-in": "Members can sign in",
    "https": "HTTPS everywhere",
    "redirects": "Redirects are clean",
    "mail": "Mail is authenticated",
    "secrets": "No secrets in what browsers load",
    "private": "Private content stays private",
    "caching": "Static files cached, nothing private cached",
    "abuse": "Abuse is limited on log-in, chat, reset, invite, webhook",
    "fast": "Fast enough",
    "told": "Somebody is told within five minutes when it breaks",
}
LATER: dict[BarLine, str] = {
    "fast": "Measure a page's load in your browser's developer tools; this version does not.",
    "told": "Stop the app for a minute before launch and see who is told, and when.",
}
"""Lines that the program cannot prove yet, with how a person can."""
DECLARE: dict[BarLine, str] = {
    "sign-in": "Name the log-in page under [routes] and a test member under [accounts].",
    "https": "Name the hosts under [hosts].",
    "redirects": "Name the hosts under [hosts].",
    "mail": "Name the domains that send under [mail.domains].",
    "secrets": "Name the pages under [routes].",
    "private": "Name the pages for members only under [routes], with the kind private.",
    "caching": "Name pages, static files and private pages under [routes].",
    "abuse": "Name log-in, reset, invite, chat and webhook under [routes].",
}
"""What to write into launchready.toml where nothing that a line is about was found."""
SPEAKS: dict[BarLine, str] = {
    "sign-in": "member-cannot-sign-in",
    "https": "certificate-expires-soon",
    "redirects": "too-many-hops",
    "mail": "dmarc-missing",
    "secrets": "secret-in-page",
    "private": "private-page-open",
    "caching": "private-answer-storable",
    "abuse": "wrong-passwords-not-limited",
}
"""The check whose evidence tells most of a line that holds; where it did not pass, the gravest that did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarResult:
    """One line of the minimum bar."""

    line: BarLine
    title: str
    answer: Literal["yes", "no", "not proven"]
    evidence: str


def minimum_bar(
    outcomes: Sequence[Outcome],
    left_out: Collection[BarLine],
    findings: Sequence[Finding] = (),
) -> tuple[BarResult, ...]:
    """Return the ten lines; `left_out` are those of which not every check ran.

    `findings`, in fix order, tell what speaks for a line, and what is only a consequence.
    """
    causes = {id(c): finding for finding in findings for c in finding.consequences}
    first = {id(f.outcome): place for place, f in enumerate(findings)}
    in_order = sorted(outcomes, key=lambda o: first.get(id(o), len(first)))
    return tuple(
        _bar_line(
            [o for o in in_order if _is_about(o, line)],
            line,
            first,
            causes,
            whole=line not in left_out,
        )
        for line in BAR
    )


def _is_about(outcome: Outcome, line: BarLine) -> bool:
    failed = outcome.failure
    return outcome.check.bar == line or (failed is not None and line in failed.also_bar)


def _bar_line(
    outcomes: Sequence[Outcome],
    line: BarLine,
    heads: Collection[int],
    causes: Mapping[int, Finding],
    *,
    whole: bool,
) -> BarResult:
    def result(answer: Literal["yes", "no", "not proven"], evidence: str) -> BarResult:
        return BarResult(line=line, title=BAR[line], answer=answer, evidence=evidence)

    failed = [o for o in outcomes if o.status == "failed" and o.severity is not Severity.ADVICE]
    if failed:
        # One thing to mend is told and counted once, wherever it fails and whatever follows from it.
        told = [o for o in failed if id(o) in heads] or failed
        more = f" (and {len(told) - 1} more)" if len(told) > 1 else ""
        return result("no", f"{told[0].subject}: {told[0].detail}{more}")
    unknown = [
        o for o in outcomes if o.status == "unknown" and o.check.severity is not Severity.ADVICE
    ]
    passed = [o for o in outcomes if o.status == "passed"]
    if line in LATER:
        known = f"{passed[0].detail}. " if passed else ""
        return result("not proven", known + LATER[line])
    if unknown:
        one = min(unknown, key=lambda o: (o.ours, o.severity))
        return result("not proven", _unproven(one, causes.get(id(one))))
    if not whole:
        some = "only some" if outcomes else "none"
        return result("not proven", f"{some} of its checks ran. Run a whole `launchready audit`.")
    if not passed:
        declare = DECLARE.get(line, "")
        return result("not proven", f"nothing of this kind was found. {declare}".rstrip())
    best = min(
        passed, key=lambda o: (o.check.id != SPEAKS.get(line), o.check.severity, o.check.impact)
    )
    others = len(passed) - 1
    more = f" (and {others} more {'check' if others == 1 else 'checks'} passed)" if others else ""
    return result("yes", f"{best.subject}: {best.detail}{more}")


def _unproven(unknown: Outcome, cause: Finding | None) -> str:
    """Return why a line is not proven, and what to do: by the words of the finding that is to mend."""
    if cause is not None:
        means, at = cause.failure.means, cause.subject.name
        where = "" if at in means or at in unknown.subject.name else f" at {at}"
        return (
            f"{unknown.subject}: could not be checked because of what is to fix{where}: "
            f"{means} Mend that, then audit again."
        )
    own_way = "Audit from another network." if unknown.ours else "Mend that, then audit again."
    return f"{unknown.subject}: {unknown.detail}. {unknown.how_to_prove or own_way}"
