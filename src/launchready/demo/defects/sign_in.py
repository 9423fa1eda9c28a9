"""Sign-ins that fail, or that let in whom they should not."""

from __future__ import annotations

from launchready.demo.defects.registry import defect
from launchready.demo.description import DemoLaunch


@defect("member-cannot-sign-in")
def cookie_path(launch: DemoLaunch) -> None:
    """The session's cookie is good for the log-in page alone, so that no other page knows the member."""
    launch.cookie.attributes[launch.cookie.attributes.index("Path=/")] = "Path=/login"


@defect("member-cannot-sign-in", variant="cookie-of-another-host")
def cookie_domain(launch: DemoLaunch) -> None:
    """The session's cookie is meant for another host, and browsers throw it away."""
    launch.cookie.attributes.append("Domain=www.willow.example")


@defect("wrong-password-accepted")
def any_password(launch: DemoLaunch) -> None:
    """Any password signs a member in."""
    launch.checks_passwords = False


@defect("log-out-leaves-session-open")
def stays_open(launch: DemoLaunch) -> None:
    """Logging out changes nothing: the session and its cookie stay good."""
    launch.ends_sessions = False
    launch.cookie.ends = False
