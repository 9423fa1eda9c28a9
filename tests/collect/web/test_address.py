"""URLs as they go over the wire."""

from __future__ import annotations

import contextlib
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from launchready.collect.web.address import joined_url, wire_url

ODD = st.text(alphabet=st.sampled_from("htps:/\\@?#.[]%0x1aé \t\r\n\x00-_~&=;ⓔ"), max_size=60)


@pytest.mark.parametrize(
    ("url", "wired"),
    [
        ("https://Example.ORG", "https://example.org/"),
        ("https://example.org:443/a#b", "https://example.org/a"),
        ("http://example.org:8080/?a=1", "http://example.org:8080/?a=1"),
        ("https://user:secret@example.org/", "https://example.org/"),
        (
            "https://bücher.example/ä ö?ü=%41",
            "https://xn--bcher-kva.example/%C3%A4%20%C3%B6?%C3%BC=%41",
        ),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://[::FFFF:127.0.0.1]/", "http://[::ffff:7f00:1]/"),
        ("https:\\\\example.org\\a", "https://example.org/a"),
    ],
)
def test_a_url_is_written_as_browsers_send_it(url: str, wired: str) -> None:
    assert wire_url(url) == wired


@pytest.mark.parametrize(
    ("location", "there"),
    [
        ("/b", "https://example.org/b"),
        ("b?c", "https://example.org/a/b?c"),
        ("?c", "https://example.org/a/?c"),
        ("//other.example/x", "https://other.example/x"),
        ("/\\other.example/x", "https://other.example/x"),
        ("///other.example/x", "https://other.example/x"),
        ("https:///other.example/x", "https://other.example/x"),
        (" /b\r\n", "https://example.org/b"),
        ("../../../x", "https://example.org/x"),
    ],
)
def test_a_location_leads_where_browsers_go(location: str, there: str) -> None:
    assert joined_url("https://example.org/a/", location) == there


@given(st.one_of(ODD, st.text(max_size=60)))
@example("https://exa mple.org/")
@example("http://a.b:99999999999999999999/")
def test_any_text_becomes_a_plain_web_address_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        url = wire_url(text)
        assert url.isascii()
        assert url.isprintable()
        assert " " not in url
        assert urlsplit(url).scheme in {"http", "https"}
        assert urlsplit(url).hostname
        assert wire_url(url) == url


@given(st.one_of(ODD, st.text(max_size=60)))
def test_any_location_leads_to_a_plain_web_address_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        url = joined_url("https://example.org/a/", text)
        assert wire_url(url) == url
