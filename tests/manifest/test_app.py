from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.manifest import ManifestError, Problem, ProviderEntry, parse_manifest

LAUNCH = '[launch]\ndomain = "example.org"\n'


def problem(toml: str) -> Problem:
    """Return the one thing wrong with a manifest that has these lines from line 3 on."""
    with pytest.raises(ManifestError) as raised:
        parse_manifest(LAUNCH + toml)
    (found,) = raised.value.problems
    return found


def test_a_variable_may_be_a_kind_alone_or_a_table() -> None:
    toml = '[environment]\nA = "secret"\n[environment.B]\nkind = "url"\nrequired = false\n'
    declared = parse_manifest(LAUNCH + toml).environment
    assert [(v.name, v.kind, v.required) for v in declared.values()] == [
        ("A", "secret", True),
        ("B", "url", False),
    ]


def test_a_kind_that_does_not_exist_names_line_key_the_allowed_and_the_nearest() -> None:
    assert str(problem('[environment]\nA = "secret"\nB = "sekret"\n')) == (
        "launchready.toml:5: environment.B.kind: found something else. "
        "Allowed: text, secret, url, email, number, flag. Did you mean 'secret'?"
    )


@pytest.mark.parametrize(
    "toml",
    [
        'A = "hunter2-hunter2"',
        "A = 20261201",
        'A = { kind = "hunter2-hunter2" }',
        'A = { begins = "sk_live_hunter2-hunter2-hunter2-hunter2" }',
        'A = ["hunter2-hunter2"]',
    ],
)
def test_a_value_in_place_of_a_kind_is_not_repeated(toml: str) -> None:
    found = str(problem(f"[environment]\n{toml}\n"))
    assert "hunter2" not in found
    assert "20261201" not in found
    assert found.startswith("launchready.toml:4: environment.A")


def test_a_value_in_place_of_a_kind_is_told_where_it_belongs() -> None:
    found = problem('[environment]\nA = "hunter2-hunter2"\n')
    assert found.allowed.endswith("The value itself never belongs into this file.")


@pytest.mark.parametrize(
    ("toml", "key", "nearest"),
    [
        ("[environment.A]\nrequird = true\n", "environment.A.requird", "required"),
        ('[chat]\nbaseurl = "x"\n', "chat.baseurl", "base_url"),
        ("[chat]\nfirst_token = 8\n", "chat.first_token", "first_token_s"),
        (
            '[chat.second]\nbase_url = "https://a.example"\nmodel = "m"\nkey = "K"\n',
            "chat.second.key",
            "key_env",
        ),
        ('[guard]\nproxy = "10.0.0.0/8"\n', "guard.proxy", "proxies"),
        ('[guard]\nmetrics_token = "T"\n', "guard.metrics_token", "metrics_token_env"),
        ("[budgets]\nai_member_month = 3\n", "budgets.ai_member_month", "ai_member_monthly"),
    ],
)
def test_an_unknown_key_names_its_line_what_is_allowed_and_the_nearest(
    toml: str, key: str, nearest: str
) -> None:
    found = problem(toml)
    assert (found.key, found.nearest) == (key, nearest)
    assert found.line == 2 + len(toml.splitlines())
    assert nearest in found.allowed


@pytest.mark.parametrize(
    ("toml", "found", "allowed"),
    [
        ("[chat]\nfirst_token_s = 0\n", "found 0", "Allowed: more than 0."),
        ('[chat]\nanswer_s = "long"\n', "found 'long'", "Allowed: a number."),
        ("[chat]\nanswer_max_tokens = 0\n", "found 0", "Allowed: 1 or more."),
        ('[chat]\nfallback = ""\n', "found ''", "Allowed: a text that is not empty."),
        ('[chat]\nsecond = "x"\n', "found 'x'", "Allowed: a section of its own, [chat.second]."),
        ("[chat]\nprice = 3\n", "found 3", "Allowed: two numbers in brackets: [0.15, 0.6]."),
        ("[budgets]\nai_monthly = -1\n", "found -1", "Allowed: 0 or more."),
        ("[budgets]\nai_member_monthly = -0.5\n", "found -0.5", "Allowed: 0 or more."),
        ("[budgets]\nai_monthly_tokens = 1.5\n", "found 1.5", "Allowed: a whole number."),
        ("[budgets]\nai_member_monthly_tokens = -1\n", "found -1", "Allowed: 0 or more."),
    ],
)
def test_a_wrong_value_is_shown_with_what_is_allowed(toml: str, found: str, allowed: str) -> None:
    shown = problem(toml)
    assert (shown.line, shown.found, shown.allowed) == (4, found, allowed)


