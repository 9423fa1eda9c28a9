"""What can be wrong with the launch's mail."""

from __future__ import annotations

from launchready.demo.defects.registry import defect
from launchready.demo.description import DemoLaunch


@defect("spf-missing")
def spf_missing(launch: DemoLaunch) -> None:
    """The domain that sends mail has no SPF record."""
    launch.zone().drop("TXT", "@", containing="v=spf1")
