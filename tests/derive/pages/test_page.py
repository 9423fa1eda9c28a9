"""What a page makes the browser fetch."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.pages.page import absolute, loads, site_name

BASE = "https://example.org/a/b"


def kinds(html: str) -> list[tuple[str, str]]:
    return [(x.url, x.kind) for x in loads(html, base=BASE)]


@given(html=st.text())
def test_any_html_comes_to_http_urls(html: str) -> None:
    for loaded in loads(html, base=BASE):
        assert urlsplit(loaded.url).scheme in {"http", "https"}


@given(reference=st.text())
def test_any_reference_comes_to_a_url_with_a_host_or_to_none(reference: str) -> None:
    url = absolute(reference, BASE)
    assert url is None or (urlsplit(url).hostname and "#" not in url)


@pytest.mark.parametrize(
    ("html", "loaded"),
    [
        ("<script src=x.js></script>", ("https://example.org/a/x.js", "script")),
        ("<link rel='STYLESHEET preload' href=/s.css>", ("https://example.org/s.css", "style")),
        (
            "<link rel=modulepreload href=//cdn.example/m.js>",
            ("https://cdn.example/m.js", "script"),
        ),
        ("<link rel=preload as=font href=/f.woff2>", ("https://example.org/f.woff2", "font")),
        ("<img src=http://example.org/i.png>", ("http://example.org/i.png", "image")),
        ("<iframe src=/f>", ("https://example.org/f", "frame")),
        ("<base href=/c/><script src=x.js></script>", ("https://example.org/c/x.js", "script")),
    ],
)
def test_markup_that_loads_is_seen(html: str, loaded: tuple[str, str]) -> None:
    assert kinds(html) == [loaded]


@pytest.mark.parametrize(
    "html",
    [
        "<script>inline()</script>",
        "<a href=/page>Page</a>",
        "<link rel=canonical href=/page>",
        "<img src='data:image/png;base64,AA'>",
        "<template><img src=/later.png></template>",
        "<!-- <script src=old.js></script> -->",
    ],
)
def test_markup_that_does_not_load_is_not(html: str) -> None:
    assert kinds(html) == []


def test_each_url_is_loaded_once() -> None:
    assert len(kinds("<img src=/i.png><img src=/i.png#x>")) == 1


def test_a_page_without_end_is_read_up_to_a_bound() -> None:
    assert len(kinds("".join(f"<img src=/{n}.png>" for n in range(900)))) == 500


@pytest.mark.parametrize(
    ("html", "name"),
    [
        ("<title>Willow – a circle of readers</title>", "Willow"),  # noqa: RUF001 - as typeset
        ("<title>Home | The Beekeepers</title>", "The Beekeepers"),
        ("<title>Co-op living</title>", "Co-op living"),
        ("<title>Log in · Willow</title>", "Willow"),
        ("<title>Sign in</title>", ""),
        ('<meta property="og:site_name" content="Willow"><title>Join us</title>', "Willow"),
        ("<title> </title>", ""),
        ("<p>nothing", ""),
    ],
)
def test_a_site_is_called_as_it_calls_itself(html: str, name: str) -> None:
    assert site_name(html) == name


@given(st.text())
def test_any_page_has_a_short_name_on_one_line(html: str) -> None:
    name = site_name(html)
    assert len(name) <= 120
    assert len(name.splitlines()) <= 1
