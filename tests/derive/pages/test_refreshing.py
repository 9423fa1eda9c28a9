from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.pages.refreshing import sent_on
from tests.making import exchange

HERE = "https://example.org/old/"
HTML = {"Content-Type": "text/html; charset=utf-8"}


def to(body: str, **more: str) -> str | None:
    return sent_on(exchange(HERE, headers={**HTML, **more}, body=body))


@pytest.mark.parametrize(
    "content",
    [
        "0; url=https://example.org/new/",
        "0;URL='/new/'",
        '0;url="/new/"',
        "0, /new/",
        "1 ; Url = ../new/",
        "0.5;url=/new/#part",
    ],
)
def test_a_page_that_refreshes_at_once_sends_on(content: str) -> None:
    shown = content.replace('"', "&quot;")
    page = f'<!doctype html><head><meta http-equiv="Refresh" content="{shown}"></head>'
    assert to(page) == "https://example.org/new/"


@pytest.mark.parametrize(
    "page",
    [
        '<meta http-equiv="refresh" content="30; url=/new/">',
        '<meta http-equiv="refresh" content="0">',
        '<meta http-equiv="refresh" content="0; url=/old/">',
        '<meta http-equiv="refresh" content="0; url=javascript:alert(1)">',
        '<noscript><meta http-equiv="refresh" content="0; url=/no-scripts"></noscript>',
        '<!-- <meta http-equiv="refresh" content="0; url=/new/"> -->',
        '<meta http-equiv="x-ua-compatible" content="0; url=/new/">',
        "<p>0; url=/new/</p>",
    ],
)
def test_a_page_that_stays_does_not(page: str) -> None:
    assert to(f"<!doctype html><head>{page}</head>") is None


def test_the_field_counts_as_the_markup_does() -> None:
    assert to("", Refresh="0; url=/new/") == "https://example.org/new/"


def test_an_error_page_is_an_error_page() -> None:
    page = '<meta http-equiv="refresh" content="0; url=/">'
    assert sent_on(exchange(HERE, status=404, headers=HTML, body=page)) is None


@given(st.text(max_size=200))
def test_any_content_can_be_read(content: str) -> None:
    there = to("", Refresh=content)
    assert there is None or there.startswith(("http://", "https://"))
