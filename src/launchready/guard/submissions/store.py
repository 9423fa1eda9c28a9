"""Submissions in Redis or Valkey, for all processes together; every question has a deadline."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from launchready.guard.health import reason
from launchready.guard.store_client import answered
from launchready.guard.submissions.memory import Answer

if TYPE_CHECKING:
    from redis.asyncio import Redis

T = TypeVar("T")
_LOG = logging.getLogger("launchready.guard")
_PREFIX = "launchready:submission:"
_DIGEST_BYTES = 16
_RUNS, _DONE = b"R", b"D"

# The second key holds the answer's cookies and lives shorter. Braces: one slot of a cluster.
_CLAIM = """
local found = redis.call('GET', KEYS[1])
if found and found ~= ARGV[3] then return {found, redis.call('GET', KEYS[2])} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('DEL', KEYS[2])
return {}
"""
_RENEW = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end"
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"
# A claim that ran out while its holder was busy is still the holder's, if nobody took it since.
_KEEP = """
local found = redis.call('GET', KEYS[1])
if found and found ~= ARGV[1] then return end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
if ARGV[4] ~= '' then redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[5]) end
"""


class StoreDownError(Exception):
    """The store cannot be asked now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the store knows of a submission that somebody began before."""

    digest: bytes
    answered: bool
    answer: Answer | None
    raw: bytes


class SubmissionStore:
    """A Redis or Valkey server. Each method raises StoreDownError when it fails or is late.

    A store that failed is asked again by one question every `probe_s`; until one is answered, all
    others fail at once.
    """

    def __init__(
        self, redis: Redis, *, deadline_s: float, probe_s: float, clock: Callable[[], float]
    ) -> None:
        self._redis = redis
        self._deadline_s = deadline_s
        self._probe_s = probe_s
        self._clock = clock
        self._ask_at = 0.0
        self.down = False
        self.fallbacks = 0
        """How many questions this process had to answer alone."""
        self._claim = redis.register_script(_CLAIM)
        self._renew = redis.register_script(_RENEW)
        self._release = redis.register_script(_RELEASE)
        self._keep = redis.register_script(_KEEP)

    async def claim(
        self, name: bytes, claim: bytes, *, lease_s: float, instead_of: bytes = b""
    ) -> Found | None:
        """Return None when it is ours to run now, else what somebody else did with it.

        Where what stands there is no answer of ours, it is as with a store that is down.
        """
        told = await self._asked(
            lambda: self._claim(keys=_keys(name), args=[claim, _ms(lease_s), instead_of])
        )
        if not told:
            return None
        try:
            return _found(told[0], told[1])
        except (ValueError, TypeError, LookupError, AttributeError):
            self.fallbacks += 1
            raise StoreDownError from None

    async def renew(self, name: bytes, claim: bytes, *, lease_s: float) -> None:
        """Say that it is still being worked on."""
        await self._asked(lambda: self._renew(keys=_keys(name), args=[claim, _ms(lease_s)]))

    async def release(self, name: bytes, claim: bytes) -> None:
        """Let somebody else run it."""
        await self._asked(lambda: self._release(keys=_keys(name), args=[claim]))

    async def keep(
        self, name: bytes, claim: bytes, answer: Answer | None, *, keep_s: float, cookies_s: float
    ) -> None:
        """Keep the answer, unless somebody else has taken the submission over."""
        value, cookies = _written(claim, answer)
        args: list[bytes | int] = [claim, value, _ms(keep_s), cookies, _ms(cookies_s)]
        await self._asked(lambda: self._keep(keys=_keys(name), args=args))

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T:
        if self.down:
            if self._clock() < self._ask_at:
                self.fallbacks += 1
                raise StoreDownError
            self._ask_at = self._clock() + self._probe_s
        try:
            told = await answered(self._redis, ask, within_s=self._deadline_s)
        except Exception as error:  # noqa: BLE001 - whatever a client library raises, it is down
            self._ask_at = self._clock() + self._probe_s
            self.fallbacks += 1
            if not self.down:
                self.down = True
                # Not in the library's words, which may hold the store's address.
                _LOG.warning(
                    "the store of submissions: %s; this process remembers for itself", reason(error)
                )
            raise StoreDownError from None
        if self.down:
            self.down = False
            _LOG.warning("the store of submissions answers again")
        return told


def claim_of(owner: bytes, digest: bytes) -> bytes:
    """Return what stands in the store while `owner` (16 random bytes) works on it."""
    return _RUNS + digest + owner


def _keys(name: bytes) -> list[str]:
    key = f"{_PREFIX}{{{name.hex()}}}"
    return [key, key + ":cookies"]


def _ms(seconds: float) -> int:
    return max(1, int(seconds * 1000))


def _written(claim: bytes, answer: Answer | None) -> tuple[bytes, bytes]:
    """Return the value to keep, and the cookies apart from it."""
    head = _DONE + claim[1 : 1 + _DIGEST_BYTES]
    if answer is None:
        return head, b""
    bare = answer.without_cookies()
    fields = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in bare.headers]
    cookies = [v.decode("latin-1") for name, v in answer.headers if name.lower() == b"set-cookie"]
    start = json.dumps([bare.status, fields]).encode()
    return head + start + b"\n" + bare.body, json.dumps(cookies).encode() if cookies else b""


def _found(raw: bytes, cookies: bytes | None) -> Found:
    digest, rest = raw[1 : 1 + _DIGEST_BYTES], raw[1 + _DIGEST_BYTES :]
    answer = None
    if raw[:1] == _DONE and rest:
        start, _, body = rest.partition(b"\n")
        status, fields = json.loads(start)
        if type(status) is not int or not 200 <= status < 600:
            raise ValueError("a status that is none")
        fields += [["set-cookie", value] for value in json.loads(cookies or b"[]")]
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]
        answer = Answer(status=status, headers=headers, body=body)
    return Found(digest=digest, answered=raw[:1] == _DONE, answer=answer, raw=raw)
