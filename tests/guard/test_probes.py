from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from launchready.guard import probes
from launchready.guard.health import Readiness
from launchready.guard.probes import Beat, openai_provider, payments, store, worker
from tests.databases import async_url
from tests.guard.probing import answering, certified, closed_port, why

KEY = "sk_live_7hQ2mZp9XwLr4TkVb8Nc"
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


AS_JSON = "Content-Type: application/json\r\n"
NO_CHATS = "answers no chats (404): is its base_url right?"


def status(code: int, more: str = "") -> bytes:
    return f"HTTP/1.1 {code} X\r\n{more}Content-Length: 0\r\n\r\n".encode()


async def test_a_database_that_answers_passes(database: str) -> None:
    engine = create_engine(database)
    assert await why(probes.database(engine)) == ""
    engine.dispose()


async def test_a_database_behind_an_async_engine_that_answers_passes(database: str) -> None:
    engine = create_async_engine(async_url(database))
    assert await why(probes.database(engine)) == ""
    await engine.dispose()


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_database_that_takes_no_writes_is_not_ready_where_they_are_wanted(
    postgres: str, asynchronous: bool
) -> None:
    """As a standby does: it answers whatever reads."""
    url = f"{postgres}&options=-cdefault_transaction_read_only%3Don"
    engine = create_async_engine(url) if asynchronous else create_engine(url)
    assert await why(probes.database(engine)) == ""
    found = await why(probes.database(engine, writes=True))
    assert found == "takes no writes: it is a standby, or read-only"


async def test_a_database_that_takes_writes_is_ready(database: str) -> None:
    assert await why(probes.database(create_engine(database), writes=True)) == ""


async def test_a_disk_with_room_passes_and_one_with_less_says_how_much_is_left(
    tmp_path: Path,
) -> None:
    assert await why(probes.disk(tmp_path, 1)) == ""
    found = await why(probes.disk(tmp_path, 2**60))
    assert found.endswith(" MB are free, at least 1099511627776 wanted")


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_database_that_is_down_is_named_without_its_address(asynchronous: bool) -> None:
    url = f"postgresql+psycopg://app:hunter2hunter2@127.0.0.1:{await closed_port()}/app"
    engine = create_async_engine(url) if asynchronous else create_engine(url)
    assert await why(probes.database(engine)) == "takes no connection, or does not answer on it"


async def test_a_database_that_hangs_is_late(silent: int) -> None:
    engine = create_async_engine(f"postgresql+psycopg://app@127.0.0.1:{silent}/app")
    assert await why(probes.database(engine), 0.3) == "no answer within 0.3 s"
    await engine.dispose()


async def test_a_database_that_hangs_in_a_thread_is_late_and_keeps_one_thread(silent: int) -> None:
    engine = create_engine(
        f"postgresql+psycopg://app@127.0.0.1:{silent}/app?connect_timeout=3", pool_timeout=1
    )
    readiness = Readiness({"database": probes.database(engine)}, 0.2, keep_s=0)
    found = [(await readiness.check())["database"].why for _ in range(4)]
    mine = [t for t in threading.enumerate() if t.name == "readiness-probe"]
    assert found == ["no answer within 0.2 s"] + ["the last try still waits for an answer"] * 3
    assert len(mine) == 1
    await readiness.close()
    mine[0].join(30)
    engine.dispose()


async def test_a_pool_without_a_free_connection_is_said(tmp_path: Path) -> None:
    engine = create_engine(
        f"sqlite:///{tmp_path}/a.db", pool_size=1, max_overflow=0, pool_timeout=0.1
    )
    with engine.connect():
        assert await why(probes.database(engine)) == "every connection of the pool is in use"
    engine.dispose()


LOADS_NOTHING = """
import asyncio, sys
from sqlalchemy import create_engine
from launchready.guard import probes
from launchready.guard.health import Readiness

made = {
    "database": probes.database(create_engine("sqlite://")),
    "mail": probes.mail("127.0.0.1", 9),
    "payments": probes.payments("KEY", {"KEY": "x" * 20}, url="https://127.0.0.1:9"),
    "provider": probes.openai_provider("https://127.0.0.1:9/v1"),
    "cache": probes.store("redis://127.0.0.1:9"),
}
before = set(sys.modules)
asyncio.run(Readiness(made).check())
print(sorted(n for n in set(sys.modules) - before if n.startswith(("redis", "sqlalchemy", "ssl"))))
"""


def test_what_probes_need_is_loaded_before_the_app_answers_and_not_while_it_does() -> None:
    """The first question to a store loaded its library, and held every visitor up for a second."""
    run = subprocess.run(
        [sys.executable, "-c", LOADS_NOTHING],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"PAY": KEY}, ""),
        ({}, "the key is not set"),
        ({"PAY": ""}, "the key is empty"),
        ({"PAY": KEY.replace("live", "test")}, "the key holds a test key (_test_), not a live one"),
    ],
)
async def test_a_payment_key_is_there_and_well_formed(environ: dict[str, str], said: str) -> None:
    assert await why(payments("PAY", environ, begins="sk_live_")) == said


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (JSON, ""),
        (status(401), "refuses the key (401)"),
        (status(403), "refuses the key (403)"),
        (status(429), "over its limit (429)"),
        (status(500), "answers 500"),
        (b"", "broke the connection off"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "answers with something else than HTTP"),
        (b"HTTP/1.1 twenty\r\n\r\n", "answers with something else than HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"x" * 100_000, "answers with something else than HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 5000, "answers with something else than HTTP"),
    ],
)
async def test_a_payment_key_is_tried_where_an_address_is_given(answer: bytes, said: str) -> None:
    asked: list[bytes] = []
    async with answering(answer, read=asked) as port:
        url = f"http://127.0.0.1:{port}/v1/balance"
        assert await why(payments("PAY", {"PAY": KEY}, url=url)) == said
    assert asked[0].startswith(b"GET /v1/balance HTTP/1.1\r\n")
    assert f"Authorization: Bearer {KEY}\r\n".encode() in asked[0]


