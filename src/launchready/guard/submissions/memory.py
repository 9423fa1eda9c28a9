"""Submissions of this process: what runs now, and what was answered lately, bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from launchready.guard.asgi import RawHeaders

_ENTRY_BYTES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as it can be given again."""

    status: int
    headers: RawHeaders
    body: bytes

    @property
    def size_bytes(self) -> int:
        """How much of memory it takes, about."""
        return len(self.body) + sum(len(name) + len(value) for name, value in self.headers)

    def without_cookies(self) -> Answer:
        """Return it without what would sign somebody in."""
        kept = [field for field in self.headers if field[0].lower() != b"set-cookie"]
        return Answer(status=self.status, headers=kept, body=self.body)


@dataclass(slots=True, kw_only=True)
class Entry:
    """One submission. `settled` is set when it is answered, or given up and gone."""

    digest: bytes
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    answer: Answer | None = None
    """None while it runs, and for an answer that cannot be given again."""
    answered: bool = False
    until: float = 0.0
    cookies_until: float = 0.0


class Memory:
    """Entries by name. Only answered ones are dropped when there are too many: oldest first."""

    def __init__(self, *, entries_max: int, bytes_max: int, clock: Callable[[], float]) -> None:
        self._entries: dict[bytes, Entry] = {}
        self._answered: dict[bytes, int] = {}
        self._bytes = 0
        self._entries_max = entries_max
        self._bytes_max = bytes_max
        self._clock = clock

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, name: bytes) -> Entry | None:
        """Return the entry, if there is one and its time is not over."""
        entry = self._entries.get(name)
        if entry is not None and entry.answered and entry.until <= self._clock():
            self.drop(name, entry)
            return None
        return entry

    def begin(self, name: bytes, digest: bytes) -> Entry:
        """Note that it runs, and return its entry."""
        entry = self._entries[name] = Entry(digest=digest)
        return entry

    def keep(
        self, name: bytes, entry: Entry, answer: Answer | None, *, keep_s: float, cookies_s: float
    ) -> None:
        """Keep the answer, None for one that cannot be given again, and wake who waits for it."""
        entry.answer, entry.answered = answer, True
        entry.until = self._clock() + keep_s
        entry.cookies_until = self._clock() + cookies_s
        entry.settled.set()
        self._answered[name] = _ENTRY_BYTES + (answer.size_bytes if answer else 0)
        self._bytes += self._answered[name]
        while self._answered and (
            len(self._answered) > self._entries_max or self._bytes > self._bytes_max
        ):
            oldest = next(iter(self._answered))
            self.drop(oldest, self._entries[oldest])

    def drop(self, name: bytes, entry: Entry) -> None:
        """Forget it, and wake who waits for it: one of them runs it."""
        if self._entries.get(name) is entry:
            del self._entries[name]
            self._bytes -= self._answered.pop(name, 0)
        entry.settled.set()

    def answer_of(self, entry: Entry) -> Answer | None:
        """Return the answer to give again; its cookies go out only shortly after the first time."""
        if entry.answer is not None and entry.cookies_until <= self._clock():
            entry.answer = entry.answer.without_cookies()
        return entry.answer
