"""Switch on each defect of the demo alone, audit it, and hold what is found against what must be.

Prints a matrix and, with --write, docs/defects.md. Exits with 1 when one row does not hold.
`--only WORD` runs the defects whose id or family has the word in it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from launchready.audit import audit, choose
from launchready.collect.opening import open_world
from launchready.demo import apply, defects, healthy, running
from launchready.manifest import load_manifest

PAGE = Path(__file__).parent.parent / "docs" / "defects.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What came of one defect."""

    defect: str
    expected: str
    found: tuple[str, ...]
    unchecked: tuple[str, ...]
    crashes: tuple[str, ...]
    go: bool

    @property
    def holds(self) -> bool:
        """Whether exactly the expected root cause was found, and nothing was left in the dark."""
        wanted = (self.expected,) if self.expected else ()
        return self.found == wanted and not self.unchecked and not self.crashes


async def _row(name: str, expected: str, folder: Path) -> Row:
    launch = healthy()
    if expected:
        apply(launch, [name])
    async with (
        running(launch, folder) as demo,
        open_world(load_manifest(demo.manifest), ca=demo.ca, active=True) as world,
    ):
        done = await audit(world, choose())
    verdict = done.verdict
    return Row(
        defect=name,
        expected=expected,
        found=tuple(sorted(f.check.id for f in verdict.findings)),
        unchecked=tuple(sorted({f"{o.check.id}: {o.detail}" for o in verdict.unchecked})),
        crashes=done.crashes,
        go=verdict.go,
    )


def row(task: tuple[str, str]) -> Row:
    """Return the row of one defect; the name `healthy` and no check stand for none."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_row(*task, Path(folder)))


def _page(rows: list[Row]) -> str:
    lines = [
        "# The proof of the verdict",
        "",
        "Each defect of the demo is switched on alone and the whole audit runs. `make bench-defects`",
        "writes this page; a row holds when exactly the expected root cause is found, no other one,",
        "and nothing else is left unchecked.",
        "",
        f"{sum(r.holds for r in rows)} of {len(rows)} rows hold.",
        "",
        "| defect | root causes found | verdict | holds |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {r.defect} | {', '.join(r.found) or 'none'} | {'go' if r.go else 'no-go'} | "
        f"{'yes' if r.holds else '**no**'} |"
        for r in rows
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run the matrix; return 0 when every row holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="defects whose id or family has this in it")
    parser.add_argument("--write", action="store_true", help="write docs/defects.md")
    options = parser.parse_args()
    tasks = [("healthy", "")] + [
        (d.id, d.check)
        for d in defects().values()
        if options.only in d.id or options.only == d.family
    ]
    rows = []
    with ProcessPoolExecutor(max_workers=2) as pool:
        for done in pool.map(row, tasks):
            rows.append(done)
            mark = "ok  " if done.holds else "FAIL"
            print(f"{mark} {done.defect:45} {', '.join(done.found) or 'none'}", flush=True)
            for line in done.unchecked[:6] if not done.holds else ():
                print(f"       unchecked {line}")
            for crash in done.crashes[:2]:
                print(crash)
    without = {c.id for c in choose()} - {expected for _, expected in tasks}
    if not options.only:
        for check in sorted(without):
            print(f"FAIL {check:45} has no defect")
    holding = sum(r.holds for r in rows)
    print(f"{holding} of {len(rows)} rows hold")
    if options.write:
        PAGE.write_text(_page(rows), encoding="utf-8")
    return 0 if holding == len(rows) and (options.only or not without) else 1


if __name__ == "__main__":
    sys.exit(main())
