"""The worker: sends what is due, one letter after the other, for as long as the app runs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

from sqlalchemy.exc import SQLAlchemyError

from launchready.community.database import Database
from launchready.community.mail import letters
from launchready.community.mail.sending import Carrier, NotSent, carrier
from launchready.community.mail.wording import message
from launchready.community.settings import Settings
from launchready.community.tables import Letter
from launchready.guard.probes import Beat

LOOKS_EVERY_S = 0.5
RESTS_S = 5.0
NOTES_WITHIN_S = 60.0
BEATS_WITHIN_S = 180.0
"""A letter may take so long: to connect, to be taken, and to be noted."""
_LOG = logging.getLogger("launchready.community.mail")


class PostOffice:
    """Sends letters, each at least once: after a crash a letter may come twice, the same both times."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._carry: Carrier | None = carrier(settings)
        self._looked_at: float | None = None
        self._ending = asyncio.Event()

    @property
    def carries(self) -> bool:
        """Whether something is set up that takes letters."""
        return self._carry is not None

    async def beat(self) -> Beat | None:
        """Return when it last looked for letters and how many wait; None before the first look."""
        if self._looked_at is None:
            return None
        async with self._database.read() as session:
            queued = await letters.waiting(session)
        return Beat(age_s=time.monotonic() - self._looked_at, queued=queued)

    async def run(self) -> None:
        """Send what is due until `end`, or until cancelled."""
        if self._carry is None:
            return
        while not self._ending.is_set():
            self._looked_at = time.monotonic()
            try:
                if not await self.send_next():
                    await self._rest(LOOKS_EVERY_S)
            except (SQLAlchemyError, OSError) as error:
                # The letters are safe; whether the database answers is told by /readyz.
                _LOG.warning("the letters cannot be read: %s", type(error).__name__)
                await self._rest(RESTS_S)

    def end(self) -> None:
        """Begin no further letter: one that is broken off may have arrived, and is sent again."""
        self._ending.set()

    async def _rest(self, for_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(for_s):
                await self._ending.wait()

    async def send_next(self) -> bool:
        """Send the letter that has waited longest; False when none is due, or nothing is set up."""
        if self._carry is None:
            return False
        now = self._settings.clock
        async with self._database.write() as session:
            letter = await letters.take(session, now=now())
        if letter is None:
            return False
        try:
            # The link is good before the letter that carries it has left.
            async with self._database.write() as session:
                made = await message(session, letter, self._settings)
                if made is None:
                    await letters.given_up(session, letter, "nobody has this address", now=now())
                    return True
            await self._carry(made)
        except NotSent as problem:
            note = letters.given_up if problem.for_good else letters.failed
            _LOG.warning("letter %s was not sent: %s", letter.id, problem)
            async with self._database.write() as session:
                await note(session, letter, str(problem), now=now())
            return True
        except (SQLAlchemyError, OSError):
            raise
        except Exception:  # noqa: BLE001 - one that cannot be written must keep no other from leaving
            _LOG.exception("letter %s cannot be written", letter.id)
            async with self._database.write() as session:
                await letters.failed(session, letter, "it cannot be written", now=now())
            return True
        await self._note_sent(letter)
        return True

    async def _note_sent(self, letter: Letter) -> None:
        """Note that a letter has left; a database that is away then is waited for, or it leaves twice."""
        until = time.monotonic() + NOTES_WITHIN_S
        while True:
            try:
                async with self._database.write() as session:
                    await letters.sent(session, letter, now=self._settings.clock())
            except (SQLAlchemyError, OSError):
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(LOOKS_EVERY_S)
            else:
                return
