"""Ctrl-C on a terminal: it ends within about a second and leaves what was found."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from launchready.manifest import load_manifest
from tests.cli.conftest import LAUNCHREADY, Served

LONGEST_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a command on a terminal came to."""

    status: int
    screen: str


def start(arguments: Sequence[str], folder: Path) -> tuple[int, int]:
    """Run the program on a terminal of its own; return its process and the terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ |= {"TERM": "xterm", "NO_COLOR": "1"}
        # Whoever runs the tests in the background has Ctrl-C ignored, and that is inherited.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execv(LAUNCHREADY[0], [*LAUNCHREADY, *arguments])  # noqa: S606
    return pid, terminal


def on_terminal(
    arguments: Sequence[str],
    folder: Path,
    steps: Sequence[tuple[str, bytes]],
    *,
    after_s: float = 0,
) -> Typed:
    """Run the program on a terminal of its own and type each step once its text is on the screen.

    Nothing is typed before `after_s` seconds have gone by.
    """
    pid, terminal = start(arguments, folder)
    waiting, screen, unseen = list(steps), b"", b""
    begins = time.monotonic() + after_s
    ends = begins + LONGEST_S
    while time.monotonic() < ends:
        ready, _, _ = select.select([terminal], [], [], 0.1)
        if ready:
            try:
                some = os.read(terminal, 65536)
            except OSError:
                break
            if not some:
                break
            screen, unseen = screen + some, unseen + some
        if waiting and time.monotonic() >= begins and waiting[0][0].encode() in unseen:
            os.write(terminal, waiting.pop(0)[1])
            unseen = b""
    else:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return Typed(status=os.waitstatus_to_exitcode(status), screen=screen.decode("utf-8", "replace"))


@pytest.fixture
def silent() -> Iterator[str]:
    """A name server that never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_ctrl_c_while_discovering_leaves_a_partial_report(silent: str, tmp_path: Path) -> None:
    typed = on_terminal(
        ["audit", "example.org", "--resolver", silent, "-f", "terminal,json", "-o", "r.json"],
        tmp_path,
        [("Finding out", b"\x03")],
    )
    assert typed.status == 3, typed.screen
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["partial"] is True
    assert report["verdict"] == "no-go"
    assert len(list(tmp_path.glob(".launchready/runs/*/report.json"))) == 1
    assert "Traceback" not in typed.screen


def test_an_impatient_second_ctrl_c_does_not_cost_the_report(silent: str, tmp_path: Path) -> None:
    typed = on_terminal(
        ["audit", "example.org", "--resolver", silent, "-f", "terminal,json", "-o", "r.json"],
        tmp_path,
        [("Finding out", b"\x03"), ("^C", b"\x03")],
    )
    assert typed.status == 3, typed.screen
    assert json.loads((tmp_path / "r.json").read_text())["partial"] is True


def test_ctrl_c_while_collecting_leaves_what_was_found(broken: Served, tmp_path: Path) -> None:
    typed = on_terminal(
        ["audit", "-m", str(broken.manifest), "-f", "terminal,json", "-o", "r.json"],
        tmp_path,
        [("resolves to", b"\x03")],
    )
    assert typed.status in {1, 3}, typed.screen
    report = json.loads((tmp_path / "r.json").read_text())
    counted = [o for o in report["outcomes"] if o["status"] != "not_applicable"]
    assert report["partial"] is True
    assert "Traceback" not in typed.screen
    assert report["total"] == len(counted)
    assert report["proven"] == sum(o["status"] == "passed" for o in counted)


