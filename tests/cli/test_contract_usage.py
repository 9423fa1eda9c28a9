"""Exit statuses, and sentences where something cannot be used."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from pathlib import Path

import pytest

from launchready.cli import run
from launchready.cli.options import UsageError, contents
from launchready.manifest import load_manifest
from tests.cli.conftest import LAUNCHREADY, Run, Served

LAUNCH = '[launch]\ndomain = "example.org"\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "launchready.toml").write_text(LAUNCH)
    (tmp_path / "garbage").write_bytes(b"\x00garbage")
    (tmp_path / "empty.eml").write_bytes(b"")
    (tmp_path / "odd.json").write_text('{"outcomes": [5]}')
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("audit --only tls --skip tls", "leave no check to run"),
        ("audit --only ,", "names no check"),
        ("audit --ca garbage", "holds no certificate"),
        ("audit example.org -m other.toml", "leave one out"),
        ("audit -f html,json -o a.html -o b.html", "no --output takes it"),
        ("audit -f pdf", "is no format"),
        ("explain tls", "is a family"),
        ("explain DMARC-Missing", "Did you mean 'dmarc-missing'?"),
        ("recheck tls", "`launchready audit --only tls` runs them all"),
        ("recheck spf-missing -m no.toml", "`launchready recheck spf-missing example.org`"),
        ("smoke", "names no test member"),
        ("audit launchready.toml", "`--manifest launchready.toml` reads a manifest"),
        ("compare odd.json odd.json", "is not a JSON report"),
        ("compare garbage garbage", "is not JSON"),
        ("checks -f xml", "is no format"),
        ("init example.org", "is there already"),
        ("init example.org -o .", "is a folder"),
        ("mail verify empty.eml", "is empty"),
        ("mail spf example.org --ip nonsense", "is not an IP address"),
    ],
)
def test_what_cannot_be_used_exits_with_2_and_a_sentence(
    arguments: str, sentence: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(arguments.split())
    said = capsys.readouterr().err
    assert status == 2, said
    assert here.is_dir()
    assert sentence in said
    assert "Value error" not in said
    assert "Error: Invalid value: " not in said


@pytest.mark.parametrize("command", [["spf", "", "--ip", "192.0.2.1"], ["dmarc", " "]])
def test_an_empty_domain_is_bad_usage(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["mail", *command]) == 2
    assert "the domain is empty" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["audit"], ["init"], ["recheck", "spf-missing"]])
def test_an_address_is_no_domain_to_look_at(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, "203.0.113.5"]) == 2
    assert "203.0.113.5 is an address; name the domain" in capsys.readouterr().err


COMMANDS = [
    [], ["audit"], ["smoke"], ["recheck"], ["init"], ["checks"], ["explain"], ["compare"],
    ["demo"], ["mail"], ["mail", "spf"], ["mail", "dmarc"], ["mail", "verify"],
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_fits_80_columns_and_cuts_no_sentence_off(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run([*command, "--help"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    assert "..." not in text.replace("[ARGS]...", "")


def test_the_exit_statuses_stand_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    run(["--help"])
    assert "0 go, 1 no-go, 2 bad usage or manifest, 3" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["--version", "checks", "checks -f json", "--help"])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told_without_a_traceback(command: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*LAUNCHREADY, *command.split()], stdout=full, stderr=subprocess.PIPE, text=True,
            check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == 3
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("form", ["terminal", "json"])
def test_a_reader_that_leaves_does_not_change_the_status(
    form: str, healthy: Served, tmp_path: Path
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*LAUNCHREADY, "audit", "-m", str(healthy.manifest), "--only", "tls", "-f", form],
        cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
    )  # fmt: skip
    os.close(writing)
    assert done.returncode == 0, done.stderr
    assert "Broken" not in done.stderr


def test_a_report_that_cannot_be_written_takes_no_verdict_away(
    launchready: Run, healthy: Served, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("")
    done = launchready(
        "audit", "-m", str(healthy.manifest), "--only", "tls", "-o", "taken/r.json", "-f",
        "terminal,json",
    )  # fmt: skip
    assert done.returncode == 3
    assert "taken/r.json could not be written" in done.stderr
    assert "GO" in done.stdout
    assert list(tmp_path.glob(".launchready/runs/*/report.json"))


def test_a_device_is_written_to_and_never_replaced(
    launchready: Run, healthy: Served, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True)
    done = launchready(
        "audit", "-m", str(healthy.manifest), "--only", "dnssec-bogus", "-f", "json", "-o",
        str(pipe),
    )  # fmt: skip
    text, _ = reader.communicate(timeout=30)
    assert done.returncode == 0, done.stderr
    assert pipe.is_fifo()
    assert json.loads(text)["verdict"] == "go"


def test_a_part_of_a_lines_checks_does_not_prove_the_line(
    launchready: Run, healthy: Served
) -> None:
    done = launchready("recheck", "certificate-expired", "-m", str(healthy.manifest), "-f", "json")
    bar = {line["line"]: line for line in json.loads(done.stdout)["minimum_bar"]}
    assert done.returncode == 0
    assert {line["answer"] for line in bar.values()} == {"not proven"}
    assert "only some of its checks ran" in bar["https"]["evidence"]
    assert "none of its checks ran" in bar["mail"]["evidence"]


def test_every_line_that_is_not_proven_says_how_to_prove_it(
    launchready: Run, broken: Served
) -> None:
    done = launchready("audit", "-m", str(broken.manifest), "-f", "json")
    report = json.loads(done.stdout)
    assert len(report["minimum_bar"]) == 10
    for line in report["minimum_bar"]:
        assert line["answer"] in {"yes", "no", "not proven"}
        assert line["evidence"].strip()
        if line["answer"] == "not proven":
            assert line["evidence"].rstrip().endswith((".", "`")), line


def test_init_keeps_the_way_that_it_looked(
    launchready: Run, healthy: Served, tmp_path: Path
) -> None:
    done = launchready("init", "willow.example", *healthy.network)
    assert done.returncode == 0, done.stderr
    network = load_manifest(tmp_path / "launchready.toml").network
    given = tomllib.loads(healthy.manifest.read_text())["network"]
    assert list(network.resolvers) == given["resolvers"]
    assert list(network.dial) == given["dial"]
    again = launchready("audit", "--only", "does-not-resolve")
    assert again.returncode == 0, again.stdout


@pytest.mark.parametrize("only", ["dns", "dns,tls,mail", "spf-missing", "dmarc-missing"])
def test_without_any_resolver_nothing_is_a_go(only: str, launchready: Run, healthy: Served) -> None:
    done = launchready(
        "audit", "-m", str(healthy.manifest), "--only", only, "--resolver", "127.0.0.1:1", "-f",
        "json",
    )  # fmt: skip
    assert done.returncode == 3
    assert json.loads(done.stdout)["verdict"] == "no-go"
    assert "no DNS resolver is of use from here" in done.stderr


@pytest.mark.parametrize("command", [["smoke"], ["recheck", "no-rollback-named"]])
def test_a_wrong_format_is_refused_before_anything_is_looked_at(
    command: list[str], launchready: Run, healthy: Served
) -> None:
    done = launchready(*command, "-m", str(healthy.manifest), "-f", "bogus")
    assert done.returncode == 2
    assert "'bogus' is no format" in done.stderr
    assert "Looking at" not in done.stderr


def test_init_without_any_resolver_writes_nothing(launchready: Run, tmp_path: Path) -> None:
    done = launchready("init", "example.org", "--resolver", "127.0.0.1:9")
    assert done.returncode == 3, done.stderr
    assert "no DNS resolver is of use" in done.stderr
    assert "example.org could not be looked up" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_where_nothing_takes_the_words_the_status_is_not_that_of_a_no_go(tmp_path: Path) -> None:
    for command in (["audit"], ["explain", "nothing"], ["audit", "-m", "nothing.toml"]):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [*LAUNCHREADY, *command], cwd=tmp_path, stdout=full, stderr=full, check=False
            )
        assert done.returncode in {2, 3}, command


@pytest.mark.parametrize("command", ["--version", "checks", "checks -f json"])
def test_without_a_standard_output_the_status_still_tells(command: str) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" "$@" >&-', *LAUNCHREADY, *command.split()],
        stderr=subprocess.PIPE, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_without_a_standard_error_its_lines_do_not_stand_in_the_report(
    healthy: Served, tmp_path: Path
) -> None:
    audit = [*LAUNCHREADY, "audit", "-m", str(healthy.manifest), "--only", "tls", "-f", "json"]
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" "$@" 2>&-', *audit],
        cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0
    assert json.loads(done.stdout)["headline"].startswith("GO")


def test_a_file_without_an_end_is_not_read_to_its_end() -> None:
    with pytest.raises(UsageError, match="zero is larger than a message"):
        contents(Path("/dev/zero"), bytes_max=1000, larger="a message")


def test_a_pipe_is_read_like_a_file() -> None:
    done = subprocess.run(
        [*LAUNCHREADY, "mail", "verify", "/dev/stdin"],
        input="", capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "/dev/stdin is empty" in done.stderr
