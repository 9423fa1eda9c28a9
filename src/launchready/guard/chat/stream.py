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
        """The beginning of a line that is not complete."""
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._first = True
        self._carriage = False

    def feed(self, data: bytes) -> list[bytes]:
        """Return the data of the events completed by these bytes, comments and other fields left out.

        Raises EventTooLargeError.
        """
        if self._carriage or b"\r" in data:
            data = self._with_feeds(data)
        events: list[bytes] = []
        lines = data.split(b"\n")
        if len(lines) > 1 and self._rest:
            lines[0] = bytes(self._rest) + lines[0]
            self._rest.clear()
        self._rest += lines.pop()
        if len(self._rest) > LINE_MAX_BYTES:
            raise EventTooLargeError
        for line in lines:
            self._line(line, events)
        return events

    def _with_feeds(self, data: bytes) -> bytes:
        """Return the bytes with every line ended by a line feed, as two other ways are allowed."""
        if self._carriage:
            data = b"\r" + data
        # A line feed may follow in the next packet, and belongs to the same line's end.
        self._carriage = data.endswith(b"\r")
        if self._carriage:
            data = data[:-1]
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

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
