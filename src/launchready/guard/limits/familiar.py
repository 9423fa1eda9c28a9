"""Where accounts have signed in from lately, so that strangers' guesses lock no member out."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

from launchready.guard.client import counted_as
from launchready.guard.limits.rules import account_name

KEEP_S = 30 * 86_400.0
PAIRS_MAX = 50_000


class Familiar:
    """Pairs of account and address with a right password, kept as keyed hashes in this process.

    Such a pair has a count of its own in place of the account's. So whoever guesses at an account
    from elsewhere uses up the guesses of strangers, and its member still gets in.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._key = secrets.token_bytes(32)
        self._seen: OrderedDict[bytes, float] = OrderedDict()
        self._clock = clock

    def add(self, account: str, client: str) -> None:
        """Remember that the account signed in from the address; the oldest pair makes room."""
        pair = self._pair(account, client)
        self._seen[pair] = self._clock()
        self._seen.move_to_end(pair)
        if len(self._seen) > PAIRS_MAX:
            self._seen.popitem(last=False)

    def knows(self, account: str, client: str) -> bool:
        """Return whether the account signed in from the address in the last 30 days."""
        seen_at = self._seen.get(self._pair(account, client))
        return seen_at is not None and self._clock() - seen_at < KEEP_S

    def _pair(self, account: str, client: str) -> bytes:
        text = f"{account_name(account)}\0{counted_as(client)}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, key=self._key, digest_size=16).digest()
