from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from launchready import cli

LAUNCHREADY = [sys.executable, "-m", "launchready"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A demo that another process serves: its manifest, the member's variables, and what it said."""

    manifest: Path
    environment: dict[str, str]
    said: str

    @property
    def network(self) -> list[str]:
        """Options that lead a command without a manifest to the demo."""
        import tomllib

        network = tomllib.loads(self.manifest.read_text())["network"]
        options = ["--ca", str(self.manifest.parent / network["ca"])]
        for resolver in network["resolvers"]:
            options += ["--resolver", resolver]
        for line in network["dial"]:
            options += ["--dial", line]
        return options


def serve(folder: Path, *arguments: str) -> tuple[subprocess.Popen[str], Served]:
    process = subprocess.Popen(
        [*LAUNCHREADY, "demo", "--serve", *arguments],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    watchdog = threading.Timer(180, process.kill)
    watchdog.start()
    seen = ""
    while "Ctrl-C" not in seen:
        line = process.stdout.readline()
        assert line, f"the demo did not start:\n{seen}"
        seen += line
    watchdog.cancel()
    environment = dict(re.findall(r"(LAUNCHREADY_\w+)=(\S+)", seen))
    return process, Served(
        manifest=folder / ".launchready" / "demo" / "launchready.toml",
        environment=environment,
        said=seen,
    )


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    assert process.stdout is not None
    process.stdout.close()


@pytest.fixture(scope="session")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    process, served = serve(tmp_path_factory.mktemp("healthy"), "--healthy")
    yield served
    end(process)


@pytest.fixture(scope="session")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    process, served = serve(
        tmp_path_factory.mktemp("broken"),
        "--defect",
        "certificate-expired",
        "--defect",
        "no-rollback-named",
    )
    yield served
    end(process)


Run = Callable[..., subprocess.CompletedProcess[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """One whole audit of the broken demo, shown and written."""

    status: int
    screen: str
    report: dict[str, Any]


@pytest.fixture(scope="session")
def audited(broken: Served, tmp_path_factory: pytest.TempPathFactory) -> Audited:
    folder = tmp_path_factory.mktemp("audited")
    done = subprocess.run(
        [*LAUNCHREADY, "audit", "-m", str(broken.manifest), "--active", "-f", "terminal,json", "-o", "r.json"],
        cwd=folder, capture_output=True, text=True, timeout=200, check=False,
        env=os.environ | broken.environment | {"COLUMNS": "80", "NO_COLOR": "1"},
    )  # fmt: skip
    report = json.loads((folder / "r.json").read_text())
    return Audited(status=done.returncode, screen=done.stdout, report=report)


@pytest.fixture
def launchready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Run a command in an empty folder; `member` gives it the test member's variables.

    It runs in this process, for a start takes longer than most commands do.
    """
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def run(*arguments: str, member: Served | None = None) -> subprocess.CompletedProcess[str]:
        capsys.readouterr()
        with monkeypatch.context() as here:
            here.chdir(tmp_path)
            for name, value in (
                {"COLUMNS": "80", "NO_COLOR": "1"} | (member.environment if member else {})
            ).items():
                here.setenv(name, value)
            status = cli.run(list(arguments))
        said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, status, said.out, said.err)

    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def started(tmp_path: Path) -> Run:
    """Run the program as `launchready` does, in a process of its own."""

    def run(*arguments: str, member: Served | None = None) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"COLUMNS": "80", "NO_COLOR": "1"}
        environment |= member.environment if member else {}
        return subprocess.run(
            [*LAUNCHREADY, *arguments], cwd=tmp_path, capture_output=True, text=True,
            timeout=120, env=environment, check=False,
        )  # fmt: skip

    return run
