from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.manifest import ManifestError, parse_manifest

LAUNCH = '[launch]\ndomain = "example.org"\n'


def said(toml: str) -> str:
    with pytest.raises(ManifestError) as raised:
        parse_manifest(toml)
    return str(raised.value)


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("date = TODO\n", [":3: launch.date: found TODO", "a day without quotes"]),
        ("date = 2026-13-01\n", [":3: launch.date: found 2026-13-01", "a day without quotes"]),
        ("name = Willow\n", [":3: launch.name: found Willow", "a text in quotes"]),
        ("switches_dns = True\n", [":3: launch.switches_dns: found True", "true or false"]),
        ("edge = cloudflair\n", [":3: launch.edge: found cloudflair", "'cloudflare'?"]),
        ("naem = Willow\n", [":3: launch.naem: unknown key", "'name'?"]),
        ('name: "Willow"\n', [":3: launch.name: found ':' where = belongs", "a key, =, and a value"]),
        ("name = “Willow”\n", [":3: launch.name: found '“' (left double", "straight quotes"]),
        ("n\u0430me = 'x'\n", [":3:", "cyrillic small letter a", "plain letters"]),
        ("[routes]\nexample.org/x = 'page'\n", [":4: routes.example.org: found '/'", "in quotes"]),
        ("name = 'a\ndate = 'b'\n", [":3: launch.name: a text has no closing quote"]),
        ('name = "a\n', [":3: launch.name: a text has no closing quote"]),
        ("name = 'a\n", [":3: launch.name: what begins here is never closed"]),
        ('name = "C:\\path"\n', [":3: launch.name: a backslash", "two backslashes"]),
        ("[people]\ndns = [\n  'a',\n", [":4: people.dns: what begins here is never closed"]),
        ("[people]\ndns = [\n  'a',\n  b,\n]\n", [":6: people.dns: this is no value"]),
        ('[hosts."a.example.org"]\n[hosts."a.example.org"]\n', [':4: hosts."a.example.org": the']),
    ],
)  # fmt: skip
def test_what_is_no_toml_names_line_key_found_and_allowed(body: str, parts: list[str]) -> None:
    text = said(LAUNCH + body)
    for part in parts:
        assert part in text, text


@pytest.mark.parametrize(
    "body",
    [
        "[accounts.member]\npassword_env = hunter2!\n",
        "[accounts.member]\npassword_env: hunter2\n",
        "[accounts.member]\npassword hunter2\n",
        "[environment]\nSESSION = hunter2\n",
        "[chat]\nkey_env = hunter2\n",
        '[chat]\nkey_env = ["hunter2"]\n',
        '[routes]\n"a.example.org/x" = { kind = "webhook", secret_env = [["hunter2"]] }\n',
    ],
)
def test_a_secret_without_quotes_is_not_repeated(body: str) -> None:
    assert "hunter2" not in said(LAUNCH + body)


@given(st.text(alphabet=st.sampled_from("[]{}\"'=.#,\n\\a1:é ")))
def test_any_text_is_a_manifest_or_told_what_it_is_not(text: str) -> None:
    try:
        parse_manifest(text)
    except ManifestError as error:
        assert error.problems
