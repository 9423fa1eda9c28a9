"""The intake of an answer's bytes, whatever they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from launchready.collect.web.message import HEADER_LINES_MAX, Intake

LINES = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.sampled_from([
            b"HTTP/1.1 200 OK\r\n", b"HTTP/2 404\r\n", b"HTTP/1.1 103 Early\r\n", b"\r\n",
            b"Set-Cookie: a=b\r\n", b" folded\r\n", b"Content-Type: image/png\r\n",
            b"A: \x1b]0;title\x07\r\n",
        ]),
    ),
    max_size=40,
)  # fmt: skip


def intake(*lines: bytes, body_max_bytes: int = 10) -> Intake:
    made = Intake(body_max_bytes=body_max_bytes)
    for line in lines:
        made.header(line)
    return made


@given(LINES)
def test_any_head_is_taken_or_stopped_and_never_holds_control_characters(
    lines: list[bytes],
) -> None:
    made = Intake(body_max_bytes=10)
    for line in lines:
        assert made.header(line) in {0, len(line)}
    for name, value in made.fields:
        assert name.isascii()
        assert name.strip() == name != ""
        assert not any(c < " " and c != "\t" for c in value)


@given(st.lists(st.binary(max_size=30), max_size=10), st.integers(0, 100))
def test_a_body_never_grows_beyond_its_limit(chunks: list[bytes], limit: int) -> None:
    made = Intake(body_max_bytes=limit)
    for chunk in chunks:
        if made.chunk(chunk) != len(chunk):
            break
    body = b"".join(made.chunks)
    assert len(body) <= limit
    assert b"".join(chunks).startswith(body)
    assert made.body_cut == (sum(map(len, chunks)) > limit)


def test_the_head_after_an_informational_one_starts_anew() -> None:
    made = intake(
        b"HTTP/1.1 103 Early Hints\r\n", b"Link: </a>\r\n", b"\r\n",
        b"HTTP/1.1 200 OK\r\n", b"A: b\r\n", b"\r\n",
    )  # fmt: skip
    assert (made.status, made.fields, made.complete_head) == (200, [("A", "b")], True)


def test_trailers_are_not_fields_of_the_head() -> None:
    made = intake(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n", b"\r\n", b"Set-Cookie: late=1\r\n", b"\r\n")
    assert made.fields == [("A", "b")]


def test_a_folded_line_belongs_to_the_field_before_it() -> None:
    made = intake(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n", b"   c\r\n", b"\r\n")
    assert made.fields == [("A", "b c")]


def test_a_line_too_many_stops_the_answer() -> None:
    made = Intake(body_max_bytes=10)
    taken = [made.header(b"A: b\r\n") for _ in range(HEADER_LINES_MAX + 1)]
    assert taken[-1] == 0
    assert all(taken[:-1])
    assert made.stopped
