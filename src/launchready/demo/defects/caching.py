"""What can be wrong with what caches keep."""

from __future__ import annotations

from launchready.demo.answers import Answer
from launchready.demo.app import changed
from launchready.demo.defects.registry import defect
from launchready.demo.description import DemoLaunch
from launchready.demo.manifest import script


@defect("static-not-cached-long")
def static_not_cached_long(launch: DemoLaunch) -> None:
    """The script with a hash in its name is kept for an hour only."""
    launch.host("static").route(script()).headers["cache-control"] = "public, max-age=3600"


@defect("static-not-cached-long", variant="no-store")
def static_not_stored(launch: DemoLaunch) -> None:
    """The script with a hash in its name must not be stored at all."""
    launch.host("static").route(script()).headers["cache-control"] = "no-store"


@defect("static-not-immutable")
def static_not_immutable(launch: DemoLaunch) -> None:
    """The script with a hash in its name is asked about again on every reload."""
    launch.host("static").route(script()).headers["cache-control"] = "public, max-age=31536000"


@defect("static-not-from-edge-cache")
def static_not_from_edge_cache(launch: DemoLaunch) -> None:
    """The edge passes every request for a file on to the server."""
    edge = launch.host("static").edge
    assert edge is not None  # noqa: S101 - the healthy launch says so
    edge.caches = False


@defect("private-answer-storable")
def private_answer_storable(launch: DemoLaunch) -> None:
    """The members' room, and the redirect from it to the log-in, may be stored by any cache."""
    launch.host("app").route("/members").headers["cache-control"] = "public, max-age=600"


@defect("private-answer-storable", variant="login")
def login_storable(launch: DemoLaunch) -> None:
    """The log-in page may be stored by any cache."""
    launch.host("app").route("/login").headers["cache-control"] = "max-age=600"


@defect("private-answer-storable", variant="confirmed")
def login_stored_and_confirmed(launch: DemoLaunch) -> None:
    """The log-in page may be stored by caches, which must ask before they use the copy."""
    launch.host("app").route("/login").headers["cache-control"] = "no-cache"


@defect("private-answer-storable", variant="cdn-field")
def login_storable_by_cdns(launch: DemoLaunch) -> None:
    """The log-in page forbids storing, but a field that CDNs go by in its place allows it."""
    launch.host("app").route("/login").headers["cdn-cache-control"] = "public"


@defect("private-answer-served-from-cache")
def private_answer_served_from_cache(launch: DemoLaunch) -> None:
    """A cache between the edge and the app gives a stored copy of the members' room to everyone."""
    launch.host("app").route("/members").headers["age"] = "40"


@defect("cookie-in-cacheable-answer")
def cookie_in_cacheable_answer(launch: DemoLaunch) -> None:
    """The community's front page, which any cache may store, opens a session for every visitor."""

    def with_session(answer: Answer) -> Answer:
        answer.cookies.append("visitor_session=7d1f0a9c; Path=/; Secure; HttpOnly; SameSite=Lax")
        return answer

    launch.host("community").serve("/", changed(with_session))


@defect("html-cached-long-without-validator")
def html_cached_long_without_validator(launch: DemoLaunch) -> None:
    """Browsers keep the community's front page for a day and cannot ask whether it changed."""
    headers = launch.host("community").route("/").headers
    headers |= {"cache-control": "private, max-age=86400", "etag": None}


@defect("html-cached-too-long")
def html_cached_too_long(launch: DemoLaunch) -> None:
    """Browsers keep the community's front page for a year."""
    launch.host("community").route("/").headers["cache-control"] = "public, max-age=31536000"


@defect("session-given-to-two-visitors")
def session_given_to_two_visitors(launch: DemoLaunch) -> None:
    """A cache in front of the community's sign-up keeps the page with its session, and says so in no header."""
    kept: list[Answer] = []

    def from_store(answer: Answer) -> Answer:
        kept.append(answer)
        return kept[0]

    launch.host("app").serve("/signup", changed(from_store))


@defect("cors-answer-kept-for-one-origin")
def cors_answer_kept_for_one_origin(launch: DemoLaunch) -> None:
    """Caches may keep what the interface answers to the app, and are not told that it depends on who asks."""
    headers = launch.host("api").route("/v1/circles").headers
    headers |= {"cache-control": "public, max-age=60", "vary": None}


@defect("member-page-storable")
def members_copy_storable(launch: DemoLaunch) -> None:
    """The members' room lacks its header for members alone: strangers are sent to the log-in with it."""

    def bare(answer: Answer) -> Answer:
        if answer.status == 200:
            answer.headers["cache-control"] = None
        return answer

    launch.host("app").serve("/members", changed(bare))
