from __future__ import annotations

import asyncio
import random
import string

import pytest

from launchready.collect.web.secret_engine import EngineError, SecretSearch, _sorted_out
from launchready.derive.exposure.secret_finds import read
from launchready.facts.exposure import SecretSighting

_RANDOM = random.Random(7)  # noqa: S311 - made-up values, the same in every run


def made_up(length: int) -> str:
    return "".join(_RANDOM.choice(string.ascii_letters + string.digits) for _ in range(length))


STRIPE = f"sk_live_51{made_up(97)}"
GITHUB = f"ghp_{made_up(36)}"


async def search(*bodies: str) -> list[tuple[SecretSighting, ...]]:
    engine = SecretSearch(b"one launch")
    return await asyncio.gather(*(engine.search(b.encode()) for b in bodies))


async def test_a_secret_in_a_bundle_is_seen_by_kind_and_line_and_never_by_value() -> None:
    (found,) = await search(f'// a\nconst key = "{STRIPE}";\n')
    assert [(s.rule, s.line, s.public_by_design) for s in found] == [
        ("Stripe access token", 2, False)
    ]
    assert STRIPE not in repr(found)


async def test_many_bodies_are_told_apart_though_equal_ones_stand_among_them() -> None:
    secret = f'const t = "{GITHUB}";'
    found = await search(secret, "const nothing = 1;", f"<html>{secret}</html>")
    assert [len(f) for f in found] == [1, 0, 1]
    assert found[0][0].fingerprint == found[2][0].fingerprint


async def test_a_key_that_is_made_for_browsers_is_public_by_design() -> None:
    (found,) = await search(f'const maps = "AIzaSy{made_up(33)}";')
    assert [s.public_by_design for s in found] == [True]


async def test_the_same_value_has_another_fingerprint_in_another_launch() -> None:
    body = f'const t = "{GITHUB}";'.encode()
    here = await SecretSearch(b"one launch").search(body)
    there = await SecretSearch(b"another").search(body)
    assert here[0].fingerprint != there[0].fingerprint


def report(**summary: object) -> dict[str, object]:
    return {
        "audit": {"summary": summary},
        "metadata": {"summary": {"blobs_scanned": 3}},
        "findings": [],
    }


def test_an_engine_that_did_not_find_what_was_planted_is_not_believed() -> None:
    with pytest.raises(EngineError, match="planted"):
        _sorted_out(report(), [read(b"")])


def test_an_engine_that_read_fewer_files_is_not_believed() -> None:
    with pytest.raises(EngineError, match="read 3 of 7"):
        _sorted_out(report(), [read(b"")] * 3)


async def test_what_the_engine_has_no_rule_for_is_seen_by_its_shape() -> None:
    token = f"123456789:AA{made_up(33)}"
    (found,) = await search(f'const a = 1;\nconst bot = "{token}";\n')
    assert [(s.rule, s.line, s.public_by_design) for s in found] == [
        ("Telegram bot token", 2, False)
    ]
    assert token not in repr(found)


async def test_amplitudes_secret_key_counts_though_the_engines_rule_proves_nothing() -> None:
    key = "".join(_RANDOM.choice("0123456789abcdef") for _ in range(32))
    secret, public = await search(
        f'const AMPLITUDE_SECRET_KEY="{key}";', f'amplitude.init("{key}");'
    )
    assert [s.rule for s in secret if not s.public_by_design] == ["Amplitude secret key"]
    assert [s for s in public if not s.public_by_design] == []


async def test_an_address_that_the_engine_found_is_not_told_twice() -> None:
    address = f"mongodb+srv://app:{made_up(18)}@cluster0.ab1cd.mongodb.net/prod"
    (found,) = await search(f'const db = "{address}";')
    assert len(found) == 1


async def test_a_key_that_two_rules_match_is_named_by_its_maker() -> None:
    (found,) = await search(f'const key = "sk-{made_up(20)}T3BlbkFJ{made_up(20)}";')
    assert [s.rule for s in found] == ["OpenAI API key"]


GROQ = f"gsk_{made_up(52)}"


@pytest.mark.parametrize(
    ("reading", "body"),
    [
        ("in a comment of a page", f"<!doctype html><p>Hello</p>\n<!-- GROQ_API_KEY={GROQ} -->"),
        (
            "in an attribute that holds JSON",
            f"<!doctype html>\n<div data-props='{{&quot;k&quot;:&quot;{GROQ}&quot;}}'></div>",
        ),
        ("in two halves", f'const a = 1;\nconst k = "{GROQ[:20]}" + "{GROQ[20:]}";'),
        ("in a list that is joined", f'\nconst k = ["{GROQ[:20]}", "{GROQ[20:]}"].join("");'),
        ("in a template", f'\nconst k = `${{"{GROQ[:20]}"}}{GROQ[20:]}`;'),
        ("escaped", "\nk = '" + "".join(f"\\u{ord(c):04x}" for c in GROQ) + "'"),
    ],
)
async def test_what_the_engine_knows_is_found_however_the_body_writes_it(
    reading: str, body: str
) -> None:
    (found,) = await search(body)
    assert [(s.rule, s.line) for s in found if not s.public_by_design] == [("Groq API key", 2)], (
        reading
    )


async def test_two_secrets_in_the_one_line_of_a_bundle_are_both_told() -> None:
    slack = f"xoxb-123456789012-1234567890123-{made_up(24)}"
    (found,) = await search(f'a="{STRIPE}";b="{slack[:20]}"+"{slack[20:]}";')
    assert [s.rule.split()[0] for s in found] == ["Stripe", "Slack"]


async def test_a_function_of_a_module_is_no_token_of_vault() -> None:
    (found,) = await search("const n=yield(0,s.prepareTransactionSigning)(t,e);")
    assert [s for s in found if not s.public_by_design] == []


@pytest.mark.parametrize(("host", "public"), [("sentry.io", True), ("db.birchclub.net", False)])
async def test_where_pages_send_their_errors_is_public_by_design(host: str, public: bool) -> None:
    key, secret = "0f3a9c1e7b2d4856a1c3e5f708192a3b", "9e8d7c6b5a4f30211203f4a5b6c7d8e9"
    (found,) = await search(f'Raven.config("https://{key}:{secret}@{host}/1201").install();')
    assert [one.public_by_design for one in found] == [public]


async def test_a_machine_that_takes_no_files_is_told_and_nobody_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/dev/null/nowhere")
    async with asyncio.timeout(10):
        with pytest.raises(EngineError, match="could not be run here: Not a directory"):
            await search("const a = 1;")


async def test_a_bug_of_ours_reaches_whoever_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("launchready.collect.web.secret_engine.read", lambda _body: 1 / 0)
    async with asyncio.timeout(10):
        with pytest.raises(ZeroDivisionError):
            await search("const a = 1;")
