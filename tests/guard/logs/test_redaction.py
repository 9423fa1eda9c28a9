from __future__ import annotations

import base64
import json
import time
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard.logs.redaction import Redactor
from launchready.guard.logs.secret_text import HIDDEN
from launchready.manifest import parse_manifest

SECRET = "7hQ2mZp9XwLr4TkVb8Nc"
BY_SHAPE = Redactor()

MANIFEST = parse_manifest(
    """
[launch]
domain = "example.org"
[environment]
SESSION_SECRET = "secret"
DATABASE_URL = "url"
PLAIN = "text"
SHORT = "secret"
[routes]
"example.org/hooks" = { kind = "webhook", signature = "standard", secret_env = "HOOK" }
[guard]
sentry_env = "SENTRY"
[accounts.member]
username_env = "MEMBER_NAME"
password_env = "MEMBER_PASSWORD"
login = "example.org/login"
private = "example.org/home"
"""
)
ENVIRON = {
    "SESSION_SECRET": SECRET,
    "DATABASE_URL": "postgresql://app:pa%2Fssw0rd@db.internal/app",
    "PLAIN": "a-plain-value",
    "SHORT": "abc",
    "HOOK": "hookhookhook1234",
    "SENTRY": "https://0123456789abcdef@sentry.example/1",
    "MEMBER_NAME": "member@example.org",
    "MEMBER_PASSWORD": "open sesame, please",
    "STRIPE_SECRET_KEY": "not declared but secret",
    "EDITOR": "an-editor-with-a-long-name",
    "TOKEN_FILE": "/run/secrets/token",
}
REDACTOR = Redactor.of(MANIFEST, ENVIRON)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("password=hunter2, next", "password=[hidden], next"),
        ("title=Nets&_submission=abc&x=1", "title=Nets&_submission=[hidden]&x=1"),
        ('{"_submission": "abc", "a": 1}', '{"_submission": "[hidden]", "a": 1}'),
        ('name="_submission"\r\n\r\nabc\r\n', 'name="_submission"\r\n\r\n[hidden]\r\n'),
        ("_xsrf=abc; a=b", "_xsrf=[hidden]; a=b"),
        ("form_submission=7 of 9", "form_submission=7 of 9"),
        ("PASSWORD = hunter2 next", "PASSWORD = [hidden] next"),
        ("new_password_again: hunter2", "new_password_again: [hidden]"),
        ('{"Password": "hun\\"ter2", "a": 1}', '{"Password": "[hidden]", "a": 1}'),
        ('{\\"token\\": \\"abc\\", \\"b\\": 1}', '{\\"token\\": \\"[hidden]\\", \\"b\\": 1}'),
        ("{'X-Api-Key': 'abc def', 'x': 1}", "{'X-Api-Key': '[hidden]', 'x': 1}"),
        ("client_secret='never closed", "client_secret='[hidden]"),
        ("Authorization: Digest u=1, r=2\nHost: a", "Authorization: [hidden]\nHost: a"),
        ("Set-Cookie: sid=1; Path=/; x=2\r\nHost: a", "Set-Cookie: [hidden]\r\nHost: a"),
        ("[(b'cookie', b'a=1; b=2'), (b'x', b'y')]", "[(b'cookie', b'[hidden]'), (b'x', b'y')]"),
        ("password%3Dhunter2&a=1", "password%3D[hidden]&a=1"),
        ("with bearer abcdefgh.ijk+/=~ sent", "with bearer [hidden] sent"),
        ("postgresql://app:p@ss:w@db/app", "postgresql://app:[hidden]@db/app"),
        ("redis://:pw@cache/0", "redis://:[hidden]@cache/0"),
        ("https://t0ken@host/x", "https://[hidden]@host/x"),
        ("GET /cb?code=abc&page=2&state=x", "GET /cb?code=[hidden]&page=2&state=[hidden]"),
        ("/f?X-Amz-Signature=abc&a=1#b", "/f?X-Amz-Signature=[hidden]&a=1#b"),
        ("/reset?token=abc", "/reset?token=[hidden]"),
        ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.sig end", "jwt [hidden] end"),
        ("x%3DeyJhbGciOiJIUzI1NiJ9.eyJzdWIi.sig", "x%3D[hidden]"),
        ("sk_live_abcdefghijk1 rk_test_abcdefghijk", "[hidden] [hidden]"),
        ("sk-proj-abcdefghij1234567890", "[hidden]"),
        ("AKIAABCDEFGHIJKLMNOP", "[hidden]"),
        ("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "[hidden]"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "[hidden]"),
        ("-----BEGIN RSA PRIVATE KEY-----\na\n-----END RSA PRIVATE KEY-----.", "[hidden]."),
        ("-----BEGIN PRIVATE KEY-----\\nnever ends", "[hidden]"),
    ],
)
def test_what_a_key_or_a_shape_tells_is_hidden(text: str, shown: str) -> None:
    assert BY_SHAPE.text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "GET /members/42",
        "answered /login with 200 in 12 ms",
        "invalid password for member 7",
        "max_tokens=500, completion_tokens: 12, token_count=3",
        "token: None",
        "task-management-for-teams-in-2024",
        "https://example.org/a?email=anna@example.org",
        "mail to anna@example.org bounced",
        "2026-12-01T00:00:00.000Z key moved",
        "https://example.org/share_question_about_things_and_more",
        "",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert BY_SHAPE.text(text) == text


