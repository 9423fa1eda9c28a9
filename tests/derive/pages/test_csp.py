"""Policies read as browsers read them, and made from what pages load."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.pages.csp import (
    enforced,
    forbids_sniffing,
    frames_refused,
    governs_scripts,
    policies,
    referrer_policy,
    script_weakness,
)
from launchready.derive.pages.csp_line import suggest
from launchready.facts.http import Exchange
from tests.making import exchange

HTML = ("Content-Type", "text/html; charset=utf-8")


def page(body: str = "", *fields: tuple[str, str], url: str = "https://example.org/") -> Exchange:
    return exchange(url, headers=(HTML, *fields), body=body)


@pytest.mark.parametrize(
    ("value", "weakness"),
    [
        ("script-src 'self'", ""),
        ("default-src 'none'", ""),
        ("script-src 'self' 'unsafe-inline'", "'unsafe-inline'"),
        ("SCRIPT-SRC 'self' 'UNSAFE-INLINE'", "'unsafe-inline'"),
        ("default-src 'self' 'unsafe-inline'", "'unsafe-inline'"),
        ("script-src 'self' 'unsafe-inline' 'nonce-abc'", ""),
        ("script-src 'unsafe-inline' https: 'nonce-abc' 'strict-dynamic'", ""),
        ("script-src 'unsafe-inline' https: 'nonce-abc'", "https:"),
        ("script-src 'self' 'sha256-abc'", ""),
        ("script-src 'self' 'unsafe-eval'", "'unsafe-eval'"),
        ("script-src 'self' 'wasm-unsafe-eval'", ""),
        ("script-src *", "*"),
        ("script-src 'self' data:", "data:"),
        ("script-src 'self' *.example.net", ""),
        ("script-src 'self'; script-src *", ""),
        ("style-src 'unsafe-inline'; script-src 'self'", ""),
        ("script-src 'self'; script-src-elem 'self' 'unsafe-inline'", "'unsafe-inline'"),
        ("script-src-elem 'self'; default-src 'unsafe-inline'", "'unsafe-inline'"),
        ("script-src-elem 'self'; script-src 'self'", ""),
        ("script-src *, script-src 'self'", ""),
    ],
)
def test_a_policy_is_as_weak_as_what_it_lets_scripts_do(value: str, weakness: str) -> None:
    assert script_weakness(policies(value)) == weakness


@pytest.mark.parametrize(
    ("value", "governs"),
    [
        ("frame-ancestors 'self'", False),
        ("upgrade-insecure-requests", False),
        ("default-src 'self'", True),
        ("script-src-elem 'self'", True),
        (" ; ,", False),
    ],
)
def test_a_policy_without_a_word_on_scripts_governs_none(value: str, governs: bool) -> None:
    assert governs_scripts(policies(value)) is governs


def test_a_policy_in_a_meta_element_counts() -> None:
    body = "<meta http-equiv='Content-Security-Policy' content=\"script-src 'self'\">"
    assert governs_scripts(enforced(page(body)))


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ((("X-Frame-Options", "DENY"),), True),
        ((("X-Frame-Options", "sameorigin"),), True),
        ((("X-Frame-Options", "ALLOW-FROM https://a.example"),), False),
        ((("X-Frame-Options", "ALLOWALL"),), False),
        ((("Content-Security-Policy", "frame-ancestors 'none'"),), True),
        ((("Content-Security-Policy", "frame-ancestors https://partner.example"),), True),
        ((("Content-Security-Policy", "frame-ancestors *"), ("X-Frame-Options", "DENY")), False),
        ((("Content-Security-Policy", "default-src 'none'"),), False),
        ((), False),
    ],
)
def test_framing_is_refused_as_browsers_read_it(
    fields: tuple[tuple[str, str], ...], refused: bool
) -> None:
    assert bool(frames_refused(page("", *fields))) is refused


def test_frame_ancestors_in_a_meta_element_does_not_count() -> None:
    body = "<meta http-equiv='Content-Security-Policy' content=\"frame-ancestors 'none'\">"
    assert not frames_refused(page(body))


@pytest.mark.parametrize(
    ("value", "policy"),
    [
        ("no-referrer", "no-referrer"),
        ("no-referrer, strict-origin-when-cross-origin", "strict-origin-when-cross-origin"),
        ("strict-origin, made-up", "strict-origin"),
        ("made-up", ""),
        ("Unsafe-URL", "unsafe-url"),
    ],
)
def test_the_last_known_referrer_policy_counts(value: str, policy: str) -> None:
    assert referrer_policy(page("", ("Referrer-Policy", value))) == policy


def test_a_referrer_policy_in_a_meta_element_counts() -> None:
    assert referrer_policy(page('<meta name="referrer" content="same-origin">')) == "same-origin"


@pytest.mark.parametrize(
    ("value", "forbids"), [("nosniff", True), ("NoSniff", True), ("no", False), ("", False)]
)
def test_sniffing_is_forbidden_by_one_word(value: str, forbids: bool) -> None:
    assert forbids_sniffing(page("", ("X-Content-Type-Options", value))) is forbids


def test_a_policy_names_what_the_page_loads_and_no_more() -> None:
    body = (
        '<script src="/app.js"></script><link rel="stylesheet" href="https://fonts.googleapis.com/c">'
        '<img src="https://img.example.net/a.png"><script src="https://js.stripe.com/v3/"></script>'
        '<form action="https://pay.example.net/go"></form>'
    )
    made = suggest([page(body)], connects=["api.example.org"])
    assert dict(part.split(" ", 1) for part in made.value.split("; ")) == {
        "default-src": "'self'",
        "script-src": "'self' https://js.stripe.com",
        "style-src": "'self' https://fonts.googleapis.com",
        "img-src": "'self' https://img.example.net https://*.stripe.com data:",
        "font-src": "'self' https://fonts.gstatic.com",
        "connect-src": "'self' https://js.stripe.com https://api.stripe.com https://api.example.org wss://api.example.org",
        "frame-src": "'self' https://js.stripe.com https://hooks.stripe.com",
        "form-action": "'self' https://pay.example.net",
        "object-src": "'none'",
        "base-uri": "'self'",
        "frame-ancestors": "'self'",
    }
    assert made.trial


@pytest.mark.parametrize(
    ("body", "directive", "source"),
    [
        ("<picture><source srcset='https://img.example.net/a.webp 1x'></picture>", "img-src", "https://img.example.net"),
        ("<video poster='https://img.example.net/p.jpg'></video>", "img-src", "https://img.example.net"),
        ("<img src=data:image/gif;base64,R0lGOD>", "img-src", "data:"),
        ("<p style='background:url(https://img.example.net/b.jpg)'>", "img-src", "https://img.example.net"),
        ("<style>@import url('https://fonts.googleapis.com/c');</style>", "style-src", "https://fonts.googleapis.com"),
        ("<style>@import url('https://fonts.googleapis.com/c');</style>", "font-src", "https://fonts.gstatic.com"),
        ("<style>@font-face{src:url(https://f.example.net/a.woff2)}</style>", "font-src", "https://f.example.net"),
        ("<style>@font-face{src:url(data:font/woff2;base64,AA)}</style>", "font-src", "data:"),
        ('<script type=importmap>{"imports":{"x":"https://esm.sh/x"}}</script>', "script-src", "https://esm.sh"),
        ("<script>s.src='https://connect.facebook.net/en/fbevents.js'</script>", "script-src", "https://connect.facebook.net"),
        ("<script>s.src='https://connect.facebook.net/en/fbevents.js'</script>", "img-src", "https://www.facebook.com"),
        ("<script>new WebSocket('wss://live.example.net/ws')</script>", "connect-src", "wss://live.example.net"),
        ("<script>fetch('https://api.example.net/v1')</script>", "connect-src", "https://api.example.net"),
        ("<script>new Worker(URL.createObjectURL(b))</script>", "worker-src", "blob:"),
        ("<script>WebAssembly.compile(b)</script>", "script-src", "'wasm-unsafe-eval'"),
        ("<object data='/rules.pdf'></object>", "object-src", "'self'"),
        ("<base href='https://assets.example.net/'>", "base-uri", "https://assets.example.net"),
    ],
)  # fmt: skip
def test_a_policy_lets_in_what_the_markup_shows(body: str, directive: str, source: str) -> None:
    parts = dict(part.split(" ", 1) for part in suggest([page(body)]).value.split("; "))
    assert source in parts[directive].split()


@pytest.mark.parametrize(
    "body",
    ["<script src=/app.js></script>", "<link rel=stylesheet href=/app.css>", "<a onfocus=x>"],
)
def test_a_policy_is_tried_first_where_more_may_be_loaded_than_the_page_shows(body: str) -> None:
    assert suggest([page(body)]).trial
    assert not suggest([page("<p>Hello</p>")]).trial


@pytest.mark.parametrize("body", ["<button hx-on:click='x()'>", "<div x-data='{a:1}'>"])
def test_attributes_that_are_evaluated_as_script_are_told(body: str) -> None:
    assert suggest([page(body)]).evaluated


def test_every_handler_counts_and_links_that_are_script() -> None:
    body = "<details ontoggle=a onmouseover=b><a href='javascript:void(0)'>x</a></details>"
    assert suggest([page(body)]).handlers == 3


def test_an_inline_script_is_named_by_its_hash_and_tried_first() -> None:
    made = suggest([page("<script>let a = 1 < 2 && 'é';</script>")])
    digest = base64.b64encode(hashlib.sha256("let a = 1 < 2 && 'é';".encode()).digest()).decode()
    assert f"'sha256-{digest}'" in made.value
    assert made.trial


def test_many_inline_scripts_get_a_nonce() -> None:
    made = suggest([page("".join(f"<script>f({n})</script>" for n in range(9)))])
    assert (made.by_nonce, made.inline_scripts) == (True, 9)
    assert "sha256" not in made.value


def test_nonces_that_the_page_has_already_are_used() -> None:
    made = suggest([page('<script nonce="a1b2c3">go()</script>')])
    assert "script-src 'self' 'nonce-{random}'" in made.value


def test_data_in_a_script_element_is_no_script() -> None:
    made = suggest([page('<script type="application/ld+json">{}</script>')])
    assert made.inline_scripts == 0


def test_inline_styles_are_allowed_and_handlers_counted() -> None:
    made = suggest([page('<p style="color:red" onclick="go()">x</p>')])
    assert "style-src 'self' 'unsafe-inline'" in made.value
    assert made.handlers == 1


@given(st.lists(st.text(max_size=200), max_size=4))
def test_any_value_is_read_without_a_crash(values: list[str]) -> None:
    found = policies(*values)
    assert isinstance(script_weakness(found), str)
    for policy in found:
        assert len(dict(policy.directives)) == len(policy.directives)


@given(
    st.text(alphabet="<>/='\" abcdefhiklmnoprstyw:;.,-_%\n\r", max_size=200),
    st.sampled_from(['<script src="https://{}"></script>', "<img src=//{}>", "{}"]),
)
def test_no_page_can_put_a_directive_of_its_own_into_the_line(text: str, around: str) -> None:
    names = [
        part.split(" ", 1)[0] for part in suggest([page(around.format(text))]).value.split("; ")
    ]
    assert set(names) <= {
        "default-src", "script-src", "style-src", "img-src", "font-src", "connect-src",
        "frame-src", "media-src", "form-action", "object-src", "base-uri", "frame-ancestors",
    }  # fmt: skip
    assert len(names) == len(set(names))


@given(st.text(max_size=300))
def test_any_page_makes_a_line_that_governs_scripts_and_is_not_weak(body: str) -> None:
    found = policies(suggest([page(body)]).value)
    assert governs_scripts(found)
    assert script_weakness(found) == ""


@pytest.mark.parametrize(
    "url", ["https://[broken", "https://a.example:99999/x.png", "https://a.example:x/"]
)
def test_what_is_no_url_in_a_style_is_left_out(url: str) -> None:
    line = suggest([page(f"<style>a {{ background: url({url}) }}</style>")]).value
    assert "a.example" not in line
    assert "broken" not in line
