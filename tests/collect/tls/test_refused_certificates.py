"""Where browsers refuse the certificate, pages are looked at, and nothing active is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from ssl import SSLContext

import pytest

from launchready.collect.active import webhooks
from launchready.expected import entrances
from launchready.facts import Fact, Gap, Key, Subject, route_subject
from launchready.facts.active import SignIn, Throttling
from launchready.facts.tls import Handshake
from launchready.facts.webhooks import WebhookTrial
from tests.collect.certificates import authority, leaf, server_context
from tests.collect.members_site import (
    MANIFEST,
    PASSWORD,
    Asked,
    Reply,
    Running,
    login_page,
    member,
    running,
)

__all__ = ["member"]

HOOKS = '"https://example.org/hooks" = { kind = "webhook", signature = "stripe", secret_env = ["LR_TEST_WEBHOOK"] }'
SECURE = MANIFEST.replace("http://", "https://").replace("[routes]", f"[routes]\n{HOOKS}")


@cache
def untrusted() -> SSLContext:
    return server_context(leaf("example.org", by=authority("An authority that nobody knows")))


@pytest.fixture(autouse=True)
def webhooks_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LR_TEST_WEBHOOK", "whsec_7f3a91")


def site(asked: Asked) -> Reply:
    return Reply(200, login_page() if asked.path == "/login" else "<p>Bread at home</p>")


@asynccontextmanager
async def refused() -> AsyncIterator[Running]:
    extra = webhooks.COLLECTORS
    async with running(site, manifest=SECURE, tls=untrusted(), extra=extra) as served:
        # As in an audit the pages come first, and are seen all the same.
        page = await served.seen.answer("https://example.org/login")
        assert (page.status, page.verified) == (200, False)
        served.asked.clear()
        yield served


def route(path: str) -> Subject:
    return route_subject(f"https://example.org{path}", "example.org")


async def kept_back(served: Running, kind: type[Fact], subject: Subject) -> None:
    """Assert that nothing was sent, and that the certificate is told to be why."""
    found = await served.seen.gatherer.ask(kind, subject)
    assert served.asked == []
    assert isinstance(found, Gap)
    assert found.because == Key(Handshake, served.seen.host())
    assert PASSWORD not in repr(found)


async def test_the_test_members_password_is_not_sent() -> None:
    async with refused() as served:
        await kept_back(served, SignIn, entrances(served.seen.world.manifest)[0])


async def test_no_log_in_is_repeated() -> None:
    async with refused() as served:
        await kept_back(served, Throttling, route("/login"))


async def test_no_event_is_sent_to_a_webhook() -> None:
    async with refused() as served:
        await kept_back(served, WebhookTrial, route("/hooks"))
