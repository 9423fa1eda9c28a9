from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.secret_shapes import shaped

_RANDOM = random.Random(11)  # noqa: S311 - made-up values, the same in every run
_WORD = string.ascii_letters + string.digits


def made(length: int, alphabet: str = _WORD) -> str:
    return "".join(_RANDOM.choice(alphabet) for _ in range(length))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (
            "Discord webhook",
            f"https://discord.com/api/webhooks/{made(18, string.digits)}/{made(68)}",
        ),
        ("Resend API key", f"re_{made(8)}_{made(24)}"),
        ("Telegram bot token", f"{made(10, string.digits)}:AA{made(33)}"),
        ("Mailgun API key", f"key-{made(32, '0123456789abcdef')}"),
        ("Supabase secret key", f"sb_secret_{made(22)}_{made(8)}"),
        ("Mapbox secret token", f"sk.eyJ{made(60)}.{made(22)}"),
        ("Stripe webhook secret", f"whsec_{made(32)}"),
        ("Netlify access token", f"nfp_{made(36)}"),
        ("ElevenLabs API key", f"sk_{made(48, '0123456789abcdef')}"),
        ("Notion integration token", f"secret_{made(43)}"),
        (
            "Cloudinary address with a secret",
            f"cloudinary://{made(15, string.digits)}:{made(27)}@club",
        ),
        ("Database address with a password", f"postgres://app:{made(20)}@db.club.org:5432/app"),
        ("Database address with a password", f"redis://:{made(20)}@cache.club.org:6379"),
    ],
)
def test_a_secret_of_a_shape_of_its_own_is_found(kind: str, value: str) -> None:
    found = list(shaped(f'const a = 1;\nconst key = "{value}";\n'))
    assert [(f.kind, f.line) for f in found] == [(kind, 2)]
    assert value not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        "whsec_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "re_xxxxxxxx_xxxxxxxxxxxxxxxxxxxxxxxx",
        "postgres://postgres:postgres@localhost:5432/app",
        "postgres://user:password@db.club.org/app",
        "postgres://user:your_password_here@db.club.org/app",
        "postgres://app:${PASSWORD}@db.club.org/app",
        "redis://cache.club.org:6379",
        "https://user:s3cretvalue@club.org/",
        f"pk.eyJ{made(60)}.{made(22)}",
        f"sb_publishable_{made(22)}_{made(8)}",
        f"some-key-{made(32, '0123456789abcdef')}",
    ],
)
def test_a_placeholder_or_a_public_key_is_none(text: str) -> None:
    assert list(shaped(text)) == []


@given(st.text(max_size=500))
def test_any_text_can_be_searched(text: str) -> None:
    assert all(f.line <= text.count("\n") + 1 for f in shaped(text))


NAMED = f"{made(14)}7{made(14)}"


@pytest.mark.parametrize(
    "text",
    [
        f'paypal_client_secret="{NAMED}"',
        f"const pusher={{key:'abc',secret:'{NAMED}'}}",
        f'"streamApiSecret": "{NAMED}"',
        f'MUX_TOKEN_SECRET="{NAMED}"',
        f'algoliaAdminApiKey:"{NAMED}"',
    ],
)
def test_a_long_value_that_is_named_a_secret_is_found_as_a_guess(text: str) -> None:
    (found,) = shaped(text)
    assert found.value == NAMED
    assert "generic" in found.kind.lower()


@pytest.mark.parametrize(
    "text",
    [
        f'clientSecret:"pi_{made(24)}_secret_{made(25)}"',
        'var ReactPropTypesSecret="SECRET_DO_NOT_PASS_THIS_OR_YOU_WILL_BE_FIRED"',
        'secret:"the-name-of-the-secret-in-the-vault-2"',
        'secretKey:"/settings/secrets/a1b2c3d4e5f6g7"',
        'secret: "Enter the secret of your account 1"',
        f'secretKey:"sk_test_{made(24)}"',
        f'secret:"pk_live_{made(24)}"',
        'client_secret="your-client-secret-1234567890ab"',
        'secret="11111111112222222222aaaaaaaaaa"',
    ],
)
def test_what_is_named_a_secret_and_is_none_is_not_found(text: str) -> None:
    assert list(shaped(text)) == []


TWILIO = made(32, "0123456789abcdef")


@pytest.mark.parametrize(
    "text",
    [
        f'accountSid:"AC{made(32, "0123456789abcdef")}",authToken:"{TWILIO}"',
        f'TWILIO_AUTH_TOKEN="{TWILIO}"',
    ],
)
def test_twilios_token_is_told_by_its_name(text: str) -> None:
    (found,) = shaped(text)
    assert (found.kind, found.value) == ("Twilio auth token", TWILIO)


AMPLITUDE = made(32, "0123456789abcdef")


@pytest.mark.parametrize(
    "text",
    [
        f'AMPLITUDE_SECRET_KEY="{AMPLITUDE}"',
        f'amplitude:{{apiKey:"{made(32, "0123456789abcdef")}",secretKey:"{AMPLITUDE}"}}',
        f"const amplitudeSecretKey = '{AMPLITUDE}';",
    ],
)
def test_amplitudes_secret_key_is_told_by_its_name(text: str) -> None:
    (found,) = shaped(text)
    assert (found.kind, found.value) == ("Amplitude secret key", AMPLITUDE)


@pytest.mark.parametrize(
    "text",
    [
        f'amplitude.init("{AMPLITUDE}")',
        f'AMPLITUDE_API_KEY="{AMPLITUDE}"',
        'AMPLITUDE_SECRET_KEY="00000000000000000000000000000000"',
    ],
)
def test_amplitudes_public_key_is_none(text: str) -> None:
    assert list(shaped(text)) == []
