"""`checks`, `explain` and `compare`: reading what is there, without looking at anything."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from launchready.audit import UnknownCheckError, choose, unknown_check
from launchready.checks import catalogue
from launchready.cli.options import UsageError
from launchready.report.compare import compare, compare_data, print_comparison
from launchready.report.explain import print_catalogue, print_check

REPORT_MAX_BYTES = 200_000_000
JsonOrTerminal = Annotated[
    Literal["terminal", "json"],
    typer.Option("--format", "-f", help="terminal or json."),
]


def checks_command(
    family: Annotated[str | None, typer.Argument(help="Only this family, such as mail.")] = None,
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
        sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    else:
        print_catalogue(checks, Console())


def explain_command(
    check: Annotated[str, typer.Argument(metavar="ID", help="The check, as the report names it.")],
) -> None:
    """Show one check's page: what it finds, why it matters at launch, what to do."""
    every = {c.id: c for c in catalogue()}
    if check not in every:
        raise UnknownCheckError(unknown_check(check, every))
    print_check(every[check], Console())


def compare_command(
    old: Annotated[Path, typer.Argument(metavar="OLD.json", help="The earlier report.")],
    new: Annotated[Path, typer.Argument(metavar="NEW.json", help="The later report.")],
    form: JsonOrTerminal = "terminal",
) -> None:
    """Say what was fixed, what is new, and what became unknown, which is never fixed."""
    comparison = compare(_report(old), _report(new))
    if form == "json":
        sys.stdout.write(json.dumps(compare_data(comparison), indent=2, ensure_ascii=False) + "\n")
    else:
        print_comparison(comparison, Console())


def _report(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > REPORT_MAX_BYTES:
            raise UsageError(f"{path} is larger than any report")
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON: {error}") from None
    if not isinstance(data, dict) or not isinstance(data.get("outcomes"), list):
        raise UsageError(f"{path} is not a JSON report of `launchready audit --format json`")
    return data
