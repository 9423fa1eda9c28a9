"""Nobody would notice."""

from __future__ import annotations

import datetime as dt

from launchready.demo.defects.registry import defect
from launchready.demo.description import DemoLaunch


@defect("no-monitor-declared")
def unwatched(launch: DemoLaunch) -> None:
    """Nothing watches the launch."""
    launch.declare("alerts", monitor=None)


@defect("no-monitor-declared", variant="nobody-told")
def untold(launch: DemoLaunch) -> None:
    """A monitor watches, and tells nobody."""
    launch.declare("people", alerts=None)


@defect("test-alert-never-proven")
def untried(launch: DemoLaunch) -> None:
    """The last test alert was half a year ago."""
    day = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=180)
    launch.declare("alerts", tested=day)
