"""Rate limits that were forgotten."""

from __future__ import annotations

from launchready.demo.answers import Answer
from launchready.demo.defects.registry import defect
from launchready.demo.description import DemoLaunch


@defect("wrong-passwords-not-limited")
def passwords(launch: DemoLaunch) -> None:
    """Anybody may try passwords at the log-in as often as they like."""
    launch.host("app").route("/login").limit = None


@defect("password-resets-not-limited")
def resets(launch: DemoLaunch) -> None:
    """Anybody may ask for reset mails as often as they like."""
    launch.host("app").route("/reset").limit = None


@defect("invitation-codes-not-limited")
def invitations(launch: DemoLaunch) -> None:
    """Anybody may guess invitation codes as often as they like."""
    launch.host("app").route("/invite").limit = None


@defect("signups-not-limited")
def signups(launch: DemoLaunch) -> None:
    """Anybody may open accounts as often as they like."""
    launch.host("app").route("/signup").limit = None


@defect("chat-not-limited")
def chat(launch: DemoLaunch) -> None:
    """The chatbot answers as often as anybody asks."""
    launch.host("app").route("/chat").limit = None


@defect("chat-not-limited", variant="late")
def late(launch: DemoLaunch) -> None:
    """The chatbot has a limit, but one that only shows after a hundred messages."""
    limit = launch.host("app").route("/chat").limit
    if limit is not None:
        limit.requests = 100
        limit.answer = Answer(status=403)


@defect("webhooks-not-limited")
def webhooks(launch: DemoLaunch) -> None:
    """The webhook takes unsigned calls as often as they come."""
    launch.host("app").route("/webhooks/payments").limit = None
