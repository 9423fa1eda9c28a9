"""`init`: a manifest from what can be seen, and from what the founder answers."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import secrets
import sys
from collections.abc import Sized
from pathlib import Path
from typing import Annotated

import typer

from launchready.audit import OFFLINE, is_offline
from launchready.cli.auditing import say
from launchready.cli.options import (
    CaFile,
    Dials,
    Network,
    Resolvers,
    UsageError,
    domain_name,
    network,
)
from launchready.collect import collectors
from launchready.collect.opening import open_world
from launchready.discover import Answers, Found, look, manifest_text
from launchready.gather import Gatherer
from launchready.manifest import parse_manifest
from launchready.runs import write_whole

_PEOPLE = (
    ("domain", "Who can log in where the domain is renewed"),
    ("dns", "Who can change DNS records"),
    ("hosting", "Who can deploy and roll back"),
    ("mail", "Who can change the mail provider's settings"),
    ("payments", "Who can log in at the payment provider"),
    ("alerts", "Who is told when it breaks"),
)


def init_command(
    domain: Annotated[
        str, typer.Argument(metavar="DOMAIN", help="The community's domain, such as example.org.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write the manifest.")
    ] = Path("launchready.toml"),
    force: Annotated[
        bool, typer.Option("--force", help="Write over a manifest that is there already.")
    ] = False,
    resolver: Resolvers = None,
    dial: Dials = None,
    ca: CaFile = None,
) -> None:
    """Write a commented launchready.toml from what can be seen of a domain."""
    if output.is_dir():
        raise UsageError(f"{output} is a folder; --output names the file to write")
    if not os.access(output.parent, os.W_OK):
        raise UsageError(f"{output} cannot be written: {output.parent} takes no new files")
    if output.exists() and not force:
        raise UsageError(f"{output} is there already; --force writes over it")
    name = domain_name(domain)
    found = asyncio.run(_look(name, network(resolver, dial, ca)))
    answers = Answers()
    if sys.stdin.isatty() and sys.stdout.isatty():
        try:
            answers = _ask(found)
        except typer.Abort:
            # Typer would make exit status 1 of it, which is a no-go.
            raise KeyboardInterrupt from None
    text = manifest_text(found, answers, token=f"lr-{secrets.token_hex(16)}")
    text += _network(resolver, dial, ca)
    parse_manifest(text)
    write_whole(output, text)
    open_lines = text.count("# TODO")
    hosts, routes = _count(found.hosts, "host"), _count(found.routes, "route")
    typer.echo(f"Wrote {output}: {hosts}, {routes}.")
    for note in found.notes:
        typer.echo(note)
    if open_lines:
        waits = "line marked TODO waits" if open_lines == 1 else "lines marked TODO wait"
        typer.echo(f"{open_lines} {waits} for what only you know.")
    typer.echo("Next: `launchready audit`")


def _count(things: Sized, word: str) -> str:
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'}"


def _network(resolver: list[str] | None, dial: list[str] | None, ca: Path | None) -> str:
    """Return the [network] section that leads an audit where these options led."""
    # Basic strings of TOML and of JSON agree, but for characters that JSON leaves raw.
    quoted = {
        "resolvers": json.dumps(resolver) if resolver else "",
        "dial": json.dumps(dial) if dial else "",
        "ca": json.dumps(str(ca.resolve())) if ca else "",
    }
    lines = [f"{key} = {value}\n" for key, value in quoted.items() if value]
    if not lines:
        return ""
    comment = "\n# Where to look instead of the public DNS; delete it after the switch.\n"
    return comment + "[network]\n" + "".join(lines)


async def _look(domain: str, how: Network) -> Found:
    bare = parse_manifest(f'[launch]\ndomain = "{domain}"\n')
    async with open_world(
        bare, from_file=False, resolvers=how.resolvers, dial=how.dial, ca=how.ca
    ) as world:
        gatherer = Gatherer(world=world, collectors=collectors())
        found = await look(gatherer, domain, say=say)
        if is_offline(gatherer.observed):
            # A manifest without hosts would say that there are none.
            typer.echo(OFFLINE, err=True)
            raise typer.Exit(3)
        return found


def _ask(found: Found) -> Answers:
    typer.echo("A few things that cannot be seen from outside; Enter leaves one open.")
    date = ""
    while True:
        date = typer.prompt("The day the doors open (2026-12-01)", default="", show_default=False)
        try:
            date = dt.date.fromisoformat(date.strip()).isoformat() if date.strip() else ""
            break
        except ValueError:
            typer.echo("Write it as year-month-day, such as 2026-12-01.")
    kinds = {kind for _, kind in found.routes}
    people = {}
    for thing, question in _PEOPLE:
        if thing == "mail" and not found.sends:
            continue
        if thing == "payments" and "checkout" not in kinds:
            continue
        who = typer.prompt(f"{question} (names, commas between)", default="", show_default=False)
        # Commas alone name nobody.
        if who.strip(" ,"):
            people[thing] = who.strip(" ,")
    monitor = typer.prompt("What watches the launch (name or URL)", default="", show_default=False)
    rollback = typer.prompt(
        "How to go back to the last version (command or page)", default="", show_default=False
    )
    return Answers(date=date, people=people, monitor=monitor.strip(), rollback=rollback.strip())
