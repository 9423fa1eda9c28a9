"""What can be wrong with the launch's names."""

from __future__ import annotations

from launchready.demo.defects.registry import defect
from launchready.demo.description import DemoLaunch


@defect("does-not-resolve")
def does_not_resolve(launch: DemoLaunch) -> None:
    """The community's host has no record in the DNS."""
    launch.zone().drop("*", "community")
