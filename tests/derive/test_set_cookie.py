from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.set_cookie import lax_date, parse_set_cookie, takes_back

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
DATES = st.from_regex(
    r"[A-Z][a-z]{2}, \d{1,3}[ -][A-Z][a-z]{2}[ -]\d{1,6} \d\d:\d\d:\d\d( GMT| [+-]\d{1,9})?",
    fullmatch=True,
)


def test_a_line_is_read_as_browsers_read_it() -> None:
    found = parse_set_cookie(" sid = a=b ; HttpOnly; SameSite=Lax;Path=/x ;Secure")
    assert (found.name, found.value) == ("sid", "a=b")
    assert found.attributes == {"httponly": "", "samesite": "Lax", "path": "/x", "secure": ""}


def test_a_value_without_a_name_has_none() -> None:
    assert parse_set_cookie("lonely; Secure").name == ""


@pytest.mark.parametrize(
    ("line", "gone"),
    [
        ("a=b", False),
        ("a=b; Max-Age=0", True),
        ("a=b; Max-Age=-1", True),
        ("a=b; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", False),
        ("a=b; Expires=Fri, 27 Nov 2026 12:00:00 GMT", True),
        ("a=b; Expires=Fri, 27 Nov 2026 12:00:01 GMT", False),
        ("a=b; Expires=never", False),
    ],
)
def test_a_cookie_is_taken_back_when_its_time_is_over(line: str, gone: bool) -> None:
    assert takes_back(parse_set_cookie(line), NOW) is gone


@given(st.one_of(st.text(max_size=200), DATES.map("a=b; Expires={}".format)))
def test_any_line_is_read(line: str) -> None:
    takes_back(parse_set_cookie(line), NOW)


@given(st.one_of(st.text(max_size=60), DATES))
def test_any_date_is_a_moment_or_none(value: str) -> None:
    found = lax_date(value)
    assert found is None or found.utcoffset() is not None
