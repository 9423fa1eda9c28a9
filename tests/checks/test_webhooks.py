from __future__ import annotations

import pytest

from launchready.checks import webhooks
from launchready.facts import Key, route_subject
from launchready.facts.ways import Visit
from launchready.facts.webhooks import Delivery, Signing, WebhookTrial
from launchready.finding import Check, Outcome, Severity
from launchready.verdict import decide
from tests.making import AT, DOMAIN, gap, outcome, outcomes, route

URL = "https://app.example.org/hooks"
SUBJECT = route_subject(URL, DOMAIN)
CHECKS = (
    webhooks.webhook_refuses_signed, webhooks.webhook_takes_unsigned,
    webhooks.webhook_takes_forged, webhooks.webhook_takes_old_events,
)  # fmt: skip
SIGNED_ONLY = tuple(c for c in CHECKS if c is not webhooks.webhook_takes_unsigned)
HEALTHY: dict[Signing, int] = {
    "signed": 200, "another secret": 400, "an hour ago": 400, "unsigned": 400,
}  # fmt: skip
each_check = pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.id)


def trial(
    statuses: dict[Signing, int] | None = None, *, declared: bool = True, not_signed: str = ""
) -> WebhookTrial:
    more = {"signature": "stripe", "secret_env": ("HOOK_SECRET",)} if declared else {}
    return WebhookTrial(
        subject=SUBJECT, at=AT, how="POST", route=route(URL, "webhook", **more),
        not_signed=not_signed, how_to_sign="Set HOOK_SECRET." if not_signed else "",
        deliveries=tuple(
            Delivery(
                signing=signing, status=status, seen=str(status), limited=status == 429,
                variable="HOOK_SECRET" if signing in {"signed", "an hour ago"} else "",
            )
            for signing, status in (HEALTHY if statuses is None else statuses).items()
        ),
    )  # fmt: skip


def failing(found: WebhookTrial) -> list[str]:
    return [c.id for c in CHECKS if outcome(c, found).status == "failed"]


def of(check: Check, changed: dict[Signing, int]) -> Outcome:
    return outcome(check, trial(HEALTHY | changed))


@each_check
def test_a_webhook_that_takes_the_signed_event_alone_passes(check: Check) -> None:
    assert outcome(check, trial()).status == "passed"


@each_check
def test_a_webhook_that_was_not_tried_is_unknown(check: Check) -> None:
    assert outcome(check, gap(WebhookTrial, SUBJECT)).status == "unknown"


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        ({"signed": 400}, "webhook-refuses-signed"),
        ({"signed": 302}, "webhook-refuses-signed"),
        ({"signed": 500}, "webhook-refuses-signed"),
        ({"signed": 404, "unsigned": 404, "another secret": 404, "an hour ago": 404}, "webhook-refuses-signed"),
        ({"unsigned": 200, "another secret": 200, "an hour ago": 200}, "webhook-takes-unsigned"),
        ({"unsigned": 204}, "webhook-takes-unsigned"),
        ({"another secret": 200, "an hour ago": 200}, "webhook-takes-forged"),
        ({"an hour ago": 200}, "webhook-takes-old-events"),
    ],
)  # fmt: skip
def test_each_fault_is_one_finding(changed: dict[Signing, int], check: str) -> None:
    found = trial(HEALTHY | changed)
    assert failing(found) == [check]
    judged = [o for c in CHECKS for o in outcomes(c, found)]
    verdict = decide([found.key], {found.key: found}, judged)
    assert [f.check.id for f in verdict.findings] == [check]
    assert verdict.unchecked == ()


@pytest.mark.parametrize("status", [301, 400, 401, 403, 422])
def test_what_refuses_the_unsigned_event_passes(status: int) -> None:
    assert of(webhooks.webhook_takes_unsigned, {"unsigned": status}).status == "passed"


@pytest.mark.parametrize("status", [404, 405, 500])
def test_where_the_signed_event_is_taken_any_other_answer_to_an_unsigned_one_is_a_refusal(
    status: int,
) -> None:
    assert of(webhooks.webhook_takes_unsigned, {"unsigned": status}).status == "passed"


@pytest.mark.parametrize("status", [301, 302, 404, 405, 415, 500, 503])
def test_a_route_that_does_not_take_the_request_tells_nothing_of_signatures(status: int) -> None:
    found = outcome(webhooks.webhook_takes_unsigned, trial({"unsigned": status}, declared=False))
    assert (found.status, found.because) == ("unknown", Key(Visit, SUBJECT))


@each_check
def test_a_limit_that_was_reached_before_leaves_it_unknown(check: Check) -> None:
    limited: dict[Signing, int] = dict.fromkeys(HEALTHY, 429)
    assert outcome(check, trial(limited)).status == "unknown"


def test_an_undeclared_webhook_that_takes_anything_is_a_risk() -> None:
    found = outcome(webhooks.webhook_takes_unsigned, trial({"unsigned": 200}, declared=False))
    assert (found.status, found.severity) == ("failed", Severity.RISK)
    assert found.failure is not None
    assert "secret_env" in found.failure.fix[-1]


@pytest.mark.parametrize("check", SIGNED_ONLY, ids=lambda c: c.id)
def test_without_a_declared_signature_nothing_signed_is_judged(check: Check) -> None:
    found = outcome(check, trial({"unsigned": 400}, declared=False))
    assert found.status == "not_applicable"


@pytest.mark.parametrize("check", SIGNED_ONLY, ids=lambda c: c.id)
def test_a_secret_that_this_run_lacks_is_unknown_and_keeps_nobody_from_a_go(check: Check) -> None:
    fact = trial({"unsigned": 400}, not_signed="the environment has no HOOK_SECRET")
    found = outcome(check, fact)
    assert (found.status, found.ours, found.how_to_prove) == ("unknown", True, "Set HOOK_SECRET.")
    refused = outcome(webhooks.webhook_takes_unsigned, fact)
    verdict = decide([fact.key], {fact.key: fact}, [found, refused])
    assert verdict.go
    assert verdict.unchecked == (found,)
