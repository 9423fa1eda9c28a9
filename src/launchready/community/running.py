"""The parts of one running community."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from launchready.community.accounts import Accounts
from launchready.community.billing.events import revoke_what_ran_out
from launchready.community.billing.trial import deliver, months_over
from launchready.community.database import Database
from launchready.community.guide.answering import WORDING, Guide
from launchready.community.mail import letters
from launchready.community.mail.worker import PostOffice
from launchready.community.passwords import Passwords
from launchready.community.sessions import sweep_sessions
from launchready.community.settings import Settings
from launchready.community.tables import SPENDING
from launchready.guard import Guard
from launchready.guard.asgi import Application
from launchready.guard.chat import Chat, Happening
from launchready.guard.chat.sql import SqlLedger
from launchready.guard.once import forget
from launchready.manifest import Manifest

TIDIES_EVERY_S = 300.0
COUNTS_EVERY_S = 15.0
LETTER_ARRIVES_S = 10.0
"""Less than a deploy gives a process to end."""
_LOG = logging.getLogger("launchready.community")


@dataclass(slots=True)
class Community:
    """What every request works with."""

    settings: Settings
    manifest: Manifest | None = None
    environ: Mapping[str, str] | None = None
    outermost: Application | None = None
    """The application as visitors meet it: with guard around it, where there is one."""
    database: Database = field(init=False)
    passwords: Passwords = field(init=False)
    accounts: Accounts = field(init=False)
    guide: Guide = field(init=False)
    post_office: PostOffice = field(init=False)
    _work: list[asyncio.Task[None]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        """Put the parts together; nothing is connected before it is used."""
        self.database = Database(self.settings.database_url)
        self.passwords = Passwords()
        self.accounts = Accounts(
            database=self.database,
            passwords=self.passwords,
            session_days=self.settings.session_days,
        )
        self.guide = Guide(
            self.database, self._chat(), name=self.settings.name, clock=self.settings.clock
        )
        self.post_office = PostOffice(self.database, self.settings)

    def start(self) -> None:
        """Begin what runs beside the requests."""
        self._work.append(asyncio.create_task(self.post_office.run()))
        self._work.append(asyncio.create_task(self._tidy()))
        self._work.append(asyncio.create_task(self._count_letters()))

    def now(self) -> dt.datetime:
        """Return the moment, by the clock of the settings."""
        return self.settings.clock()

    async def tidy_up(self) -> None:
        """Forget what has expired, and close the doors of who no longer pays."""
        async with self.database.write() as session:
            await sweep_sessions(session, now=self.now())
            await revoke_what_ran_out(session, now=self.now())
            await forget(session)
        await self._try_payments_on()

    async def _try_payments_on(self) -> None:
        """Let the test payment do what a provider does when a month is over."""
        secret, app = self.settings.trial_secret, self.outermost
        if not secret or app is None:
            return
        now_s = int(time.time())
        async with self.database.read() as session:
            events = await months_over(session, now=self.now(), now_s=now_s)
        for told in events:
            status = await deliver(app, self.settings.absolute("/"), told, secret, now_s=now_s)
            if status != 200:
                # As a provider's, it is sent again, with the next tidying up.
                _LOG.warning("a test payment's webhook was answered %s", status)
                return

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(TIDIES_EVERY_S)
            try:
                await self.tidy_up()
            except (SQLAlchemyError, OSError) as error:
                _LOG.warning("nothing was tidied up: %s", type(error).__name__)

    async def _count_letters(self) -> None:
        """Let guard's figures tell how many letters wait, whether or not somebody asks `/readyz`."""
        while True:
            # Whether the database answers is told by /readyz.
            with contextlib.suppress(SQLAlchemyError, OSError):
                if isinstance(self.outermost, Guard):
                    async with self.database.read() as session:
                        waiting = await letters.waiting(session)
                    self.outermost.figures.queue_depth.labels("letters").set(waiting)
            await asyncio.sleep(COUNTS_EVERY_S)

    async def close(self) -> None:
        """End what runs and close what is open; a letter that is on its way has time to arrive."""
        self.post_office.end()
        if self._work:
            await asyncio.wait(self._work[:1], timeout=LETTER_ARRIVES_S)
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        self._work.clear()
        await self.guide.close()
        self.passwords.close()
        await self.database.close()

    def _chat(self) -> Chat | None:
        """Return the chat with the manifest's AI provider; None when it names none."""
        if self.manifest is None or self.manifest.chat.first is None:
            return None
        return Chat.of(
            self.manifest, ledger=SqlLedger(self.database.writing, SPENDING), wording=WORDING,
            on_event=self._count, environment=self.environ,
        )  # fmt: skip

    def _count(self, happening: Happening) -> None:
        """Let guard's figures count what becomes of answers."""
        if isinstance(self.outermost, Guard):
            self.outermost.figures.chat(happening)
