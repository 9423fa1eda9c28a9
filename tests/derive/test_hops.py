from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.facts.hops import (
    changes_entrance,
    destination,
    host,
    keeps_path,
    keeps_query,
    parts,
    path,
    same_page,
    twins,
)

PATHS = st.from_regex(r"(/[a-zA-Z0-9 äé%+-]{1,8}){1,4}", fullmatch=True).map(quote)
PAIRS = st.lists(
    st.tuples(st.text(min_size=1, max_size=5), st.text(max_size=5)), min_size=1, max_size=4
)


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_url_makes_the_questions_fail(one: str, other: str) -> None:
    parts(one)
    host(one)
    path(one)
    destination(one, other)
    same_page(one, other)
    keeps_path(one, other)
    keeps_query(one, other)
    changes_entrance(one, other)


@given(PATHS)
def test_a_path_is_kept_by_another_scheme_host_prefix_or_slash(deep: str) -> None:
    for url in (
        f"https://example.org{deep}",
        f"https://www.example.org{deep}/",
        f"https://example.org/en{deep}",
        f"https://example.org/login?next={quote(deep, safe='')}",
    ):
        assert keeps_path(deep, url)


@given(PAIRS)
def test_a_query_is_kept_in_any_order(pairs: list[tuple[str, str]]) -> None:
    turned = [*reversed(pairs), ("more", "1")]
    assert keeps_query(urlencode(pairs), f"https://example.org/?{urlencode(turned)}")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.org/?to=ada%40example.org", True),
        ("https://example.org/?to=ada@example.org", True),
        ("https://example.org/?to=ada%2540example.org", False),
        ("https://example.org/login?next=%2F%3Fto%3Dada%2540example.org", True),
        ("https://example.org/login?next=/?to=ada%40example.org", True),
    ],
)
def test_what_is_encoded_twice_is_not_kept_unless_it_is_handed_on(url: str, *, kept: bool) -> None:
    assert keeps_query("to=ada%40example.org", url) is kept


def test_a_pair_that_stands_twice_must_be_kept_twice() -> None:
    assert not keeps_query("a=1&a=1", "https://example.org/?a=1")


@pytest.mark.parametrize(
    ("here", "there", "wanted"),
    [
        ("http://example.org/a", "https://example.org/", True),
        ("https://example.org/a", "https://www.example.org/a", True),
        ("http://www.example.org/a", "https://example.org/a", True),
        ("https://example.org/a", "https://example.org/login", False),
        ("https://app.example.org/a", "https://login.example.org/", False),
    ],
)
def test_an_entrance_is_another_scheme_or_the_twin(here: str, there: str, *, wanted: bool) -> None:
    assert changes_entrance(here, there) is wanted


def test_twins_differ_by_www_alone() -> None:
    assert twins("example.org", "www.example.org")
    assert not twins("app.example.org", "www.example.org")
    assert not twins("example.org", "example.org")


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ("https://example.org", "https://example.org/", True),
        ("https://example.org:443/a/", "https://EXAMPLE.org/a?b=c", True),
        ("https://example.org/%7Ea", "https://example.org/~a", True),
        ("http://example.org/", "https://example.org/", False),
        ("https://example.org/a", "https://example.org/b", False),
        ("https://example.org:8443/", "https://example.org/", False),
    ],
)
def test_a_page_is_the_same_whatever_its_spelling(one: str, other: str, *, wanted: bool) -> None:
    assert same_page(one, other) is wanted


@pytest.mark.parametrize(
    ("location", "wanted"),
    [
        ("/b", "https://example.org/b"),
        ("b?c", "https://example.org/b?c"),
        ("//other.example.net/x", "https://other.example.net/x"),
        ("https://[::1", ""),
        ("mailto:me@example.org", ""),
    ],
)
def test_a_location_is_taken_relative_to_the_url(location: str, wanted: str) -> None:
    assert destination("https://example.org/a", location) == wanted
