"""The app is killed while letters leave: none of what was acknowledged is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from email import message_from_bytes
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import func, select, update

from launchready.community.database import Database, upgrade
from launchready.community.mail.letters import put_down
from launchready.community.mail.worker import PostOffice
from launchready.community.settings import Settings, utc_now
from launchready.community.tables import Letter

LETTERS = 30
_WORKER = """
import asyncio, sys
from launchready.community.database import Database
from launchready.community.mail.worker import PostOffice
from launchready.community.settings import Settings
settings = Settings(database_url=sys.argv[1], smtp_url=sys.argv[2], secret="s" * 32)
asyncio.run(PostOffice(Database(settings.database_url), settings).run())
"""


class Counting:
    """Notes whom letters reached; slow enough to be killed in the middle of one."""

    def __init__(self) -> None:
        self.reached: list[str] = []
        self.some = asyncio.Event()

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.reached.append(str(message_from_bytes(envelope.content)["To"]))
        await asyncio.sleep(0.02)
        if len(self.reached) >= LETTERS // 3:
            self.some.set()
        return "250 OK"


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_a_worker_that_is_killed_leaves_no_letter_unsent(
    database_url: str, tmp_path: Path
) -> None:
    upgrade(database_url)
    database = Database(database_url)
    people = [f"n{n}@many.example" for n in range(LETTERS)]
    async with database.write() as session:
        for email in people:
            put_down(session, "invite", email, now=utc_now(), plan="willow")
    counting = Counting()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(counting, hostname="mail.test"), "127.0.0.1", 0
    )
    smtp_url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _WORKER, database_url, smtp_url, cwd=tmp_path
    )
    async with asyncio.timeout(120):
        await counting.some.wait()
    os.kill(worker.pid, signal.SIGKILL)
    await worker.wait()
    # What the dead worker had taken is due once its time is over.
    async with database.write() as session:
        await session.execute(
            update(Letter).where(Letter.sent_at.is_(None)).values(due_at=utc_now())
        )
    settings = Settings(database_url=database_url, smtp_url=smtp_url, secret="s" * 32)
    another = PostOffice(database, settings)
    while await another.send_next():
        pass
    async with database.read() as session:
        unsent = await session.scalar(
            select(func.count()).select_from(Letter).where(Letter.sent_at.is_(None))
        )
    await database.close()
    server.close()
    await server.wait_closed()
    assert unsent == 0
    assert set(counting.reached) == set(people)
    # At most the one letter that was on its way is sent twice.
    assert len(counting.reached) <= LETTERS + 1
