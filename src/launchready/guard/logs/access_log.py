"""One JSON line a request, without anything that a visitor wrote."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import TextIO

WRITES_APART_S = 0.02
"""A line of a quiet hour is written at once. In a busy one so many end within this time that
writing each by itself would cost as much as the rest of guard."""

_OVERDUE_S = 1.0
_LABELS_MAX = 1000


class AccessLog:
    """Writes request lines, those that end close together in one write.

    The fields are fixed: when, request id, method, route as declared, status, milliseconds, bytes
    sent. A path, a query, a header or a body never stands here, so that there is nothing to hide.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._noted: list[tuple[float, str, str, str, int, float, int]] = []
        self._written_s = 0.0
        self._labels: dict[str, str] = {}
        self._second = -1
        self._until_second = ""

    def add(  # noqa: PLR0917 - one call a request: names would cost more than they tell
        self, request_id: str, method: str, label: str, status: int, spent_s: float, size: int
    ) -> None:
        """Note one request, to be written by the running loop soon."""
        noted, now_s = self._noted, time.time()
        noted.append((now_s, request_id, method, label, status, spent_s, size))
        if len(noted) == 1:
            loop = asyncio.get_running_loop()
            wait_s = self._written_s + WRITES_APART_S - now_s
            if 0 < wait_s <= WRITES_APART_S:
                loop.call_later(wait_s, self.write)
            else:
                loop.call_soon(self.write)
        elif now_s > noted[0][0] + _OVERDUE_S:
            # The loop that was to write them has ended.
            self.write()

    def write(self) -> None:
        """Write what was noted. A stream that is closed or full loses lines, never a request."""
        noted, self._noted = self._noted, []
        self._written_s = time.time()
        if not noted:
            return
        stream = self._stream or sys.stdout
        try:
            stream.write("".join([self._line(*one) for one in noted]))
            stream.flush()
        except (OSError, ValueError):
            return

    def _line(  # noqa: PLR0917 - as it was noted
        self,
        at_s: float,
        request_id: str,
        method: str,
        label: str,
        status: int,
        spent_s: float,
        size: int,
    ) -> str:
        # Methods and routes are few, and a hostile method must not break the line.
        quoted = self._labels.get(method + label)
        if quoted is None:
            quoted = f'"method":{json.dumps(method[:20])},"route":{json.dumps(label)}'
            if len(self._labels) < _LABELS_MAX:
                self._labels[method + label] = quoted
        second, thousandth = divmod(int(at_s * 1000), 1000)
        if second != self._second:
            self._second = second
            self._until_second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return (
            f'{{"time":"{self._until_second}.{thousandth:03d}Z","level":"info","id":"{request_id}",'
            f'{quoted},"status":{status},"ms":{spent_s * 1000:.1f},"bytes":{size}}}\n'
        )
