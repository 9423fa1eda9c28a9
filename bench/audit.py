"""Measure the audit: cost, against the usual tools, with latency, with 100 hosts, and its start-up.

Prints one table; with --write, the audit's part of docs/benchmarks.md. `--only WORD` runs the parts whose name has the
word in it: demo, tools, latency, hosts, start, twice.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import usual_tools
from measuring import (
    Cost,
    Line,
    first_line,
    interleaved,
    machine,
    median,
    ratio,
    run,
    table,
    write_part,
)
from serving import Served, serving

HERE = Path(__file__).parent
LATENCY_MS = 40.0
HOSTS = 100
LIMITS_OPEN_S = 61.0
"""After so long the demo's limits, which an active audit runs into, have opened again."""
OWN_HOSTS = 6
"""So many hosts the demo's manifest names without circles."""
PROGRAM = Path(sys.executable).parent / "launchready"


def audit_once(served: Served, *words: str) -> Cost:
    """Return what one audit of the demo took. Raises RuntimeError when it could not do its work."""
    _rest(words)
    with tempfile.TemporaryDirectory() as folder:
        done = run(
            [PROGRAM, "audit", "--manifest", served.manifest, *words],
            cwd=Path(folder),
            environment=served.environment,
        )
    if done.status not in {0, 1} or (words and done.status):
        raise RuntimeError(f"the audit ended with {done.status}:\n{done.output[-2000:]}")
    return done


def demo(folder: Path, rounds: int) -> list[Line]:
    """(a) The demo audit, served by a process of its own."""
    with serving(folder / "demo") as served:
        audit_once(served, "--active")
        costs = interleaved(
            {
                "with --active": partial(audit_once, served, "--active"),
                "passive": partial(audit_once, served),
            },
            rounds,
        )
    return [
        Line(what=f"demo audit, {name}", measured=_shown(median(c))) for name, c in costs.items()
    ]


