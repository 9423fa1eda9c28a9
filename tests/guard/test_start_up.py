from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard.start_up import NotReadyToStart, missing, needed, require
from launchready.manifest import Manifest, Problem, parse_manifest

GOOD = "7hQ2mZp9XwLr4TkVb8Nc"


def manifest(toml: str) -> Manifest:
    return parse_manifest('[launch]\ndomain = "example.org"\n' + toml)


def only(kind: str, value: str | None, *, more: str = "") -> str:
    """Return what is found wrong with a variable VALUE of this kind; empty when it is fine."""
    declared = manifest(f'[environment]\nVALUE = {{ kind = "{kind}"{more} }}\n')
    found = missing(declared, {} if value is None else {"VALUE": value})
    return found[0].found.removeprefix("the environment variable VALUE ") if found else ""


WHOLE = manifest(
    """
[environment]
SESSION_SECRET = "secret"
DATABASE_URL = "url"
MAIL_FROM = { kind = "email", required = false }
[routes]
"example.org/hooks/stripe" = { kind = "webhook", signature = "stripe", secret_env = ["HOOK", "HOOK_OLD"] }
[chat]
base_url = "https://ai.example/v1"
key_env = "AI_KEY"
second = { base_url = "https://second.example/v1", model = "m", key_env = "SECOND_KEY" }
[guard]
store_env = "STORE_URL"
metrics_token_env = "METRICS_TOKEN"
sentry_env = "SENTRY_DSN"
[accounts.member]
username_env = "MEMBER_NAME"
password_env = "MEMBER_PASSWORD"
login = "example.org/login"
private = "example.org/home"
"""
)
WELL = {
    "SESSION_SECRET": GOOD,
    "DATABASE_URL": "postgresql://app:pw@db/app",
    "HOOK": "whsec_" + GOOD,
    "HOOK_OLD": "whsec_" + GOOD[::-1],
    "AI_KEY": "sk-" + GOOD,
    "SECOND_KEY": GOOD,
    "STORE_URL": "redis://cache:6379/0",
    "METRICS_TOKEN": GOOD,
}


def test_an_environment_that_holds_everything_is_ready() -> None:
    require(WHOLE, WELL)


def test_every_missing_variable_is_named_at_once_and_none_of_the_audits_accounts() -> None:
    found = " ".join(str(p) for p in missing(WHOLE, {}))
    assert len(missing(WHOLE, {})) == len(WELL)
    assert all(f" {name} is not set" in found for name in WELL)
    assert "MEMBER" not in found


def test_a_problem_names_the_file_and_the_key_that_declares_the_variable() -> None:
    gone = {k: v for k, v in WELL.items() if k != "HOOK_OLD"}
    (problem,) = missing(WHOLE, gone, file="conf/launchready.toml")
    assert str(problem) == (
        'conf/launchready.toml: routes."example.org/hooks/stripe".secret_env: the environment '
        "variable HOOK_OLD is not set. Set it to a secret of 16 characters or more that begins "
        "with whsec_."
    )


def test_a_variable_that_two_keys_name_is_one_problem() -> None:
    twice = manifest(
        '[environment]\nAI_KEY = "text"\n[chat]\nbase_url = "https://a.example"\nkey_env = "AI_KEY"\n'
    )
    (problem,) = missing(twice, {"AI_KEY": "short"})
    assert problem.key == "environment.AI_KEY, chat.key_env"
    assert problem.found.endswith("has 5 characters")


def test_a_variable_that_its_own_entry_makes_optional_may_be_missing_or_empty() -> None:
    toml = (
        "[environment]\nAI_KEY = { required = false }\n"
        '[chat]\nbase_url = "https://a.example"\nkey_env = "AI_KEY"\n'
    )
    assert missing(manifest(toml), {}) == []
    assert missing(manifest(toml), {"AI_KEY": ""}) == []
    assert missing(manifest(toml), {"AI_KEY": "changeme"})


def test_the_key_of_a_provider_without_an_address_is_not_needed() -> None:
    assert missing(manifest('[chat]\nkey_env = "AI_KEY"\n'), {}) == []


