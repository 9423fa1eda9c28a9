from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from launchready.community import Settings, guarded
from launchready.community.seed import add_member, seed
from launchready.guard import Guard
from launchready.manifest import parse_manifest
from tests.community.browser import Browser
from tests.community.conftest import ADA

MANIFEST = """
[launch]
domain = "app.test"
[routes]
"app.test/" = "page"
"app.test/login" = { kind = "auth", fields = { username = "email", password = "password" } }
"app.test/members" = "private"
"app.test/assets/" = "static"
"""


@pytest.fixture
async def guarded_app(tmp_path: Path, password_hash: str) -> AsyncIterator[Guard]:
    settings = Settings(
        database_url=f"sqlite+aiosqlite:///{tmp_path}/c.db", app_url="https://app.test"
    )
    app = guarded(settings, parse_manifest(MANIFEST), environ={})
    running = app.app.state.community  # type: ignore[attr-defined]
    async with running.database.write() as session:
        await seed(session)
        await add_member(session, ADA, "Ada", password_hash=password_hash, now=running.now())
    yield app
    await running.close()
    await app.close()


async def test_a_member_comes_in_through_the_guard(guarded_app: Guard) -> None:
    async with Browser(guarded_app) as browser:
        answer = await browser.log_in(ADA)
        assert answer.headers["location"] == "/members"
        room = await browser.get("/members")
        assert "Welcome back" in room.text
        assert room.headers["cache-control"] == "private, no-store"
        assert "content-security-policy" in room.headers


async def test_what_is_not_there_is_told_on_a_friendly_page(guarded_app: Guard) -> None:
    async with Browser(guarded_app) as browser:
        answer = await browser.client.get("/nowhere", headers={"accept": "text/html"})
        assert answer.status_code == 404
        assert "<html" in answer.text
        assert answer.headers["x-request-id"] in answer.text


async def test_forms_that_write_carry_a_mark_that_tells_two_sendings_from_one(
    guarded_app: Guard,
) -> None:
    async with Browser(guarded_app) as browser:
        await browser.log_in(ADA)
        fields = {f.name for f in (await browser.form("/write")).fields}
    assert "_submission" in fields


async def test_letters_that_nobody_sees_give_no_further_guesses_at_an_account(
    guarded_app: Guard,
) -> None:
    async with Browser(guarded_app) as browser:
        for guess in range(10):
            spelt = ADA[:guess] + "\u202e" + ADA[guess:]
            assert (await browser.log_in(spelt, "wrong")).status_code == 422
        assert (await browser.log_in("\x01" + ADA, "wrong")).status_code == 429
