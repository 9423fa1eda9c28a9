from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from launchready.manifest import load_manifest
from tests.cli.conftest import Run, Served

pytestmark = pytest.mark.xdist_group("cli-other")


def test_the_version_is_said(started: Run) -> None:
    assert started("--version").stdout.startswith("launchready 0.")


def test_every_command_has_a_help_text(launchready: Run) -> None:
    for command in (
        "audit",
        "smoke",
        "recheck",
        "init",
        "checks",
        "explain",
        "compare",
        "demo",
        "mail",
    ):
        done = launchready(command, "--help")
        assert done.returncode == 0
        assert len(done.stdout) > 200


def test_checks_lists_the_catalogue(launchready: Run) -> None:
    rows = json.loads(launchready("checks", "-f", "json").stdout)
    assert {"dns", "tls", "redirects", "mail", "exposure", "caching", "edge"} <= {
        r["family"] for r in rows
    }
    assert all(r["why"] and r["fix"] for r in rows)


def test_explain_shows_why_and_fix(launchready: Run) -> None:
    done = launchready("explain", "certificate-expired")
    assert done.returncode == 0
    assert "Why" in done.stdout
    assert "Fix" in done.stdout


def test_init_writes_a_manifest_that_loads_and_says_what_is_open(
    launchready: Run, healthy: Served, tmp_path: Path
) -> None:
    done = launchready("init", "willow.example", *healthy.network)
    assert done.returncode == 0, done.stderr
    manifest = load_manifest(tmp_path / "launchready.toml")
    assert manifest.hosts["www.willow.example"].redirects_to == "willow.example"
    assert manifest.routes["https://app.willow.example/login"].kind == "auth"
    assert manifest.launch.edge == "cloudflare"
    assert "# TODO" in (tmp_path / "launchready.toml").read_text()


def test_init_does_not_write_over_a_manifest(launchready: Run, tmp_path: Path) -> None:
    (tmp_path / "launchready.toml").write_text("mine")
    done = launchready("init", "example.org")
    assert done.returncode == 2
    assert (tmp_path / "launchready.toml").read_text() == "mine"


def test_mail_spf_says_the_result_and_its_steps(launchready: Run, healthy: Served) -> None:
    options = [o for o in healthy.network if not o.endswith("ca.pem") and o != "--ca"]
    done = launchready(
        "mail", "spf", "willow.example", "--ip", "198.51.100.25", "--mail-from", "a@willow.example",
        "--helo", "mx1.willow.example", "-f", "json", *options,
    )  # fmt: skip
    data = json.loads(done.stdout)
    assert data["result"] == "pass"
    assert data["steps"]
    other = launchready(
        "mail", "spf", "willow.example", "--ip", "192.0.2.1", "-f", "json", *options
    )
    assert json.loads(other.stdout)["result"] == "fail"
    told = launchready("mail", "spf", "willow.example", "--ip", "198.51.100.25", *options).stdout
    assert "[1 look-up]" in told


def test_mail_dmarc_says_policy_and_alignment(launchready: Run, healthy: Served) -> None:
    options = [o for o in healthy.network if not o.endswith("ca.pem") and o != "--ca"]
    data = json.loads(
        launchready("mail", "dmarc", "app.willow.example", "-f", "json", *options).stdout
    )
    assert (data["policy_domain"], data["organizational_domain"], data["policy"]) == (
        "willow.example",
        "willow.example",
        "reject",
    )
    assert data["result"] is None
    aligned = launchready(
        "mail",
        "dmarc",
        "willow.example",
        "--spf-domain",
        "news.willow.example",
        "-f",
        "json",
        *options,
    )
    assert json.loads(aligned.stdout)["result"] == "pass"


def test_mail_verify_reads_a_saved_message(
    launchready: Run, healthy: Served, tmp_path: Path
) -> None:
    (tmp_path / "m.eml").write_text(
        "Return-Path: <a@willow.example>\r\nFrom: A <a@willow.example>\r\nSubject: hi\r\n\r\nhello\r\n"
    )
    options = [o for o in healthy.network if not o.endswith("ca.pem") and o != "--ca"]
    done = launchready("mail", "verify", "m.eml", "--ip", "198.51.100.25", "-f", "json", *options)
    data = json.loads(done.stdout)
    assert (data["spf"]["result"], data["dkim"], data["dmarc"]["result"]) == ("pass", [], "pass")


