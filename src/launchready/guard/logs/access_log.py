"""One JSON line a request, without anything that a visitor wrote."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TextIO

WRITES_APART_S = 0.001
"""A line of a quiet hour is written at once. In a busy one several end within this time, and are
written together."""

_OVERDUE_S = 1.0
_THOUSANDTHS = tuple(f"{n:03d}" for n in range(1000))
_SAID_MAX = 1000
_METHOD_MAX = 20

Noted = tuple[float, str, str, str, int, float, int]


class AccessLog:
    """Writes request lines, those that end close together in one write.

    The fields are fixed: when, request id, method, route as declared, status, milliseconds, bytes
    sent. A path, a query, a header or a body never stands here, so that there is nothing to hide.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._noted: list[Noted] = []
        self._written_s = 0.0
        self._due_s = 0.0
        """When what is noted is overdue; 0 while nothing is."""
        self._said: dict[tuple[str, str, int], str] = {}
        self._second = -1
        self._until_second = ""

    def add(  # noqa: PLR0917 - one call a request: names would cost more than they tell
        self, request_id: str, method: str, label: str, status: int, spent_s: float, size: int
    ) -> None:
        """Note one request, to be written by the running loop soon."""
        now_s = time.time()
        self._noted.append((now_s, request_id, method, label, status, spent_s, size))
        if now_s > self._due_s:
            self._set_writing(now_s)

    def _set_writing(self, now_s: float) -> None:
        """Let the running loop write what is noted from now on."""
        if len(self._noted) > 1:
            # The loop that was to write them has ended.
            self.write()
            return
        self._due_s = now_s + _OVERDUE_S
        loop = asyncio.get_running_loop()
        wait_s = self._written_s + WRITES_APART_S - now_s
        if 0 < wait_s <= WRITES_APART_S:
            loop.call_later(wait_s, self.write)
        else:
            loop.call_soon(self.write)

    def write(self) -> None:
        """Write what was noted. A stream that is closed or full loses lines, never a request."""
        noted, self._noted = self._noted, []
        self._written_s, self._due_s = time.time(), 0.0
        if not noted:
            return
        stream = self._stream or sys.stdout
        try:
            stream.write("".join(self._lines(noted)))
            stream.flush()
        except (OSError, ValueError):
            return

    def _lines(self, noted: Sequence[Noted]) -> Iterator[str]:
        for at_s, request_id, method, label, status, spent_s, size in noted:
            second = int(at_s)
            if second != self._second:
                self._second = second
                self._until_second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            thousandths = _THOUSANDTHS[int((at_s - second) * 1000)]
            said = self._said.get((method, label, status)) or self._say(method, label, status)
            yield (
                f'{{"time":"{self._until_second}.{thousandths}Z","level":"info","id":"{request_id}",'
                f'{said},"ms":{spent_s * 1000:.1f},"bytes":{size}}}\n'
            )

    def _say(self, method: str, label: str, status: int) -> str:
        """Return method, route and status for a line: a hostile method must not break it."""
        said = (
            f'"method":{json.dumps(method[:_METHOD_MAX])},"route":{json.dumps(label)},'
            f'"status":{status}'
        )
        # They are few and short, unless somebody makes them up.
        if len(self._said) < _SAID_MAX and len(method) <= _METHOD_MAX:
            self._said[method, label, status] = said
        return said
