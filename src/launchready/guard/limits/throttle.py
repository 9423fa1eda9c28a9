"""Rate limits: how often somebody may try, counted here or in a store for all processes."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from launchready.guard.health import reason
from launchready.guard.limits.rules import Hit, Rule
from launchready.guard.limits.windows import Count, Counts, Keyed, Windows
from launchready.guard.store_client import ASKED_WITHIN_S

if TYPE_CHECKING:
    from launchready.guard.limits.store import Store

BEGINS_WITHIN_S = 2.0
_LOG = logging.getLogger("launchready.guard")


class StoreDownError(Exception):
    """The store named for the rate limits does not count; each process counts for itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What one rule said of an attempt: the strictest of those that were asked."""

    allowed: bool
    limit: int
    remaining: int
    reset_s: int
    """Whole seconds, at least 1, until one more request is let in than now."""
    rule: Rule


class Throttle:
    """Rate limits in a moving window: never more than a rule's requests in any of its windows.

    Every hit is counted in this process first, exactly, and with a `store_url` in the store too,
    which counts for all processes. What this process has let in is a part of what the store
    knows, so that what is refused here needs no question there: a flood costs the store nothing.

    A store that fails, or does not answer within `deadline_s`, is not asked again until a probe
    in the background finds that it counts; one starts at most every `probe_s`. Meanwhile this
    process's own windows decide, which have counted all along: nothing opens, and with several
    processes each lets in as many as the rule says.

    Whom it counts is kept as a hash with a key, never in clear. With a store all processes need
    the same `secret`; without one the key comes from the store's URL.
    """

    def __init__(
        self,
        store_url: str | None = None,
        *,
        secret: bytes | None = None,
        deadline_s: float = ASKED_WITHIN_S,
        probe_s: float = 1.0,
        keys_max: int = 50_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if secret is None:
            secret = store_url.encode() if store_url else secrets.token_bytes(32)
        self._key = hashlib.blake2b(secret, digest_size=32).digest()
        self._windows = Windows(keys_max=keys_max, clock=clock)
        self._store: Store | None = None
        if store_url:
            from launchready.guard.limits.store import Store  # noqa: PLC0415 - the extra's

            self._store = Store(store_url, deadline_s=deadline_s)
        self._clock = clock
        self._probe_s = probe_s
        self._probe_at = 0.0
        self._probe: asyncio.Task[bool] | None = None
        self._store_down = False
        self._fallbacks = 0

    @property
    def fallbacks(self) -> int:
        """How many times this process decided alone although a store is named."""
        return self._fallbacks

    @property
    def store_down(self) -> bool:
        """Whether the store failed and has not been found well again."""
        return self._store_down

    async def hit(self, rule: Rule, who: str) -> Tally:
        """Count one attempt of somebody, and return whether it is let in. Never raises."""
        return await self.hit_all([(rule, who)])

    async def hit_all(self, hits: Sequence[Hit]) -> Tally:
        """Count one attempt by several rules, at least one, and return what the strictest says.

        All or nothing: when one rule refuses, no rule counts the attempt. So somebody who is
        already refused cannot use up another's account, and waiting does not grow by trying.
        Refused: the rule with the longest wait tells. Let in: the one with the fewest left.
        """
        keyed = [(rule, self._keyed(who)) for rule, who in hits]
        counts = self._windows.take(keyed)
        if counts[0] and self._store is not None:
            counts = await self._for_all(self._store, keyed) or counts
        return _strictest(keyed, counts)

    async def forgive(self, rule: Rule, who: str) -> None:
        """Take back one counted attempt, because it turned out right. Never raises.

        One and not all: otherwise whoever has an account could log in between guesses, and
        guess without end.
        """
        key = self._keyed(who)
        self._windows.give_back(rule, key)
        if self._store is None or self._is_down(self._store):
            return
        try:
            await self._store.give_back(rule, key)
        except Exception as error:  # noqa: BLE001 - whatever a client library raises, log-in goes on
            self._failed(error)

    async def begin(self) -> None:
        """Connect to the store, so that the first visitor need not wait for it. Never raises.

        One that cannot be used is told in the log now, not when somebody logs in at last. To connect
        takes more round trips than a question, and a process that starts is busy, so that the time
        for it is another.
        """
        if self._store is None:
            return
        try:
            await self._store.probe(within_s=BEGINS_WITHIN_S)
        except Exception as error:  # noqa: BLE001 - whatever a client library raises, the app starts
            self._failed(error)

    async def ready(self) -> None:
        """Return when limits are counted as named; raise StoreDownError when the store is down."""
        if self._store is not None and not await self._counts_again(self._store):
            raise StoreDownError(
                "the store of the rate limits does not count; each process counts for itself "
                "until it does: start the Redis or Valkey that the manifest's store_env names"
            )

    async def close(self) -> None:
        """Close the connections to the store."""
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.gather(self._probe, return_exceptions=True)
        if self._store is not None:
            await self._store.close()

    async def _for_all(self, store: Store, keyed: Sequence[Keyed]) -> Counts | None:
        """Return what the store says of hits that were let in here; None when it says nothing."""
        if self._is_down(store):
            self._fallbacks += 1
            return None
        try:
            counts = await store.take(keyed)
        except Exception as error:  # noqa: BLE001 - whatever a client library raises, log-in goes on
            self._failed(error)
            self._fallbacks += 1
            return None
        if not counts[0]:
            for rule, key in keyed:
                self._windows.give_back(rule, key)
        return counts

    def _is_down(self, store: Store) -> bool:
        """Return whether the store is down, and see to it that it is probed when it is time."""
        if self._store_down and self._clock() >= self._probe_at:
            self._probe_at = self._clock() + self._probe_s
            self._probe = asyncio.create_task(self._counts_again(store))
        return self._store_down

    async def _counts_again(self, store: Store) -> bool:
        """Ask the store to count, and return whether it does."""
        try:
            await store.probe()
        except Exception as error:  # noqa: BLE001 - whatever a client library raises, it is down
            self._failed(error)
            return False
        if self._store_down:
            self._store_down = False
            _LOG.warning("the store of the rate limits counts again")
        return True

    def _failed(self, error: Exception) -> None:
        if not self._store_down:
            self._store_down = True
            self._probe_at = self._clock() + self._probe_s
            # Not in the library's words, which may hold the store's address.
            _LOG.warning(
                "the store of the rate limits: %s; this process counts for itself", reason(error)
            )

    def _keyed(self, who: str) -> bytes:
        text = who.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, key=self._key, digest_size=16).digest()


def fields(tally: Tally) -> list[tuple[bytes, bytes]]:
    """Return the response's fields, names in lower case: `RateLimit-Policy`, `RateLimit`, `Retry-After`.

    draft-ietf-httpapi-ratelimit-headers-11; `Retry-After` (RFC 9110 section 10.2.3) only when the
    attempt was refused. Nothing of a count by account that lets in: it would tell a stranger how
    often somebody else has tried (section 8.2 of the draft).
    """
    rule = tally.rule
    if tally.allowed and rule.by == "account":
        return []
    found = [
        (b"ratelimit-policy", f'"{rule.name}";q={rule.requests};w={rule.window_s}'.encode()),
        (b"ratelimit", f'"{rule.name}";r={tally.remaining};t={tally.reset_s}'.encode()),
    ]
    if not tally.allowed:
        found.append((b"retry-after", str(tally.reset_s).encode()))
    return found


def _strictest(keyed: Sequence[Keyed], counts: Counts) -> Tally:
    allowed, used = counts
    told: list[tuple[Rule, Count]] = [
        (rule, count)
        for (rule, _), count in zip(keyed, used, strict=True)
        if allowed or count.used >= rule.requests
    ]
    if len(told) > 1:
        told.sort(key=lambda t: (max(0, t[0].requests - t[1].used), -t[1].opens_s))
    rule, count = told[0]
    return Tally(
        allowed=allowed,
        limit=rule.requests,
        remaining=rule.requests - count.used - 1 if allowed else 0,
        reset_s=max(1, math.ceil(count.opens_s)),
        rule=rule,
    )