def test_the_values_of_secret_variables_are_hidden_and_those_of_others_stay() -> None:
    text = " | ".join(ENVIRON.values())
    shown = REDACTOR.text(text)
    for name in ("SESSION_SECRET", "HOOK", "SENTRY", "MEMBER_PASSWORD", "STRIPE_SECRET_KEY"):
        assert ENVIRON[name] not in shown
    for name in ("PLAIN", "SHORT", "MEMBER_NAME", "EDITOR", "TOKEN_FILE"):
        assert ENVIRON[name] in shown


def test_a_variable_of_spaces_hides_no_spaces() -> None:
    redactor = Redactor.of(MANIFEST, {"SESSION_SECRET": " " * 20})
    assert redactor.text("a" + " " * 30 + "b") == "a" + " " * 30 + "b"


def test_the_password_in_a_url_is_hidden_wherever_it_stands_alone() -> None:
    assert REDACTOR.text("tried pa%2Fssw0rd and pa/ssw0rd") == "tried [hidden] and [hidden]"


def test_a_value_written_as_url_json_or_base64_is_hidden() -> None:
    value = 'pä&/s "w\\rd ~'
    redactor = Redactor((value,))
    for written in (
        quote(value), quote(value, safe=""), quote_plus(value), quote_plus(value).lower(),
        json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1],
    ):  # fmt: skip
        assert redactor.text(f"<{written}>") == f"<{HIDDEN}>", written


@pytest.mark.parametrize("before", ["", "u", "us", "use", "user:"])
def test_a_value_inside_of_base64_is_hidden_wherever_it_begins(before: str) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        written = encode(f"{before}{SECRET}:after".encode()).decode()
        shown = Redactor((SECRET,)).text(f"<{written}>")
        left, right = shown[1:-1].split(HIDDEN)
        # 20 bytes are 26 characters of their own, and one shared with each neighbour.
        assert len(written) - len(left) - len(right) >= 25


def test_values_that_overlap_are_both_hidden() -> None:
    redactor = Redactor(("abcdef1", "def1ghi"))
    assert redactor.text("<abcdef1ghi>") == f"<{HIDDEN}>"


def test_a_nested_value_is_shown_as_json_without_its_secrets() -> None:
    value = {
        "user": {"Pass-Word": "a", "api_key": ["b"], "name": "Anna", "set_cookie": b"c"},
        "headers": [(b"cookie", b"d"), ("Host", "x")],
        "max_tokens": 500,
        "token": 123456,
        "auth": None,
        "note": f"it is {SECRET}",
        SECRET: 1,
    }
    assert Redactor((SECRET,)).value(value) == {
        "user": {"Pass-Word": HIDDEN, "api_key": HIDDEN, "name": "Anna", "set_cookie": HIDDEN},
        "headers": [["cookie", HIDDEN], ["Host", "x"]],
        "max_tokens": 500,
        "token": HIDDEN,
        "auth": None,
        "note": "it is [hidden]",
        HIDDEN: 1,
    }


