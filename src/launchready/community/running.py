"""The parts of one running community."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from launchready.community.accounts import Accounts
from launchready.community.database import Database
from launchready.community.passwords import Passwords
from launchready.community.settings import Settings


@dataclass(slots=True)
class Community:
    """What every request works with."""

    settings: Settings
    database: Database = field(init=False)
    passwords: Passwords = field(init=False)
    accounts: Accounts = field(init=False)

    def __post_init__(self) -> None:
        """Put the parts together; nothing is connected before it is used."""
        self.database = Database(self.settings.database_url)
        self.passwords = Passwords()
        self.accounts = Accounts(
            database=self.database,
            passwords=self.passwords,
            session_days=self.settings.session_days,
        )

    def now(self) -> dt.datetime:
        """Return the moment, by the clock of the settings."""
        return self.settings.clock()

    async def close(self) -> None:
        """End what runs and close what is open."""
        self.passwords.close()
        await self.database.close()
