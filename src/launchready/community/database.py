"""The database: made, migrated, and opened for reading and for writing."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_S = 10
_UPGRADE_S = 300
"""So long another process may take for its upgrade."""


class Database:
    """The connections of one process."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.writing = self.engine.execution_options(community_writes=True)
        """The same for transactions that write, which SQLite wants to know at their beginning."""

    @property
    def folder(self) -> Path | None:
        """Where the file of a SQLite database lies; None for a server's."""
        file = self.engine.url.database if self.engine.dialect.name == "sqlite" else None
        return Path(file).absolute().parent if file else None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """Give a session to look with; nothing is kept of what is changed in it."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """Give a session whose changes are kept together when it ends well, or not at all."""
        async with AsyncSession(self.writing, expire_on_commit=False) as session, session.begin():
            yield session

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def insert_into(session: AsyncSession, table: type[Any]) -> sqlite.Insert | postgresql.Insert:
    """Return an insertion that can say what is to be done where the row is there already."""
    here = session.get_bind().dialect.name
    return sqlite.insert(table) if here == "sqlite" else postgresql.insert(table)


def _engine(url: str) -> AsyncEngine:
    if make_url(url).get_backend_name() != "sqlite":
        # Connections that a restart of the server, or an idle hour, has cut would each cost a member
        # an error page: each is looked at before it is used.
        return create_async_engine(
            url, pool_size=10, max_overflow=10, pool_timeout=10, pool_pre_ping=True
        )
    engine = create_async_engine(url, pool_size=5, max_overflow=10, pool_timeout=10)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    # The driver begins nothing by itself: SQLAlchemy's begin event does.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        # With WAL a commit survives the death of the process, if not always that of the machine.
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_S * 1000}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # Who will write says so at once: a lock that is widened later fails without waiting.
    writes = connection.get_execution_options().get("community_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _wait_for_an_upgrade(connection: Any, _: object) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={_UPGRADE_S * 1000}")


def _begin_immediately(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def upgrade(url: str) -> None:
    """Bring the database at the URL to the newest tables; a SQLite file is made if there is none."""
    where = make_url(url)
    if where.get_backend_name() == "sqlite":
        path = Path(where.database or "")
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            if _appeared(path):
                return
    _migrate(where)


def _appeared(path: Path) -> bool:
    """Make the file whole at once: processes that start together must not meet half of it.

    False where the file system knows no hard links. A copy would be met half written there, so
    that the file is made by its migrations, which belong to one process at a time.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    shutil.copyfile(_template(), part)
    try:
        # Unlike a rename it leaves alone what another process has made, and filled, meanwhile.
        os.link(part, path)
    except FileExistsError:
        return True
    except OSError:
        return False
    else:
        return True
    finally:
        part.unlink()


@cache
def _template() -> Path:
    """Return a SQLite file with the newest tables and nothing in them, made once a process."""
    folder = tempfile.mkdtemp(prefix="community-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "template.db"
    _migrate(URL.create("sqlite", database=str(path)))
    return path


def _migrate(where: URL) -> None:
    # Alembic takes most of a second to import, and a database that is copied does without.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    backend = where.get_backend_name()
    sync = where.set(drivername="sqlite" if backend == "sqlite" else "postgresql+psycopg")
    engine = create_engine(sync)
    if backend == "sqlite":
        # From its first look to its last step a file belongs to one process, which takes all of the
        # steps or none.
        event.listen(engine, "connect", _wait_for_an_upgrade)
        event.listen(engine, "begin", _begin_immediately)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()
