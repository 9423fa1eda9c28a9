from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard.insides import gives_away, says_nothing


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b""),
        (404, b"Not Found"),
        (404, b'{"detail":"Not Found"}'),
        (405, b'{"detail":"Method Not Allowed"}'),
        (404, b'{"status_code":404,"detail":"Not Found"}'),
        (404, b"<!doctype html><h1>Not Found</h1><p>The requested resource was not found</p>"),
    ],
)
def test_a_frameworks_own_words_say_nothing(status: int, body: bytes) -> None:
    assert says_nothing(status, body)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b'{"detail":"No such circle"}'),
        (409, b'{"code":"invite-used"}'),
        (404, b"<h1>Nothing grows here</h1>"),
        (400, b"[1, 2]"),
        (400, b"{not json"),
        (422, b'{"detail":[{"loc":["body"]}]}'),
    ],
)
def test_an_apps_own_words_say_something(status: int, body: bytes) -> None:
    assert not says_nothing(status, body)


@given(st.integers(0, 999), st.binary() | st.text().map(str.encode))
def test_no_body_is_too_odd_to_be_judged(status: int, body: bytes) -> None:
    assert says_nothing(status, body) in {True, False}
    assert says_nothing(status, b"{" + body) in {True, False}


def test_a_trace_and_a_page_for_developers_give_something_away() -> None:
    assert gives_away(b'{"error": "Traceback (most recent call last):\\n ..."}')
    assert gives_away(b'<head><meta name="robots" content="NONE,NOARCHIVE">')
    assert not gives_away(b"<h1>This invite is used already</h1>")
