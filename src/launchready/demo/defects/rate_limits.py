"""Rate limits that were forgotten."""

from __future__ import annotations

from launchready.demo.answers import Answer, Request
from launchready.demo.defects.registry import defect
from launchready.demo.defects.webhooks import verifying
from launchready.demo.description import DemoLaunch


@defect("wrong-passwords-not-limited")
def passwords(launch: DemoLaunch) -> None:
    """Anybody may try passwords at the log-in as often as they like."""
    launch.guard_forgets.add("app.willow.example/login")


@defect("password-resets-not-limited")
def resets(launch: DemoLaunch) -> None:
    """Anybody may ask for reset mails as often as they like."""
    launch.guard_forgets.add("app.willow.example/reset")


@defect("invitation-codes-not-limited")
def invitations(launch: DemoLaunch) -> None:
    """Anybody may guess invitation codes as often as they like."""
    launch.guard_forgets.add("app.willow.example/invite")


@defect("signups-not-limited")
def signups(launch: DemoLaunch) -> None:
    """Anybody may open accounts as often as they like."""
    launch.guard_forgets.add("app.willow.example/signup")


@defect("chat-not-limited")
def chat(launch: DemoLaunch) -> None:
    """The chatbot answers as often as anybody asks."""
    launch.guard_forgets.add("app.willow.example/chat")


@defect("chat-not-limited", variant="late")
def late(launch: DemoLaunch) -> None:
    """The chatbot has a limit, but one that only shows after a hundred messages."""
    launch.guard_forgets.add("app.willow.example/chat")

    def hundredth(request: Request) -> Answer:
        asked = request.method == "POST" and request.path == "/chat"
        over = asked and request.state.count("chat") > 100
        return Answer(status=403 if over else 0)

    launch.host("app").before.insert(0, hundredth)


@defect("webhooks-not-limited")
def webhooks(launch: DemoLaunch) -> None:
    """The webhook verifies each event itself, and refuses unsigned calls as often as they come."""
    launch.guard_forgets.add("app.willow.example/webhooks/payments")
    launch.host("app").serve("/webhooks/payments", verifying(), methods="POST")
