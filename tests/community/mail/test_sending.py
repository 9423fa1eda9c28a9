"""How letters leave: into a folder, or by mail servers of every temper."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from pathlib import Path

import pytest
from sqlalchemy import select

from launchready.community.database import Database
from launchready.community.mail import sending
from launchready.community.mail.letters import put_down
from launchready.community.mail.worker import PostOffice
from launchready.community.running import Community
from launchready.community.settings import Settings
from launchready.community.tables import Letter
from tests.community.conftest import ADA


async def kept(database: Database) -> list[Letter]:
    async with database.read() as session:
        return list((await session.execute(select(Letter).order_by(Letter.id))).scalars())


def office(running: Community, smtp_url: str) -> PostOffice:
    settings = Settings(
        database_url=running.settings.database_url, clock=running.settings.clock,
        app_url="https://app.test", secret=running.settings.secret, smtp_url=smtp_url,
    )  # fmt: skip
    return PostOffice(running.database, settings)


async def sent_by(running: Community, smtp_url: str) -> list[Letter]:
    async with running.database.write() as session:
        put_down(session, "welcome", ADA, now=running.now())
    assert await office(running, smtp_url).send_next()
    return await kept(running.database)


@asynccontextmanager
async def saying(
    answers: dict[str, str], *, slow: frozenset[str] | set[str] = frozenset()
) -> AsyncIterator[tuple[str, list[str]]]:
    """Yield the URL of a mail server that says these in place of what is usual, and what it heard.

    By the first word of a line, `.` for the letter itself; an empty answer never comes.
    """
    heard: list[str] = []
    usual = {"DATA": "354 Go on", "QUIT": "221 Goodbye"}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test ESMTP\r\n")
        in_letter = False
        while said := await reader.readline():
            line = said.decode().rstrip("\r\n")
            word = line.split(":")[0].split(" ")[0].upper()
            if in_letter and line != ".":
                continue
            heard.append(word)
            if word in slow:
                await asyncio.sleep(2.5)
            # What is said at DATA is said of the letter, as most servers do.
            answer = answers.get("DATA", "250 OK") if word == "." else usual.get(word)
            answer = answer or answers.get(word, "250 OK")
            if word == "QUIT" and "QUIT" in answers:
                continue
            in_letter = word == "DATA"
            writer.write(f"{answer}\r\n".encode())
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard
    server.close()


async def test_without_a_server_letters_become_files_of_a_folder(
    running: Community, tmp_path: Path
) -> None:
    folder = tmp_path / "letters"
    settings = Settings(database_url=running.settings.database_url, mail_folder=folder,
                        clock=running.settings.clock)  # fmt: skip
    async with running.database.write() as session:
        put_down(session, "welcome", ADA, now=running.now())
    await PostOffice(running.database, settings).send_next()
    (file,) = folder.iterdir()
    assert message_from_bytes(file.read_bytes())["To"] == ADA


def test_an_address_of_a_mail_server_that_is_none_is_refused_without_being_shown() -> None:
    settings = Settings(
        database_url="sqlite+aiosqlite:///unused.db", smtp_url="mail.example:secretword"
    )
    with pytest.raises(ValueError, match="smtp://") as refused:
        PostOffice(Database(settings.database_url), settings)
    assert "secretword" not in str(refused.value)


@pytest.mark.parametrize(
    ("at", "says", "problem", "waits"),
    [
        ("MAIL", "530 5.7.0 Authentication required", "refused our address or wants", True),
        ("MAIL", "550 Sender verify failed", "refused our address or wants", True),
        ("RCPT", "554 5.7.1 Relay access denied", "refused the recipient (554)", True),
        ("RCPT", "451 4.7.1 Greylisted, come back", "refused the recipient (451)", True),
        ("RCPT", "550 5.1.1 No such user", "refused the recipient (550)", False),
        ("DATA", "550 5.7.26 Unauthenticated sender", "refused the letter (550)", True),
        ("DATA", "552 5.3.4 Too large", "refused the letter (552)", False),
    ],
)
async def test_what_somebody_can_set_right_leaves_the_letter_waiting(
    running: Community, at: str, says: str, problem: str, waits: bool
) -> None:
    async with saying({at: says}) as (smtp_url, _):
        (letter,) = await sent_by(running, smtp_url)
    assert problem in letter.problem
    assert (letter.given_up_at is None) == waits


async def test_a_server_that_hangs_at_the_goodbye_has_the_letter_once(
    running: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LEAVES_S", 0.2)
    async with saying({"QUIT": ""}) as (smtp_url, heard):
        (letter,) = await sent_by(running, smtp_url)
    assert letter.sent_at is not None
    assert heard.count("DATA") == 1


async def test_a_server_that_is_slow_to_say_that_it_has_the_letter_has_it_once(
    running: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who gives up waiting then sends it again and again, and the server takes each."""
    monkeypatch.setattr(sending, "WITHIN_S", 2.0)
    async with saying({}, slow={"."}) as (smtp_url, heard):
        (letter,) = await sent_by(running, smtp_url)
    assert letter.sent_at is not None
    assert heard.count("DATA") == 1
