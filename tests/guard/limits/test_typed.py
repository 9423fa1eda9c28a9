from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard.limits.typed import accounts, readings
from launchready.manifest import RouteEntry

FORM = b"application/x-www-form-urlencoded; charset=utf-8"
JSON = b"application/json"
PARTS = b"multipart/form-data; boundary=x"
LOGIN = RouteEntry(url="https://a.example/login", kind="auth", fields={"username": "mail"})
UNDECLARED = RouteEntry(url="https://a.example/login", kind="auth")


def part(name: bytes, value: bytes, *more: bytes) -> bytes:
    head = b"\r\n".join([b'Content-Disposition: form-data; name="%s"' % name, *more])
    return b"--x\r\n" + head + b"\r\n\r\n" + value + b"\r\n"


def named(body: bytes, media: bytes | None, query: bytes = b"") -> list[str]:
    return list(accounts(LOGIN, readings(body, media, query)))


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b"mail=a%40b.example&x=", FORM),
        (b"x=1&%6dail=a%40b.example", FORM),
        (b'{"mail": "a@b.example", "n": 3}', JSON),
        # What an app that asks for JSON or a form reads all the same.
        (b'{"mail": "a@b.example"}', None),
        (b' {"mail": "a@b.example"}', b"text/plain"),
        (b'{"mail": "a@b.example"}', FORM),
        ('{"mail": "a@b.example"}'.encode("utf-16"), JSON),
        (b"{=1&mail=a%40b.example", FORM),
        (b"{\r\n" + part(b"mail", b"a@b.example"), PARTS),
        (part(b"mail", b"a@b.example") + b"--x--\r\n", PARTS),
        (part(b"mail", b"a@b.example").replace(b"\r\n", b"\n"), PARTS + b'; charset="utf-8"'),
        (b"mail=a%40b.example" + b"&a=" * 5000, FORM),
        (b"mail=a%40b.example", b"application/x-www-form-urlencoded; charset=klingon"),
    ],
)
def test_an_account_is_told_however_it_is_sent(body: bytes, media: bytes | None) -> None:
    assert named(body, media) == ["a@b.example"]


@pytest.mark.parametrize("charset", [b"utf-16", b"cp037", b"utf-7"])
def test_a_character_set_that_the_app_does_not_heed_hides_no_account(charset: bytes) -> None:
    form = b"application/x-www-form-urlencoded; charset=" + charset
    assert "ada" in named(b"mail=ada", form)
    assert "ada" in named(part(b"mail", b"ada"), PARTS + b"; charset=" + charset)


def test_an_account_that_only_some_frameworks_decode_is_told_both_ways() -> None:
    body = part(b"mail", b"YWRh", b"Content-Transfer-Encoding: base64")
    assert named(body, PARTS) == ["YWRh", "ada"]


def test_of_two_accounts_under_one_name_both_are_told() -> None:
    """Quart reads the first, Django and Starlette the last."""
    assert named(b"mail=ada&mail=bob", FORM) == ["ada", "bob"]
    assert named(b"mail=ada&mail=x&mail=bob", FORM) == ["ada", "bob"]
    assert named(part(b"mail", b"ada") + part(b"mail", b"bob"), PARTS) == ["ada", "bob"]


def test_an_account_in_the_query_is_told_too() -> None:
    assert named(b"", None, b"mail=ada") == ["ada"]
    assert named(b"mail=bob", FORM, b"mail=ada") == ["ada", "bob"]


def test_other_media_say_nothing() -> None:
    assert named(b"mail=a", b"multipart/form-data") == []
    assert named(b"mail=a", None) == []
    assert named(b'{"mail"', JSON) == []


def test_a_declared_field_goes_before_the_usual_names() -> None:
    assert named(b"mail=ada&username=bob", FORM) == ["ada"]


def test_without_a_declared_field_all_of_the_usual_names_count() -> None:
    said = readings(b"username=x&email=ada", FORM)
    assert accounts(UNDECLARED, said) == ["x", "ada"]


def test_an_invitation_is_known_by_its_code() -> None:
    entry = RouteEntry(url="https://a.example/invite", kind="invite")
    assert accounts(entry, readings(b"code=seed&email=x", FORM)) == ["seed"]


@given(st.binary(max_size=300), st.binary(max_size=60))
def test_nothing_that_is_sent_raises(body: bytes, media: bytes) -> None:
    for kind in (media, JSON, FORM, PARTS, FORM + b"; charset=" + media, PARTS + media):
        assert accounts(UNDECLARED, readings(body, kind, media)) is not None


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_no_part_of_a_form_raises(head: bytes, content: bytes) -> None:
    body = b"--x\r\n" + head + b"\r\n\r\n" + content
    assert accounts(UNDECLARED, readings(body, PARTS)) is not None
