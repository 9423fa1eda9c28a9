from __future__ import annotations

import errno
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import OperationalError

from launchready.community.database import Database, upgrade
from launchready.community.tables import Table
from launchready.guard import once


def _sync(url: str) -> str:
    return url.replace("+aiosqlite", "")


def test_the_migrations_make_the_tables_that_the_app_works_with(database_url: str) -> None:
    upgrade(database_url)
    engine = create_engine(_sync(database_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        found = compare_metadata(context, [Table.metadata, once.metadata])  # type: ignore[arg-type]
    engine.dispose()
    # The index of words is known to the migrations alone.
    assert [d for d in found if "words" not in str(d)] == []


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(database_url: str) -> None:
    upgrade(database_url)
    upgrade(database_url)
    engine = create_engine(_sync(database_url))
    assert "posts" in inspect(engine).get_table_names()
    engine.dispose()


def old_file(path: Path) -> str:
    """Make a file as the first version did, and return its URL."""
    from alembic import command
    from alembic.config import Config

    from launchready.community import migrations

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    return f"sqlite:///{path}"


def test_an_old_file_is_brought_up_to_date_and_keeps_its_rows(tmp_path: Path) -> None:
    url = old_file(tmp_path / "old.db")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO circles(slug, name, about, plan, post_count) VALUES('a','A','','',0)")
        )
    upgrade(url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT name FROM circles")) == "A"
        assert connection.scalar(text("SELECT count(*) FROM posts_words")) == 0
    engine.dispose()


def _upgrade_each(urls: list[str], together: Any, failures: Any) -> None:
    import alembic.command  # noqa: F401 - its import must not keep the two apart

    for url in urls:
        together.wait(60)
        try:
            upgrade(url)
        except Exception as error:  # noqa: BLE001 - told by the other process
            failures.put(f"{url}: {error!r}")


def _failures_of_two(upgrade_each: Callable[..., None], urls: list[str]) -> list[str]:
    fresh = multiprocessing.get_context("spawn")
    together, failures = fresh.Barrier(2), fresh.Queue()
    both = [fresh.Process(target=upgrade_each, args=(urls, together, failures)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
    assert [process.exitcode for process in both] == [0, 0]
    return [] if failures.empty() else [failures.get()]


def test_two_processes_that_start_at_once_upgrade_a_file_one_after_the_other(
    tmp_path: Path,
) -> None:
    urls = [old_file(tmp_path / f"{n}.db") for n in range(10)]
    assert _failures_of_two(_upgrade_each, urls) == []
    newest = urls[0]
    for url in urls:
        assert _tables(url) == _tables(newest)
    assert "launchready_events" in _tables(newest)


def _refuse_links(*_: object) -> None:
    raise PermissionError(errno.EPERM, "Operation not permitted")


def _make_each_without_links(urls: list[str], together: Any, failures: Any) -> None:
    os.link = _refuse_links  # type: ignore[assignment]
    _upgrade_each(urls, together, failures)


def test_where_no_hard_links_are_two_processes_that_start_at_once_make_one_whole_file(
    tmp_path: Path,
) -> None:
    """As exFAT and some network file systems refuse them."""
    whole = f"sqlite:///{tmp_path / 'whole.db'}"
    upgrade(whole)
    urls = [f"sqlite:///{tmp_path / 'new' / f'{n}.db'}" for n in range(5)]
    assert _failures_of_two(_make_each_without_links, urls) == []
    assert {file.name for file in (tmp_path / "new").iterdir()} == {f"{n}.db" for n in range(5)}
    for url in urls:
        assert _tables(url) == _tables(whole)


def test_an_upgrade_that_fails_half_way_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    url = old_file(tmp_path / "old.db")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE launchready_events(id INTEGER)"))
    before = _tables(url)
    with pytest.raises(OperationalError):
        upgrade(url)
    assert _tables(url) == before
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "0001"
    engine.dispose()


def _tables(url: str) -> dict[str, str]:
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master ORDER BY name"))
        found = {row.name: row.sql for row in rows}
    engine.dispose()
    return found


async def test_a_write_that_fails_leaves_nothing(database_url: str) -> None:
    upgrade(database_url)
    database = Database(database_url)
    insert = text("INSERT INTO circles(slug, name, about, plan, post_count) VALUES('a','','','',0)")

    async def fail() -> None:
        async with database.write() as session:
            await session.execute(insert)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM circles")) == 0
    await database.close()


async def test_thirty_writers_at_a_time_wait_for_one_another(database_url: str) -> None:
    import asyncio

    upgrade(database_url)
    database = Database(database_url)

    async def write(number: int) -> None:
        async with database.write() as session:
            count = await session.scalar(text("SELECT count(*) FROM circles"))
            await session.execute(
                text(
                    "INSERT INTO circles(slug, name, about, plan, post_count) VALUES(:s,'','','',:n)"
                ),
                {"s": f"c{number}", "n": count},
            )

    await asyncio.gather(*(write(n) for n in range(30)))
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM circles")) == 30
    await database.close()


async def test_connections_that_a_restart_of_the_server_cut_cost_no_member_an_error(
    postgres: str,
) -> None:
    database = Database(postgres)
    every = [database.read() for _ in range(5)]
    for each in every:
        session = await each.__aenter__()
        await session.scalar(text("SELECT 1"))
    for each in every:
        await each.__aexit__(None, None, None)
    server = create_engine(postgres)
    with server.connect() as connection:
        cut = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert connection.scalar(text(cut)) == 5
    server.dispose()
    for _ in range(5):
        async with database.read() as session:
            assert await session.scalar(text("SELECT 1")) == 1
    await database.close()
