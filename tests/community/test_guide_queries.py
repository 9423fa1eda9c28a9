"""The guide's routes with many posts, and with a history of many pages."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from launchready.community.crowd import Crowd, fill
from launchready.community.running import Community
from launchready.community.tables import Member, Question
from tests.community.browser import Browser
from tests.community.conftest import ADA
from tests.community.statements import scans, watching
from tests.community.test_guide import ask, reply

ASKED = 5_000
CROWD = Crowd(members=1_000, posts=20_000, letters=30, sessions=10, questions=10, invites=10)


async def _asked_often(running: Community) -> None:
    async with running.database.write() as session:
        ada = await session.scalar(select(Member.id).where(Member.email == ADA))
        session.add_all(
            Question(
                member_id=(ada, 1)[n % 2], question=f"Q{n}", answer="A", state="whole",
                asked_at=running.now(),
            )
            for n in range(ASKED)
        )  # fmt: skip
    async with running.database.write() as session:
        await session.execute(text("ANALYZE"))


@pytest.mark.parametrize("much", [False, True])
async def test_the_guide_sends_as_many_statements_however_much_was_asked_and_written(
    browser: Browser, running: Community, much: bool
) -> None:
    if much:
        async with running.database.write() as session:
            await fill(session, CROWD, password_hash=None, now=running.now())
        await _asked_often(running)
    await browser.log_in(ADA)
    with watching(running.database) as seen:
        await reply(browser, "Which beans climb?")
        asked = len(seen)
        for path in ("/guide", "/guide?before=2000"):
            assert (await browser.get(path)).status_code == 200
    assert (asked, len(seen)) == (4, 9)
    for statement, parameters in seen if much else ():
        assert await scans(running.database, statement, parameters) == [], statement


async def test_a_streamed_answer_takes_the_statements_of_any_other(
    browser: Browser, running: Community
) -> None:
    await browser.log_in(ADA)
    with watching(running.database) as seen:
        await ask(browser, "Which beans climb?", accept="text/event-stream")
    assert len(seen) == 4
