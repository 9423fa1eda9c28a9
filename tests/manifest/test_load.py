from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.manifest import ManifestError, Problem, load_manifest, parse_manifest

LAUNCH = '[launch]\ndomain = "example.org"\n'


def problems(toml: str) -> list[Problem]:
    with pytest.raises(ManifestError) as raised:
        parse_manifest(toml)
    return raised.value.problems


def test_a_domain_is_all_that_a_manifest_needs() -> None:
    manifest = parse_manifest(LAUNCH)
    assert list(manifest.all_hosts) == ["example.org"]
    assert list(manifest.mail_domains) == ["example.org"]


def test_an_unknown_key_names_file_line_key_and_the_nearest_valid_key() -> None:
    (problem,) = problems(LAUNCH + 'edg = "cloudflare"\n')
    assert str(problem).startswith("launchready.toml:3: launch.edg: unknown key 'edg'.")
    assert problem.nearest == "edge"
    assert "domain" in problem.allowed


def test_of_very_many_problems_the_first_are_told_and_the_rest_is_counted() -> None:
    found = problems(LAUNCH + "".join(f"k{n} = 1\n" for n in range(20_000)))
    assert len(found) == 101
    assert found[0].line == 3
    assert found[-1].found == "and 19900 more problems"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero")):
        with pytest.raises(ManifestError) as raised:
            load_manifest(path)
        assert raised.value.problems[0].found == "is no file"


@pytest.mark.parametrize(
    "redirects",
    [
        '"example.org/a" = "https://example.org/a"\n',
        '"example.org/a" = "example.org/b"\n"example.org/b" = "https://EXAMPLE.org/a"\n',
    ],
)
def test_old_urls_that_lead_back_to_themselves_are_named(redirects: str) -> None:
    (problem,) = problems(LAUNCH + "[redirects]\n" + redirects)
    assert problem.line == 3
    assert "lead back to where they began" in problem.found
    assert "https://example.org/a" in problem.found


def test_hosts_that_redirect_to_each_other_are_named() -> None:
    (problem,) = problems(
        LAUNCH
        + '[hosts."www.example.org"]\nredirects_to = "example.org"\n'
        + '[hosts."example.org"]\nredirects_to = "www.example.org"\n'
    )
    assert "www.example.org → example.org → www.example.org" in problem.found


def test_a_text_without_its_closing_quote_is_told_so() -> None:
    (problem,) = problems('[launch]\ndomain = "example.org\n')
    assert (problem.line, problem.found) == (2, "a text has no closing quote")


def test_a_limit_without_end_is_none() -> None:
    (problem,) = problems(LAUNCH + "[budgets]\nai_monthly = inf\n")
    assert problem.found == "found inf"


def test_a_key_that_is_a_section_of_its_own_is_led_there() -> None:
    (problem,) = problems(LAUNCH + 'hosts = ["app.example.org"]\n')
    assert "section of its own" in problem.allowed


def test_every_problem_is_said_at_once() -> None:
    toml = LAUNCH + 'edg = 1\n[routes]\n"example.org/login" = "authh"\n[host]\n'
    assert [p.nearest for p in problems(toml)] == ["edge", "auth", "hosts"]


def test_a_wrong_value_is_shown_with_what_is_allowed() -> None:
    (problem,) = problems(LAUNCH + '[hosts."app.example.org"]\nedge = "cloudflar"\n')
    assert (problem.line, problem.found, problem.nearest) == (4, "found 'cloudflar'", "cloudflare")


def test_a_host_that_is_none_names_its_own_line() -> None:
    (problem,) = problems(LAUNCH + "\n[mail.domains.example]\nsends = false\n")
    assert problem.line == 4
    assert "'example' is not a host name" in problem.found


def test_invalid_toml_names_the_line() -> None:
    (problem,) = problems('[launch]\ndomain = "example.org\n')
    assert problem.line == 2


