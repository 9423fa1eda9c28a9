"""`checks`, `explain` and `compare`: reading what is there, without looking at anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from launchready.audit import UnknownCheckError, choose, unknown_check
from launchready.checks import catalogue
from launchready.cli.completing import families
from launchready.cli.options import CheckId, UsageError, contents, terminal_or_json
from launchready.cli.screen import Screen, write_json
from launchready.report.compare import compare, compare_data, print_comparison
from launchready.report.explain import print_catalogue, print_check

REPORT_MAX_BYTES = 200_000_000
JsonOrTerminal = Annotated[
    str,
    typer.Option(
        "--format", "-f", metavar="FORMAT", parser=terminal_or_json, help="terminal or json."
    ),
]


def checks_command(
    family: Annotated[
        str | None,
        typer.Argument(
            metavar="FAMILY", help="Only this family, such as mail.", autocompletion=families
        ),
    ] = None,
    form: JsonOrTerminal = "terminal",
) -> None:
    """List every check, by family: id, what it finds, how much it weighs."""
    checks = choose([family] if family else ())
    if form == "json":
        rows = [
            {
                "id": c.id, "family": c.family, "title": c.title, "severity": str(c.severity),
                "impact": str(c.impact), "active": c.active, "why": c.why, "fix": c.fix,
            }
            for c in checks
        ]  # fmt: skip
        write_json(rows)
    else:
        print_catalogue(checks, Screen())


def explain_command(
    check: CheckId,
) -> None:
    """Show one check's page: what it finds, why it matters at launch, what to do."""
    every = {c.id: c for c in catalogue()}
    if check in {c.family for c in every.values()}:
        raise UsageError(f"{check} is a family of checks: `launchready checks {check}` lists them")
    if check not in every:
        raise UnknownCheckError(unknown_check(check, every))
    print_check(every[check], Screen())


def compare_command(
    old: Annotated[Path, typer.Argument(metavar="OLD.json", help="The earlier report.")],
    new: Annotated[Path, typer.Argument(metavar="NEW.json", help="The later report.")],
    form: JsonOrTerminal = "terminal",
) -> None:
    """Say what was fixed, what is new, and what became unknown, which is never fixed."""
    comparison = compare(_report(old), _report(new))
    if form == "json":
        write_json(compare_data(comparison))
    else:
        print_comparison(comparison, Screen())


def _report(path: Path) -> dict[str, Any]:
    raw = contents(path, bytes_max=REPORT_MAX_BYTES, larger="any report")
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON: {error}") from None
    outcomes = data.get("outcomes") if isinstance(data, dict) else None
    if (
        not isinstance(data, dict)
        or not isinstance(data.get("headline"), str)
        or not isinstance(outcomes, list)
        or not all(isinstance(o, dict) and isinstance(o.get("status"), str) for o in outcomes)
    ):
        raise UsageError(f"{path} is not a JSON report of `launchready audit --format json`")
    return {str(key): value for key, value in data.items()}