async def test_a_payment_provider_is_asked_over_tls_with_a_certificate_that_is_trusted() -> None:
    server, client = certified()
    async with answering(JSON, tls=server) as port:
        url = f"https://127.0.0.1:{port}/v1/balance"
        assert await why(payments("PAY", {"PAY": KEY}, url=url, tls=client)) == ""
        untrusted = await why(payments("PAY", {"PAY": KEY}, url=url))
        assert untrusted == "has a certificate that is not trusted"


async def test_a_provider_that_lists_its_models_passes() -> None:
    asked: list[bytes] = []
    async with answering(JSON, read=asked) as port:
        assert await why(openai_provider(f"http://127.0.0.1:{port}/v1/", KEY)) == ""
    assert asked[0].startswith(b"GET /v1/models HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("chat", "said"),
    [
        (status(400, AS_JSON), ""),
        (status(422, AS_JSON), ""),
        (status(405, AS_JSON), "answers no chats (405): is its base_url right?"),
        (status(404), "answers no chats (404): is its base_url right?"),
        (status(405), "answers no chats (405): is its base_url right?"),
        (status(401, AS_JSON), "refuses the key (401)"),
        (status(503), "answers 503"),
    ],
)
async def test_a_provider_without_a_list_of_models_is_asked_for_a_chat_without_words(
    chat: bytes, said: str
) -> None:
    asked: list[bytes] = []
    async with answering(status(404), read=asked, then=chat) as port:
        assert await why(openai_provider(f"http://127.0.0.1:{port}/v1")) == said
    assert asked[1].startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    assert b"\r\nContent-Type: application/json\r\nContent-Length: 2\r\n" in asked[1]
    assert b"\r\nContent-" not in asked[0]


@pytest.mark.parametrize(
    ("chats", "elsewhere", "said"),
    [
        ('{"detail":"Not Found"}', '{"detail":"Not Found"}', NO_CHATS),
        (
            '{"error": "no route /chat\\/completions", "id": "req_81f0", "time": 1790000000}',
            '{"error": "no route /chat/launchready-nowhere", "id": "req_7c", "time": 1790000001}',
            NO_CHATS,
        ),
        ('{"error": {"message": "model \'\' not found"}}', '{"detail":"Not Found"}', ""),
    ],
)
async def test_a_provider_that_answers_chats_as_it_does_any_path_answers_none(
    chats: str, elsewhere: str, said: str
) -> None:
    """vLLM and LiteLLM say 404 in JSON to a base_url without their /v1."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        body = (chats if b"/chat/completions" in asked else elsewhere).encode()
        head = f"HTTP/1.1 404 X\r\n{AS_JSON}Transfer-Encoding: chunked\r\n\r\n{len(body):x}\r\n"
        writer.write(head.encode() + body + b"\r\n0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert await why(openai_provider(f"http://127.0.0.1:{port}")) == said
    server.close()
    await server.wait_closed()


async def test_a_provider_that_refuses_the_key_is_said() -> None:
    async with answering(status(401)) as port:
        assert (
            await why(openai_provider(f"http://127.0.0.1:{port}", KEY)) == "refuses the key (401)"
        )


async def test_a_provider_that_answers_with_a_page_is_said() -> None:
    async with answering(status(200, "Content-Type: text/html\r\n")) as port:
        found = await why(openai_provider(f"http://127.0.0.1:{port}", KEY))
    assert found == "answers with a page instead of JSON"


async def test_a_provider_that_hangs_is_late() -> None:
    async with answering(None) as port:
        found = await why(openai_provider(f"http://127.0.0.1:{port}", KEY), 0.3)
    assert found == "no answer within 0.3 s"


async def test_a_provider_whose_name_does_not_resolve_is_said() -> None:
    found = await why(openai_provider("http://nowhere.invalid/v1"), 60)
    assert found == "its name does not resolve"


@pytest.mark.parametrize(
    ("beat", "said"),
    [
        (Beat(age_s=60, queued=100), ""),
        (None, "has not run yet"),
        (Beat(age_s=61), "silent for 61 s, at most 60 s wanted"),
        (Beat(age_s=1, queued=101), "101 jobs wait, at most 100 wanted"),
    ],
)
async def test_a_worker_shows_life_and_keeps_up(beat: Beat | None, said: str) -> None:
    async def asked() -> Beat | None:
        return beat

    assert await why(worker(lambda: beat, fresh_s=60, queued_max=100)) == said
    assert await why(worker(asked, fresh_s=60, queued_max=100)) == said


async def test_parts_that_hang_answer_together_within_the_deadline(silent: int) -> None:
    engine = create_async_engine(f"postgresql+psycopg://app@127.0.0.1:{silent}/app")
    began = time.monotonic()
    readiness = Readiness(
        {
            "database": probes.database(engine),
            "cache": store(f"redis://127.0.0.1:{silent}/0"),
            "ai provider": openai_provider(f"http://127.0.0.1:{silent}/v1"),
        },
        0.5,
    )
    found = await readiness.check()
    assert {state.why for state in found.values()} == {"no answer within 0.5 s"}
    assert time.monotonic() - began < 20
    await readiness.close()
    await engine.dispose()


def test_what_every_guarded_app_loads_loads_no_optional_package() -> None:
    script = (
        "import sys\n"
        "from launchready.guard import health, probes, start_up\n"
        "from launchready.guard.logs import app_log, redaction, sentry\n"
        "print(*sorted({'redis', 'openai', 'sqlalchemy', 'sentry_sdk'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == []
