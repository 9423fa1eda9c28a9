"""Measure guard(app, …): against the bare app and against a package a feature, in one run.

Prints a table; with --write, the guard's part of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from guarded import KINDS, PATH
from measuring import Line, machine, table, write_part

HERE = Path(__file__).parent
CONNECTIONS = 32
WARM_TURNS = 4
WANTED_RATIO = 0.8
USUAL = """\
One process of uvicorn (httptools, uvloop) serves the same FastAPI route each time; another process
asks them in turn over {connections} keep-alive connections each, for {seconds:g} s at a time, {turns} times in a
round. Each round has processes of its own; the ratios are the medians of the rounds'. Guard
has every part on: request ids, body and time limits, errors, headers, CORS, caching, request lines
into a file, figures, and limits, though none is due on a route of this kind.
The stack has the best of each that we found: slowapi (its ASGI middleware) for limits, which counts
here, asgi-correlation-id, secure, starlette-exporter, Starlette's CORS, and the shortest JSON request
line through `logging`. It has no body and time limits, no errors and no caching."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one process did under load."""

    per_s: float
    cpu_us: float
    """CPU of the server process for a request."""


class Server:
    """A process that serves one kind of the app."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.port = int(self._said())

    def cpu_s(self) -> float:
        """Return the CPU seconds that it has used so far."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._said())

    def _said(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def serving(kind: str, folder: Path) -> Iterator[Server]:
    """Serve a kind of the app as long as the context lasts."""
    words = [sys.executable, str(HERE / "guarded.py"), kind, str(folder / f"{kind}.log")]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Server(process)
        finally:
            process.kill()


def load(servers: list[Server], seconds: float, turns: int) -> list[Round]:
    """Load servers in turn and return what each did.

    Raises RuntimeError when an answer was not a 200.
    """
    words = [
        sys.executable, str(HERE / "loading.py"), PATH, str(CONNECTIONS), str(seconds), str(turns),
        *(str(server.port) for server in servers),
    ]  # fmt: skip
    before = [server.cpu_s() for server in servers]
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True)
    rounds = []
    for server, before_s, found in zip(servers, before, json.loads(done.stdout), strict=True):
        if found["failed"] or not found["answers"]:
            raise RuntimeError(f"{found['failed']} answers failed")
        cpu_us = 1e6 * (server.cpu_s() - before_s) / found["answers"]
        rounds.append(Round(per_s=found["answers"] / found["seconds"], cpu_us=cpu_us))
    return rounds


def measure(rounds: int, seconds: float, turns: int, kinds: list[str]) -> dict[str, list[Round]]:
    """Return the rounds of each kind, in their order.

    Each round has processes of its own: where the code of one happens to lie in memory, and how
    its names hash, makes it faster or slower than another of the same kind.
    """
    measured: dict[str, list[Round]] = {kind: [] for kind in kinds}
    for _ in range(rounds):
        with ExitStack() as stack, tempfile.TemporaryDirectory() as name:
            servers = [stack.enter_context(serving(kind, Path(name))) for kind in kinds]
            load(servers, seconds, WARM_TURNS)
            for kind, found in zip(kinds, load(servers, seconds, turns), strict=True):
                measured[kind].append(found)
                print(f"{kind}: {found.per_s:.0f}/s {found.cpu_us:.1f} µs", file=sys.stderr)
    return measured


def lines(measured: dict[str, list[Round]]) -> list[Line]:
    """Return the table's lines."""
    names = {"bare": "bare FastAPI", "guard": "with guard", "stack": "with a package a feature"}
    found = []
    for kind, own in measured.items():
        pairs = list(zip(own, measured["bare"], strict=True))
        times = statistics.median(a.per_s / b.per_s for a, b in pairs)
        cpu = statistics.median(a.cpu_us for a in own)
        more = statistics.median(a.cpu_us - b.cpu_us for a, b in pairs)
        wanted = {"guard": f"{WANTED_RATIO:.0%} or more"}.get(kind, "")
        found.append(
            Line(
                what=f"small JSON route, {names[kind]}",
                measured=f"{statistics.median(a.per_s for a in own):,.0f} requests/s, {times:.0%} "
                f"of bare; {cpu:.0f} µs CPU a request ({more:+.0f})",
                wanted=wanted,
                holds=times >= WANTED_RATIO if wanted else None,
            )
        )
    if {"guard", "stack"} <= measured.keys():
        ahead = statistics.median(
            g.per_s / s.per_s for g, s in zip(measured["guard"], measured["stack"], strict=True)
        )
        found.append(
            Line(
                what="guard over that stack", measured=f"{ahead:.2f} times the requests/s",
                wanted="ahead", holds=ahead > 1,
            )
        )  # fmt: skip
    return found


def main() -> int:
    """Measure, print, and return 0 when everything wanted holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.05, help="of one turn")
    parser.add_argument("--turns", type=int, default=60)
    parser.add_argument("--only", default="", help="bare and this kind alone")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    kinds = [k for k in KINDS if not options.only or k in {"bare", options.only}]
    found = lines(measure(options.rounds, options.seconds, options.turns, kinds))
    print(table(found))
    if options.write:
        told = USUAL.format(connections=CONNECTIONS, seconds=options.seconds, turns=options.turns)
        write_part(
            "The guard", "make bench-guard",
            [
                f"{machine()}, medians of {options.rounds} rounds.",
                "", table(found), "", told,
            ],
        )  # fmt: skip
    return 0 if all(line.holds is not False for line in found) else 1


if __name__ == "__main__":
    sys.exit(main())
