from __future__ import annotations

import pytest

from launchready.guard.asgi import Message
from launchready.guard.held import HELD_MAX_BYTES, Held


def held(length: int | None = None) -> Held:
    headers = [(b"content-type", b"text/html")]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    names = {name for name, _ in headers}
    return Held({"type": "http.response.start", "status": 200, "headers": headers}, names)


def piece(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


def tag(one: Held) -> bytes | None:
    return dict(one.message["headers"]).get(b"etag")


def test_a_page_gets_a_validator_and_goes_as_it_is() -> None:
    one = held()
    assert one.page(piece(b"page"), "GET", None) == piece(b"page")
    assert tag(one) is not None


def test_a_page_that_the_visitor_has_is_not_sent_again() -> None:
    first, again = held(4), held(4)
    first.page(piece(b"page"), "GET", None)
    assert again.page(piece(b"page"), "GET", tag(first)) == piece(b"")
    assert again.message["status"] == 304
    assert b"content-length" not in dict(again.message["headers"])
    assert tag(again) == tag(first)


def test_pieces_that_say_how_long_they_are_together_wait_for_each_other() -> None:
    one = held(4)
    assert one.page(piece(b"pa", more=True), "GET", None) is None
    assert one.page(piece(b"ge", more=True), "GET", None) == piece(b"page")
    assert tag(one) is not None


@pytest.mark.parametrize("length", [None, HELD_MAX_BYTES + 1])
def test_what_does_not_say_how_long_it_is_or_is_too_long_goes_at_once(length: int | None) -> None:
    one = held(length)
    assert one.page(piece(b"pa", more=True), "GET", None) == piece(b"pa", more=True)
    assert tag(one) is None


def test_the_head_of_a_page_without_its_content_gets_no_validator_of_nothing() -> None:
    one = held(4)
    assert one.page(piece(b""), "HEAD", None) == piece(b"")
    assert tag(one) is None
