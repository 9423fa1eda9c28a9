from __future__ import annotations

import base64
import json
import random
import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.derive.exposure.secret_shapes import shaped
from tests.hostile import at_once, repeated

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
        ("Langfuse secret key", "sk-lf-0f3a9c1b-77aa-4b1c-9d2e-5a6b7c8d9e0f"),
        ("Fireworks API key", "fw_3ZkQ9aB7cD1eF2gH4iJ6kL8m"),
        ("Jina API key", f"jina_{made(32, '0123456789abcdef')}{made(28)}"),
        ("Azure OpenAI key", f"{made(52)}JQQJ99{made(26)}"),
        ("Anthropic API key", f"sk-ant-oat01-{made(93)}AA"),
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
        ("Live secret key (sk_live_)", f"sk_live_51{made(97)}"),
        ("GitHub token", f"ghp_{made(36)}"),
        ("SendGrid API key", f"SG.{made(22)}.{made(43)}"),
        ("Slack token", f"xoxb-{made(12, string.digits)}-{made(12, string.digits)}-{made(24)}"),
        ("Firebase server key", f"AAAA{made(7)}:APA91b{made(134)}"),
        ("Discord bot token", f"MTIzNDU2Nzg5MDEyMzQ1Njc4.{made(6)}.{made(38)}"),
        ("Log-in in a header", "Basic YWRtaW46RnJlc25lbDE4MjNsZW5z"),
        ("Google client secret", f"GOCSPX-{made(28)}"),
        (
            "Braintree access token",
            f"access_token$production${made(16, string.digits)}${made(32, '0123456789abcdef')}",
        ),
        ("Vercel Blob token", f"vercel_blob_rw_{made(16)}_{made(30)}"),
        ("Doppler token", f"dp.st.prd.{made(43)}"),
        ("Contentful management token", f"CFPAT-{made(43)}"),
        ("Tavily API key", f"tvly-{made(32)}"),
        ("Firecrawl API key", f"fc-{made(32, '0123456789abcdef')}"),
        ("Laravel app key", f"base64:{made(43)}="),
        (
            "Django secret key",
            f"django-insecure-{made(50, string.ascii_lowercase + string.digits + '!@#$%^&*(_=+)-')}",
        ),
        (
            "Address that opens a storage account",
            f"https://club.blob.core.windows.net/backups?sv=2022-11-02&ss=b&srt=sco&sp=rwdl&sig={made(43)}%3D",
        ),
        ("Convex deploy key", f"prod:happy-otter-123|{made(80)}=="),
        ("Sanity token", f"sk{made(178)}"),
        ("Address with a password", f"https://club:{made(20)}@api.club.org/v1"),
    ],
)
def test_a_secret_of_a_shape_of_its_own_is_found(kind: str, value: str) -> None:
    found = list(shaped(f'const a = 1;\nconst key = "{value}";\n'))
    assert [(f.kind, f.line) for f in found][:1] == [(kind, 2)]
    assert value not in repr(found)


@pytest.mark.parametrize(
    "value",
    [
        f"$2b$12${made(53)}",
        f"$argon2id$v=19$m=65536,t=3,p=4${made(22)}${made(43)}",
        f"pbkdf2_sha256$870000${made(22)}${made(43)}=",
    ],
)
@pytest.mark.parametrize(
    "text", ['{"email":"a@b.c","passwordHash":"%s"}', 'push([1,"{\\"password\\":\\"%s\\"}"])']
)
def test_the_hash_of_a_members_password_in_a_page_is_found(text: str, value: str) -> None:
    assert "Password hash of an account" in [f.kind for f in shaped(text % value)]


def test_a_hash_that_stands_in_a_text_is_none() -> None:
    assert list(shaped(f"bcrypt makes values such as $2b$12${made(53)} of them")) == []


KEY = f"sk_live_51{made(60)}"
ADDRESS = f"postgres://app:{made(20)}@db.club.org:5432/app"


@pytest.mark.parametrize(
    ("reading", "text"),
    [
        ("in a comment", f"<!-- old: {KEY} -->"),
        ("in an address", f"fetch(`https://club.org/?key={KEY}&a=1`)"),
        ("joined by a plus", f"'{KEY[:20]}' + '{KEY[20:]}'"),
        ("joined over lines", f'"{KEY[:20]}" +\n    "{KEY[20:]}"'),
        ("continued over lines", f"'{KEY[:20]}\\\n{KEY[20:]}'"),
        ("in an attribute", f"<p data-x='{{&quot;k&quot;:&quot;{KEY}&quot;}}'>"),
        ("escaped", '"' + "".join(f"\\x{ord(c):02x}" for c in KEY[:8]) + KEY[8:] + '"'),
        ("with escaped slashes", json.dumps({"u": ADDRESS}).replace("/", "\\/")),
        ("encoded by percent", quote(ADDRESS, safe="")),
        ("encoded in Base64", f'atob("{base64.b64encode(KEY.encode()).decode()}")'),
    ],
)
def test_a_key_is_found_however_the_text_writes_it(reading: str, text: str) -> None:
    found = list(shaped(f"\n{text}\n"))
    assert {f.line for f in found} == {2}, reading


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Upstash token", f'UPSTASH_REDIS_REST_TOKEN="A{made(51)}AQ=="'),
        ("Upstash token", f'{{url:"https://a-b-1.upstash.io",token:"A{made(52)}="}}'),
        ("Lemon Squeezy API key", f'lemonSqueezySetup({{apiKey:"eyJ{made(30)}.{made(60)}.{made(43)}"}})'),
        ("Strapi API token", f'STRAPI_API_TOKEN="{made(256, "0123456789abcdef")}"'),
    ],
)  # fmt: skip
def test_a_key_that_only_its_name_tells_apart_is_found(kind: str, text: str) -> None:
    assert [f.kind for f in shaped(text)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        f'token = "{made(22)}:APA91b{made(134)}"',
        f'x = "M{made(25)}.{made(6)}.{made(38)}"',
        "Authorization: Basic dXNlcjpwYXNzd29yZA==",
        f'"pk_live_51{made(90)}"',
        f"url(data:image/png;base64,iVBORw0KGgo{made(3000)})",
        'new Redis({url:"https://x.upstash.io",token:"********"})',
        "Basic membership, Basic understanding of gardens",
    ],
)
def test_what_only_resembles_a_key_is_none(text: str) -> None:
    assert list(shaped(text)) == []


@pytest.mark.parametrize(
    "piece",
    [
        "'a'+",
        '"aaaa"+\n',
        '["a","b",',
        "`a${'b'}",
        "A_SECRET=",
        "user:'a',pass:",
        "Ma",
        "sk-",
        "%3A%2F%2F",
        "\\\n",
        "&quot;",
        "upstash ",
        "A" * 50 + " ",
    ],
)
def test_a_body_made_to_stall_the_readings_does_not(piece: str) -> None:
    assert list(shaped(piece * (200_000 // len(piece)))) == []


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


@pytest.mark.parametrize("of", [".core.windows.net//&&", ".core.windows.net/?srt=&"])
def test_addresses_of_storage_without_a_signature_are_read_at_once(of: str) -> None:
    with at_once():
        assert not list(shaped(repeated(of)))
