"""Cookies go back where RFC 6265 sends them, and nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.collect.web.cookies import COOKIES_MAX, Jar
from launchready.facts.http import Headers

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def jar(url: str, *lines: str) -> Jar:
    made = Jar()
    made.take(url, Headers(tuple(("Set-Cookie", line) for line in lines)), now=NOW)
    return made


@pytest.mark.parametrize(
    ("line", "url", "sent"),
    [
        ("a=b", "https://example.org/x", "a=b"),
        ("a=b", "https://www.example.org/", ""),
        ("a=b; Domain=example.org", "https://www.example.org/", "a=b"),
        ("a=b; Domain=.example.org", "https://example.org/", "a=b"),
        ("a=b; Domain=other.example", "https://other.example/", ""),
        ("a=b; Domain=org", "https://example.org/", ""),
        ("a=b; Path=/in", "https://example.org/", ""),
        ("a=b; Path=/in", "https://example.org/in/x", "a=b"),
        ("a=b; Path=/in", "https://example.org/inside", ""),
        ("a=b; Secure", "http://example.org/", ""),
        ("a=b; Secure", "https://example.org/", "a=b"),
        ("a=b; Max-Age=0", "https://example.org/", ""),
        ("a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "https://example.org/", ""),
        ("a=b; Expires=Fri, 01 Jan 2027 00:00:00 GMT", "https://example.org/", "a=b"),
        ("a=b; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "https://example.org/", "a=b"),
        ("a=b; Expires=whenever", "https://example.org/", "a=b"),
        ("=", "https://example.org/", ""),
        ("a=" + "b" * 5000, "https://example.org/", ""),
    ],
)
def test_a_cookie_goes_back_where_it_belongs(line: str, url: str, sent: str) -> None:
    assert jar("https://example.org/", line).header(url) == sent


def test_a_cookie_for_https_cannot_be_set_over_http() -> None:
    assert jar("http://example.org/", "a=b; Secure").header("https://example.org/") == ""


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("__Host-a=b; Secure; Path=/", True),
        ("__Host-a=b; Secure; Path=/; Domain=example.org", False),
        ("__Host-a=b; Path=/", False),
        ("__Host-a=b; Secure; Path=/in", False),
        ("__Host-a=b; Secure", False),
        ("__host-a=b; Path=/", False),
        ("__Secure-a=b; Secure; Domain=example.org", True),
        ("__Secure-a=b; Path=/", False),
        ("a=b; SameSite=None; Secure", True),
        ("a=b; SameSite=None", False),
        ("a=b; Partitioned", False),
        ("a=b; Domain=example.net", False),
        ("a=b; Domain=org", False),
        ("a=b; SameSite=Lax", True),
    ],
)
def test_a_cookie_that_breaks_its_own_promise_is_thrown_away_as_browsers_do(
    line: str, kept: bool
) -> None:
    made = jar("https://example.org/", line)
    assert bool(made.header("https://example.org/")) == kept
    assert bool(made.refused) != kept


def test_a_later_cookie_replaces_the_earlier_one_of_its_name() -> None:
    assert jar("https://example.org/", "a=1", "a=2").header("https://example.org/") == "a=2"


def test_a_cookie_is_taken_back_by_an_expired_one() -> None:
    assert jar("https://example.org/", "a=1", "a=; Max-Age=-1").header("https://example.org/") == ""


def test_cookies_of_longer_paths_come_first() -> None:
    held = jar("https://example.org/", "a=1; Path=/", "b=2; Path=/in")
    assert held.header("https://example.org/in") == "b=2; a=1"


def test_so_many_cookies_are_held_and_no_more() -> None:
    held = jar("https://example.org/", *(f"c{n}=1" for n in range(1000)))
    assert held.header("https://example.org/").count("=") == COOKIES_MAX


def test_a_cookies_value_is_not_shown() -> None:
    assert "hunter2" not in repr(jar("https://example.org/", "session=hunter2"))


@given(st.lists(st.text(max_size=80), max_size=5))
def test_any_line_is_taken_without_a_crash(lines: list[str]) -> None:
    sent = jar("https://example.org/a/b", *lines).header("https://example.org/a/b")
    assert isinstance(sent, str)
