"""Sign-ins that fail, or that let in whom they should not."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from launchready.demo.answers import Request, redirect
from launchready.demo.app import asked_otherwise
from launchready.demo.defects.registry import defect
from launchready.demo.description import DemoLaunch


@defect("member-cannot-sign-in")
def cookie_path(launch: DemoLaunch) -> None:
    """The session's cookie is good for the log-in page alone, so that no other page knows the member."""
    launch.host("app").rewrites_cookies = lambda line: line.replace("Path=/;", "Path=/login;")


@defect("member-cannot-sign-in", variant="cookie-of-another-host")
def cookie_domain(launch: DemoLaunch) -> None:
    """The session's cookie is meant for another host, and browsers throw it away."""
    launch.host("app").rewrites_cookies = lambda line: f"{line}; Domain=www.willow.example"


@defect("wrong-password-accepted")
def any_password(launch: DemoLaunch) -> None:
    """Any password signs a member in."""

    def with_the_right_one(request: Request) -> Request:
        sent = request.form
        if sent.get("email") != request.state.username:
            return request
        right = {**sent, "password": request.state.password}
        return replace(request, body=urlencode(right).encode())

    launch.host("app").serve("/login", asked_otherwise(with_the_right_one), methods="POST")


@defect("log-out-leaves-session-open")
def stays_open(launch: DemoLaunch) -> None:
    """Logging out changes nothing: the session and its cookie stay good."""
    launch.host("app").serve("/logout", redirect("/login", status=303), methods="POST")
