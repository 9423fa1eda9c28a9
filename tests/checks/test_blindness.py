from __future__ import annotations

import pytest

from launchready.checks.blindness import no_monitor_declared
from launchready.checks.blindness import test_alert_never_proven as alert_never_proven
from tests.making import declared, outcome

LAUNCH = '[launch]\ndomain = "example.org"\n'
WATCHED = LAUNCH + '[people]\nalerts = ["Ada"]\n[alerts]\nmonitor = "ping"\n'


def test_a_monitor_that_tells_somebody_passes() -> None:
    assert outcome(no_monitor_declared, declared(WATCHED)).detail == "ping tells Ada"


def test_a_monitor_that_tells_nobody_fails() -> None:
    toml = LAUNCH + '[alerts]\nmonitor = "ping"\n'
    assert outcome(no_monitor_declared, declared(toml)).detail == "nobody to tell"


def test_people_without_a_monitor_fail() -> None:
    toml = LAUNCH + '[people]\nalerts = ["Ada"]\n'
    assert outcome(no_monitor_declared, declared(toml)).detail == "no monitor"


def test_a_monitor_is_unknown_without_a_manifest() -> None:
    assert outcome(no_monitor_declared, declared(from_file=False)).status == "unknown"


# The fixed moment of these tests is 2026-11-21.
@pytest.mark.parametrize("tested", ["2026-11-21", "2026-10-22", "2026-11-22"])
def test_a_recent_test_alert_passes_up_to_the_thirtieth_day(tested: str) -> None:
    assert (
        outcome(alert_never_proven, declared(WATCHED + f"tested = {tested}\n")).status == "passed"
    )


@pytest.mark.parametrize(
    ("tested", "observed"),
    [
        ("", "never tested"),
        ("tested = 2026-10-21\n", "last tested 31 days ago"),
        ("tested = 2027-01-01\n", "tested = 2027-01-01, which lies in the future"),
    ],
)
def test_a_missing_old_or_future_test_alert_fails(tested: str, observed: str) -> None:
    found = outcome(alert_never_proven, declared(WATCHED + tested))
    assert (found.status, found.detail) == ("failed", observed)


def test_without_a_monitor_there_is_no_alert_to_prove() -> None:
    assert outcome(alert_never_proven, declared()).status == "not_applicable"


def test_a_test_alert_is_unknown_without_a_manifest() -> None:
    assert outcome(alert_never_proven, declared(from_file=False)).status == "unknown"
