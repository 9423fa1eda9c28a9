"""One JSON line a request, without anything that a visitor wrote."""

from __future__ import annotations

import json
import sys
import time
from typing import TextIO


class AccessLog:
    """Writes request lines; many that end in the same moment go out in one write.

    The fields are fixed: when, request id, method, route as declared, status, milliseconds, bytes
    sent. A path, a query, a header or a body never stands here, so that there is nothing to hide.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._lines: list[str] = []
        self._second = 0
        self._prefix = ""
        self._labels: dict[str, str] = {}

    def add(  # noqa: PLR0917 - one call a request: names would cost more than they tell
        self, request_id: str, method: str, label: str, status: int, spent_s: float, size: int
    ) -> bool:
        """Note one request; return whether `write` must be called soon, since it is the first."""
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second = second
            self._prefix = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        # Methods and routes are few, and a hostile method must not break the line.
        key = method + label
        quoted = self._labels.get(key)
        if quoted is None:
            quoted = f'"method":{json.dumps(method[:20])},"route":{json.dumps(label)}'
            if len(self._labels) < 1000:
                self._labels[key] = quoted
        self._lines.append(
            f'{{"time":"{self._prefix}.{int(now * 1000) % 1000:03d}Z","level":"info","id":"{request_id}",'
            f'{quoted},"status":{status},"ms":{spent_s * 1000:.1f},"bytes":{size}}}\n'
        )
        return len(self._lines) == 1

    def write(self) -> None:
        """Write what was noted. A stream that is closed or full loses lines, never a request."""
        text = "".join(self._lines)
        self._lines.clear()
        stream = self._stream or sys.stdout
        try:
            stream.write(text)
            stream.flush()
        except (OSError, ValueError):
            return
