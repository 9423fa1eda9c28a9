"""Every error of a manifest names file, line, key, what was found and what is allowed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from launchready.manifest import ManifestError, load_manifest

LAUNCH = '[launch]\ndomain = "example.org"\n'
JARGON = re.compile(r"Input should|valid (string|tuple|dictionary)|instance of|unable to|Traceback")


def said(path: Path, content: str | bytes) -> str:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ManifestError) as caught:
        load_manifest(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("domain = 5\n", ["3:", "domain: this key stands twice", "Leave one of the two out"]),
        ("[people]\n[people]\n", ["4:", "[people] stands twice"]),
        ("name = 5\n", ["3: launch.name: found 5", "a text in quotes"]),
        ('switches_dns = "maybe"\n', ["3:", "found 'maybe'", "true or false"]),
        ('date = "soon"\n', ["3:", "a day without quotes"]),
        ("[people]\ndns = [1]\n", ["4: people.dns (entry 1): found 1", "a text in quotes"]),
        ("[people]\ndns = 1\n", ["4: people.dns: found 1", "in brackets"]),
        ('[hosts]\n"a.example.org" = "x"\n', ["4:", '[hosts."app.example.org"]']),
        ("[hosts.app.example.org]\nlogin = true\n", ["3: hosts.app", "stands in quotes"]),
        ('[routes]\n"example.org/x" = 5\n', ["4:", '"example.org/x" = "page"']),
        ('[routes]\n"example.org/x" = "pge"\n', ["4:", "Allowed: page, static", "'page'"]),
        ("[budgets]\npage_s = 0\n", ["4: budgets.page_s: found 0", "more than 0"]),
        ("[deployment]\nregions = 1.5\n", ["4: deployment.regions", "a whole number"]),
        ('[mail]\ndomains = ["example.org"]\n', ["4: mail.domains", '[mail.domains."example.org"]']),
        ('[network]\nresolvers = "x"\n', ["4: network.resolvers", "127.0.0.1:5353"]),
        ("[redirects]\n'example.org/a' = 5\n", ["4:", "the URL that it leads to"]),
        ('rollback = "git revert"\n', ["3: launch.rollback", "belongs under [deployment]"]),
        ("[bugdets]\n", ["3: bugdets: unknown key 'bugdets'", "Did you mean 'budgets'?"]),
        ("name = Willow\n", ["3: launch.name: found Willow", "a text in quotes"]),
        ("[mail.domains.example.org]\n", ["3: mail.domains.example", "stands in quotes"]),
        ('[mail."example.org"]\n', ["3:", 'under a domain: [mail.domains."example.org"]']),
        ("[mail]\nsenders = []\n", ["4: mail.senders", 'under a domain: [mail.domains."']),
        ('[routes]\n"example.org/x" = "login"\n', ["4:", "found 'login'", "'auth'?"]),
        ('[routes]\n"a.b/x" = { kind = "api", method = "get" }\n', ["4:", "'GET'?"]),
        ('[network]\ndial = "a.b:443=c.d:443"\n', ["4:", "leads nowhere", "an address and a port"]),
        ('"n\u0430me" = "x"\n', ["3:", "is cyrillic small letter a", "'name'?"]),
        ('[hosts."ex\u0430mple.org"]\n', ["3:", "mixes alphabets", "cyrillic small letter a"]),
    ],
)  # fmt: skip
def test_an_error_names_line_key_found_and_allowed_without_jargon(
    body: str, parts: list[str], tmp_path: Path
) -> None:
    text = said(tmp_path / "launchready.toml", LAUNCH + body)
    for part in ["launchready.toml:", *parts]:
        assert part in text, text
    assert not JARGON.search(text), text


def test_an_address_is_no_domain(tmp_path: Path) -> None:
    text = said(tmp_path / "m.toml", '[launch]\ndomain = "203.0.113.5"\n')
    assert "2: launch.domain: 203.0.113.5 is an address" in text


def test_a_key_without_end_is_cut(tmp_path: Path) -> None:
    assert len(said(tmp_path / "m.toml", LAUNCH + "x" * 5000 + " = 1\n")) < 400


def test_a_domain_outside_its_section_is_sent_to_launch(tmp_path: Path) -> None:
    assert "It belongs under [launch]" in said(tmp_path / "m.toml", 'domain = "example.org"\n')


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "launchready.toml"
    path.write_bytes(b"\xef\xbb\xbf" + LAUNCH.replace("\n", "\r\n").encode())
    assert load_manifest(path).launch.domain == "example.org"


@pytest.mark.parametrize(
    "content",
    [b"", bytes(range(256)), LAUNCH.encode("utf-16"), b"#" * 1_000_001, b"x=" + b"[" * 5000],
)
def test_a_file_that_is_no_manifest_is_told_in_one_sentence(content: bytes, tmp_path: Path) -> None:
    text = said(tmp_path / "launchready.toml", content)
    assert "launchready.toml" in text
    assert len(text) < 300
    assert not JARGON.search(text)


def test_a_folder_is_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="is a folder"):
        load_manifest(tmp_path)


@pytest.mark.parametrize(
    "body",
    [
        '[accounts]\npassword = "hunter2secret"\n',
        '[accounts]\nmember = "me:hunter2secret"\n',
        '[accounts.member]\npassword = "hunter2secret"\n',
        '[accounts.member]\nusername_env = "A"\npassword_env = "hunter2-secret!"\n',
        '[accounts.member]\nusername_env = "A"\npassword_env = ["hunter2secret"]\n',
        '[routes]\n"https://me:hunter2secret@example.org/" = "page"\n',
        '[redirects]\n"example.org/a" = "https://me:hunter2secret@example.org/"\n',
    ],
)
def test_a_password_in_the_wrong_place_is_not_repeated(body: str, tmp_path: Path) -> None:
    assert "hunter2" not in said(tmp_path / "launchready.toml", LAUNCH + body)


@pytest.mark.parametrize(
    "body",
    [
        '[hosts."A.example.org"]\n[hosts."a.example.org"]\n',
        '[routes]\n"example.org/x" = "page"\n"https://EXAMPLE.org/x" = "private"\n',
        '[redirects]\n"example.org/a" = "example.org/b"\n"https://example.org/a" = "example.org/c"\n',
        '[mail.domains."example.org"]\n[mail.domains."Example.org."]\n',
    ],
)
def test_two_keys_that_mean_the_same_are_refused(body: str, tmp_path: Path) -> None:
    assert "are the same" in said(tmp_path / "launchready.toml", LAUNCH + body)


def test_a_hostile_key_commands_no_terminal(tmp_path: Path) -> None:
    text = said(tmp_path / "m.toml", LAUNCH + '"\\u001b[2J" = 1\n[hosts."\\u001b]0;x.org"]\n')
    assert "\x1b" not in text
