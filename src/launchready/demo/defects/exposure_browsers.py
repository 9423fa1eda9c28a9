"""Faults in what browsers are told: foreign origins, cookies, policies."""

from __future__ import annotations

from launchready.demo.defects.registry import defect
from launchready.demo.description import Cors, DemoLaunch


@defect("cors-reflects-origin-with-credentials")
def every_origin(launch: DemoLaunch) -> None:
    """Every site may use the interface with a member's session."""
    launch.host("api").route("/v1/circles").cors = Cors(reflect=True, credentials=True)


@defect("cors-reflects-origin")
def echo(launch: DemoLaunch) -> None:
    """Every site that asks is allowed by its name."""
    launch.host("api").route("/v1/circles").cors = Cors(reflect=True)


@defect("cors-allows-null")
def null_origin(launch: DemoLaunch) -> None:
    """Frames of any site may read the interface."""
    launch.host("api").route("/v1/circles").cors = Cors(
        origins=("https://app.willow.example", "null"), credentials=True
    )


@defect("cors-wildcard-with-credentials")
def star(launch: DemoLaunch) -> None:
    """A star and credentials together, which browsers refuse."""
    launch.manifest["routes"]["api.willow.example/v1/circles"] = "api"
    launch.host("api").route("/v1/circles").headers |= {
        "access-control-allow-origin": "*", "access-control-allow-credentials": "true",
    }  # fmt: skip


@defect("cors-wider-than-declared")
def wider(launch: DemoLaunch) -> None:
    """Everybody may read what was declared for the app alone."""
    launch.host("api").route("/v1/circles").headers["access-control-allow-origin"] = "*"


@defect("cors-declared-origin-refused")
def app_refused(launch: DemoLaunch) -> None:
    """The interface does not let the app's own pages read it."""
    launch.host("api").without_guard.add("cors")


@defect("cors-declared-origin-refused", variant="preflight")
def preflight_refused(launch: DemoLaunch) -> None:
    """The app writes to the interface, which does not say that it takes JSON from there."""
    route = launch.manifest["routes"]["api.willow.example/v1/circles"]
    route |= {"method": "PUT", "json_body": True}
    launch.host("api").route("/v1/circles").headers["access-control-allow-headers"] = None


@defect("session-cookie-without-secure")
def insecure_cookie(launch: DemoLaunch) -> None:
    """The session cookie goes over plain HTTP, too."""
    _without(launch, "; Secure")


@defect("session-cookie-readable-by-scripts")
def readable_cookie(launch: DemoLaunch) -> None:
    """Scripts can read the session cookie."""
    _without(launch, "; HttpOnly")


@defect("session-cookie-without-samesite")
def any_site(launch: DemoLaunch) -> None:
    """The session cookie goes along with what other sites send."""
    _without(launch, "; SameSite=lax")


def _without(launch: DemoLaunch, attribute: str) -> None:
    # Browsers refuse a cookie of this prefix that lacks Secure, so that the fault needs another name.
    launch.session_cookie = "session"
    launch.host("app").rewrites_cookies = lambda line: line.replace(attribute, "")


@defect("csp-missing")
def no_policy(launch: DemoLaunch) -> None:
    """No policy for scripts on the host where members sign in."""
    launch.host("app").without_guard.add("csp")


@defect("csp-unsafe")
def inline_allowed(launch: DemoLaunch) -> None:
    """The policy lets every inline script through."""
    launch.declare("guard", allow={"script-src": "'unsafe-inline'"})


@defect("frame-protection-missing")
def framed(launch: DemoLaunch) -> None:
    """Other sites may lay the log-in into their pages."""
    launch.host("app").without_guard.add("framing")


@defect("nosniff-missing")
def sniffing(launch: DemoLaunch) -> None:
    """Browsers may guess what a file is."""
    launch.host("community").without_guard.add("sniffing")


@defect("referrer-policy-missing")
def no_referrer_policy(launch: DemoLaunch) -> None:
    """Nothing says how much of an address goes along with a link."""
    launch.host("community").without_guard.add("referrer")


@defect("referrer-policy-unsafe")
def whole_address(launch: DemoLaunch) -> None:
    """Whole addresses, reset codes included, go to every other site."""
    launch.host("app").headers["referrer-policy"] = "unsafe-url"


@defect("permissions-policy-missing")
def no_permissions_policy(launch: DemoLaunch) -> None:
    """Scripts of others may ask members for camera and location in the community's name."""
    launch.host("community").without_guard.add("permissions")
