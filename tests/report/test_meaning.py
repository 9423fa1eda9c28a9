"""What a finding means, where something graver follows from it."""

from __future__ import annotations

from dataclasses import replace

from launchready.finding import Finding, Severity
from launchready.report.markdown import markdown_text
from launchready.report.model import meaning
from tests.report.samples import report


def lifted(by: Severity | None, *, means: str = "Nobody signs in.") -> Finding:
    """Return a finding that is a risk by itself, with a failure of this severity under it."""
    first = report().verdict.findings[0]
    own = first.outcome.failure
    assert own is not None
    outcome = replace(
        first.outcome, failure=replace(own, means="Links break.", severity=Severity.RISK)
    )
    under = replace(first.outcome, failure=replace(own, means=means, severity=by))
    return replace(first, outcome=outcome, consequences=(under,) if by is not None else ())


def test_what_follows_and_is_graver_is_told_first() -> None:
    assert meaning(lifted(Severity.BLOCKER)) == "Nobody signs in. Links break."


def test_what_follows_and_is_no_graver_is_not_told() -> None:
    assert meaning(lifted(Severity.RISK)) == "Links break."
    assert meaning(lifted(None)) == "Links break."


def test_reports_tell_it() -> None:
    made = report()
    told = replace(made, verdict=replace(made.verdict, findings=(lifted(Severity.BLOCKER),)))
    assert "### 1. Nobody signs in. Links break" in markdown_text(told)
