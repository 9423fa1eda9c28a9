from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from launchready.community.database import Database
from launchready.community.mail import letters, sending
from launchready.community.mail.letters import ATTEMPTS_MAX, GIVEN_TO_SEND, put_down, take
from launchready.community.mail.worker import PostOffice
from launchready.community.running import Community
from launchready.community.settings import Settings
from launchready.community.tables import Letter
from tests.community.browser import PASSWORD, Browser
from tests.community.clock import Clock
from tests.community.conftest import ADA

NEW = "new@willow.example"


class Mailbox:
    """What a mail server received; `answer` is what it says to the next letters."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.letters.append(envelope.content)
        return self.answer

    def last(self) -> str:
        text = message_from_bytes(self.letters[-1]).get_payload(decode=True)
        assert isinstance(text, bytes)
        return text.decode()


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
async def post_office(
    running: Community, mailbox: Mailbox, clock: Clock
) -> AsyncIterator[PostOffice]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mailbox, hostname="mail.test"), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = Settings(
        database_url=running.settings.database_url, clock=clock, app_url="https://app.test",
        secret=running.settings.secret, smtp_url=f"smtp://127.0.0.1:{port}",
    )  # fmt: skip
    yield PostOffice(running.database, settings)
    server.close()
    await server.wait_closed()


async def _kept(database: Database) -> list[Letter]:
    async with database.read() as session:
        return list((await session.execute(select(Letter).order_by(Letter.id))).scalars())


async def test_a_newcomer_gets_the_letter_and_comes_in_with_its_link(
    browser: Browser, running: Community, post_office: PostOffice, mailbox: Mailbox
) -> None:
    await browser.send("/signup", email=NEW, password=PASSWORD, name="Neo")
    assert await post_office.send_next()
    assert not await post_office.send_next()
    assert mailbox.last().startswith("Hello,")
    found = re.search(r"https://app\.test(/confirm\?token=\S+)", mailbox.last())
    assert found is not None
    answer = await browser.send(found[1], "/confirm", password=PASSWORD)
    assert answer.headers["location"] == "/members"
    await post_office.send_next()
    assert mailbox.last().startswith("Hello Neo,")
    assert "you are in" in mailbox.last()
    assert all(letter.sent_at is not None for letter in await _kept(running.database))


async def test_the_letter_for_a_new_password_works_and_tells_strangers_nothing(
    browser: Browser, post_office: PostOffice, mailbox: Mailbox
) -> None:
    await browser.send("/reset", email="nobody@willow.example")
    await browser.send("/reset", email=ADA)
    assert await post_office.send_next()
    assert mailbox.letters == []
    assert await post_office.send_next()
    found = re.search(r"https://app\.test(/reset/new\?token=\S+)", mailbox.last())
    assert found is not None
    answer = await browser.send(found[1], "/reset/new", password="an even better horse")
    assert "is set" in answer.text


async def test_a_stranger_s_words_reach_nobody_as_a_name(
    browser: Browser, post_office: PostOffice, mailbox: Mailbox
) -> None:
    await browser.send(
        "/signup", email=NEW, password=PASSWORD, name="You won: https://evil.example"
    )
    await browser.send("/reset", email=NEW)
    await post_office.send_next()
    await post_office.send_next()
    assert len(mailbox.letters) == 2
    assert b"evil" not in b"".join(mailbox.letters)


async def test_who_pays_for_an_address_in_which_a_stranger_joined_gets_in_by_the_letter(
    browser: Browser, running: Community, post_office: PostOffice, mailbox: Mailbox
) -> None:
    await browser.send("/signup", email=NEW, password="a stranger's words", name="Somebody")
    async with running.database.write() as session:
        put_down(session, "welcome", NEW, now=running.now())
    await post_office.send_next()
    await post_office.send_next()
    found = re.search(r"https://app\.test(/reset/new\?token=\S+)", mailbox.last())
    assert found is not None
    await browser.send(found[1], "/reset/new", password=PASSWORD)
    assert (await browser.log_in(NEW)).headers["location"] == "/members"


async def test_a_member_who_joins_again_is_told_that_they_are_one(
    browser: Browser, post_office: PostOffice, mailbox: Mailbox
) -> None:
    await browser.send("/signup", email=ADA, password="some other words")
    await post_office.send_next()
    assert "You are a member" in mailbox.last()
    assert "token=" not in mailbox.last()


async def test_an_invitation_by_mail_carries_a_code_that_is_good_once(
    browser: Browser, running: Community, post_office: PostOffice, mailbox: Mailbox
) -> None:
    async with running.database.write() as session:
        put_down(session, "invite", NEW, now=running.now(), plan="willow")
    await post_office.send_next()
    code = mailbox.last().partition("Your code: ")[2].split()[0]
    assert "invitation is good" in (await browser.send("/invite", code=code)).text


async def test_neither_links_nor_codes_lie_in_the_outbox(
    browser: Browser, running: Community, post_office: PostOffice, mailbox: Mailbox
) -> None:
    await browser.send("/reset", email=ADA)
    await post_office.send_next()
    token = mailbox.last().partition("token=")[2].split()[0]
    for letter in await _kept(running.database):
        assert token not in repr({c.key: getattr(letter, c.key) for c in Letter.__table__.columns})


async def test_a_letter_is_tried_again_later_each_time_and_given_up_at_last(
    running: Community, post_office: PostOffice, mailbox: Mailbox, clock: Clock
) -> None:
    mailbox.answer = "451 Try again later"
    async with running.database.write() as session:
        put_down(session, "welcome", ADA, now=running.now())
    pauses = []
    for _ in range(ATTEMPTS_MAX):
        assert await post_office.send_next()
        (letter,) = await _kept(running.database)
        pauses.append(letter.due_at - clock.now)
        assert not await post_office.send_next()
        clock.now = letter.due_at
    assert pauses[:3] == [dt.timedelta(seconds=s) for s in (30, 60, 120)]
    (letter,) = await _kept(running.database)
    assert letter.given_up_at is not None
    assert letter.problem == "the server refused the letter (451)"


async def test_a_letter_that_is_refused_for_good_is_given_up_at_once(
    running: Community, post_office: PostOffice, mailbox: Mailbox
) -> None:
    mailbox.answer = "550 No such mailbox"
    async with running.database.write() as session:
        put_down(session, "welcome", ADA, now=running.now())
    await post_office.send_next()
    (letter,) = await _kept(running.database)
    assert letter.given_up_at is not None


async def test_a_letter_that_cannot_be_written_keeps_no_other_from_leaving(
    running: Community, post_office: PostOffice, mailbox: Mailbox
) -> None:
    async with running.database.write() as session:
        put_down(session, "invite", "!*@[#.", now=running.now(), plan="willow")
        put_down(session, "welcome", ADA, now=running.now())
    assert await post_office.send_next()
    assert await post_office.send_next()
    assert [message_from_bytes(one)["To"] for one in mailbox.letters] == [ADA]
    odd, _ = await _kept(running.database)
    assert (odd.problem, odd.given_up_at) == ("it cannot be written", None)


async def test_what_a_dead_worker_took_is_sent_by_another_and_is_the_same_letter(
    running: Community, post_office: PostOffice, mailbox: Mailbox, clock: Clock
) -> None:
    async with running.database.write() as session:
        put_down(session, "reset", ADA, now=running.now())
    async with running.database.write() as session:
        taken = await take(session, now=clock.now)
    assert taken is not None
    assert not await post_office.send_next()
    clock.now += GIVEN_TO_SEND
    assert await post_office.send_next()
    async with running.database.write() as session:
        # As if it had died between sending and noting that.
        letter = await session.get_one(Letter, taken.id)
        letter.sent_at = None
        letter.due_at = clock.now
    assert await post_office.send_next()
    first, second = mailbox.letters
    assert message_from_bytes(first)["Message-ID"] == message_from_bytes(second)["Message-ID"]
    assert message_from_bytes(first).get_payload() == message_from_bytes(second).get_payload()


async def test_ten_workers_send_forty_letters_once_each(
    running: Community, post_office: PostOffice, mailbox: Mailbox
) -> None:
    async with running.database.write() as session:
        for n in range(40):
            put_down(session, "invite", f"n{n}@many.example", now=running.now(), plan="willow")

    async def work() -> None:
        while await post_office.send_next():
            pass

    await asyncio.gather(*(work() for _ in range(10)))
    to = [message_from_bytes(letter)["To"] for letter in mailbox.letters]
    assert sorted(to) == sorted(f"n{n}@many.example" for n in range(40))


async def test_a_letter_whose_transaction_fails_is_never_sent(
    running: Community, post_office: PostOffice
) -> None:
    async def fail() -> None:
        async with running.database.write() as session:
            put_down(session, "welcome", ADA, now=running.now())
            await session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert not await post_office.send_next()


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


async def test_a_mail_server_without_a_port_is_asked_where_letters_are_handed_in(
    running: Community, mailbox: Mailbox, clock: Clock
) -> None:
    loop = asyncio.get_running_loop()
    try:
        # RFC 6409 section 3.1
        server = await loop.create_server(lambda: SMTP(mailbox, hostname="m"), "127.0.87.1", 587)
    except OSError as refused:
        pytest.skip(f"127.0.87.1:587 cannot be listened on here: {refused}")
    url = running.settings.database_url
    settings = Settings(database_url=url, clock=clock, smtp_url="smtp://127.0.87.1")
    async with running.database.write() as session:
        put_down(session, "welcome", ADA, now=running.now())
    await PostOffice(running.database, settings).send_next()
    server.close()
    await server.wait_closed()
    assert len(mailbox.letters) == 1


async def test_with_nothing_set_up_letters_wait(running: Community) -> None:
    async with running.database.write() as session:
        put_down(session, "welcome", ADA, now=running.now())
    assert not await running.post_office.send_next()
    (letter,) = await _kept(running.database)
    assert letter.attempts == 0


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
    async with _saying({at: says}) as (smtp_url, _):
        (letter,) = await _sent_by(running, smtp_url)
    assert problem in letter.problem
    assert (letter.given_up_at is None) == waits


async def test_a_server_that_hangs_at_the_goodbye_has_the_letter_once(
    running: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LEAVES_S", 0.2)
    async with _saying({"QUIT": ""}) as (smtp_url, heard):
        (letter,) = await _sent_by(running, smtp_url)
    assert letter.sent_at is not None
    assert heard.count("DATA") == 1


async def test_a_server_that_is_slow_to_say_that_it_has_the_letter_has_it_once(
    running: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who gives up waiting then sends it again and again, and the server takes each."""
    monkeypatch.setattr(sending, "WITHIN_S", 0.5)
    async with _saying({}, slow={"."}) as (smtp_url, heard):
        (letter,) = await _sent_by(running, smtp_url)
    assert letter.sent_at is not None
    assert heard.count("DATA") == 1