def test_mail_verify_does_not_say_that_dmarc_fails_before_spf_was_looked_at(
    launchready: Run, healthy: Served, tmp_path: Path
) -> None:
    (tmp_path / "m.eml").write_text("From: A <a@willow.example>\r\n\r\nhello\r\n")
    options = [o for o in healthy.network if not o.endswith("ca.pem") and o != "--ca"]
    done = launchready("mail", "verify", "m.eml", *options)
    assert "DMARC: fail, unless SPF passes: add --ip" in done.stdout
    nobody = launchready("mail", "verify", "m.eml", "--ip", "203.0.113.99", *options)
    assert "SPF:   not checked: add --mail-from" in nobody.stdout
    assert "names neither its envelope's sender (Return-Path) nor" in nobody.stdout
    assert "DMARC: fail, unless SPF passes: add --mail-from" in nobody.stdout
    sender = ("--mail-from", "a@willow.example")
    settled = launchready("mail", "verify", "m.eml", "--ip", "203.0.113.99", *sender, *options)
    assert "DMARC: fail (reject" in settled.stdout


def test_mail_verify_says_what_a_file_is_that_is_no_message(
    launchready: Run, tmp_path: Path
) -> None:
    (tmp_path / "m.msg").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600))
    done = launchready("mail", "verify", "m.msg")
    assert done.returncode == 2
    assert "m.msg is an Outlook item (.msg)" in done.stderr


def test_the_demo_lists_its_defects(launchready: Run) -> None:
    done = launchready("demo", "--list")
    assert "certificate-expired" in done.stdout


def test_the_demo_that_keeps_running_says_where_a_browser_finds_it_and_who_comes_in(
    healthy: Served,
) -> None:
    told = re.search(r"Walk through it in a browser: (http://localhost:\d+)\n", healthy.said)
    assert told is not None
    assert "member@willow.example, or as admin@willow.example" in healthy.said
    answer = httpx.get(told[1], trust_env=False, timeout=60)
    assert (answer.status_code, "Become a member" in answer.text) == (200, True)


def test_the_healthy_demo_is_a_go(started: Run, tmp_path: Path) -> None:
    done = started("demo", "--healthy")
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "launchready-report.html").is_file()
    assert "demo --serve" not in done.stderr


def test_the_demo_with_its_showcase_is_a_no_go(started: Run) -> None:
    done = started("demo", "-f", "json")
    assert done.returncode == 1
    assert len(json.loads(done.stdout)["findings"]) >= 10
    assert "keep it running elsewhere: launchready demo --serve\n" in done.stderr


def test_without_its_packages_the_demo_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "sys.modules['fastapi'] = None  # as where it is not installed\n"
        "sys.argv = ['launchready', 'demo', '--healthy']\n"
        "from launchready.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "The demo needs more packages than the audit: uvx --from 'launchready[demo]' launchready demo"
    ]


PROGRAM = str(Path(sys.executable).with_name("launchready"))


@pytest.fixture(scope="module")
def completion() -> str:
    """The script that the program gives to bash."""
    return subprocess.run(
        [PROGRAM, "--show-completion", "bash"], capture_output=True, text=True, check=True,
        env=os.environ | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
    ).stdout  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("recheck spf-too", "spf-too-many-lookups"),
        ("audit --only mail,spf-too", "mail,spf-too-many-lookups"),
        ("checks rate", "rate-limits"),
        ("demo --defect spf-too", "spf-too-many-lookups"),
    ],
)
def test_tab_in_bash_offers_what_begins_as_typed(
    typed: str, offered: str, completion: str, tmp_path: Path
) -> None:
    words = f"launchready {typed}".split()
    ask = (
        f"COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}\n"
        f"_launchready_completion {shlex.quote(PROGRAM)}\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", f"{completion}\n{ask}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert offered in done.stdout.split()
