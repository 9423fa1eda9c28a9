from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.caching.personal import (
    cookie_names,
    is_session_cookie,
    judged_answers,
    personal_signs,
)
from launchready.facts.http import Headers
from tests.hostile import at_once, repeated
from tests.making import exchange, visit

HTML = {"Content-Type": "text/html"}


@pytest.mark.parametrize(
    "name",
    ["sid", "connect.sid", "PHPSESSID", "JSESSIONID", "sessionid", "laravel_session", "csrftoken",
     "XSRF-TOKEN", "_myapp_session", "__Host-session", "next-auth.session-token", "auth_token",
     "wordpress_logged_in_0a1b", "ASP.NET_SessionId", "remember_user_token", "sb-access-token",
     "_garden_session", "_game_session", "geology_session", "theme_session"],
)  # fmt: skip
def test_the_sessions_of_frameworks_are_known(name: str) -> None:
    assert is_session_cookie(name)
    assert cookie_names(Headers((("Set-Cookie", f"{name}=x1; Path=/"),))) == (name,)


@pytest.mark.parametrize(
    "name",
    ["theme", "locale", "seen_banner", "cart_count", "ab_variant", "_ga", "consent", "session_theme",
     "sessionid_consent", "user-lang", "session.timezone", "login_banner", "session_timeout"],
)  # fmt: skip
def test_other_cookies_are_no_sessions(name: str) -> None:
    assert not is_session_cookie(name)


@pytest.mark.parametrize(
    "line",
    ["__cf_bm=x; Secure", "_cfuvid=x", "AWSALB=x", "AWSALBCORS=x", "NEXT_LOCALE=en", "_ga=GA1",
     "_ga_4F7K=GS1", "_gat_UA-1=1", "_gcl_au=1", "geoip_country=DE",
     "sid=; Path=/", "sid=x; Max-Age=0", "sid=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "=x", ""],
)  # fmt: skip
def test_cookies_that_no_person_is_tied_to_do_not_count(line: str) -> None:
    assert cookie_names(Headers((("Set-Cookie", line),))) == ()


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ('sid=""; expires=Thu, 27 Nov 2025 12:19:14 GMT; Path=/', ()),
        ("sid=gone; expires=Thu, 27 Nov 2025 12:19:14 GMT; Path=/", ()),
        ("sid=gone; Expires=Fri, 27-Nov-2026 12:00:00 GMT", ()),
        ("sid=x1; expires=Sun, 27 Dec 2026 12:19:14 GMT", ("sid",)),
        ("sid=x1; expires=yesterday", ("sid",)),
        ("sid=x1; Max-Age=600; expires=Thu, 27 Nov 2025 12:19:14 GMT", ("sid",)),
    ],
)
def test_a_cookie_whose_time_is_over_by_the_servers_own_clock_is_taken_back(
    line: str, names: tuple[str, ...]
) -> None:
    date = ("Date", "Fri, 27 Nov 2026 12:19:14 GMT")
    assert cookie_names(Headers((date, ("Set-Cookie", line)))) == names


@pytest.mark.parametrize(
    "field",
    ['<input type="hidden" name="csrfmiddlewaretoken" value="a1b2c3d4e5">',
     '<input type="hidden" name="authenticity_token" value="a1b2c3d4e5">',
     '<input type="hidden" name="_token" value="a1b2c3d4e5">',
     '<input type="hidden" name="_csrf" value="a1b2c3d4e5">',
     '<meta name="csrf-token" content="a1b2c3d4e5">',
     '<input type="hidden" name="__RequestVerificationToken" value="a1b2c3d4e5">'],
)  # fmt: skip
def test_form_tokens_are_personal(field: str) -> None:
    assert personal_signs(exchange(headers=HTML, body=f"<form>{field}</form>"))


@pytest.mark.parametrize(
    "field",
    ['<input type="hidden" name="next" value="/members/welcome">',
     '<input type="hidden" name="csrf_token" value="">',
     '<meta name="description" content="about csrf tokens">'],
)  # fmt: skip
def test_other_hidden_fields_are_not(field: str) -> None:
    assert not personal_signs(exchange(headers=HTML, body=f"<form>{field}</form>"))


def test_the_token_itself_is_never_shown() -> None:
    field = '<input type="hidden" name="csrf_token" value="topsecretvalue">'
    assert "topsecretvalue" not in repr(personal_signs(exchange(headers=HTML, body=field)))


def test_the_answers_of_a_private_route_end_where_the_log_in_begins() -> None:
    first = exchange("https://example.org/me", status=301, headers={"Location": "/me/"})
    second = exchange("https://example.org/me/", status=302, headers={"Location": "/login"})
    login = exchange("https://example.org/login")
    assert judged_answers(visit(first, second, login, kind="private")) == (second,)
    assert judged_answers(visit(first, second, login, kind="auth")) == (second, login)


@given(st.lists(st.text(max_size=80), max_size=4), st.text(max_size=200))
def test_no_answer_makes_it_fail(lines: list[str], body: str) -> None:
    headers = tuple(("Set-Cookie", line) for line in lines)
    answer = exchange(
        headers=(*headers, ("Content-Type", "text/html")), body=body.encode("utf-8", "replace")
    )
    assert len(cookie_names(answer.headers)) <= len(lines)
    assert isinstance(personal_signs(answer), tuple)


def test_a_cookie_that_is_too_long_for_browsers_is_none_that_the_answer_sets() -> None:
    assert cookie_names(Headers((("Set-Cookie", f"session={'a' * 4096}"),))) == ()
    assert cookie_names(Headers((("Set-Cookie", f"session={'a' * 4089}"),))) == ("session",)


def test_the_longest_names_are_read_at_once() -> None:
    with at_once():
        cookie_names(Headers((("Set-Cookie", f"session_{repeated('ahutm')}!=x"),)))
