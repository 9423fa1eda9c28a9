from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import AsyncIterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy.exc import OperationalError

from launchready.community.mail import letters
from launchready.community.mail.letters import ATTEMPTS_MAX, GIVEN_TO_SEND, put_down, take
from launchready.community.mail.worker import PostOffice
from launchready.community.running import Community
from launchready.community.settings import Settings
from launchready.community.tables import Letter
from tests.community.browser import PASSWORD, Browser
from tests.community.clock import Clock
from tests.community.conftest import ADA
from tests.community.mail.test_sending import kept, office, saying

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
    assert answer.headers["location"] == "/members?new=1"
    await post_office.send_next()
    assert mailbox.last().startswith("Hello Neo,")
    assert "you are in" in mailbox.last()
    assert all(letter.sent_at is not None for letter in await kept(running.database))


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
    for letter in await kept(running.database):
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
        (letter,) = await kept(running.database)
        pauses.append(letter.due_at - clock.now)
        assert not await post_office.send_next()
        clock.now = letter.due_at
    assert pauses[:3] == [dt.timedelta(seconds=s) for s in (30, 60, 120)]
    (letter,) = await kept(running.database)
    assert letter.given_up_at is not None
    assert letter.problem == "the server refused the letter (451)"


async def test_a_letter_that_is_refused_for_good_is_given_up_at_once(
    running: Community, post_office: PostOffice, mailbox: Mailbox
) -> None:
    mailbox.answer = "550 No such mailbox"
    async with running.database.write() as session:
        put_down(session, "welcome", ADA, now=running.now())
    await post_office.send_next()
    (letter,) = await kept(running.database)
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
    odd, _ = await kept(running.database)
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
    (letter,) = await kept(running.database)
    assert letter.attempts == 0


async def test_a_letter_on_its_way_arrives_though_the_process_is_told_to_end(
    running: Community,
) -> None:
    async with saying({}, slow={"."}) as (smtp_url, heard):
        running.post_office = office(running, smtp_url)
        async with running.database.write() as session:
            put_down(session, "welcome", ADA, now=running.now())
        running.start()
        until = asyncio.get_running_loop().time() + 20
        while "DATA" not in heard:
            assert asyncio.get_running_loop().time() < until
            await asyncio.sleep(0.01)
        await running.close()
        (letter,) = await kept(running.database)
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
    (letter,) = await kept(running.database)
    assert letter.sent_at is not None