def test_told_to_end_it_leaves_what_was_found(broken: Served, tmp_path: Path) -> None:
    """A CI that cancels, a container that stops and timeout(1) send SIGTERM."""
    process = subprocess.Popen(
        [*LAUNCHREADY, "audit", "-m", str(broken.manifest)],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    while "resolves to" not in (line := process.stderr.readline()):
        assert line, "it ended before anything was seen"
    process.terminate()
    screen, _ = process.communicate(timeout=LONGEST_S)
    assert process.returncode in {1, 3}, screen
    (kept,) = tmp_path.glob(".launchready/runs/*/report.json")
    assert json.loads(kept.read_text())["partial"] is True


LATE = """
import os, signal
from launchready.cli import showing
def interrupted(report):
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    return ""
showing.RENDER["markdown"] = interrupted
from launchready.__main__ import main
main()
"""
"""The program, which is told to end while it writes its first report."""


def test_ctrl_c_while_the_report_is_written_does_not_cost_it(
    broken: Served, tmp_path: Path
) -> None:
    arguments = [
        "audit",
        "-m",
        str(broken.manifest),
        "--only",
        "upkeep",
        "-o",
        "a.md",
        "-o",
        "b.json",
    ]
    done = subprocess.run(
        [sys.executable, "-c", LATE, *arguments],
        cwd=tmp_path, capture_output=True, text=True, timeout=LONGEST_S, check=False,
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stderr
    assert json.loads((tmp_path / "b.json").read_text())["partial"] is False
    assert len(list(tmp_path.glob(".launchready/runs/*/report.json"))) == 1


def test_what_init_is_told_stands_in_the_manifest_and_what_it_is_not_told_stays_open(
    healthy: Served, tmp_path: Path
) -> None:
    answers = [
        ("doors open", b"31.12.2026\r"), ("doors open", b"2026-12-31\r"),
        ("domain is renewed", b'Ada "A" <ada@example.org>, Bo\r'), ("DNS records", b",, ,\r"),
        ("deploy", b"\r"), ("mail provider", b"\r"), ("told", b"\r"),
        ("watches", b"\r"), ("go back", b"fly deploy --image x # 1\r"),
    ]  # fmt: skip
    typed = on_terminal(["init", "willow.example", *healthy.network], tmp_path, answers)
    assert typed.status == 0, typed.screen
    stated = load_manifest(tmp_path / "launchready.toml")
    assert str(stated.launch.date) == "2026-12-31"
    assert list(stated.people.domain) == ['Ada "A" <ada@example.org>', "Bo"]
    assert "# TODO dns = " in (tmp_path / "launchready.toml").read_text()
    assert stated.deployment.rollback == "fly deploy --image x # 1"


@pytest.mark.parametrize("key", [b"\x03", b"\x04"], ids=["ctrl-c", "ctrl-d"])
def test_init_stopped_at_a_question_ends_in_words_and_writes_nothing(
    key: bytes, healthy: Served, tmp_path: Path
) -> None:
    typed = on_terminal(
        ["init", "willow.example", *healthy.network],
        tmp_path,
        [("doors open", b"\r"), ("renewed", key)],
    )
    assert typed.status == 3, typed.screen
    assert typed.screen.rstrip().endswith("Stopped.")
    assert not (tmp_path / "launchready.toml").exists()


@pytest.mark.parametrize(
    "command",
    [
        lambda at: ["init", "example.org", "--resolver", at],
        lambda at: ["mail", "spf", "example.org", "--ip", "192.0.2.1", "--resolver", at],
    ],
)
def test_ctrl_c_ends_every_other_command_without_a_traceback(
    command: Callable[[str], list[str]], silent: str, tmp_path: Path
) -> None:
    # Wherever it is by then, importing or asking: it must end in words.
    typed = on_terminal(command(silent), tmp_path, [("", b"\x03")], after_s=1)
    assert typed.status == 3, typed.screen
    assert "Stopped." in typed.screen
    assert "Traceback" not in typed.screen
    assert not (tmp_path / "launchready.toml").exists()


def test_nothing_heavy_is_imported_where_nothing_catches_ctrl_c_yet() -> None:
    # What the door imports before it stands in its own try block dies with a traceback.
    asked = "import sys; before = set(sys.modules); import launchready.__main__; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"launchready", "launchready.__main__", "__future__"}
