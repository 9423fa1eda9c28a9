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
WARM_S = 0.5
TURNS = 6
"""Blocks of each kind in a round: a machine's other work comes and goes within seconds, so that what
is compared must lie close together."""
WANTED_RATIO = 0.8
USUAL = """\
One process of uvicorn (httptools, uvloop) serves the same FastAPI route each time; another process
asks over {connections} keep-alive connections. Blocks of {seconds:g} s are interleaved, {turns} of each
kind in a round, which has processes of its own; each ratio is the median of neighbours' own. Guard
has every part on: request ids, body and time limits, errors, headers, CORS, caching, request lines
into a file, figures, and limits, though none is due on a route of this kind.
The stack has the best of each that we found: slowapi (its ASGI middleware) for limits, which counts
here, asgi-correlation-id, secure, starlette-exporter, Starlette's CORS, and the shortest JSON request
line through `logging`. It has no body and time limits, no errors and no caching."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What one block of load measured."""

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


def block(server: Server, seconds: float) -> Block:
    """Load a server and return what it did. Raises RuntimeError when an answer was not a 200."""
    words = [
        sys.executable, str(HERE / "loading.py"), str(server.port), PATH, str(CONNECTIONS),
        str(seconds),
    ]  # fmt: skip
    before = server.cpu_s()
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True)
    cpu_s = server.cpu_s() - before
    found = json.loads(done.stdout)
    if found["failed"] or not found["answers"]:
        raise RuntimeError(f"{found['failed']} answers failed")
    return Block(per_s=found["answers"] / found["seconds"], cpu_us=1e6 * cpu_s / found["all"])


def measure(rounds: int, seconds: float, kinds: list[str]) -> dict[str, list[Block]]:
    """Return the blocks of each kind, in the order of the rounds.

    Each round has processes of its own: where the code of one happens to lie in memory, and how
    its names hash, makes it faster or slower than another of the same kind.
    """
    blocks: dict[str, list[Block]] = {kind: [] for kind in kinds}
    for round_ in range(rounds):
        with ExitStack() as stack, tempfile.TemporaryDirectory() as name:
            servers = {kind: stack.enter_context(serving(kind, Path(name))) for kind in kinds}
            for kind in kinds:
                block(servers[kind], WARM_S)
            for turn in range(TURNS):
                # Each kind comes first as often as last.
                for kind in kinds if (round_ + turn) % 2 else reversed(kinds):
                    found = block(servers[kind], seconds)
                    blocks[kind].append(found)
                    print(f"{kind}: {found.per_s:.0f}/s {found.cpu_us:.1f} µs", file=sys.stderr)
    return blocks


def lines(blocks: dict[str, list[Block]]) -> list[Line]:
    """Return the table's lines."""
    names = {"bare": "bare FastAPI", "guard": "with guard", "stack": "with a package a feature"}
    found = []
    for kind, own in blocks.items():
        pairs = list(zip(own, blocks["bare"], strict=True))
        times = statistics.median(a.per_s / b.per_s for a, b in pairs)
        cpu = statistics.median(a.cpu_us for a in own)
        bare_cpu = statistics.median(b.cpu_us for _, b in pairs)
        wanted = {"guard": f"{WANTED_RATIO:.0%} or more"}.get(kind, "")
        found.append(
            Line(
                what=f"small JSON route, {names[kind]}",
                measured=f"{statistics.median(b.per_s for b in own):,.0f} requests/s, {times:.0%} "
                f"of bare; {cpu:.0f} µs CPU a request ({cpu - bare_cpu:+.0f})",
                wanted=wanted,
                holds=times >= WANTED_RATIO if wanted else None,
            )
        )
    if "stack" in blocks and "guard" in blocks:
        ahead = statistics.median(
            g.per_s / s.per_s for g, s in zip(blocks["guard"], blocks["stack"], strict=True)
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
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--seconds", type=float, default=0.3, help="of one block")
    parser.add_argument("--only", default="", help="bare and this kind alone")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    kinds = [k for k in KINDS if not options.only or k in {"bare", options.only}]
    found = lines(measure(options.rounds, options.seconds, kinds))
    print(table(found))
    if options.write:
        told = USUAL.format(connections=CONNECTIONS, seconds=options.seconds, turns=TURNS)
        write_part(
            "The guard", "make bench-guard",
            [
                f"{machine()}, medians of {options.rounds * TURNS} blocks in {options.rounds} rounds.",
                "", table(found), "", told,
            ],
        )  # fmt: skip
    return 0 if all(line.holds is not False for line in found) else 1


if __name__ == "__main__":
    sys.exit(main())
