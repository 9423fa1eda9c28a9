"""An app whose effect is a row: what webhooks grant, in the tables of a real database."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    func,
    select,
)

from launchready.guard import once

# As an app would: its own tables and the guard's in one metadata are created together.
metadata = MetaData()
for _table in once.metadata.tables.values():
    _table.to_metadata(metadata)
grants = Table(
    "grants",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("event_id", String(255)),
)


def opened(url: str) -> Engine:
    """Return an engine for the database, its tables created."""
    waiting = {"timeout": 60} if url.startswith("sqlite") else {}
    engine = create_engine(url, connect_args=waiting, pool_size=20)
    metadata.create_all(engine)
    return engine


def grant(connection: Connection, event_id: str) -> bool:
    """Do the effect of an event if it is the first time; return whether it was."""
    first = once.once(connection, event_id)
    if first:
        connection.execute(grants.insert().values(event_id=event_id))
    return first


def granted(url: str) -> dict[str, int]:
    """Return how often each event had its effect."""
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(
            select(grants.c.event_id, func.count()).group_by(grants.c.event_id)
        ).all()
    engine.dispose()
    return {name: times for name, times in rows}  # noqa: C416 (rows are not typed as pairs)


def grant_each(url: str, event_ids: list[str]) -> int:
    """Be a process that gets these deliveries; return how many had an effect."""
    engine = create_engine(url)
    done = 0
    for event_id in event_ids:
        with engine.begin() as connection:
            done += grant(connection, event_id)
    engine.dispose()
    return done
