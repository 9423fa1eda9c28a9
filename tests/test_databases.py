from __future__ import annotations

from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine


def test_a_test_gets_an_empty_postgresql_database(postgres: str) -> None:
    engine = create_engine(postgres)
    with engine.connect() as connection:
        tables = connection.scalar(
            text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        )
    engine.dispose()
    assert tables == 0


async def test_the_same_address_serves_async_code(postgres: str) -> None:
    engine = create_async_engine(postgres)
    async with engine.connect() as connection:
        version = await connection.scalar(text("SHOW server_version_num"))
    await engine.dispose()
    assert int(str(version)) >= 160000
