"""No common route scans a table or asks once a row, with 100,000 posts and 10,000 members."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from launchready.community.database import Database
from launchready.community.running import Community
from tests.community.browser import PASSWORD, Browser
from tests.community.conftest import ADA, GUEST

MEMBERS, POSTS = 10_000, 100_000
BOUNDED = {"circles", "anon_1"}
"""A community has a handful of circles, and pages that read them show them all; a search puts what
it found, a bounded number, into order by how well it fits."""

_NUMBERS = {
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {}) ",
    "postgresql": "WITH s AS (SELECT generate_series(1, {}) AS n) ",
}
_MEMBERS = (
    "INSERT INTO members(id, email, name, about, role, plan, gift, confirmed_at, joined_at) {} "
    "SELECT n + 1000, 'm' || n || '@many.example', 'Member ' || n, '', 'member', 'willow', '', {}, {} "
    "FROM s"
)
_POSTS = (
    "INSERT INTO posts(id, circle_id, author_id, plan, title, body, comment_count, created_at) {} "
    "SELECT n + 1000, c.id, 1001 + n % 10000, c.plan, 'Post ' || n, 'About beans ' || n, 0, {} "
    "FROM s JOIN circles c ON c.id = 1 + n % 5"
)


async def _fill(database: Database) -> None:
    kind = database.engine.dialect.name
    now = "CURRENT_TIMESTAMP"
    # SQLite wants WITH before SELECT, which is where PostgreSQL takes it, too.
    async with database.write() as session:
        await session.execute(text(_MEMBERS.format(_NUMBERS[kind].format(MEMBERS), now, now)))
        await session.execute(text(_POSTS.format(_NUMBERS[kind].format(POSTS), now)))
        if kind == "postgresql":
            for table in ("members", "posts"):
                await session.execute(text("SELECT setval(:s, 200000)"), {"s": f"{table}_id_seq"})
    async with database.write() as session:
        await session.execute(text("ANALYZE"))


class Seen(list[tuple[str, Any]]):
    """The statements that were sent, with their parameters."""


@contextmanager
def _watching(database: Database) -> Iterator[Seen]:
    seen = Seen()

    def note(
        _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
    ) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append((statement, parameters))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def _scans(database: Database, statement: str, parameters: Any) -> list[str]:
    """Return the tables that a statement reads from end to end, and what it sorts."""
    if statement.startswith("INSERT"):
        return []
    async with database.engine.connect() as connection:
        if database.engine.dialect.name == "sqlite":
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [str(row[-1]) for row in plan]
            return [
                s for s in steps
                if (s.startswith("SCAN ") and s.split()[1] not in BOUNDED and "VIRTUAL" not in s)
                or (s.startswith("USE TEMP B-TREE FOR ORDER BY") and "anon_1" not in statement)
            ]  # fmt: skip
        tree = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        found: Any = tree.scalar_one()
    nodes = [found[0]["Plan"] if isinstance(found, list) else json.loads(found)[0]["Plan"]]
    bad = []
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        kind, table = node["Node Type"], node.get("Relation Name")
        # A table of a few rows is read whole, as the planner knows that it is one page.
        if kind == "Seq Scan" and table not in BOUNDED and node["Plan Rows"] > 200:
            bad.append(f"Seq Scan on {table}")
    return bad


async def test_common_routes_send_a_constant_number_of_statements_that_use_indexes(
    browser: Browser, other_browser: Browser, running: Community
) -> None:
    await _fill(running.database)
    with _watching(running.database) as seen:
        await browser.log_in(ADA, PASSWORD)
    assert len(seen) == 2, [s for s, _ in seen]
    every = list(seen)
    await other_browser.log_in(GUEST, PASSWORD)
    for who, path, statements in (
        (browser, "/members", 3),
        (browser, "/members?before=50000", 3),
        (other_browser, "/members", 3),
        (other_browser, "/members?before=5000", 3),
        (browser, "/circles/beans?before=90000", 3),
        (browser, "/posts/50000", 3),
        (browser, "/people/1500", 3),
        (browser, "/profile", 2),
        (browser, "/write", 2),
        (browser, "/guide", 2),
        (browser, "/search?q=4711", 2),
        (browser, "/v1/circles", 1),
        (browser, "/invite", 0),
    ):
        with _watching(running.database) as seen:
            answer = await who.get(path)
        assert answer.status_code == 200, path
        assert len(seen) == statements, (path, [s for s, _ in seen])
        every += seen
    for path, action, typed, statements in (
        ("/write", "/write", {"circle": "beans", "title": "T", "body": "B"}, 4),
        ("/posts/50000", "/posts/50000/comments", {"body": "B"}, 4),
        ("/reset", "/reset", {"email": ADA}, 1),
        ("/signup", "/signup", {"email": "n@many.example", "password": PASSWORD}, 3),
        ("/invite", "/invite", {"code": "none"}, 2),
    ):
        form = await browser.form(path, action)
        with _watching(running.database) as seen:
            answer = await browser.post(form, **typed)
        assert answer.status_code in {200, 303, 422}, path
        assert len(seen) == statements, (path, [s for s, _ in seen])
        every += seen
    for statement, parameters in every:
        assert await _scans(running.database, statement, parameters) == [], statement


@pytest.mark.parametrize("number", [1, 20])
async def test_a_feed_of_many_posts_takes_as_many_statements_as_one_of_few(
    browser: Browser, running: Community, number: int
) -> None:
    await browser.log_in(GUEST)
    async with running.database.write() as session:
        await session.execute(text("DELETE FROM posts WHERE id > :n"), {"n": number})
    with _watching(running.database) as seen:
        await browser.get("/members")
    assert len(seen) == 3
