from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard import bodies
from launchready.guard.asgi import Message, RawHeaders, Receive, fields_of


def coming(*pieces: bytes, last: Message | None = None) -> Receive:
    messages: list[Message] = [
        {"type": "http.request", "body": piece, "more_body": at < len(pieces) - 1 or bool(last)}
        for at, piece in enumerate(pieces)
    ]
    messages += [last] if last else []

    async def receive() -> Message:
        return messages.pop(0)

    return receive


def declared_length(version: str, headers: RawHeaders) -> int | None:
    scope = {"http_version": version, "headers": headers}
    return bodies.declared_length(scope, fields_of(headers))


@pytest.mark.parametrize(
    ("version", "headers", "length"),
    [
        ("1.1", [], 0),
        ("2", [], None),
        ("3", [], None),
        ("1.1", [(b"content-length", b"12")], 12),
        ("2", [(b"content-length", b"12")], 12),
        ("1.1", [(b"transfer-encoding", b"chunked")], None),
        ("1.1", [(b"content-length", b"0"), (b"transfer-encoding", b"chunked")], None),
        ("1.1", [(b"transfer-encoding", b"chunked"), (b"content-length", b"0")], None),
        ("1.1", [(b"content-length", b"-1")], None),
        ("1.1", [(b"content-length", b"9" * 5000)], None),
        ("1.1", [(b"content-length", b"")], None),
    ],
)
def test_a_length_is_believed_where_it_holds(
    version: str, headers: RawHeaders, length: int | None
) -> None:
    assert declared_length(version, headers) == length


def test_two_lengths_are_none() -> None:
    headers = [(b"content-length", b"0"), (b"content-length", b"9")]
    assert declared_length("1.1", headers) is None


@given(st.binary())
def test_no_length_is_too_odd(value: bytes) -> None:
    found = declared_length("1.1", [(b"content-length", value)])
    assert found is None or found >= 0


@given(st.lists(st.binary(max_size=9), min_size=1, max_size=9), st.integers(0, 40))
async def test_a_body_passes_whole_or_not_at_all(pieces: list[bytes], most: int) -> None:
    whole = b"".join(pieces)
    bounded = bodies.Bounded(coming(*pieces), most)
    if len(whole) <= most:
        assert await bodies.read_whole(bounded) == whole
        assert bounded.trouble is None
    else:
        with pytest.raises(bodies.TooLargeError):
            await bodies.read_whole(bounded)
        assert isinstance(bounded.trouble, bodies.TooLargeError)


async def test_who_leaves_is_not_taken_for_a_failure_of_the_app() -> None:
    bounded = bodies.Bounded(coming(b"half", last={"type": "http.disconnect"}), 100)
    with pytest.raises(bodies.LeftError):
        await bodies.read_whole(bounded)
    assert isinstance(bounded.trouble, bodies.LeftError)


async def test_a_piece_that_does_not_come_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bodies, "CHUNK_MAX_S", 0.01)

    async def never() -> Message:
        await asyncio.sleep(3600)
        return {}

    with pytest.raises(bodies.TooSlowError):
        await bodies.Bounded(never, 100)()


async def test_a_body_that_was_read_is_given_again_and_then_the_rest() -> None:
    receive = bodies.again(b"all of it", coming(b"next"))
    assert await bodies.read_whole(receive) == b"all of it"
    assert (await receive())["body"] == b"next"


async def dripped(most: int) -> bytes:
    async def drip() -> Message:
        await asyncio.sleep(0.06)
        return {"type": "http.request", "body": b"x", "more_body": next(left) > 0}

    left = iter(range(5, -1, -1))
    return await bodies.read_whole(bodies.Bounded(drip, most))


async def test_where_files_may_be_large_a_slow_line_has_the_time_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("launchready.guard.bodies.BODY_MAX_S", 0.1)
    with pytest.raises(bodies.TooSlowError):
        await dripped(1000)
    assert await dripped(bodies.LEAST_BYTES_A_S * 60) == b"x" * 6
