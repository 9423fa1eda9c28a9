"""Server-sent events, read as they arrive and bounded (WHATWG HTML, section 9.2)."""

from __future__ import annotations

LINE_MAX_BYTES = 262_144
EVENT_MAX_BYTES = 262_144


class EventTooLargeError(Exception):
    """A line or an event has more bytes than any answer needs."""


class EventReader:
    """Takes bytes as they come and returns the data of every event that is complete."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._searched = 0
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._first = True

    def feed(self, data: bytes) -> list[bytes]:
        """Return the data of the events completed by these bytes, comments and other fields left out.

        Raises EventTooLargeError.
        """
        rest = self._rest
        rest += data
        events: list[bytes] = []
        start = 0
        while (end := self._line_end(start)) is not None:
            line = bytes(rest[start : end[0]])
            start = end[1]
            self._line(line, events)
            self._searched = start
        del rest[:start]
        self._searched = len(rest)
        if rest.endswith(b"\r"):
            # A line feed may follow in the next packet and belongs to the same line's end.
            self._searched -= 1
        if len(rest) > LINE_MAX_BYTES:
            raise EventTooLargeError
        return events

    def _line_end(self, start: int) -> tuple[int, int] | None:
        """Return where the next line ends and where the one after it begins."""
        rest = self._rest
        searched = max(start, self._searched)
        feed = rest.find(b"\n", searched)
        carriage = rest.find(b"\r", searched, feed if feed >= 0 else len(rest))
        if carriage < 0:
            return None if feed < 0 else (feed, feed + 1)
        if carriage + 1 == len(rest):
            return None
        return carriage, carriage + (2 if rest[carriage + 1] == 0x0A else 1)

    def _line(self, line: bytes, events: list[bytes]) -> None:
        if self._first:
            self._first = False
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line:
            if self._data:
                events.append(b"\n".join(self._data))
                self._data = []
                self._data_bytes = 0
            return
        name, _, value = line.partition(b":")
        if name != b"data":
            return
        self._data.append(value.removeprefix(b" "))
        self._data_bytes += len(line)
        if self._data_bytes > EVENT_MAX_BYTES:
            raise EventTooLargeError
