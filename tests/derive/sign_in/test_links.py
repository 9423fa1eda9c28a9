"""Where pages lead members: by words and paths, and not by mere mention."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.sign_in.links import (
    asks_for_password,
    leads_out,
    logout_link,
    sign_in_links,
)

BASE = "https://example.org/"


def kinds(html: str) -> list[tuple[str, str]]:
    return [(link.url, link.kind) for link in sign_in_links(html, base=BASE)]


@given(html=st.text())
def test_any_html_comes_to_links_or_none(html: str) -> None:
    for link in sign_in_links(html, base=BASE):
        assert link.url.startswith(("http://", "https://"))
    assert asks_for_password(html) in {True, False}
    out = logout_link(html, base=BASE)
    assert out is None or leads_out(out.url, html)


@pytest.mark.parametrize(
    ("link", "kind"),
    [
        ("<a href=/x>Log in</a>", "auth"),
        ("<a href=/x>Sign In</a>", "auth"),
        ("<a href=/users/sign_in>Enter</a>", "auth"),
        ("<a href=/wp-login.php>→</a>", "auth"),
        ("<a href=/x aria-label='Log in'><svg></svg></a>", "auth"),
        ("<a href=/x>Anmelden</a>", "auth"),
        ("<a href=/x>Iniciar sesión</a>", "auth"),
        ("<a href=/x>Join</a>", "signup"),
        ("<a href=/register>Go</a>", "signup"),
        ("<a href=/x>Forgot your password?</a>", "reset"),
        ("<a href=/password/reset>Help</a>", "reset"),
        ("<a href=/checkout>Pay</a>", "checkout"),
    ],
)
def test_a_link_is_known_by_its_words_or_its_path(link: str, kind: str) -> None:
    assert [k for _, k in kinds(link)] == [kind]


@pytest.mark.parametrize(
    "link",
    [
        "<a href=/blog/2026/how-to-log-in-safely>Reading</a>",
        "<a href=/x>How we made it simpler for everybody to log in to the site</a>",
        "<a href=/blogging>Blogging</a>",
        "<a href='mailto:login@example.org'>Write</a>",
        "<a href='#login'></a>",
        "<a href='#/portal/signin'>Sign in</a>",
        "<a href='https://example.org/#login'>Log in</a>",
        "<a>Log in</a>",
    ],
)
def test_a_link_that_mentions_a_log_in_does_not_lead_there(link: str) -> None:
    assert kinds(link) == []


def test_each_url_comes_once_in_order() -> None:
    html = "<a href=/login>Log in</a><a href=/join>Join</a><a href=/login#top>Log in</a>"
    assert kinds(html) == [
        ("https://example.org/login", "auth"),
        ("https://example.org/join", "signup"),
    ]


@pytest.mark.parametrize(
    ("html", "asks"),
    [
        ("<input type=PASSWORD>", True),
        ("<title>Sign in</title><form><input type=email></form>", True),
        ("<title>Bread</title><form><input type=email name=newsletter></form>", False),
        ("<title>Sign in</title><div id=app></div>", False),
    ],
)
def test_a_page_that_signs_members_in_is_told_from_one_with_a_newsletter(
    html: str, asks: bool
) -> None:
    assert asks_for_password(html) is asks


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("<a href=/logout>Bye</a>", "https://example.org/logout"),
        ("<a href='/wp-login.php?action=logout&n=1'>Bye</a>",
         "https://example.org/wp-login.php?action=logout&n=1"),
        ("<a href=/bye>Sign out</a>", "https://example.org/bye"),
        ("<a href=/x aria-label='Log out'><svg></svg></a>", "https://example.org/x"),
        ("<a href=/help>Why you should always remember to log out of shared computers</a>", ""),
        ("<a href=/about>About</a>", ""),
    ],
)  # fmt: skip
def test_the_way_out_is_known_by_its_words_or_its_path(link: str, url: str) -> None:
    found = logout_link(link, base=BASE)
    assert (found.url if found else "") == url
