"""Webhooks that take what nobody signed, or refuse what was signed rightly."""

from __future__ import annotations

import time
from math import inf

from launchready.demo.answers import Answer, Request, json_answer
from launchready.demo.defects.registry import defect
from launchready.demo.description import Behaviour, DemoLaunch

_PATH = "/webhooks/payments"
_TAKEN = json_answer({"received": True})


@defect("webhook-refuses-signed")
def nobody_verifies(launch: DemoLaunch) -> None:
    """Nothing verifies the events, and the app rightly believes none."""
    launch.host("app").without_guard.add("webhooks")


@defect("webhook-takes-unsigned")
def everything(launch: DemoLaunch) -> None:
    """The webhook believes whatever comes."""
    _in_the_apps_place(launch, _TAKEN)


@defect("webhook-takes-unsigned", variant="undeclared")
def unnamed(launch: DemoLaunch) -> None:
    """The webhook believes whatever comes, and nobody has said how its sender signs."""
    route = launch.manifest["routes"][f"app.willow.example{_PATH}"]
    del route["signature"], route["secret_env"]
    _in_the_apps_place(launch, _TAKEN)


@defect("webhook-takes-forged")
def any_header(launch: DemoLaunch) -> None:
    """The webhook looks whether there is a signature, and not at it."""

    def there(request: Request) -> Answer:
        return _TAKEN if "stripe-signature" in request.headers else Answer(status=400)

    _in_the_apps_place(launch, there)


@defect("webhook-takes-old-events")
def for_ever(launch: DemoLaunch) -> None:
    """The webhook verifies the signature, however long ago it was made."""
    _in_the_apps_place(launch, verifying(tolerance_s=inf))


def verifying(*, tolerance_s: float = 300) -> Behaviour:
    """Return a webhook of the app's own, which does nothing but verify."""

    def answer(request: Request) -> Answer:
        from launchready.guard.webhooks import BadSignature, verify  # noqa: PLC0415 - an extra

        headers = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in request.headers.items()]
        secrets = [request.state.payments_secret]
        try:
            verify(
                "stripe", headers, request.body, secrets, time.time(), tolerance_s=tolerance_s
            )  # fmt: skip
        except BadSignature:
            return Answer(status=400)
        return _TAKEN

    return answer


def _in_the_apps_place(launch: DemoLaunch, answer: Answer | Behaviour) -> None:
    launch.host("app").without_guard.add("webhooks")
    launch.host("app").serve(_PATH, answer, methods="POST")
