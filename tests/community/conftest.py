from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from launchready.community import Settings, create_app
from launchready.community.passwords import Passwords
from launchready.community.running import Community
from launchready.community.seed import add_member, seed
from tests.community.browser import PASSWORD, Browser
from tests.community.clock import Clock

ADA, GUEST, ADMIN = "ada@willow.example", "guest@willow.example", "admin@willow.example"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/community.db"
    url: str = request.getfixturevalue("postgres")
    return url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def password_hash() -> str:
    made = Passwords()
    kept = made._hasher.hash(PASSWORD)
    made.close()
    return kept


@pytest.fixture
async def app(database_url: str, clock: Clock, password_hash: str) -> AsyncIterator[FastAPI]:
    """The bare app with the sample community, a paying member, a guest and an admin."""
    app = create_app(
        Settings(
            database_url=database_url,
            clock=clock,
            app_url="https://app.test",
            secret="s" * 32,
            prices={"price_willow": "willow"},
        )
    )
    running: Community = app.state.community
    async with running.database.write() as session:
        await seed(session)
        for email, name, plan, role in (
            (ADA, "Ada", "willow", "member"),
            (GUEST, "Gil", "", "member"),
            (ADMIN, "Noor", "willow", "admin"),
        ):
            await add_member(
                session, email, name, plan=plan, role=role, password_hash=password_hash,
                now=running.now(),
            )  # fmt: skip
    yield app
    await running.close()


@pytest.fixture
def running(app: FastAPI) -> Community:
    found: Community = app.state.community
    return found


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[Browser]:
    async with Browser(app) as opened:
        yield opened


@pytest.fixture
async def other_browser(app: FastAPI) -> AsyncIterator[Browser]:
    async with Browser(app) as opened:
        yield opened
