"""Submitted twice: a refresh, a double click or a retry gets the first answer again.

Whatever an app does behind it is done once, as long as the process that did it lives to say so: one
that is killed between the effect and its answer leaves the submission to be run again. Where even
then nothing may happen twice, insert the key with `once` in the transaction of the effect.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
import time
from collections.abc import Callable

from launchready.guard.errors import Problem
from launchready.guard.submissions.keys import Key
from launchready.guard.submissions.memory import Answer, Entry, Memory
from launchready.guard.submissions.store import StoreDownError, SubmissionStore, claim_of

KEEP_S = 86_400.0
COOKIES_KEEP_S = 60.0
WAIT_S = 20.0
ANSWER_MAX_BYTES = 262_144
# Answers by which the sender is told to try the same once more.
_TRY_AGAIN = frozenset({408, 425, 429})

_ANOTHER_BODY = Problem(
    status=422,
    detail="This was sent before with another content. Please open the form anew, or send it "
    "with a new Idempotency-Key.",
)
_STILL_RUNS = Problem(
    status=409,
    detail="This was sent already and is still being worked on. Please look in a moment whether "
    "it has arrived before you send it again.",
    headers=[(b"retry-after", b"5")],
)
_NOT_REPEATABLE = Problem(
    status=409,
    detail="This was sent already. Its answer was too long to be kept and cannot be given again: "
    "please look whether what you wanted has happened.",
)


class First:
    """A submission that is to be run now. Call one of the methods, once."""

    def __init__(self, submissions: Submissions, name: bytes, entry: Entry, key: Key) -> None:
        self._submissions = submissions
        self._name = name
        self._entry = entry
        self._key = key
        self.claim = claim_of(secrets.token_bytes(16), entry.digest)
        self.renewing: asyncio.Task[None] | None = None
        """Runs while the store holds this claim."""
        self._settled = False

    async def finish(self, answer: Answer, *, whole: bool = True) -> None:
        """Keep the answer for whoever sends the same again; not `whole`: it was too long for that.

        An answer that asks to try again, a failure (5xx), and to a form any refusal (4xx) are not
        kept: the next time it runs again.
        """
        if not _is_kept(answer.status, form=self._key.form):
            await self.abandon()
        elif self._settle():
            kept = answer if whole else None
            await self._submissions.keep(self._name, self._entry, self, kept)

    async def abandon(self) -> None:
        """Give it up: the next one, or one that waits, runs it again."""
        if self._settle():
            await self._submissions.release(self._name, self._entry, self)

    def _settle(self) -> bool:
        if self.renewing is not None:
            self.renewing.cancel()
        before, self._settled = self._settled, True
        return not before


class Submissions:
    """What was submitted lately, in this process and, with a `store_url`, in all of them.

    Two of the same at the same time: one runs, the other waits for at most `wait_s` and gets its
    answer. Answers are kept for `keep_s`, the oldest dropped first when there are more than
    `answers_max` or `bytes_max` of them in this process. Cookies that an answer sets are given
    again for `cookies_keep_s` only, long enough for a double click on log-in to end signed in and
    too short to bring back a session that was logged out since; they are secrets that stand in
    memory, and in the store, for that long.

    An `Idempotency-Key` with another body is refused. A form's token with another body is refused
    once the form has been answered by a redirect; before, the visitor corrects what was wrong.

    A store that fails or does not answer within `deadline_s` is left out at once and asked again
    every `probe_s`. Until then each process remembers for itself, as it always does: what is sent
    again runs again only when it reaches another process. A claim in the store lasts `lease_s` and
    is renewed while the app works; after a crash the next one waits that long and runs it.
    """

    def __init__(
        self,
        store_url: str | None = None,
        *,
        secret: bytes | None = None,
        keep_s: float = KEEP_S,
        cookies_keep_s: float = COOKIES_KEEP_S,
        wait_s: float = WAIT_S,
        lease_s: float = 15.0,
        poll_s: float = 0.05,
        deadline_s: float = 0.25,
        probe_s: float = 1.0,
        answers_max: int = 10_000,
        bytes_max: int = 67_108_864,
        answer_max_bytes: int = ANSWER_MAX_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if secret is None:
            secret = store_url.encode() if store_url else secrets.token_bytes(32)
        self._secret = hashlib.blake2b(secret, digest_size=32).digest()
        self.answer_max_bytes = answer_max_bytes
        self._keep_s = keep_s
        self._cookies_s = cookies_keep_s
        self._wait_s = wait_s
        self._lease_s = lease_s
        self._poll_s = poll_s
        self._memory = Memory(entries_max=answers_max, bytes_max=bytes_max, clock=clock)
        self._store: SubmissionStore | None = None
        if store_url:
            from launchready.guard.store_client import connect  # noqa: PLC0415 - the extra's

            self._store = SubmissionStore(
                connect(store_url), deadline_s=deadline_s, probe_s=probe_s, clock=clock
            )

    @property
    def fallbacks(self) -> int:
        """How many times this process decided alone although a store is named."""
        return self._store.fallbacks if self._store else 0

    @property
    def store_down(self) -> bool:
        """Whether the store failed and has not answered since."""
        return self._store is not None and self._store.down

    async def begin(self, key: Key, scope_id: str, content: bytes) -> First | Answer | Problem:
        """Return what to do with a submission: run it, give the answer again, or refuse it.

        `scope_id` is the route and who asks: keys of two scopes never meet. `content` is what must
        be the same when it is sent again. Returns after `wait_s` at the latest.
        """
        name = self._hash(f"{'form' if key.form else 'key'}\0{key.value}\0{scope_id}".encode())
        digest = self._hash(content)
        try:
            async with asyncio.timeout(self._wait_s):
                return await self._begin(name, digest, key)
        except TimeoutError:
            return _STILL_RUNS

    async def close(self) -> None:
        """Close the connections to the store."""
        if self._store is not None:
            await self._store.close()

    async def _begin(self, name: bytes, digest: bytes, key: Key) -> First | Answer | Problem:
        while (entry := self._memory.find(name)) is not None:
            if not entry.answered and (key.form or entry.digest == digest):
                await entry.settled.wait()
                continue
            answer = self._memory.answer_of(entry)
            decided = _decided(entry.digest == digest, answer, key)
            if decided is not None:
                return decided
            self._memory.drop(name, entry)
        entry = self._memory.begin(name, digest)
        first = First(self, name, entry, key)
        try:
            decided = await self._begin_in_store(self._store, first, name, key)
        except BaseException:
            self._memory.drop(name, entry)
            raise
        if decided is None:
            return first
        self._memory.drop(name, entry)
        return decided

    async def _begin_in_store(
        self, store: SubmissionStore | None, first: First, name: bytes, key: Key
    ) -> Answer | Problem | None:
        """Return None when it is this process's to run, or what another one has made of it."""
        if store is None:
            return None
        digest, instead_of = first.claim[1:17], b""
        try:
            while True:
                found = await store.claim(
                    name, first.claim, lease_s=self._lease_s, instead_of=instead_of
                )
                if found is None:
                    first.renewing = asyncio.create_task(self._renew(store, name, first.claim))
                    return None
                if not found.answered and (key.form or found.digest == digest):
                    await asyncio.sleep(self._poll_s)
                    continue
                decided = _decided(found.digest == digest, found.answer, key)
                if decided is not None:
                    return decided
                instead_of = found.raw
        except StoreDownError:
            return None

    async def _renew(self, store: SubmissionStore, name: bytes, claim: bytes) -> None:
        while True:
            await asyncio.sleep(self._lease_s / 3)
            try:
                await store.renew(name, claim, lease_s=self._lease_s)
            except StoreDownError:
                continue

    async def keep(self, name: bytes, entry: Entry, first: First, answer: Answer | None) -> None:
        """Keep the answer of a First; it calls this itself."""
        if answer is not None and answer.size_bytes > self.answer_max_bytes:
            answer = None
        times = {"keep_s": self._keep_s, "cookies_s": self._cookies_s}
        self._memory.keep(name, entry, answer, **times)
        if self._store is not None:
            with contextlib.suppress(StoreDownError):
                await self._store.keep(name, first.claim, answer, **times)

    async def release(self, name: bytes, entry: Entry, first: First) -> None:
        """Free the key of a First; it calls this itself."""
        self._memory.drop(name, entry)
        if self._store is not None:
            with contextlib.suppress(StoreDownError):
                await self._store.release(name, first.claim)

    def _hash(self, text: bytes) -> bytes:
        return hashlib.blake2b(text, key=self._secret, digest_size=16).digest()


def _is_kept(status: int, *, form: bool) -> bool:
    return status < 400 or (not form and status < 500 and status not in _TRY_AGAIN)


def _decided(same_body: bool, answer: Answer | None, key: Key) -> Answer | Problem | None:
    """Return what whoever sends it again is given; None when it is to be run."""
    if not same_body:
        # A form that was answered by a page may have been sent back with its mistakes marked.
        corrected = key.form and answer is not None and not 300 <= answer.status < 400
        return None if corrected else _ANOTHER_BODY
    return answer if answer is not None else _NOT_REPEATABLE
