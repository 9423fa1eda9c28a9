"""Secrets that only the name beside them gives away, and the many names that tell of none."""

from __future__ import annotations

import random
import string

import pytest

from launchready.derive.exposure.secret_names import named
from launchready.derive.exposure.secret_shapes import shaped
from tests.hostile import at_once, repeated

_RANDOM = random.Random(23)  # noqa: S311 - made-up values, the same in every run
_WORD = string.ascii_letters + string.digits


def made(length: int, alphabet: str = _WORD) -> str:
    return "".join(_RANDOM.choice(alphabet) for _ in range(length))


KEY = f"{made(18)}7{made(19)}A2"
HEX = f"a4{made(60, '0123456789abcdef')}7b"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VITE_JWT_SECRET", KEY),
        ("NEXTAUTH_SECRET", KEY),
        ("SECRET_KEY_BASE", HEX),
        ("ENCRYPTION_KEY", HEX),
        ("VAPID_PRIVATE_KEY", KEY),
        ("TOGETHER_API_KEY", HEX),
        ("NEXT_PUBLIC_AZURE_OPENAI_API_KEY", HEX),
        ("DISCOURSE_API_KEY", HEX),
        ("DB_PASSWORD", "hJ8!kLm2pQz"),
        ("REACT_APP_ADMIN_PASSWORD", "Tr0ub4dor&3xKq"),
        ("GMAIL_APP_PASSWORD", "abqd fjxk wopq nmzr"),
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        'const e={{MODE:"production",{name}:"{value}"}};',
        '"{name}": "{value}"',
        "process.env.{name}||`{value}`",
        '<meta name="{name}" content="{value}">',
        "const a=1;\nconst e='{name}';x.{name} = '{value}';",
    ],
)
def test_a_setting_of_the_server_is_told_by_its_name(name: str, value: str, text: str) -> None:
    (found,) = named(text.format(name=name, value=value))
    assert found.kind == f"Value of {name}"
    assert found.value == value
    assert value not in repr(found)


def test_a_setting_in_a_comment_needs_no_quotes() -> None:
    (found,) = named(f"<p>Hello</p>\n<!-- JWT_SECRET={KEY} -->", first_line=4)
    assert (found.kind, found.line) == ("Value of JWT_SECRET", 5)


@pytest.mark.parametrize(
    "text", [f'secretAccessKey:"{made(40)}"', f'AWS_SECRET_ACCESS_KEY="{made(40)}"']
)
def test_amazons_secret_key_is_told_by_its_name(text: str) -> None:
    assert [f.kind for f in named(text)] == ["AWS secret access key"]


@pytest.mark.parametrize(
    "text",
    [
        "dbPassword: 'hJ8!kLm2pQz'",
        'auth:{user:"post@club.org",pass:"hJ8!kLm2pQz"}',
        '{"username": "club", "password": "hJ8!kLm2pQz"}',
    ],
)
def test_a_password_in_code_is_a_guess(text: str) -> None:
    assert [f.kind for f in named(text)] == ["Generic value that is named a password"]


@pytest.mark.parametrize(
    "text",
    [
        f"paypalSecret=['{KEY[:20]}','{KEY[20:]}'].join('')",
        f"const paypalSecret='{KEY[:20]}'+'{KEY[20:]}'",
        f"paypalSecret = '{KEY[:20]}'.concat('{KEY[20:]}')",
    ],
)
def test_the_name_counts_though_the_value_is_put_together(text: str) -> None:
    assert KEY in [f.value for f in shaped(text)]


@pytest.mark.parametrize(
    "text",
    [
        f'STRIPE_CLIENT_SECRET="pi_{made(24)}_secret_{made(25)}"',
        f'RECAPTCHA_SITE_KEY="6L{made(38)}"',
        f'VITE_PUSHER_APP_KEY="{made(20)}"',
        f'VAPID_PUBLIC_KEY="B{made(86)}"',
        f'NEXT_PUBLIC_ALGOLIA_SEARCH_API_KEY="{HEX[:32]}"',
        f'DATADOG_CLIENT_TOKEN="pub{HEX[:32]}"',
        f'CLOUDFLARE_ANALYTICS_TOKEN="{HEX[:32]}"',
        f'UPSTASH_READ_ONLY_TOKEN="{made(40)}"',
        'JWT_SECRET="your-secret-key-here-123"',
        'SECRET_KEY="auth.secretKey.label1"',
        'LINEAR_TOKEN="linear-gradient-token-12345"',
        'ADMIN_PASSWORD="password123"',
        'ADMIN_PASSWORD="<your-password>"',
        'FORGOT_PASSWORD:"/forgot-password2"',
        'INVALID_PASSWORD:"auth/invalid-password-3"',
        'RESET_PASSWORD:"Reset your password"',
        'PASSWORD:"^(?=.*[A-Z])(?=.*[0-9]).{8,}$"',
        'WEAK_PASSWORD:"ERR_WEAK_PASSWORD_01"',
        'USER_PASSWORD:"#user_password_2"',
        'CONFIRM_PASSWORD:"confirmPassword2"',
        'PASSWORD:"Mot de passe (8 caractères)"',
        "MAX_TOKEN=e.getTokenLimit2(this.model)",
        'username:"Username",password:"Password1"',
    ],
)
def test_what_is_public_or_a_text_is_no_secret_by_its_name(text: str) -> None:
    assert list(named(text)) == []


def test_a_password_of_many_parts_is_read_at_once() -> None:
    with at_once():
        assert list(named(f'DB_PASSWORD="{repeated("ab_c7_", 186)}!"'))
