from __future__ import annotations

import string
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard.asgi import RawHeaders
from launchready.guard.submissions.keys import (
    BadKeyError,
    Key,
    asker,
    comparable,
    parsed_key,
    submission_key,
)

TOKEN = "f8Gq_1xUZ0aKb-77Lw2cPQ"
URLENCODED: RawHeaders = [(b"content-type", b"application/x-www-form-urlencoded; charset=UTF-8")]

visible = st.characters(min_codepoint=0x20, max_codepoint=0x7E)


def multipart(boundary: str, **fields: str) -> tuple[RawHeaders, bytes]:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    media = f"multipart/form-data; boundary={boundary}".encode()
    return [(b"content-type", media)], ("".join(parts) + f"--{boundary}--\r\n").encode()


# ── the Idempotency-Key field ──────────────────────────────────────────────────────────────────


@given(st.text(visible, min_size=1, max_size=255))
def test_an_rfc_8941_string_is_what_was_meant(text: str) -> None:
    written = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert parsed_key(written.encode()) == text


@given(st.text(string.ascii_letters + string.digits + "-_.:+/=~", min_size=1, max_size=255))
def test_a_bare_token_is_taken_as_it_stands(text: str) -> None:
    assert parsed_key(f" {text}\t".encode()) == text
    assert parsed_key(f'"{text}"'.encode()) == text


@given(st.binary(max_size=600))
def test_any_bytes_are_a_key_of_bounded_length_or_refused(value: bytes) -> None:
    try:
        key = parsed_key(value)
    except BadKeyError as error:
        assert "1 to 255" in str(error)
    else:
        assert 1 <= len(key) <= 255
        assert key.isascii()
        assert key.isprintable()


@pytest.mark.parametrize(
    "value",
    [
        b"", b'""', b'"', b'"a', b'a"', b'"a"b', b'"a\\b"', b'"\x7f"', b'"\xc3\xa4"', b"a b",
        b'"a", "b"', b"a,b", b"(a)", b'"a"\n', b"a\n", b"x" * 256, b'"' + b"x" * 256 + b'"',
        b'"' + b"\\" * 100_000,
    ],
    ids=range(18),
)  # fmt: skip
def test_a_malformed_key_is_refused(value: bytes) -> None:
    with pytest.raises(BadKeyError):
        parsed_key(value)


def test_two_keys_are_refused() -> None:
    with pytest.raises(BadKeyError, match="not several"):
        submission_key([(b"idempotency-key", b'"a"'), (b"idempotency-key", b'"a"')], b"")


# ── the form's token ───────────────────────────────────────────────────────────────────────────


def test_a_form_is_known_by_its_hidden_field() -> None:
    body = urlencode({"text": "Hi & bye", "_submission": TOKEN}).encode()
    assert submission_key(URLENCODED, body) == Key(value=TOKEN, form=True)


def test_a_form_with_files_is_known_by_its_hidden_field() -> None:
    headers, body = multipart("----x1", text="Hi", _submission=TOKEN)
    assert submission_key(headers, body) == Key(value=TOKEN, form=True)


def test_the_field_of_the_header_goes_before_that_of_the_form() -> None:
    headers = [(b"idempotency-key", b'"k"'), *URLENCODED]
    found = submission_key(headers, f"_submission={TOKEN}".encode())
    assert found == Key(value="k", form=False)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([], b""),
        (URLENCODED, b"text=Hi"),
        (URLENCODED, b"text=_submission"),
        ([], f"_submission={TOKEN}".encode()),
        ([(b"content-type", b"application/json")], b'{"_submission": "x"}'),
    ],
    ids=range(5),
)
def test_what_has_no_key_is_not_a_submission(headers: RawHeaders, body: bytes) -> None:
    assert submission_key(headers, body) is None


@pytest.mark.parametrize("token", ["", "short", "x" * 65, "with space in it 1", "ünder_sixteen_16"])
def test_a_token_that_was_not_made_by_the_kit_is_refused(token: str) -> None:
    with pytest.raises(BadKeyError, match="reload"):
        submission_key(URLENCODED, urlencode({"_submission": token}).encode())
    with pytest.raises(BadKeyError, match="reload"):
        submission_key(*multipart("x", _submission=token))


@given(st.binary(max_size=200), st.sampled_from([b"multipart/form-data; boundary=x", b"a/b", b""]))
def test_no_body_makes_it_crash(body: bytes, media: bytes) -> None:
    for kind in (media, URLENCODED[0][1]):
        try:
            found = submission_key([(b"content-type", kind)], body + b"_submission=" + body)
        except BadKeyError:
            continue
        assert found is None or found.form


def test_a_form_of_very_many_fields_is_not_read_through() -> None:
    assert submission_key(URLENCODED, b"a=1&" * 2000 + f"_submission={TOKEN}".encode()) is None


# ── what is the same ───────────────────────────────────────────────────────────────────────────


def test_a_form_with_files_is_the_same_under_another_boundary() -> None:
    assert comparable(*multipart("--a1", text="Hi")) == comparable(*multipart("--b22", text="Hi"))
    assert comparable(*multipart("--a1", text="Hi")) != comparable(*multipart("--a1", text="Ho"))


def test_the_same_bytes_of_another_media_type_are_another_submission() -> None:
    assert comparable(URLENCODED, b"a=1") != comparable([(b"content-type", b"text/plain")], b"a=1")


# ── who asks ───────────────────────────────────────────────────────────────────────────────────


def who(*cookies: bytes, client: str = "192.0.2.1") -> str:
    return asker([(b"cookie", cookie) for cookie in cookies], client)


def test_a_session_cookie_says_who_asks_wherever_from() -> None:
    assert who(b"theme=dark; sessionid=s1") == who(b"sessionid=s1", client="192.0.2.9")
    assert who(b"sessionid=s1") != who(b"sessionid=s2")
    assert who(b"__Host-sid=s1", b"auth_token=t") == who(b"auth_token=t; __Host-sid=s1")


def test_cookies_that_change_between_two_clicks_do_not_count() -> None:
    assert who(b"_ga=1; csrftoken=a") == who(b"_ga=2; csrf_token=b; XSRF-TOKEN=c")


def test_without_a_session_the_address_says_who_asks() -> None:
    assert who() == who(b"theme=dark")
    assert who(client="192.0.2.1") != who(client="192.0.2.2")


def test_credentials_in_the_header_say_who_asks() -> None:
    one, two = ([(b"authorization", b"Bearer " + name)] for name in (b"a", b"b"))
    assert asker(one, "192.0.2.1") == asker(one, "192.0.2.2") != asker(two, "192.0.2.1")


def test_no_cookie_can_pass_for_an_address() -> None:
    assert who(b"sid=address\n192.0.2.1") != who(client="192.0.2.1")


@pytest.mark.parametrize(
    "name", ["user", "uid", "member", "remember", "id", "identity", "account", "u_signed"]
)
def test_two_members_behind_one_address_are_told_apart_by_what_an_app_calls_its_cookie(
    name: str,
) -> None:
    assert who(f"{name}=a".encode()) != who(f"{name}=b".encode())


@pytest.mark.parametrize("name", [b"x-api-key", b"apikey", b"x-auth-token", b"x-session-id"])
def test_two_programs_behind_one_address_are_told_apart_by_their_keys(name: bytes) -> None:
    assert asker([(name, b"a")], "192.0.2.1") != asker([(name, b"b")], "192.0.2.1")


def test_a_form_tokens_header_says_nothing_of_who_asks() -> None:
    assert asker([(b"x-csrf-token", b"a")], "192.0.2.1") == asker([], "192.0.2.1")
