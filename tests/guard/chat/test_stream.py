from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard.chat.stream import (
    EVENT_MAX_BYTES,
    LINE_MAX_BYTES,
    EventReader,
    EventTooLargeError,
)


def read(*packets: bytes) -> list[bytes]:
    reader = EventReader()
    return [event for packet in packets for event in reader.feed(packet)]


def as_specified(stream: bytes) -> list[bytes]:
    """Return the data of every event, by the words of the standard, from the whole stream at once."""
    lines = re.split(rb"\r\n|\r|\n", stream.removeprefix(b"\xef\xbb\xbf"))[:-1]
    events: list[bytes] = []
    data: list[bytes] = []
    for line in lines:
        name, _, value = line.partition(b":")
        if not line and data:
            events.append(b"\n".join(data))
            data = []
        elif line and name == b"data":
            data.append(value.removeprefix(b" "))
    return events


def test_an_event_ends_with_an_empty_line() -> None:
    assert read(b'data: {"a": 1}\n\ndata: 2\n') == [b'{"a": 1}']


def test_comments_and_other_fields_are_left_out() -> None:
    assert read(b": ping\n\nevent: message\nid: 7\nretry: 10\ndata:x\n\n: ping\n\n") == [b"x"]


def test_several_lines_of_data_are_one_event() -> None:
    assert read(b"data: a\ndata: b\ndata\n\n") == [b"a\nb\n"]


def test_only_the_first_space_belongs_to_the_field() -> None:
    assert read(b"data:  x\n\n") == [b" x"]


def test_a_line_end_that_falls_between_two_packets_is_one() -> None:
    assert read(b"data: a\r", b"\n\r", b"\ndata: b\r", b"\r", b"data") == [b"a", b"b"]


LINES = st.lists(
    st.sampled_from([b"data: a", b"data:b", b"data", b": ping", b"", b"event: x", b"\xef\xbb\xbf"]),
    max_size=12,
)


@given(
    LINES, st.lists(st.sampled_from([b"\n", b"\r\n", b"\r"]), min_size=12, max_size=12), st.data()
)
def test_events_are_the_standards_however_the_network_cuts_the_stream(
    lines: list[bytes], ends: list[bytes], data: st.DataObject
) -> None:
    # A last carriage return waits for what follows it, so a stream here ends with a line feed.
    stream = b"".join(line + end for line, end in zip(lines, ends, strict=False)) + b"\n"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    packets = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert read(*packets) == as_specified(stream)


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_no_bytes_break_it(packets: list[bytes]) -> None:
    assert all(isinstance(event, bytes) for event in read(*packets))


def test_a_line_without_end_is_given_up() -> None:
    reader = EventReader()
    reader.feed(b"data: " + b"y" * (LINE_MAX_BYTES - 6))
    with pytest.raises(EventTooLargeError):
        reader.feed(b"y")


def test_an_event_of_endless_lines_is_given_up() -> None:
    reader = EventReader()
    line = b"data: " + b"z" * 100 + b"\n"
    for _ in range(EVENT_MAX_BYTES // (len(line) - 1)):
        reader.feed(line)
    with pytest.raises(EventTooLargeError):
        reader.feed(line + line)