def test_a_sentry_address_may_be_missing_but_not_malformed() -> None:
    (problem,) = missing(WHOLE, {**WELL, "SENTRY_DSN": "abc"})
    assert "SENTRY_DSN is a URL without a scheme" in problem.found


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("text", None, "is not set"),
        ("text", "", "is empty"),
        ("text", "  ", "is empty but for spaces"),
        ("text", " a", "has spaces around it"),
        ("text", "a\n", "ends with a line break"),
        ("text", '"a"', "has quotes around it, which belong to the shell"),
        ("text", "'a'", "has quotes around it, which belong to the shell"),
        ("text", "“a”", "has quotes around it, which belong to the shell"),
        ("text", "VALUE", "holds a name in place of a value"),
        ("text", "${VALUE}", "holds a name in place of a value"),
        ("text", "$OTHER", "holds a name in place of a value"),
        ("text", "{{ secrets.VALUE }}", "holds a name in place of a value"),
        ("text", "<your domain>", "holds a name in place of a value"),
        ("text", "a\udcff", "holds bytes that are not UTF-8"),
        ("secret", GOOD[:15], "has 15 characters"),
        ("url", "example.org", "is a URL without a scheme"),
        ("url", "https://", "is a URL without a host"),
        ("url", "https:///path", "is a URL without a host"),
        ("url", "https://a b", "holds a space, which no URL does"),
        ("url", "https://[::1", "is not a URL"),
        ("url", "https://a:port/", "is not a URL"),
        ("email", "hello@", "is not an e-mail address"),
        ("email", "hello at example.org", "is not an e-mail address"),
        ("number", "12x", "is not a number"),
        ("number", "nan", "is not a number"),
        ("number", "1_000", "is not a number"),
        ("flag", "maybe", "is neither true nor false"),
    ],
)
def test_a_malformed_value_is_called_what_it_is(kind: str, value: str | None, found: str) -> None:
    assert only(kind, value) == found


@pytest.mark.parametrize(
    "value",
    [
        "changeme", "CHANGE_ME", "change-me-please", "xxx", "xxxxxxxxxxxxxxxxxxxx", "your-key-here",
        "your_api_key_here", "YOUR-SECRET-KEY-HERE", "secret", "password", "password123",
        "example", "my-super-secret-key", "replace-with-your-secret", "0000000000000000000",
        "insert-token-here", "placeholder",
    ],
)  # fmt: skip
def test_a_placeholder_is_no_secret(value: str) -> None:
    assert only("secret", value) == "is a placeholder, not a secret"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("secret", GOOD),
        ("secret", "correct horse battery staple"),
        ("secret", "$ecret" + GOOD),
        ("url", "https://example.org/"),
        ("url", "postgresql+psycopg://app:p%40w@db:5432/app"),
        ("url", "postgresql:///app"),
        ("url", "sqlite:///./community.db"),
        ("url", "sqlite+aiosqlite://"),
        ("url", "unix:///run/valkey.sock"),
        ("email", "hello@example.org"),
        ("email", "The Guide <guide@mail.example.org>"),
        ("number", "587"),
        ("number", "-0.5"),
        ("flag", "true"),
        ("flag", "False"),
        ("flag", "0"),
        ("text", "it's"),
    ],
)
def test_a_right_value_passes(kind: str, value: str) -> None:
    assert only(kind, value) == ""


def test_a_test_key_of_stripe_is_not_a_live_one() -> None:
    begins = ', begins = "sk_live_"'
    assert only("secret", "sk_test_" + GOOD, more=begins).startswith("holds a test key")
    assert only("secret", "pk_live_" + GOOD, more=begins) == "begins otherwise"
    assert only("secret", "sk_live_your-key-here", more=begins) == "is a placeholder, not a secret"
    assert only("secret", "sk_live_" + GOOD, more=begins) == ""


