"""What guard's own figures tell, and that they do not come."""

from __future__ import annotations

from launchready.demo.answers import Answer
from launchready.demo.defects.registry import defect
from launchready.demo.description import DemoLaunch


@defect("guard-part-off")
def submissions_off(launch: DemoLaunch) -> None:
    """Guard's care for what is submitted twice is switched off."""
    launch.host("app").without_guard.add("submissions")


@defect("guard-part-off", variant="start-up")
def start_up_off(launch: DemoLaunch) -> None:
    """Guard's check of the environment at the start is switched off."""
    launch.host("app").without_guard.add("start-up")


@defect("guard-part-off", variant="limits")
def limits_off(launch: DemoLaunch) -> None:
    """Guard's limits are switched off, on every route at once."""
    launch.host("app").without_guard.add("limits")


@defect("guard-part-off", variant="bodies")
def bodies_off(launch: DemoLaunch) -> None:
    """Guard's bounds on what visitors send are switched off."""
    launch.host("app").without_guard.add("bodies")


@defect("guard-part-off", variant="websockets")
def websockets_off(launch: DemoLaunch) -> None:
    """Guard's care for websockets is switched off."""
    launch.host("app").without_guard.add("websockets")


@defect("guard-part-off", variant="caching")
def caching_off(launch: DemoLaunch) -> None:
    """Guard's word to caches is switched off, about members' pages and about files."""
    for host in launch.hosts:
        host.without_guard.add("caching")


@defect("guard-part-off", variant="logs")
def logs_off(launch: DemoLaunch) -> None:
    """Guard's log is switched off."""
    launch.host("app").without_guard.add("logs")


@defect("metrics-not-readable")
def figures_off(launch: DemoLaunch) -> None:
    """Guard's figures are switched off."""
    launch.host("app").without_guard.add("figures")


@defect("metrics-not-readable", variant="page-in-front")
def page_in_front(launch: DemoLaunch) -> None:
    """A server in front of the app answers with a page of its own where the figures are."""
    headers: dict[str, str | None] = {"content-type": "text/html"}
    page = Answer(body="<!doctype html><title>Willow</title>", headers=headers, guarded=True)
    launch.host("app").serve("/metrics", page)
