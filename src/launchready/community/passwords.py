"""Passwords: argon2id, away from the event loop, and as slow for nobody as for a member."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# The least that OWASP's password storage cheat sheet asks for with argon2id.
TIME_COST, MEMORY_KIB, PARALLELISM = 2, 19_456, 1
SHORTEST, LONGEST = 10, 200

_NOBODY = (
    f"$argon2id$v=19$m={MEMORY_KIB},t={TIME_COST},p={PARALLELISM}$"
    "AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
_T = TypeVar("_T")


class Passwords:
    """Makes and compares hashes, no more at a time than there are processors."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(TIME_COST, MEMORY_KIB, PARALLELISM)
        self._threads = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="argon2")

    async def hashed(self, password: str) -> str:
        """Return what is kept of a new password."""
        return await self._aside(lambda: self._hasher.hash(password))

    async def fits(self, kept: str | None, password: str) -> bool:
        """Return whether the password is the one; without one the work is done all the same."""
        return await self._aside(lambda: self._compare(kept, password))

    def is_outdated(self, kept: str) -> bool:
        """Return whether a hash was made with other costs than today's."""
        return self._hasher.check_needs_rehash(kept)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _compare(self, kept: str | None, password: str) -> bool:
        try:
            self._hasher.verify(kept or _NOBODY, password)
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None

    async def _aside(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def complaint(password: str) -> str:
    """Return what is wrong with a new password, for the member to read; empty when it is good."""
    if len(password) < SHORTEST:
        return f"Please choose a password of at least {SHORTEST} characters."
    if len(password) > LONGEST:
        return f"Please choose a password of at most {LONGEST} characters."
    return ""
