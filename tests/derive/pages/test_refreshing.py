from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.pages.refreshing import sent_on
from tests.hostile import at_once
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


@pytest.mark.parametrize(
    "statement",
    [
        "location.href='/new/'",
        'window.location = "https://example.org/new/";',
        "\n  window.location.replace(`/new/`);\n",
        'document.location.assign("../new/#part")',
        "top.location.href = '/new/'; return false;",
    ],
)
def test_a_script_that_does_nothing_but_leave_sends_on(statement: str) -> None:
    page = f"<!doctype html><p>One moment</p><script>{statement}</script>"
    assert to(page) == "https://example.org/new/"


def test_a_body_that_leaves_once_it_is_there_sends_on() -> None:
    assert to("<body onload=\"location.href='/new/'\">") == "https://example.org/new/"


@pytest.mark.parametrize(
    "page",
    [
        "<script>if (!user) { location.href = '/new/' }</script>",
        "<script>function go() { location.href = '/new/' }</script>",
        "<script>setTimeout(() => location.replace('/new/'), 5000)</script>",
        "<script>location.href = '/new/' + location.search</script>",
        "<script>location.href = `/new/${id}`</script>",
        "<script>location.hash = '#/log-in'</script>",
        "<script>location.href = '#/log-in'</script>",
        "<script>location.href = '/old/'</script>",
        "<noscript><script>location.href = '/new/'</script></noscript>",
        '<script type="text/template">location.href = "/new/"</script>',
        "<script src=/go.js>location.href = '/new/'</script>",
        "<a onclick=\"location.href='/new/'\">Log in</a>",
        "<script>location.href = 'javascript:alert(1)'</script>",
    ],
)
def test_a_script_that_may_stay_does_not(page: str) -> None:
    assert to(f"<!doctype html>{page}") is None


@pytest.mark.parametrize(
    ("policy", "goes"),
    [
        ("script-src 'self'", False),
        ("default-src 'self'", False),
        ("script-src 'self' 'unsafe-inline'", True),
        ("script-src 'nonce-ab1'", True),
        ("script-src 'nonce-zz9' 'unsafe-inline'", False),
        ("script-src 'sha256-NOtZqYyb1zlEg/PDDZMUZPZwJNgLfEa3kRV1nMDt0mI='", False),
        ("img-src 'self'", True),
    ],
)
def test_a_script_that_the_pages_policy_forbids_does_not(policy: str, goes: bool) -> None:
    page = "<script nonce=ab1>location.href='/new/'</script>"
    assert (to(page, **{"Content-Security-Policy": policy}) is not None) == goes


def test_a_page_made_to_stall_the_reading_does_not() -> None:
    with at_once():
        assert to("<script>" + "location" * 200 + "=" * 500 + "</script>" * 2) is None
        assert to("<script>location" + " " * 2_400 + "</script>") is None


def test_the_field_counts_as_the_markup_does() -> None:
    assert to("", Refresh="0; url=/new/") == "https://example.org/new/"


def test_an_error_page_is_an_error_page() -> None:
    page = '<meta http-equiv="refresh" content="0; url=/">'
    assert sent_on(exchange(HERE, status=404, headers=HTML, body=page)) is None


@given(st.text(max_size=200))
def test_any_content_can_be_read(content: str) -> None:
    there = to("", Refresh=content)
    assert there is None or there.startswith(("http://", "https://"))