def test_an_empty_file_says_what_to_add() -> None:
    (problem,) = problems("")
    assert problem.allowed == 'Add [launch] with domain = "example.org".'


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="launchready init"):
        load_manifest(tmp_path / "launchready.toml")


def test_a_file_that_is_not_utf8_says_so(tmp_path: Path) -> None:
    path = tmp_path / "launchready.toml"
    path.write_bytes(b'[launch]\ndomain = "ex\xffample.org"\n')
    with pytest.raises(ManifestError, match="byte 21 is not UTF-8"):
        load_manifest(path)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "launchready.toml"
    path.write_text("#" * 1_000_001)
    with pytest.raises(ManifestError, match="larger than 1 MB"):
        load_manifest(path)


def test_a_password_by_value_is_refused_and_not_repeated() -> None:
    account = '[accounts.m]\nusername_env = "U"\npassword_env = "hunter2 !"\nlogin = "example.org/l"\nprivate = "example.org/p"\n'
    (problem,) = problems(LAUNCH + account)
    assert problem.key == "accounts.m.password_env"
    assert "hunter2" not in str(problem)


def test_a_route_may_be_a_kind_alone_or_a_table() -> None:
    toml = (
        LAUNCH
        + '[routes]\n"example.org/a" = "auth"\n"example.org/b" = {kind = "chat", json_body = true}\n'
    )
    routes = parse_manifest(toml).routes
    assert [(r.url, r.kind) for r in routes.values()] == [
        ("https://example.org/a", "auth"),
        ("https://example.org/b", "chat"),
    ]


def test_a_host_of_a_route_belongs_to_the_launch() -> None:
    manifest = parse_manifest(LAUNCH + '[routes]\n"app.example.org/x" = "page"\n')
    assert list(manifest.all_hosts) == ["example.org", "app.example.org"]


def test_a_name_beyond_ascii_is_kept_as_the_dns_has_it() -> None:
    assert (
        parse_manifest('[launch]\ndomain = "Bücher.example"\n').launch.domain
        == "xn--bcher-kva.example"
    )


def test_a_host_that_redirects_to_itself_is_refused() -> None:
    (problem,) = problems(LAUNCH + '[hosts."www.example.org"]\nredirects_to = "www.example.org"\n')
    assert "names the host itself" in problem.found
    assert problem.line == 3


@pytest.mark.parametrize(
    "dial",
    [
        "a.example:443",
        "a.example=1.2.3.4:1",
        "a.example:0=1.2.3.4:1",
        "a.example:443=1.2.3.4",
        "x:1=y:2",
    ],
)
def test_a_dial_line_that_is_none_is_refused(dial: str) -> None:
    (problem,) = problems(LAUNCH + f'[network]\ndial = ["{dial}"]\n')
    assert problem.line == 4


@given(st.text(max_size=400))
def test_any_text_is_a_manifest_or_a_list_of_problems(text: str) -> None:
    try:
        parse_manifest(text)
    except ManifestError as error:
        assert error.problems


_VALUES = st.recursive(
    st.sampled_from(['"x"', "1", "-1", "true", "2026-01-01", "[]", '["a.example"]', "1e999", '""']),
    lambda inner: st.lists(inner, max_size=3).map(lambda v: "[" + ", ".join(v) + "]"),
    max_leaves=4,
)
_KEYS = st.sampled_from(
    ["launch", "hosts", "routes", "redirects", "mail", "mail.domains", "accounts", "network", "people",
     "budgets", "alerts", "deployment", 'hosts."a.example"', 'mail.domains."a.example"', "launch.domain"]
)  # fmt: skip


@given(st.lists(st.tuples(_KEYS, _VALUES), max_size=4))
def test_any_wrong_shape_ends_as_problems_that_name_a_key(lines: list[tuple[str, str]]) -> None:
    toml = "\n".join(f"{k} = {v}" for k, v in lines)
    try:
        parse_manifest(toml)
    except ManifestError as error:
        assert all(p.found for p in error.problems)