class Broken:
    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_values_that_json_does_not_know_become_text() -> None:
    cycle: list[Any] = [float("nan"), float("inf"), b"\xff", Broken(), 10**5000, range(2)]
    cycle.append(cycle)
    shown = BY_SHAPE.value(cycle)
    text = json.dumps(shown, allow_nan=False)
    assert text.startswith(r'["nan", "inf", "\\xff", "[Broken that cannot be shown]", "[hidden]"')
    assert "[deeper]" in text


def test_a_long_list_is_cut_and_says_so() -> None:
    shown = BY_SHAPE.value({"items": list(range(2000))})
    assert isinstance(shown, dict)
    assert shown["items"][-1] == "1000 more"


HOSTILE = [
    "a", 'password="', "password='a password=\"b ", 'password=\\"', "eyJ", "eyJ.", "sk-", "://",
    "://a:", "a@://", "-----BEGIN PRIVATE KEY-----", "-----BEGIN ", "bearer ", "token ",
    "?x-", "?signature", "\\", "cookie: ", "-", SECRET[:-1], "x" * 19 + "y", "key-", "AKIA", '"',
    " " * 9 + "=", "token\\\\\\'", "-" * 4,
    "/reset", "/tokentoken", "/token/", "/invite?a=b&", "--token ", "--tokentoken", 'name="token"',
    'name="token" value="', "<token", "input_value=", "'input': ", "Key (", "invalid input for ",
    "$argon2$", '"content": "', '\\"content\\": \\"', "hooks.slack.com/", "Failing row contains (",
    "scrypt:a:1:1", 'could not convert string to x: "', "/a-a-a-a-a-a", "AUTH PLAIN ",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_megabyte_made_to_be_slow_is_read_in_bounded_time(piece: str) -> None:
    redactor = Redactor((SECRET, "x" * 20, "&/" * 20))
    text = (piece * (1_000_000 // len(piece) + 1))[:1_000_000]
    began = time.process_time()
    redactor.text(text)
    # Each takes less than a second; one that grows with the square would take an hour.
    assert time.process_time() - began < 30


_SECRETS = st.text(st.characters(codec="utf-8"), min_size=6, max_size=40)
_AROUND = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ["password=", '"token": "', "Bearer ", "://u:", "@", "eyJ", "\\", '"', "&", "%", HIDDEN]
    ),
)


@given(_SECRETS, _AROUND, _AROUND)
def test_no_value_of_a_secret_survives_in_any_text(secret: str, before: str, after: str) -> None:
    redactor = Redactor((secret,))
    for written in (secret, quote(secret), quote_plus(secret), json.dumps(secret)[1:-1]):
        shown = redactor.text(before + written + after + written)
        # A placeholder ends a text: what it stands between is not one text any more.
        assert all(written not in part for part in shown.split(HIDDEN))


@given(
    st.lists(st.text(alphabet="ab1", min_size=6, max_size=10), min_size=1, max_size=4),
    st.lists(st.integers(0, 3), max_size=8),
)
def test_no_value_survives_among_others_that_look_like_it(
    secrets: list[str], order: list[int]
) -> None:
    text = "".join(secrets[i % len(secrets)] + "ab"[: i % 3] for i in order)
    shown = Redactor(tuple(secrets)).text(text)
    assert not any(secret in part for secret in secrets for part in shown.split(HIDDEN))


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.text(), st.binary(), st.integers()), inner, max_size=4),
    ),
)


@given(_JSON, _SECRETS)
def test_any_value_becomes_json_without_the_secret(value: object, secret: str) -> None:
    shown = Redactor((secret,)).value([value, secret, {"x": secret.encode()}, {secret: value}])
    assert json.loads(json.dumps(shown, allow_nan=False)) is not None
    assert isinstance(shown, list)
    assert shown[1] == HIDDEN
    assert shown[2] == {"x": HIDDEN}


@given(st.text(), st.text())
def test_text_without_any_secret_is_never_made_longer_than_its_placeholders(
    left: str, right: str
) -> None:
    shown = BY_SHAPE.text(f"{left}\n{right}")
    assert len(shown) <= len(left) + len(right) + 1 + len(HIDDEN) * shown.count(HIDDEN)
