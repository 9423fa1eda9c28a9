from __future__ import annotations

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from launchready.derive.caching.given import given, given_again
from launchready.facts.http import Exchange
from tests.making import exchange

TOKEN = "7f3a91c04be2d85f6a1097c3"


def cookie(line: str) -> Exchange:
    return exchange(headers={"Set-Cookie": line})


def form(field: str) -> Exchange:
    return exchange(headers={"Content-Type": "text/html; charset=utf-8"}, body=f"<form>{field}")


@pytest.mark.parametrize(
    "line",
    [
        f"session={TOKEN}; Path=/; HttpOnly",
        f"PHPSESSID={TOKEN}",
        f"__Host-sessionid={TOKEN}; Secure; Path=/",
        f"connect.sid=s%3A{TOKEN}.aQ9; Path=/",
        f"JSESSIONID={TOKEN.upper()}.node1",
        f'_garden_session="{TOKEN}"',
        f"csrftoken={TOKEN}; Max-Age=31449600",
    ],
)
def test_a_session_or_a_token_drawn_by_chance_is_one_visitors_own(line: str) -> None:
    assert given_again(cookie(line), cookie(line)) == (f"the cookie {line.partition('=')[0]}",)
    other = line.replace("7f3a", "c2d9").replace("7F3A", "C2D9")
    assert given_again(cookie(line), cookie(other)) == ()


@drawn(st.text("0123456789abcdef", min_size=14, max_size=62), st.booleans())
def test_no_number_in_hexadecimal_digits_looks_like_readable_data(rest: str, upper: bool) -> None:
    for start in ("e3", "e7", "5b", "a0"):
        value = (start + rest).upper() if upper else start + rest
        answer = cookie(f"session={value}a1")
        assert list(given(answer)) == ["the cookie session"]


@pytest.mark.parametrize(
    "line",
    [
        "session=guest",
        "session=anonymous-visitor-here",
        "session=",
        f"session={TOKEN}; Max-Age=0",
        "session=eyJ2aWV3cyI6MX0=; Path=/",  # an app that keeps its session in the cookie
        "session=eyJfZnJlc2giOmZhbHNlfQ.awln5Q.WyM3CMSX_cCcisZ9SwlpABzNL1w",
        "__session=e30%3D.LIa3zK8n0Yq2vR7tW5pS1xD4fG6hJ9kL",
        "sessionid=.eJxVjMsKwjAQRf8laxlMmkfr0r3fEGYyU1uVBJoUhOK_24IL3Z5z7n1:1a2B:Zk",
        f"__Secure-build={TOKEN}",
        f"app_token={TOKEN}",
        f"lang={TOKEN}",
        f"AWSALB={TOKEN}",
        f"session_theme={TOKEN}",
    ],
)
def test_what_may_be_the_same_for_everybody_is_nobodys_own(line: str) -> None:
    assert given(cookie(line)) == {}


@pytest.mark.parametrize(
    "name", ["csrfmiddlewaretoken", "authenticity_token", "_token", "csrf_token", "_csrf"]
)
def test_the_token_of_a_form_is_one_visitors_own(name: str) -> None:
    page = form(f'<input type="hidden" name="{name}" value="{TOKEN}">')
    assert given(page) == {f"the form token {name}": TOKEN}


@pytest.mark.parametrize(
    "field",
    [
        f'<input type="hidden" name="_wpnonce" value="{TOKEN}">',  # one for all, half a day long
        f'<input type="hidden" name="form_build_id" value="{TOKEN}">',
        f'<input type="text" name="csrf_token" value="{TOKEN}">',
        '<input type="hidden" name="csrf_token" value="csrf-token">',
        '<input type="hidden" name="csrf_token">',
    ],
)
def test_other_fields_of_a_form_are_nobodys_own(field: str) -> None:
    assert given(form(field)) == {}


@drawn(st.text(max_size=80), st.text(max_size=80))
def test_no_cookie_makes_it_fail(name: str, value: str) -> None:
    answer = cookie(f"{name}={value}")
    assert set(given_again(answer, answer)) == set(given(answer))
