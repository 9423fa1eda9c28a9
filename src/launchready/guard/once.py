"""One effect an event, and no newer state overwritten: two tables in the app's own database.

    with Session(engine) as session, session.begin():
        if once(session, event.id) and newer(session, subscription_id, event.created):
            ...                                       # the effect, by the same session

`await once(...)` with an AsyncSession or AsyncConnection. The event's id is inserted in the
transaction of its effect, so both are there or neither is: after a crash before the commit the next
delivery starts afresh, after a crash behind it the next delivery finds it done. What a database
cannot take back (a mail, a call to another service) belongs in an outbox table in that transaction.

PostgreSQL: a second delivery waits until the first has committed or rolled back. In isolation
levels above READ COMMITTED it may end in a serialization error instead; the sender tries again.

SQLite: writers wait for each other as long as the connection's time-out, five seconds unless
`connect_args={"timeout": 30}` says otherwise. Call `once` before anything else in the transaction:
a transaction that has read first cannot always become a writer ("database is locked", at once).
The default of Python's driver, which begins at the first write, is safe either way; an app that
sends BEGIN itself sends BEGIN IMMEDIATE where it will write.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Generator
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, NoReturn, TypeVar, overload

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Delete,
    Index,
    Insert,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import Session, scoped_session

Sync = Connection | Session
Async = AsyncConnection | AsyncSession
_T = TypeVar("_T")

NAME_MAX_LENGTH = 255
FORGET_DAYS = 40
FORGET_AT_MOST = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# For `metadata.create_all(engine)`, or beside the app's own in Alembic's env.py:
# `target_metadata = [Base.metadata, once.metadata]`.
metadata = MetaData()
events = Table(
    "launchready_events",
    metadata,
    Column("source", String(NAME_MAX_LENGTH), primary_key=True),
    Column("event_id", String(NAME_MAX_LENGTH), primary_key=True),
    Column("seen_s", BigInteger, nullable=False),
    Index("launchready_events_seen", "seen_s"),
)
# Microseconds as integers: SQLite would store a moment as text without its zone.
newest = Table(
    "launchready_newest",
    metadata,
    Column("subject", String(NAME_MAX_LENGTH), primary_key=True),
    Column("created_us", BigInteger, nullable=False),
    Column("rank", Integer, nullable=False),
    Index("launchready_newest_created", "created_us"),
)


class Awaited(Generic[_T]):
    """What an async call returns; it has no truth of its own, so a forgotten await is an error."""

    def __init__(self, begin: Callable[[], Awaitable[_T]]) -> None:
        self._begin = begin

    def __await__(self) -> Generator[Any, None, _T]:
        return self._begin().__await__()

    def __bool__(self) -> NoReturn:
        raise TypeError("an async transaction's answer is awaited: if await once(…)")


@overload
def once(transaction: Sync, event_id: str, *, source: str = "") -> bool: ...
@overload
def once(transaction: Async, event_id: str, *, source: str = "") -> Awaited[bool]: ...
def once(transaction: Sync | Async, event_id: str, *, source: str = "") -> bool | Awaited[bool]:
    """Return True the first time that this event comes, False when its effect is already done.

    True holds only if `transaction` commits. `source` keeps senders apart whose ids could meet.
    ValueError for an id or a source that no sender makes (empty or over 255 characters; `source`
    may be empty), RuntimeError for a connection that commits each statement by itself.
    """
    if not event_id or max(len(event_id), len(source)) > NAME_MAX_LENGTH:
        raise ValueError("an event's id has 1 to 255 characters, its source no more than 255")
    row = {"source": source, "event_id": event_id, "seen_s": int(time.time())}

    def insert(connection: Connection) -> Insert:
        return _insert(connection, events).values(row).on_conflict_do_nothing()

    return _within(transaction, lambda connection: _changed(connection, insert(connection)) == 1)


@overload
def newer(transaction: Sync, subject: str, created: datetime, *, rank: int = 0) -> bool: ...
@overload
def newer(
    transaction: Async, subject: str, created: datetime, *, rank: int = 0
) -> Awaited[bool]: ...
def newer(
    transaction: Sync | Async, subject: str, created: datetime, *, rank: int = 0
) -> bool | Awaited[bool]:
    """Return whether nothing newer was applied to the subject yet, and remember this as newest.

    `subject` is what the event is about, such as a subscription's id; `created` is the sender's
    time, not that of the delivery, and has a zone. Of two events of the same time the higher `rank`
    is the newer one; with the same rank too, the one delivered later is.

    Stripe's times are whole seconds, and "created", "updated" and "deleted" often share one: rank
    them 0, 1, 2. Two updates within a second cannot be told apart by any of it: where that matters,
    take the event as a hint only and fetch the object's present state from the sender.
    """
    if not 0 < len(subject) <= NAME_MAX_LENGTH:
        raise ValueError("a subject has 1 to 255 characters")
    if created.tzinfo is None:
        raise ValueError("a time without a zone cannot be compared")
    moment_us = (created - _EPOCH) // timedelta(microseconds=1)
    row = {"subject": subject, "created_us": moment_us, "rank": rank}

    def upsert(connection: Connection) -> Insert:
        statement = _insert(connection, newest).values(row)
        given, kept = statement.excluded, newest.c
        return statement.on_conflict_do_update(
            index_elements=["subject"],
            set_={"created_us": given.created_us, "rank": given.rank},
            where=tuple_(given.created_us, given.rank) >= tuple_(kept.created_us, kept.rank),
        )

    return _within(transaction, lambda connection: _changed(connection, upsert(connection)) == 1)


@overload
def forget(
    transaction: Sync, *, older_than_days: float = ..., at_most: int = ..., now: float | None = ...
) -> int: ...
@overload
def forget(
    transaction: Async, *, older_than_days: float = ..., at_most: int = ..., now: float | None = ...
) -> Awaited[int]: ...
def forget(
    transaction: Sync | Async,
    *,
    older_than_days: float = FORGET_DAYS,
    at_most: int = FORGET_AT_MOST,
    now: float | None = None,
) -> int | Awaited[int]:
    """Delete what is older, and return how many rows went: at most `at_most` of each table.

    Call it daily, and again while it returns that many. An event forgotten and sent again has its
    effect again: Stripe tries for three days and lets its events be sent again by hand for thirty,
    hence the forty. `now` is Unix seconds.
    """
    before_s = int((time.time() if now is None else now) - older_than_days * 86400)

    def both(connection: Connection) -> int:
        old = select(events.c.source, events.c.event_id).where(events.c.seen_s < before_s)
        past = select(newest.c.subject).where(newest.c.created_us < before_s * 1_000_000)
        name = tuple_(events.c.source, events.c.event_id)
        return _changed(
            connection,
            delete(events).where(name.in_(old.order_by(events.c.seen_s).limit(at_most))),
        ) + _changed(
            connection,
            delete(newest).where(
                newest.c.subject.in_(past.order_by(newest.c.created_us).limit(at_most))
            ),
        )

    return _within(transaction, both)


def _within(transaction: Sync | Async, work: Callable[[Connection], _T]) -> _T | Awaited[_T]:
    """Do the work on the transaction's own connection: at once, or when awaited."""
    if isinstance(transaction, AsyncConnection):
        return Awaited(lambda: transaction.run_sync(work))
    if isinstance(transaction, AsyncSession):
        return Awaited(lambda: transaction.run_sync(lambda session: work(session.connection())))
    if not isinstance(transaction, Connection | Session | scoped_session):
        raise TypeError(
            f"{type(transaction).__name__} is no transaction: once and newer take a Session or a "
            "Connection of SQLAlchemy, an AsyncSession or an AsyncConnection (of an "
            "async_scoped_session what calling it returns)"
        )
    return work(transaction if isinstance(transaction, Connection) else transaction.connection())


def _insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    raise RuntimeError(f"once knows PostgreSQL and SQLite, not {connection.dialect.name}")


def _changed(connection: Connection, statement: Insert | Delete) -> int:
    _refuse_autocommit(connection)
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount


def _refuse_autocommit(connection: Connection) -> None:
    """Raise where the id would be kept though its effect fails: the event would be lost."""
    if not connection.in_transaction():
        connection.begin()  # an app's own BEGIN is sent by this, as it would be by the statement
    pooled = connection.connection
    driver = pooled.dbapi_connection
    if driver is None or not connection.dialect.detect_autocommit_setting(driver):
        return
    # An app that sends BEGIN itself turns off the one of Python's driver for SQLite.
    if not getattr(pooled.driver_connection, "in_transaction", False):
        raise RuntimeError(
            "this connection commits each statement by itself (AUTOCOMMIT); "
            "once needs the transaction of the event's effect"
        )
