"""Events sent to a real webhook, which verifies them with the senders' own kits."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable

import pytest
import stripe
from standardwebhooks import Webhook, WebhookVerificationError

from launchready.collect.active import webhooks
from launchready.facts import Gap, route_subject
from launchready.facts.active import Throttling
from launchready.facts.webhooks import WebhookTrial
from tests.collect.members_site import Asked, Reply, Running, Site, running

URL = "http://example.org/hooks"
SECRET_ENV, OTHER_ENV = "LR_TEST_WEBHOOK", "LR_TEST_WEBHOOK_NEXT"
SECRET = "whsec_oO0lI1-7f3a91"
STANDARD = "whsec_" + base64.b64encode(b"thirty two bytes are quite enough").decode()
STRIPE_ROUTE = (
    f'{{ kind = "webhook", signature = "stripe", secret_env = ["{SECRET_ENV}", "{OTHER_ENV}"] }}'
)
JSON = (("Content-Type", "application/json"),)


def manifest(route: str = STRIPE_ROUTE) -> str:
    return f"""
[launch]
domain = "example.org"
[hosts."example.org"]
[routes]
"{URL}" = {route}
"""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv(SECRET_ENV, SECRET)
    monkeypatch.delenv(OTHER_ENV, raising=False)
    return monkeypatch


def by_stripes_kit(*secrets: str, tolerance_s: int | None = 300) -> Site:
    def site(asked: Asked) -> Reply:
        header = asked.headers.get("stripe-signature", "")
        for secret in secrets:
            try:
                stripe.WebhookSignature.verify_header(asked.body, header, secret, tolerance_s)
            except stripe.SignatureVerificationError:
                continue
            return Reply(200, "{}", JSON)
        return Reply(400, "{}", JSON)

    return site


def by_the_standard_kit(asked: Asked) -> Reply:
    try:
        Webhook(STANDARD).verify(asked.body, dict(asked.headers))
    except WebhookVerificationError:
        return Reply(401, "{}", JSON)
    return Reply(204, "", JSON)


async def judged(site: Running) -> WebhookTrial | Gap:
    return await site.seen.gatherer.ask(WebhookTrial, route_subject(URL, "example.org"))


async def tried(site: Site, *, route: str = STRIPE_ROUTE, **how: bool) -> WebhookTrial | Gap:
    extra = {**webhooks.COLLECTORS}
    async with running(site, manifest=manifest(route), extra=extra, **how) as served:  # type: ignore[arg-type]
        found = await judged(served)
        assert len(served.asked) <= 5
    return found


def statuses(found: WebhookTrial | Gap) -> list[tuple[str, int]]:
    assert isinstance(found, WebhookTrial), found
    return [(d.signing, d.status) for d in found.deliveries]


async def test_stripes_kit_takes_the_signed_event_and_no_other() -> None:
    found = await tried(by_stripes_kit(SECRET))
    assert statuses(found) == [
        ("signed", 200), ("another secret", 400), ("an hour ago", 400), ("unsigned", 400),
    ]  # fmt: skip


async def test_the_standard_kit_takes_the_signed_event_and_no_other(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv(SECRET_ENV, STANDARD)
    route = f'{{ kind = "webhook", signature = "standard", secret_env = "{SECRET_ENV}" }}'
    found = await tried(by_the_standard_kit, route=route)
    assert [status for _, status in statuses(found)] == [204, 401, 401, 401]


async def test_without_a_tolerance_the_old_event_is_taken() -> None:
    found = await tried(by_stripes_kit(SECRET, tolerance_s=None))
    assert ("an hour ago", 200) in statuses(found)


async def test_while_a_key_changes_both_secrets_are_tried(environment: pytest.MonkeyPatch) -> None:
    environment.setenv(OTHER_ENV, "whsec_next")
    found = await tried(by_stripes_kit(SECRET))
    assert isinstance(found, WebhookTrial)
    assert [(d.variable, d.taken) for d in found.of("signed")] == [
        (SECRET_ENV, True), (OTHER_ENV, False),
    ]  # fmt: skip


async def test_without_the_secret_only_the_unsigned_event_is_sent(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.delenv(SECRET_ENV)
    found = await tried(by_stripes_kit(SECRET))
    assert statuses(found) == [("unsigned", 400)]
    assert isinstance(found, WebhookTrial)
    assert SECRET_ENV in found.not_signed
    assert f"Set {SECRET_ENV}" in found.how_to_sign


async def test_a_value_that_is_no_secret_is_said_without_the_value(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv(SECRET_ENV, "no base64 at all!")
    route = f'{{ kind = "webhook", signature = "standard", secret_env = "{SECRET_ENV}" }}'
    found = await tried(by_the_standard_kit, route=route)
    assert isinstance(found, WebhookTrial)
    assert "no secret of Standard Webhooks" in found.not_signed
    assert "no base64" not in repr(found)


async def test_a_webhook_whose_signature_is_not_declared_gets_one_unsigned_event() -> None:
    found = await tried(lambda _: Reply(200, "{}", JSON), route='"webhook"')
    assert statuses(found) == [("unsigned", 200)]


async def test_the_secret_is_in_no_fact() -> None:
    async with running(
        by_stripes_kit(SECRET), manifest=manifest(), extra=webhooks.COLLECTORS
    ) as site:
        await judged(site)
        assert not [k for k, found in site.seen.gatherer.observed.items() if SECRET in repr(found)]
        assert "v1=" not in repr(site.seen.gatherer.observed)
        assert SECRET not in repr(site.asked)


async def test_nothing_is_sent_when_the_run_only_looks() -> None:
    async with running(
        by_stripes_kit(SECRET), manifest=manifest(), active=False, extra=webhooks.COLLECTORS
    ) as site:
        found = await judged(site)
        assert site.asked == []
    assert isinstance(found, Gap)
    assert "--active" in found.how_to_prove


async def test_nothing_is_sent_to_a_public_address_without_proof_of_ownership() -> None:
    found = await tried(by_stripes_kit(SECRET), dialled=False)
    assert isinstance(found, Gap)
    assert "without proof" in found.reason


async def test_an_answer_that_never_comes_is_a_gap() -> None:
    found = await tried(lambda _: None)
    assert isinstance(found, Gap)


async def test_a_challenge_is_a_gap_that_says_what_to_do() -> None:
    page = "<title>Just a moment...</title><script>window._cf_chl_opt={}</script>"
    headers = (("Content-Type", "text/html"), ("cf-mitigated", "challenge"))
    found = await tried(lambda _: Reply(403, page, headers))
    assert isinstance(found, Gap)
    assert "leave this path alone" in found.how_to_prove


def limited_after(count: int, verify: Site) -> Callable[[Asked], Reply | None]:
    """Refuse with 429 once so many calls were refused before."""
    bad = 0

    def site(asked: Asked) -> Reply | None:
        nonlocal bad
        if asked.method == "GET":
            return Reply(405, "", JSON)
        reply = verify(asked)
        if reply is not None and reply.status < 300:
            return reply
        bad += 1
        return Reply(429, "{}", JSON) if bad > count else reply

    return site


async def test_the_limit_counts_the_events_and_is_found_all_the_same() -> None:
    site = limited_after(10, by_stripes_kit(SECRET))
    route = STRIPE_ROUTE.replace("signature", "limit = 10, json_body = true, signature")
    async with running(site, manifest=manifest(route), extra=webhooks.COLLECTORS) as served:
        trial = await judged(served)
        found = await served.seen.gatherer.ask(Throttling, route_subject(URL, "example.org"))
    assert [status for _, status in statuses(trial)] == [200, 400, 400, 400]
    assert isinstance(found, Throttling)
    # Three of the four were refused, and the limit is at ten.
    assert (found.throttled_after, found.earlier) == (7, 4)


async def test_a_limit_that_counts_every_call_refuses_no_signed_event() -> None:
    site = limited_after(1, by_stripes_kit(SECRET))
    found = await tried(site)
    assert isinstance(found, WebhookTrial)
    assert [d.limited for d in found.deliveries] == [False, False, True, True]
    assert os.environ[SECRET_ENV] == SECRET


async def test_a_limit_that_an_earlier_run_has_reached_is_waited_for_once() -> None:
    verify, asked_to_wait = by_stripes_kit(SECRET), 0

    def site(asked: Asked) -> Reply | None:
        nonlocal asked_to_wait
        reply = verify(asked)
        if reply is None or reply.status < 300 or asked_to_wait:
            return reply
        asked_to_wait += 1
        return Reply(429, "{}", (*JSON, ("Retry-After", "1")))

    found = await tried(site)
    assert isinstance(found, WebhookTrial)
    assert [d.limited for d in found.deliveries] == [False, False, False, False]
    assert asked_to_wait == 1
