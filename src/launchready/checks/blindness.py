"""Blindness: whether anybody would notice that something broke. Read from the manifest."""

from __future__ import annotations

from datetime import timedelta

from launchready.facts.declared import Declared
from launchready.finding import (
    Failed,
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)

TEST_ALERT_GOOD_FOR = timedelta(days=30)


def _nobody_said() -> Unproven:
    return Unproven(
        reason="without a launchready.toml nobody has said what watches it",
        ours=True,
        how_to_prove="Write a manifest with `launchready init` and fill in [alerts].",
    )


@check(severity=Severity.RISK, impact=Impact.BLINDNESS, bar="told")
def no_monitor_declared(launch: Declared) -> Result:
    """No monitor watches the launch, or nobody is told.

    Why: Without a monitor the first to notice an outage is a member, and most of them leave without a word.

    Fix: Let a monitor ask the log-in page and the health route every minute, and name it and the people whom it tells in launchready.toml.
    """
    if not launch.from_file:
        return _nobody_said()
    monitor, people = launch.manifest.alerts.monitor, launch.manifest.people.alerts
    if monitor and people:
        return Passed(evidence=f"{monitor} tells {', '.join(people)}")
    fix = []
    if not monitor:
        fix += [
            "Set up a monitor that asks the log-in page and the health route every minute.",
            'Under [alerts] in launchready.toml add: monitor = "its name or URL"',
        ]
    if not people:
        fix.append('Under [people] in launchready.toml add: alerts = ["Name <address>"]')
    missing = " and ".join(
        w for w, there in (("no monitor", monitor), ("nobody to tell", people)) if not there
    )
    return Failed(
        means="When the community goes down, members notice before you do.",
        observed=missing,
        wanted="a monitor, and the people it tells",
        fix=tuple(fix),
        who="you",
        effort_min=15,
        takes_effect="at once",
        see="grep -A4 '^\\[alerts\\]' launchready.toml",
    )


@check(severity=Severity.RISK, impact=Impact.BLINDNESS, bar="told")
def test_alert_never_proven(launch: Declared) -> Result:
    """No test alert has reached a person lately.

    Why: An alert that goes to an unread mailbox, a muted phone or an expired token is no alert.

    Fix: Send a test alert, have the person confirm that it came within five minutes, and write the day under [alerts] as tested.
    """
    if not launch.from_file:
        return _nobody_said()
    alerts = launch.manifest.alerts
    if not alerts.monitor:
        return NotApplicable(reason="no monitor is declared, which is a finding of its own")
    today = launch.now.date()
    tested = alerts.tested
    if tested is not None and today - TEST_ALERT_GOOD_FOR <= tested <= today + timedelta(days=1):
        return Passed(evidence=f"a test alert reached a person on {tested.isoformat()}")
    if tested is None:
        observed = "never tested"
    elif tested > today:
        observed = f"tested = {tested.isoformat()}, which lies in the future"
    else:
        observed = f"last tested {(today - tested).days} days ago"
    return Failed(
        means="When something breaks, the alert may go nowhere, and nobody would know.",
        observed=observed,
        wanted=f"a test alert within the last {TEST_ALERT_GOOD_FOR.days} days",
        fix=(
            f"Send a test alert from {alerts.monitor} and see on whose phone it arrives, and when.",
            f"Under [alerts] in launchready.toml write: tested = {today.isoformat()}",
        ),
        who="you",
        effort_min=10,
        takes_effect="at once",
        see="grep tested launchready.toml",
    )
