from __future__ import annotations

import asyncio
import multiprocessing
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, func, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import (
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from launchready.guard.once import forget, once
from tests.databases import async_url
from tests.guard.granting import grant, grant_each, granted, grants, opened

TIMES = 20


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    engine = opened(database)
    yield engine
    engine.dispose()


def grant_apart(engine: Engine, event_id: str) -> bool:
    with engine.begin() as connection:
        return grant(connection, event_id)


# ── the same event again ───────────────────────────────────────────────────────────────────────


def test_the_first_time_is_told_from_the_second(engine: Engine) -> None:
    assert [grant_apart(engine, "evt_1") for _ in range(3)] == [True, False, False]


def test_a_session_can_be_the_transaction(engine: Engine) -> None:
    answers = []
    for _ in range(2):
        with Session(engine) as session, session.begin():
            answers.append(once(session, "evt_1"))
    assert answers == [True, False]


@pytest.mark.usefixtures("engine")
async def test_async_connections_and_sessions_are_awaited(database: str) -> None:
    apart = create_async_engine(async_url(database))
    async with AsyncSession(apart) as session, session.begin():
        assert await once(session, "evt_1") is True
    async with apart.begin() as connection:
        assert await once(connection, "evt_1") is False
    await apart.dispose()


@pytest.mark.usefixtures("engine")
async def test_a_forgotten_await_is_an_error_and_not_a_yes(database: str) -> None:
    apart = create_async_engine(async_url(database))
    async with apart.begin() as connection:
        with pytest.raises(TypeError, match="await once"):
            bool(once(connection, "evt_1"))
    await apart.dispose()


def test_the_same_id_of_two_senders_is_two_events(engine: Engine) -> None:
    with engine.begin() as connection:
        answers = [once(connection, "1", source=source) for source in ("", "mail", "mail")]
    assert answers == [True, True, False]


@pytest.mark.parametrize(("event_id", "source"), [("", ""), ("x" * 256, ""), ("x", "s" * 256)])
def test_an_id_that_no_sender_makes_is_refused(event_id: str, source: str, tmp_path: Path) -> None:
    engine = opened(f"sqlite:///{tmp_path}/app.db")
    with engine.begin() as connection, pytest.raises(ValueError, match="255 characters"):
        once(connection, event_id, source=source)
    engine.dispose()


# ── at the same time ───────────────────────────────────────────────────────────────────────────


def test_twenty_threads_at_once_have_one_effect(database: str, engine: Engine) -> None:
    together = threading.Barrier(TIMES)

    def deliver() -> bool:
        together.wait()
        return grant_apart(engine, "evt_1")

    with ThreadPoolExecutor(TIMES) as pool:
        answers = [job.result() for job in [pool.submit(deliver) for _ in range(TIMES)]]
    assert sorted(answers) == [False] * (TIMES - 1) + [True]
    assert granted(database) == {"evt_1": 1}


@pytest.mark.usefixtures("engine")
async def test_twenty_tasks_at_once_have_one_effect(database: str) -> None:
    waiting = {"timeout": 60} if database.startswith("sqlite") else {}
    apart = create_async_engine(async_url(database), connect_args=waiting, pool_size=TIMES)

    async def deliver() -> bool:
        async with apart.begin() as connection:
            return await connection.run_sync(grant, "evt_1")

    answers = await asyncio.gather(*(deliver() for _ in range(TIMES)))
    await apart.dispose()
    assert answers.count(True) == 1
    assert granted(database) == {"evt_1": 1}


@pytest.mark.usefixtures("engine")
def test_five_events_twenty_times_each_from_four_processes_have_one_effect_each(
    database: str,
) -> None:
    wanted = {f"evt_{number}": 1 for number in range(5)}
    # Four processes get five deliveries of each event, in four orders.
    orders = [[f"evt_{(turn + number) % 5}" for number in range(25)] for turn in range(4)]
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(4, mp_context=spawned) as pool:
        done = list(pool.map(grant_each, [database] * 4, orders))
    assert sum(done) == 5
    assert granted(database) == wanted


def test_a_delivery_that_waits_for_one_that_fails_has_the_effect(
    database: str, engine: Engine
) -> None:
    begun = threading.Event()

    def fail() -> None:
        with engine.begin() as connection:
            grant(connection, "evt_1")
            begun.set()
            time.sleep(0.3)  # long enough that the other one waits in the database
            raise LookupError("the effect fails")

    with ThreadPoolExecutor(2) as pool:
        failing = pool.submit(fail)
        begun.wait(10)
        second = pool.submit(grant_apart, engine, "evt_1")
        assert second.result(60) is True
        assert isinstance(failing.exception(60), LookupError)
    assert granted(database) == {"evt_1": 1}


def test_after_a_rollback_the_next_delivery_has_the_effect(database: str, engine: Engine) -> None:
    connection = engine.connect()
    assert grant(connection, "evt_1")
    connection.close()
    assert grant_apart(engine, "evt_1")
    assert granted(database) == {"evt_1": 1}


# ── transactions that are none, and SQLite's locks ─────────────────────────────────────────────


def test_a_connection_that_commits_each_statement_is_refused_and_keeps_nothing(
    database: str, engine: Engine
) -> None:
    loose = create_engine(database, isolation_level="AUTOCOMMIT")
    with loose.connect() as connection, pytest.raises(RuntimeError, match="AUTOCOMMIT"):
        once(connection, "evt_1")
    loose.dispose()
    assert grant_apart(engine, "evt_1")


def begin_by_hand(engine: Engine, words: str) -> None:
    """Let SQLAlchemy send BEGIN, as its documentation of SQLite shows."""

    @event.listens_for(engine, "connect")
    def connect(connection: DBAPIConnection, _: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: object) -> None:
        connection.exec_driver_sql(words)  # type: ignore[attr-defined]


def read_then_grant(engine: Engine, both_read: threading.Barrier | None) -> bool:
    with engine.begin() as connection:
        connection.scalar(select(func.count()).select_from(grants))
        if both_read is not None:
            both_read.wait(10)
        return grant(connection, "evt_1")


@pytest.mark.parametrize("words", [None, "BEGIN IMMEDIATE"])
def test_on_sqlite_reading_first_is_safe_by_default_and_with_begin_immediate(
    words: str | None, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/app.db"
    engine = opened(url)
    if words:
        begin_by_hand(engine, words)
        engine.dispose()
    with ThreadPoolExecutor(TIMES) as pool:
        jobs = [pool.submit(read_then_grant, engine, None) for _ in range(TIMES)]
        assert [job.result() for job in jobs].count(True) == 1
    engine.dispose()
    assert granted(url) == {"evt_1": 1}


def test_on_sqlite_reading_first_in_a_deferred_transaction_is_locked_out(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/app.db"
    engine = opened(url)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    engine.dispose()
    begin_by_hand(engine, "BEGIN DEFERRED")
    both_read = threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(read_then_grant, engine, both_read) for _ in range(2)]
        errors = [job.exception(60) for job in jobs]
    engine.dispose()
    assert sorted(isinstance(error, OperationalError) for error in errors) == [False, True]
    assert granted(url) == {"evt_1": 1}


# ── retention ──────────────────────────────────────────────────────────────────────────────────


def test_old_ids_are_forgotten_a_bounded_number_at_a_time(engine: Engine) -> None:
    with engine.begin() as connection:
        for number in range(5):
            once(connection, f"evt_{number}")
    later = time.time() + 41 * 86400
    with engine.begin() as connection:
        assert forget(connection) == 0
        assert [forget(connection, at_most=3, now=later) for _ in range(3)] == [3, 2, 0]
        assert once(connection, "evt_1")


async def test_async_code_forgets_too(database: str, engine: Engine) -> None:
    grant_apart(engine, "evt_1")
    apart = create_async_engine(async_url(database))
    async with apart.begin() as connection:
        assert await forget(connection, now=time.time() + 41 * 86400) == 1
    await apart.dispose()


async def test_what_is_no_transaction_is_refused_with_a_sentence(database: str) -> None:
    loose = create_async_engine(async_url(database))
    scoped = async_scoped_session(async_sessionmaker(loose), scopefunc=asyncio.current_task)
    for wrong in (create_engine(database), loose, scoped):
        with pytest.raises(TypeError, match="a Session or a Connection"):
            once(wrong, "evt_1")  # type: ignore[call-overload]
    await loose.dispose()


def test_a_session_of_a_thread_is_a_transaction_too(engine: Engine) -> None:
    sessions = scoped_session(sessionmaker(engine))
    assert once(sessions, "evt_1")  # type: ignore[call-overload]
    sessions.commit()
    assert not once(sessions, "evt_1")  # type: ignore[call-overload]
    sessions.remove()
