"""Three ways to ask a provider for a streamed answer, timed to its first word.

In a process of its own: `python asking.py WAY BASE_URL` holds as many streams open as lines come in,
and says after each line how many bytes of memory it takes.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvloop
from openai import AsyncOpenAI
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import create_async_engine

from launchready.demo.listening import allow_many_sockets
from launchready.guard.chat import Allowance, Chat, Ledger, Limits, MemoryLedger
from launchready.guard.chat.sql import SqlLedger, spending_table
from launchready.manifest.app import ChatSection

MESSAGES: list[Any] = [
    {"role": "system", "content": "You are the guide of a community of gardeners. " * 20},
    {"role": "user", "content": "Where do I begin?"},
]
Ask = Callable[[], AsyncIterator[float]]
"""Asks once; yields the moment of each packet with words, by `time.perf_counter`."""


class Bare:
    """The least that can be done: raw sockets, kept open; nothing is parsed and nothing is safe."""

    def __init__(self, base_url: str) -> None:
        where = urlsplit(base_url)
        self._host, self._port = where.hostname, where.port
        body = json.dumps({
            "model": "guide", "messages": MESSAGES, "stream": True, "max_tokens": 1000,
            "stream_options": {"include_usage": True},
        }).encode()  # fmt: skip
        head = (
            f"POST {where.path}/chat/completions HTTP/1.1\r\nHost: {where.netloc}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._request = head.encode() + body
        self._kept: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def __call__(self) -> AsyncIterator[float]:
        """Ask once."""
        if self._kept:
            reader, writer = self._kept.pop()
        else:
            reader, writer = await asyncio.open_connection(self._host, self._port)
        writer.write(self._request)
        while data := await reader.read(65536):
            if b'"content"' in data:
                yield time.perf_counter()
            if data.endswith(b"0\r\n\r\n"):
                break
        self._kept.append((reader, writer))


@asynccontextmanager
async def bare(base_url: str) -> AsyncIterator[Ask]:
    """Ask by raw sockets."""
    yield Bare(base_url).__call__


@asynccontextmanager
async def _guarded(base_url: str, ledger: Ledger) -> AsyncIterator[Ask]:
    section = ChatSection(base_url=base_url, model="gpt-4o-mini", price=(0.15, 0.6))
    plenty = Allowance(tokens=10**12, nanodollars=10**15)
    chat = Chat(section, limits=Limits(launch=plenty, member=plenty), ledger=ledger)
    members = 0

    async def ask() -> AsyncIterator[float]:
        nonlocal members
        members += 1
        async for piece in chat.ask(MESSAGES, member=f"m{members % 1000}"):
            if piece.text:
                yield time.perf_counter()

    yield ask
    await chat.close()


@asynccontextmanager
async def guard(base_url: str) -> AsyncIterator[Ask]:
    """Ask by `Chat`, with limits in money and tokens, counted in memory."""
    async with _guarded(base_url, MemoryLedger()) as ask:
        yield ask


@asynccontextmanager
async def guard_sqlite(base_url: str) -> AsyncIterator[Ask]:
    """Ask by `Chat`, with limits in money and tokens, counted in a SQLite file."""
    metadata = MetaData()
    table = spending_table(metadata)
    with tempfile.TemporaryDirectory() as folder:
        engine = create_async_engine(f"sqlite+aiosqlite:///{Path(folder) / 'app.db'}")
        async with engine.begin() as connection:
            await connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            await connection.run_sync(metadata.create_all)
        async with _guarded(base_url, SqlLedger(engine, table)) as ask:
            yield ask
        await engine.dispose()


@asynccontextmanager
async def openai(base_url: str) -> AsyncIterator[Ask]:
    """Ask by the official client, without limits or deadlines of ours."""
    async with AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0) as client:

        async def ask() -> AsyncIterator[float]:
            stream = await client.chat.completions.create(
                model="guide", messages=MESSAGES, stream=True, max_tokens=1000,
                stream_options={"include_usage": True},
            )  # fmt: skip
            async for chunk in stream:
                if chunk.choices and chunk.choices[0].delta.content:
                    yield time.perf_counter()

        yield ask


WAYS = {"bare": bare, "guard": guard, "guard, SQLite": guard_sqlite, "openai client": openai}


def resident_bytes() -> int:
    """Return the memory that this process has in use."""
    words = ["ps", "-o", "rss=", "-p", str(os.getpid())]
    return 1024 * int(subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout)


async def _hold(way: str, base_url: str) -> None:
    allow_many_sockets()
    loop = asyncio.get_running_loop()
    async with WAYS[way](base_url) as ask:
        held: list[AsyncIterator[float]] = []

        async def one_more() -> None:
            stream = ask()
            await anext(stream)
            held.append(stream)

        while line := await loop.run_in_executor(None, sys.stdin.readline):
            await asyncio.gather(*(one_more() for _ in range(int(line))))
            print(resident_bytes(), flush=True)


if __name__ == "__main__":
    uvloop.run(_hold(sys.argv[1], sys.argv[2]))
