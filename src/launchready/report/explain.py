"""The catalogue on a terminal: all checks by family, and one check's page."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from launchready.finding import Check
from launchready.minimum_bar import BAR
from launchready.report.model import GROUPS

WIDTH_MAX = 100


def print_catalogue(checks: Iterable[Check], console: Console) -> None:
    """Print every check by family: its id, how much it weighs and what it finds."""
    ordered = sorted(checks, key=lambda c: (c.family, c.severity, c.id))
    width = min(console.width, WIDTH_MAX)
    for family, members in groupby(ordered, key=lambda c: c.family):
        console.print(Text(f"\n{family}", style="bold"))
        for check in members:
            active = ", active" if check.active else ""
            head = Text(f"  {check.id}", style="cyan")
            head.append(f"  {check.severity}{active}", style="dim")
            console.print(head, width=width, overflow="fold")
            table = Table.grid()
            table.add_column(width=4)
            table.add_column(width=width - 5, overflow="fold")
            table.add_row("", Text(check.title))
            console.print(table)
    count = len(ordered)
    console.print(Text(f"\n{count} {'check' if count == 1 else 'checks'}"))


def print_check(check: Check, console: Console) -> None:
    """Print one check's page: what it finds, why it matters at launch, what to do."""
    width = min(console.width, WIDTH_MAX)
    console.print(Text(check.id, style="bold cyan"))
    console.print(Text(check.title, style="bold"), width=width)
    console.print()
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=8)
    table.add_column(width=width - 10, overflow="fold")
    rows = [
        ("Weighs", f"{check.severity}: {GROUPS[check.severity].lower()}"),
        ("Damages", str(check.impact)),
        ("Family", check.family),
    ]
    if check.bar:
        rows.append(("Proves", f"{BAR[check.bar]} (the minimum bar)"))
    if check.active:
        rows.append(("Runs", "only with --active, on hosts whose owner proved to ask for it"))
    for label, text in [*rows, ("", ""), ("Why", check.why), ("", ""), ("Fix", check.fix)]:
        table.add_row(Text(label, style="dim"), Text(text))
    console.print(table)
