from __future__ import annotations

import pytest

from launchready.manifest import ManifestError, Problem, RouteEntry, parse_manifest

LAUNCH = '[launch]\ndomain = "example.org"\n[routes]\n'


def route(entry: str) -> RouteEntry:
    return parse_manifest(f'{LAUNCH}"example.org/hooks" = {{ {entry} }}\n').routes[
        "https://example.org/hooks"
    ]


def problem(entry: str) -> Problem:
    with pytest.raises(ManifestError) as raised:
        route(entry)
    (found,) = raised.value.problems
    return found


def test_a_signed_webhook_names_the_variables_of_its_secrets() -> None:
    assert route('kind = "webhook", signature = "stripe", secret_env = "HOOK"').secret_env == (
        "HOOK",
    )
    two = route('kind = "webhook", signature = "standard", secret_env = ["HOOK", "HOOK_OLD"]')
    assert two.secret_env == ("HOOK", "HOOK_OLD")


def test_a_webhook_without_a_signature_is_allowed() -> None:
    assert route('kind = "webhook"').signature is None


def test_a_signature_without_a_secret_says_what_to_add() -> None:
    assert str(problem('kind = "webhook", signature = "stripe"')) == (
        'launchready.toml:4: routes."example.org/hooks": signature is "stripe", but nothing says '
        'where the secret is; add secret_env = "WEBHOOK_SECRET", the name of the environment '
        "variable that holds it."
    )


def test_a_secret_without_a_signature_says_what_to_add() -> None:
    found = problem('kind = "webhook", secret_env = "HOOK"').found
    assert found.endswith('add signature = "stripe" or signature = "standard"')


def test_a_signature_on_something_else_than_a_webhook_is_refused() -> None:
    found = problem('kind = "page", signature = "stripe", secret_env = "HOOK"').found
    assert found.startswith("signature is for webhooks, and this is of kind 'page'")


def test_a_signature_that_does_not_exist_names_the_nearest() -> None:
    found = problem('kind = "webhook", signature = "strip", secret_env = "HOOK"')
    assert (found.key, found.nearest) == ('routes."example.org/hooks".signature', "stripe")
    assert found.allowed == "Allowed: stripe, standard."


@pytest.mark.parametrize(
    ("entry", "found", "allowed"),
    [
        ("body_max_bytes = -1", "found -1", "Allowed: 0 or more."),
        ("body_max_bytes = 1.5", "found 1.5", "Allowed: a whole number."),
        ("timeout_s = 0", "found 0", "Allowed: more than 0."),
        ('timeout_s = "soon"', "found 'soon'", "Allowed: a number."),
    ],
)
def test_a_limit_that_is_none_says_what_is_allowed(entry: str, found: str, allowed: str) -> None:
    shown = problem(f'kind = "page", {entry}')
    assert (shown.line, shown.found, shown.allowed) == (4, found, allowed)


@pytest.mark.parametrize(
    ("key", "nearest"),
    [("timeout", "timeout_s"), ("body_max", "body_max_bytes"), ("secret", "secret_env")],
)
def test_an_unknown_key_of_a_route_names_the_nearest(key: str, nearest: str) -> None:
    shown = problem(f'kind = "webhook", {key} = 1')
    assert (shown.key, shown.nearest) == (f'routes."example.org/hooks".{key}', nearest)