async def test_a_letter_on_its_way_arrives_though_the_process_is_told_to_end(
    running: Community,
) -> None:
    async with _saying({}, slow={"."}) as (smtp_url, heard):
        running.post_office = _office(running, smtp_url)
        async with running.database.write() as session:
            put_down(session, "welcome", ADA, now=running.now())
        running.start()
        until = asyncio.get_running_loop().time() + 20
        while "DATA" not in heard:
            assert asyncio.get_running_loop().time() < until
            await asyncio.sleep(0.01)
        await running.close()
        (letter,) = await _kept(running.database)
    assert letter.sent_at is not None


async def test_a_database_that_is_away_when_the_letter_has_left_does_not_send_it_twice(
    running: Community, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = 2

    async def noted(*given: Any, **more: Any) -> None:
        nonlocal away
        away -= 1
        if away >= 0:
            raise OperationalError("UPDATE letters", {}, Exception("the server is restarting"))
        await sent(*given, **more)

    sent = letters.sent
    monkeypatch.setattr(letters, "sent", noted)
    settings = Settings(
        database_url=running.settings.database_url, mail_folder=tmp_path / "letters",
        clock=running.settings.clock,
    )  # fmt: skip
    async with running.database.write() as session:
        put_down(session, "welcome", ADA, now=running.now())
    assert await PostOffice(running.database, settings).send_next()
    (letter,) = await _kept(running.database)
    assert letter.sent_at is not None


def _office(running: Community, smtp_url: str) -> PostOffice:
    settings = Settings(
        database_url=running.settings.database_url, clock=running.settings.clock,
        app_url="https://app.test", secret=running.settings.secret, smtp_url=smtp_url,
    )  # fmt: skip
    return PostOffice(running.database, settings)


async def _sent_by(running: Community, smtp_url: str) -> list[Letter]:
    async with running.database.write() as session:
        put_down(session, "welcome", ADA, now=running.now())
    assert await _office(running, smtp_url).send_next()
    return await _kept(running.database)


@asynccontextmanager
async def _saying(
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
                await asyncio.sleep(1.5)
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
