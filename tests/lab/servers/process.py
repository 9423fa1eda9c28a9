"""A server as a child process: started with its own files, awaited, stopped hard."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

START_DEADLINE_S = 30.0
_TOOL_DEADLINE_S = 30.0
_STOP_DEADLINE_S = 5.0
_LOG_SHOWN_BYTES = 8_000
# Debian keeps daemons out of an ordinary user's PATH.
_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"))

BINARIES = {
    "nginx": "nginx",
    "knotd": "knot",
    "keymgr": "knot",
    "unbound": "unbound",
    "postfix": "postfix",
    "dig": "bind9-dnsutils",
    "openssl": "openssl",
    "curl": "curl",
}


class ServerDidNotStartError(RuntimeError):
    """A lab server ended or stayed deaf; the message holds the end of its log."""


def path_of(binary: str) -> str | None:
    """Return where a server's binary is, or None where it is not installed."""
    return shutil.which(binary, path=_PATH)


def missing_packages() -> list[str]:
    """Return the Debian packages that the lab needs and this machine lacks, sorted."""
    return sorted({package for binary, package in BINARIES.items() if path_of(binary) is None})


def run_tool(*command: str, env: dict[str, str] | None = None) -> str:
    """Return what a command printed; raise RuntimeError with its words where it failed."""
    done = subprocess.run(
        [path_of(command[0]) or command[0], *command[1:]],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_TOOL_DEADLINE_S,
        check=False,
        env=env,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    return done.stdout


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One running server, and where it must be listening before a test may use it."""

    name: str
    process: subprocess.Popen[bytes]
    guard: subprocess.Popen[bytes]
    log: Path
    listens: tuple[tuple[str, int], ...]

    def await_ready(self, deadline: float) -> None:
        """Return once every address accepts TCP; `deadline` is a time.monotonic() instant.

        Raises ServerDidNotStartError with the server's own words otherwise.
        """
        for address, port in self.listens:
            while not _accepts(address, port):
                if self.process.poll() is not None:
                    raise ServerDidNotStartError(
                        f"{self.name} ended with {self.process.returncode}:\n{self.log_end()}"
                    )
                if time.monotonic() > deadline:
                    raise ServerDidNotStartError(
                        f"{self.name} does not accept on {address}:{port}:\n{self.log_end()}"
                    )
                time.sleep(0.02)

    def log_end(self) -> str:
        """Return the last few kilobytes that the server wrote."""
        try:
            return self.log.read_bytes()[-_LOG_SHOWN_BYTES:].decode(errors="replace")
        except FileNotFoundError:
            return "(no log)"

    def stop(self) -> None:
        """End the server and all its children at once: nothing in a lab is worth a clean goodbye."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.guard.pid, signal.SIGKILL)
        self.guard.communicate(timeout=_STOP_DEADLINE_S)
        self.process.wait(timeout=_STOP_DEADLINE_S)


def start(
    name: str,
    command: Sequence[str],
    *,
    directory: Path,
    listens: Sequence[tuple[str, int]],
    env: dict[str, str] | None = None,
) -> Server:
    """Start a server in the foreground in a process group of its own; the log is in `directory`."""
    log = directory / f"{name}.log"
    # A test process that is killed must not leave daemons behind. The guard's input ends with it,
    # however it ends; the kernel's own death signal is lost on servers that change their user.
    guard = subprocess.Popen(
        ["sh", "-c", "read -r _; kill -KILL 0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )
    try:
        with log.open("wb") as output:
            process = subprocess.Popen(
                [path_of(command[0]) or command[0], *command[1:]],
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=guard.pid,
                env=env,
            )
    except OSError:
        guard.kill()
        guard.communicate()
        raise
    return Server(name=name, process=process, guard=guard, log=log, listens=tuple(listens))


def _accepts(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1.0):
            return True
    except OSError:
        return False
