from __future__ import annotations

from dataclasses import replace

import pytest

from launchready.checks import rate_limits
from launchready.derive.sign_in.throttle import LIMIT_SHOWS_BY
from launchready.facts import route_subject
from launchready.facts.active import ByHand, Throttling
from launchready.finding import Check
from launchready.manifest import RouteKind
from tests.making import AT, DOMAIN, gap, outcome, route

URL = "https://app.example.org/there"
KINDS: dict[RouteKind, Check] = {
    "auth": rate_limits.wrong_passwords_not_limited,
    "reset": rate_limits.password_resets_not_limited,
    "invite": rate_limits.invitation_codes_not_limited,
    "signup": rate_limits.signups_not_limited,
    "chat": rate_limits.chat_not_limited,
    "webhook": rate_limits.webhooks_not_limited,
}
each_kind = pytest.mark.parametrize(("kind", "check"), KINDS.items(), ids=KINDS)


def repeated(
    kind: RouteKind, *, after: int | None = None, inconclusive: str = "", limit: int | None = 30
) -> Throttling:
    return Throttling(
        subject=route_subject(URL, DOMAIN), at=AT, how="test", requests=30, throttled_after=after,
        route=route(URL, kind, limit=limit), first_answer="401", changed_answer="429" if after else "",
        inconclusive=inconclusive,
    )  # fmt: skip


def test_a_limit_that_was_reached_before_is_not_said_to_come_after_no_requests() -> None:
    found = outcome(rate_limits.wrong_passwords_not_limited, repeated("auth", after=0))
    assert found.status == "passed"
    assert found.detail.startswith("limited from the first request on")


def test_a_lock_on_single_accounts_is_said_not_to_be_tried() -> None:
    found = outcome(rate_limits.wrong_passwords_not_limited, repeated("auth"))
    assert found.failure
    assert "not tried here" in found.failure.fix[-1]


@each_kind
def test_an_answer_that_changes_passes(kind: RouteKind, check: Check) -> None:
    assert outcome(check, repeated(kind, after=8)).status == "passed"


@each_kind
def test_an_answer_that_stays_the_same_fails(kind: RouteKind, check: Check) -> None:
    found = outcome(check, repeated(kind))
    assert found.failure is not None
    assert "within 30 requests" in found.failure.wanted


@each_kind
def test_what_the_repetition_could_not_show_is_unknown(kind: RouteKind, check: Check) -> None:
    assert outcome(check, repeated(kind, inconclusive="404 from the start")).status == "unknown"


@pytest.mark.parametrize("check", KINDS.values(), ids=KINDS)
def test_a_gap_is_unknown(check: Check) -> None:
    missing = gap(Throttling, route_subject(URL, DOMAIN))
    assert outcome(check, missing).status == "unknown"


@each_kind
def test_a_route_of_another_kind_is_another_checks_matter(kind: RouteKind, check: Check) -> None:
    other: RouteKind = "chat" if kind != "chat" else "auth"
    assert outcome(check, repeated(other)).status == "not_applicable"


def test_a_webhook_without_a_declared_limit_may_take_bursts() -> None:
    found = outcome(rate_limits.webhooks_not_limited, repeated("webhook", limit=None))
    assert found.status == "unknown"


def test_without_a_declared_limit_a_wrong_password_has_to_show_one_by_twenty() -> None:
    found = outcome(rate_limits.wrong_passwords_not_limited, repeated("auth", limit=None))
    assert LIMIT_SHOWS_BY["auth"] == 20
    assert found.failure is not None
    assert "within 20 requests" in found.failure.wanted


def test_what_is_run_by_hand_sends_what_was_tried_and_quotes_it() -> None:
    sent = ByHand(
        url=URL, method="POST", content_type="application/json", body='{"message": "it\'s"}'
    )
    found = outcome(rate_limits.chat_not_limited, replace(repeated("chat", limit=12), by_hand=sent))
    assert found.failure is not None
    assert found.failure.see == (
        "for i in $(seq 12); do curl -s -o /dev/null -w '%{http_code}\\n' -X POST "
        "-H 'Origin: https://app.example.org' -H 'Content-Type: application/json' "
        """-d '{"message": "it'"'"'s"}' https://app.example.org/there; done"""
    )


@each_kind
def test_what_takes_a_token_or_a_session_is_seen_by_a_recheck(
    kind: RouteKind, check: Check
) -> None:
    found = outcome(check, repeated(kind))
    assert found.failure is not None
    assert found.failure.see == f"launchready recheck {check.id}"
