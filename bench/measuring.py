"""What a command costs: wall, CPU and peak memory, its children included; and how it is told."""

from __future__ import annotations

import datetime as dt
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
TOP = """\
# How fast it is

Each part below is measured in one run by the command that it names, which writes it here. Ratios
come first: they say more than seconds do on a machine that is not yours.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a table. `holds` is None where nothing is wanted."""

    what: str
    measured: str
    wanted: str = ""
    holds: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run, or the median of several, took."""

    wall_s: float
    cpu_s: float
    """User and system time of the process and of the children it waited for."""
    peak_mb: float
    """Peak resident memory of the process itself."""
    status: int = 0
    output: str = ""


def run(
    words: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Cost:
    """Run a command to its end and return what it took. Its two outputs are read together."""
    before = time.perf_counter()
    process = subprocess.Popen(
        [str(w) for w in words],
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    output = process.stdout.read().decode("utf-8", "replace")
    _, status, used = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - before
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    return Cost(
        wall_s=wall_s,
        cpu_s=used.ru_utime + used.ru_stime,
        # macOS counts bytes, Linux kilobytes.
        peak_mb=used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3),
        status=process.returncode,
        output=output,
    )


def median(costs: Sequence[Cost]) -> Cost:
    """Return the medians of several runs, each figure on its own."""
    return Cost(
        wall_s=statistics.median(c.wall_s for c in costs),
        cpu_s=statistics.median(c.cpu_s for c in costs),
        peak_mb=statistics.median(c.peak_mb for c in costs),
        status=max(c.status for c in costs),
    )


def interleaved(commands: Mapping[str, Callable[[], Cost]], rounds: int) -> dict[str, list[Cost]]:
    """Run each command once a round, so that a busy machine slows all of them alike."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            costs[name].append(command())
    return costs


def ratio(costs: Mapping[str, Sequence[Cost]], over: str, under: str) -> float:
    """Return the median over the rounds of one command's wall time over another's."""
    pairs = zip(costs[over], costs[under], strict=True)
    return statistics.median(a.wall_s / b.wall_s for a, b in pairs)


def first_line(words: Sequence[str | Path], folder: Path, after: str = "Looking at") -> Cost:
    """Return the time until a command says a line that does not begin with `after`; it is ended then."""
    before = time.perf_counter()
    with subprocess.Popen(
        [str(w) for w in words],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() and not line.startswith(after.encode()):
                break
        else:
            raise RuntimeError("the command said nothing")
        wall_s = time.perf_counter() - before
        process.kill()
    return Cost(wall_s=wall_s, cpu_s=0, peak_mb=0, output=line.decode("utf-8", "replace"))


def table(lines: Sequence[Line]) -> str:
    """Return the lines as a table in Markdown."""
    rows = ["| what | measured | wanted | holds |", "|---|---|---|---|"]
    words = {None: "", True: "yes", False: "**no**"}
    rows += [f"| {r.what} | {r.measured} | {r.wanted} | {words[r.holds]} |" for r in lines]
    return "\n".join(rows)


def machine() -> str:
    """Return the day and what was measured on."""
    today = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"
    return (
        f"{today}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    )


def write_part(title: str, command: str, text: Sequence[str]) -> None:
    """Write one part of docs/benchmarks.md; the others stay as they are."""
    _, *parts = PAGE.read_text(encoding="utf-8").split("\n## ")
    kept = {part.partition("\n")[0]: part.partition("\n")[2].strip() for part in parts}
    kept[title] = "\n".join([f"By `{command}`. {text[0]}", *text[1:]])
    body = "".join(f"\n## {name}\n\n{told}\n" for name, told in kept.items())
    PAGE.write_text(TOP + body, encoding="utf-8")
