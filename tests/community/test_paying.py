from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from launchready.community import Settings, create_app, guarded
from launchready.community.billing.trial import deliver
from launchready.community.running import Community
from launchready.guard import Guard
from launchready.guard.asgi import Receive, Scope, Send
from launchready.manifest import parse_manifest
from tests.community.browser import Browser, letters

SECRET = "whsec_test_0123456789abcdef"
MANIFEST = """
[launch]
domain = "app.test"
[environment]
PAYMENTS_SECRET = "secret"
[routes]
"app.test/checkout" = "checkout"
"app.test/webhooks/payments" = { kind = "webhook", json_body = true, signature = "stripe", secret_env = "PAYMENTS_SECRET" }
"""
NEW = "new@willow.example"


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Guard]:
    app = guarded(
        Settings(database_url=f"sqlite+aiosqlite:///{tmp_path}/c.db", payments_secret=SECRET),
        parse_manifest(MANIFEST),
        environ={"PAYMENTS_SECRET": SECRET},
    )
    yield app
    await _running(app).close()
    await app.close()


def _running(app: Guard) -> Community:
    found: Community = app.app.state.community  # type: ignore[attr-defined]
    return found


async def test_a_test_payment_goes_through_the_signed_webhook_and_sends_letters(
    shop: Guard,
) -> None:
    async with Browser(shop) as browser:
        answer = await browser.send("/checkout", email=NEW)
        path = answer.headers["location"]
        assert path.startswith("/checkout/trial?")
        paid = await browser.send(path, "/checkout/trial")
        assert paid.headers["location"] == "/welcome"
        assert "Thank you" in (await browser.get("/welcome")).text
    assert await letters(_running(shop)) == [("welcome", NEW), ("receipt", NEW)]


async def test_where_nobody_can_pay_yet_the_page_says_so_through_guard_too(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite+aiosqlite:///{tmp_path}/c.db")
    app = guarded(settings, parse_manifest(MANIFEST), environ={"PAYMENTS_SECRET": SECRET})
    async with Browser(app) as browser:
        answer = await browser.send("/checkout", email=NEW)
    assert "Nobody can pay here yet" in answer.text
    await _running(app).close()
    await app.close()


async def test_a_webhook_without_a_signature_changes_nothing(shop: Guard) -> None:
    async with Browser(shop) as browser:
        answer = await browser.client.post("/webhooks/payments", json={"type": "invoice.paid"})
    assert answer.status_code == 400
    assert await letters(_running(shop)) == []


async def test_without_guard_no_webhook_is_believed(tmp_path: Path) -> None:
    app = create_app(Settings(database_url=f"sqlite+aiosqlite:///{tmp_path}/c.db"))
    async with Browser(app) as browser:
        answer = await browser.client.post(
            "/webhooks/payments", json={}, headers={"stripe-signature": "t=1,v1=00"}
        )
        assert answer.status_code == 400
        checkout = await browser.send("/checkout", email=NEW)
        assert checkout.status_code == 409
        assert (await browser.get("/checkout/trial?email=a@b.example")).status_code == 404
    await app.state.community.close()


async def test_with_a_provider_its_own_page_takes_the_payment(tmp_path: Path) -> None:
    settings = Settings(
        database_url=f"sqlite+aiosqlite:///{tmp_path}/c.db",
        payment_link="https://pay.example/willow", payments_secret=SECRET,
    )  # fmt: skip
    app = create_app(settings)
    async with Browser(app) as browser:
        answer = await browser.send("/checkout", email=NEW)
        wanted = "https://pay.example/willow?prefilled_email=new%40willow.example"
        assert answer.headers["location"] == wanted
        assert (await browser.get("/checkout/trial?email=a@b.example")).status_code == 404
    await app.state.community.close()


async def test_an_address_that_is_none_is_asked_for_again(shop: Guard) -> None:
    async with Browser(shop) as browser:
        assert (await browser.send("/checkout", email="nobody")).status_code == 422


@pytest.mark.parametrize(
    ("origin", "server"),
    [
        ("https://app.test/", ("app.test", 443)), ("http://app.test", ("app.test", 80)),
        ("http://localhost:8000/", ("localhost", 8000)),
    ],
)  # fmt: skip
async def test_a_test_payment_s_webhook_comes_as_if_to_the_host_of_the_community(
    origin: str, server: tuple[str, int]
) -> None:
    met: list[Scope] = []

    async def app(scope: Scope, _: Receive, send: Send) -> None:
        met.append(scope)
        await send({"type": "http.response.start", "status": 202, "headers": []})

    assert await deliver(app, origin, {}, "whsec_for_tests", now_s=1) == 202
    assert met[0]["server"] == server
