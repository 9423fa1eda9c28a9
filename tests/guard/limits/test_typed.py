from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from launchready.guard.limits.typed import account, typed
from launchready.manifest import RouteEntry

FORM = b"application/x-www-form-urlencoded; charset=utf-8"


def test_the_fields_of_a_form_are_read() -> None:
    assert typed(b"email=a%40b.example&x=", FORM) == {"email": "a@b.example", "x": ""}


def test_the_texts_of_a_json_object_are_read() -> None:
    assert typed(b'{"email": "a@b.example", "n": 3}', b"application/json") == {
        "email": "a@b.example"
    }


def test_other_media_say_nothing() -> None:
    assert typed(b"email=a", b"multipart/form-data; boundary=x") == {}
    assert typed(b"email=a", None) == {}


def test_an_unknown_character_set_is_read_as_utf_8() -> None:
    assert typed(b"email=a", b"application/x-www-form-urlencoded; charset=klingon") == {
        "email": "a"
    }


def test_a_form_of_too_many_fields_says_nothing() -> None:
    assert typed(b"&".join(b"a=1" for _ in range(500)), FORM) == {}


def test_a_declared_field_goes_before_the_usual_names() -> None:
    entry = RouteEntry(url="https://a.example/login", kind="auth", fields={"username": "mail"})
    assert account(entry, {"mail": "ada", "username": "bob"}) == "ada"


def test_an_invitation_is_known_by_its_code() -> None:
    entry = RouteEntry(url="https://a.example/invite", kind="invite")
    assert account(entry, {"code": "seed", "email": "x"}) == "seed"


@given(st.binary(max_size=300), st.binary(max_size=60))
def test_nothing_that_is_sent_raises(body: bytes, media: bytes) -> None:
    for kind in (media, b"application/json", FORM, b"application/json; charset=" + media):
        assert all(isinstance(v, str) for v in typed(body, kind).values())