def tools(folder: Path, rounds: int) -> list[Line]:
    """(b) The same by the usual tools, one after the other."""
    missing = usual_tools.missing()
    python = usual_tools.install_checkdmarc(folder / "checkdmarc")
    if python is None or missing:
        lacking = [*missing, *([] if python else ["checkdmarc"])]
        return [Line(what="usual tools", measured=f"not measured: no {', '.join(lacking)}")]
    with serving(folder / "tools") as served:
        audit_once(served, "--active")
        commands: dict[str, Callable[[], Cost]] = {
            "audit": partial(audit_once, served, "--active"),
            "checkdmarc": partial(usual_tools.checkdmarc, served, python),
            "sslscan": partial(usual_tools.sslscan, served),
            "curl": partial(usual_tools.curl, served),
            "testssl.sh": partial(usual_tools.testssl, served),
        }
        costs = interleaved(commands, max(1, rounds // 3))
    took = {name: median(c).wall_s for name, c in costs.items()}
    lines = []
    for scanner in ("testssl.sh", "sslscan"):
        whole = took["checkdmarc"] + took[scanner] + took["curl"]
        times = whole / took["audit"]
        wanted = "10 or more" if scanner == "testssl.sh" else ""
        lines.append(
            Line(
                what=f"checkdmarc, {scanner} and curl over the audit (active checks included)",
                measured=f"{times:.1f} times",
                wanted=wanted,
                holds=times >= 10 if wanted else None,
            )
        )
    parts = ", ".join(f"{name} {wall_s:.1f} s" for name, wall_s in took.items())
    return [*lines, Line(what="of which, wall", measured=parts)]


def latency(folder: Path, rounds: int) -> list[Line]:
    """(c) Wall time over the longest chain of dependent round trips, with latency."""
    lines = []
    with serving(folder / "latency", latency_ms=LATENCY_MS) as served:
        audit_once(served, "--active")
        for name, words in (("with --active", ["--active"]), ("passive", [])):
            trips = _chain(served, folder / "chain.json", words)
            costs = interleaved({name: partial(audit_once, served, *words)}, rounds)
            wall_s = median(costs[name]).wall_s
            times = wall_s / (trips * LATENCY_MS / 1000)
            lines.append(
                Line(
                    what=f"{LATENCY_MS:.0f} ms more for each round trip: wall over the longest "
                    f"chain of {trips} dependent ones, {name}",
                    measured=f"{times:.1f} ({wall_s:.1f} s over {trips * LATENCY_MS / 1000:.1f} s)",
                    wanted="2 or less",
                    holds=times <= 2,
                )
            )
    return lines


def _rest(words: Sequence[str]) -> None:
    """Wait until the limits that an earlier active audit ran into are open: all do the same work."""
    if "--active" in words:
        time.sleep(LIMITS_OPEN_S)


def _chain(served: Served, out: Path, words: Sequence[str]) -> int:
    _rest(words)
    done = run(
        [sys.executable, HERE / "chain.py", out, "audit", "--manifest", served.manifest, *words],
        cwd=out.parent,
        environment=served.environment,
    )
    if not out.exists():
        raise RuntimeError(f"the chain could not be followed:\n{done.output[-2000:]}")
    return int(json.loads(out.read_text(encoding="utf-8"))["round_trips"])


def hosts(folder: Path, rounds: int) -> list[Line]:
    """(d) A manifest of 100 hosts, and of 50 beside it, to see that cost grows with their number."""
    half = HOSTS // 2
    with (
        serving(folder / "half", circles=half - OWN_HOSTS) as some,
        serving(folder / "all", circles=HOSTS - OWN_HOSTS) as many,
    ):
        costs = interleaved(
            {"half": partial(audit_once, some), "all": partial(audit_once, many)},
            max(1, rounds // 2),
        )
    growth = median(costs["all"]).cpu_s / median(costs["half"]).cpu_s
    return [
        Line(what=f"{HOSTS} hosts, passive", measured=_shown(median(costs["all"]))),
        Line(what=f"CPU for {HOSTS} hosts over that for {half}", measured=f"{growth:.1f} times"),
    ]


def start(folder: Path, rounds: int) -> list[Line]:
    """(e) How long it takes to answer at all."""
    with serving(folder / "start") as served:
        network = [w for a, p in served.resolvers for w in ("--resolver", f"{a}:{p}")]
        network += [w for left, right in served.dial.items() for w in ("--dial", f"{left}={right}")]
        look: list[str | Path] = [
            PROGRAM,
            "audit",
            "willow.example",
            *network,
            "--ca",
            str(served.ca),
        ]
        costs = interleaved(
            {
                "python": partial(run, [sys.executable, "-c", "pass"]),
                "version": partial(run, [PROGRAM, "--version"]),
                "help": partial(run, [PROGRAM, "--help"]),
            },
            4 * rounds,
        )
        first_s = median([first_line(look, folder) for _ in range(rounds)]).wall_s
    times = ratio(costs, "version", "python")
    return [
        Line(
            what="`launchready --version` over `python -c pass`",
            measured=f"{times:.2f} ({1000 * median(costs['version']).wall_s:.0f} ms over "
            f"{1000 * median(costs['python']).wall_s:.0f} ms)",
            wanted="2 or less",
            holds=times <= 2,
        ),
        Line(what="`launchready --help`", measured=f"{median(costs['help']).wall_s:.2f} s"),
        Line(
            what="first line that says something of the domain, `launchready audit DOMAIN`",
            measured=f"{first_s:.2f} s",
            wanted="5 s or less",
            holds=first_s <= 5,
        ),
    ]


def twice(folder: Path, _rounds: int) -> list[Line]:
    """(f) What was sent, as the demo itself counted it."""
    with serving(folder / "twice") as served:
        audit_once(served, "--active")
        asked = served.asked()
    questions, requests = asked["questions"], asked["requests"]
    more = {k: n for k, n in requests.items() if n > 1}
    repeated = sum(n - 1 for n in more.values())
    return [
        Line(
            what="DNS questions: sent, of which more than once to one server",
            measured=f"{sum(questions.values())}, {sum(n - 1 for n in questions.values())}",
            wanted="none twice",
            holds=all(n == 1 for n in questions.values()),
        ),
        Line(
            what="HTTP requests: sent, of which again where a second answer is the point "
            "(bursts, sign-in, static files asked twice)",
            measured=f"{sum(requests.values())}, {repeated}",
        ),
    ]


PARTS = {f.__name__: f for f in (tools, latency, start, twice, demo, hosts)}


def _shown(cost: Cost) -> str:
    return f"{cost.wall_s:.2f} s wall, {cost.cpu_s:.2f} s CPU, {cost.peak_mb:.0f} MB"


def _told(lines: Sequence[Line], rounds: int) -> list[str]:
    return [
        f"{machine()}, medians of up to {rounds} interleaved rounds.",
        "",
        table(lines),
        "",
        *usual_tools.POINTED.splitlines(),
        "",
        "Of testssl.sh only what the audit looks at as well is run: protocols, certificate, headers.",
        "The audit looks at far more than these tools do: curl asks each route once, the audit sends",
        "every request that the table counts.",
        "",
        "The chain is followed in a run of its own (`bench/chain.py` says how). The passive audit is",
        "over within a few round trips, so that there starting Python weighs more than the network.",
    ]


def main() -> int:
    """Measure, print, and return 0 when everything wanted holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="parts whose name has this in it")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--write", action="store_true", help="write the audit's part of docs/benchmarks.md"
    )
    options = parser.parse_args()
    lines = []
    with tempfile.TemporaryDirectory(prefix="launchready-bench-") as name:
        # As an installed program: compiled once, whatever this shell says about bytecode.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(name) / "bytecode")
        run([PROGRAM, "--help"])
        for part, measure in PARTS.items():
            if options.only in part:
                print(f"{part}…", file=sys.stderr, flush=True)
                found = measure(Path(name), options.rounds)
                lines += found
                for line in found:
                    print(f"  {line.what}: {line.measured}", file=sys.stderr, flush=True)
    print(table(lines))
    if options.write:
        write_part("The audit", "make bench-audit", _told(lines, options.rounds))
    return 0 if all(line.holds is not False for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