def test_a_store_is_named_with_its_variable_when_it_is_none_that_guard_can_use() -> None:
    declared = manifest('[guard]\nstore_env = "STORE_URL"\n')
    (problem,) = missing(declared, {"STORE_URL": "https://store.example/0"})
    assert "STORE_URL" in problem.found
    assert (
        problem.allowed
        == "Set it to the URL of a Redis or Valkey, such as redis://127.0.0.1:6379/0."
    )
    for value in (
        "redis://h:1/0",
        "rediss://:pw@h/0",
        "valkey://h",
        "valkeys://h",
        "unix:///run/v",
        "valkey+unix:///run/v?db=1",
        "redis://h/0?client_name=app",
    ):
        assert not missing(declared, {"STORE_URL": value})


@pytest.mark.parametrize(
    "url",
    ["redis://h/zero", "redis://h/0/1", "redis://h?db=x", "unix:///v?nonsense=1", "redis://h/-1"],
)
def test_a_store_with_a_path_or_an_option_that_is_none_is_found_at_the_start(url: str) -> None:
    """redis-py takes the first for database 0 and tells the others at the first question."""
    (problem,) = missing(manifest('[guard]\nstore_env = "STORE_URL"\n'), {"STORE_URL": url})
    assert problem.found == (
        "the environment variable STORE_URL has a path that is no number of a database, or an "
        "option that redis-py has not"
    )


@pytest.mark.parametrize(
    "wrong", [f"whsec_{GOOD}!", "not base64 but long enough", f"whsec_{GOOD}a"]
)
def test_a_secret_of_standard_webhooks_that_no_signature_fits_is_found_at_the_start(
    wrong: str,
) -> None:
    declared = manifest(
        '[routes]\n"example.org/hooks" = '
        '{ kind = "webhook", signature = "standard", secret_env = "HOOK" }\n'
    )
    (problem,) = missing(declared, {"HOOK": wrong})
    assert problem.found == "the environment variable HOOK is no base64 behind whsec_"
    assert "whsec_" in problem.allowed
    assert not missing(declared, {"HOOK": f"whsec_{GOOD}"})
    assert not missing(declared, {"HOOK": GOOD})


def test_the_refusal_ends_the_process_with_a_line_a_problem_and_no_value() -> None:
    script = (
        "from launchready.guard.start_up import require\n"
        "from launchready.manifest import parse_manifest\n"
        'require(parse_manifest(\'[launch]\\ndomain = "example.org"\\n[environment]\\n'
        'A = "secret"\\nB = "url"\\n\'), {"A": "hunter2hunter2", "B": "example"})\n'
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr == (
        "The app does not start: 2 things are missing or malformed.\n"
        "launchready.toml: environment.A: the environment variable A has 14 characters. Set it to "
        "a secret of 16 characters or more.\n"
        "launchready.toml: environment.B: the environment variable B is a URL without a scheme. "
        "Set it to a URL with scheme and host, such as https://example.org.\n"
    )


def test_one_problem_is_counted_as_one() -> None:
    problem = Problem(file="f", line=None, key="k", found="x", allowed="")
    assert str(NotReadyToStart([problem])).startswith("The app does not start: 1 thing is")


_KINDS = st.sampled_from(["text", "secret", "url", "email", "number", "flag"])


@given(_KINDS, st.text(max_size=60))
def test_any_value_passes_or_is_refused_in_one_line_that_does_not_hold_it(
    kind: str, value: str
) -> None:
    value = value.replace("\x00", "")
    declared = manifest(f'[environment]\nVALUE = "{kind}"\n')
    for problem in missing(declared, {"VALUE": value}):
        clean = str(missing(declared, {"VALUE": ""})[0])
        assert "\n" not in str(problem)
        # What is said besides the fault is the same for any value.
        assert str(problem).startswith(clean.partition(" is empty")[0])
        assert len(value) < 8 or value not in str(problem)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCDEFGHJKLMNP23456789-_", min_size=16))
def test_spaces_and_quotes_around_a_secret_are_always_seen(secret: str) -> None:
    for around in (f" {secret}", f"{secret}\t", f'"{secret}"', f"'{secret}'", f"{secret}\r\n"):
        assert only("secret", around)


def test_what_is_needed_is_listed_in_the_order_of_the_manifest() -> None:
    assert [n.name for n in needed(WHOLE)][:3] == ["SESSION_SECRET", "DATABASE_URL", "MAIL_FROM"]
