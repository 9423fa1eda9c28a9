"""What is sent to the database, and how it plans to answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from launchready.community.database import Database

BOUNDED = {"circles"}
"""A community has a handful of these, and every page that reads them shows them all."""
FEW = {"newest", "best"}
"""What a search found: at most so many, and read to find the best of them."""
SORTS_OF_FEW = ("best.rank DESC", "newest.rank DESC", "subscriptions.changed_at DESC")
"""The last: of one member's own."""


class Seen(list[tuple[str, Any]]):
    """The statements that were sent, with their parameters."""


@contextmanager
def watching(database: Database) -> Iterator[Seen]:
    seen = Seen()

    def note(
        _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
    ) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append((statement, parameters))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def scans(database: Database, statement: str, parameters: Any) -> list[str]:
    """Return the tables that a statement reads from end to end, and what it sorts."""
    if statement.startswith("INSERT"):
        return []
    async with database.engine.connect() as connection:
        if database.engine.dialect.name == "sqlite":
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [str(row[-1]) for row in plan]
            if " WHERE " not in statement and "LIMIT" in statement and len(steps) == 1:
                # In the order of a key, and only as far as a page goes.
                return []
            sorts_few = any(order in statement for order in SORTS_OF_FEW)
            return [
                s for s in steps
                if (s.startswith("SCAN ") and s.split()[1] not in BOUNDED | FEW and "VIRTUAL" not in s)
                or (s.startswith("USE TEMP B-TREE FOR ORDER BY") and not sorts_few)
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