@pytest.mark.parametrize(
    ("toml", "part"),
    [
        ('[chat]\nbase_url = "ftp://a.example"\n', "'ftp://a.example' is not a URL such as"),
        ('[chat]\nbase_url = "ai.example"\n', "'ai.example' is not a URL such as"),
        ('[guard]\nproxies = "cloudflar"\n', "'cloudflar' is not a network such as 10.0.0.0/8"),
        ('[guard]\nproxies = ["10.0.0.1/8"]\n', "'10.0.0.1/8' is not a network"),
    ],
)
def test_an_address_that_is_none_is_said(toml: str, part: str) -> None:
    assert part in problem(toml).found


@pytest.mark.parametrize(
    "toml",
    [
        '[chat]\nbase_url = "https://me:hunter2@ai.example/v1"\n',
        '[chat]\nkey_env = "sk-hunter2"\n',
        '[chat.second]\nbase_url = "https://hunter2@ai.example"\nmodel = "m"\n',
        '[guard]\nstore_env = "redis://:hunter2@cache"\n',
        '[guard]\nmetrics_token_env = "hunter2 hunter2"\n',
        '[guard]\nsentry_env = "https://hunter2@sentry.example/1"\n',
        '[routes]\n"example.org/h" = { kind = "webhook", signature = "stripe", secret_env = "hunter2/x" }\n',
    ],
)
def test_a_secret_in_place_of_a_variables_name_is_not_repeated(toml: str) -> None:
    assert "hunter2" not in str(problem(toml))


def test_a_second_provider_needs_an_address_and_a_model() -> None:
    with pytest.raises(ManifestError) as raised:
        parse_manifest(LAUNCH + "[chat.second]\n")
    assert [p.found for p in raised.value.problems] == [
        "the key 'base_url' is missing",
        "the key 'model' is missing",
    ]


def test_the_first_provider_is_the_one_with_an_address() -> None:
    assert parse_manifest(LAUNCH + '[chat]\nmodel = "m"\n').chat.first is None
    toml = '[chat]\nbase_url = "https://ai.example/v1/"\nmodel = "m"\nkey_env = "K"\n'
    assert parse_manifest(LAUNCH + toml).chat.first == ProviderEntry(
        base_url="https://ai.example/v1", model="m", key_env="K"
    )


def test_proxies_are_networks_addresses_or_an_edge() -> None:
    toml = '[guard]\nproxies = ["10.0.0.0/8", "2001:db8::1", "cloudflare"]\n'
    assert parse_manifest(LAUNCH + toml).guard.proxies == (
        "10.0.0.0/8", "2001:db8::1/128", "cloudflare",
    )  # fmt: skip


_KEYS = st.sampled_from(
    ["environment", "environment.A", "environment.A.kind", "environment.A.begins", "chat", "guard",
     "chat.base_url", "chat.second", "chat.second.model", "chat.price", "chat.first_token_s",
     "guard.proxies", "guard.store_env", "budgets.ai_monthly", "budgets.ai_member_monthly_tokens",
     'routes."a.example/h".signature', 'routes."a.example/h".timeout_s',
     'routes."a.example/h".secret_env', 'routes."a.example/h".body_max_bytes']
)  # fmt: skip
_VALUES = st.one_of(
    st.sampled_from(["1", "-1", "0", "inf", "nan", "true", "2026-01-01", "[]", "{}", '{ kind = "x" }',
                     "[1, 2]", '["a", "b"]', "1e999", '"secret"', '"https://a.example"']),
    st.text(st.characters(codec="ascii", exclude_categories=["C"], exclude_characters="'"))
    .map(lambda text: f"'{text}'"),
)  # fmt: skip


@given(st.lists(st.tuples(_KEYS, _VALUES), max_size=4))
def test_any_wrong_shape_of_these_sections_ends_as_problems(lines: list[tuple[str, str]]) -> None:
    try:
        parse_manifest(
            "\n".join([*(f"{k} = {v}" for k, v in lines), "[launch]", 'domain = "a.example"'])
        )
    except ManifestError as error:
        assert all(p.found for p in error.problems)
        assert not any("\n" in str(p) for p in error.problems)


_SAID = (
    "launchready.toml:4: environment.A.kind: found something else. "
    "Allowed: text, secret, url, email, number, flag. "
)
_KINDS = ("text", "secret", "url", "email", "number", "flag")


@given(
    st.text(
        st.characters(codec="ascii", exclude_categories=["C"], exclude_characters="'"), min_size=7
    )
)
def test_whatever_is_written_as_a_kind_the_answer_is_one_of_a_few(value: str) -> None:
    with pytest.raises(ManifestError) as raised:
        parse_manifest(f"{LAUNCH}[environment]\nA = '{value}'\n")
    assert str(raised.value) in {
        f"{_SAID}The value itself never belongs into this file.",
        *(f"{_SAID}Did you mean {kind!r}?" for kind in _KINDS),
    }
