"""`demo`: an embedded launch on loopback, audited; with defects that can be switched on."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from contextlib import AsyncExitStack, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from launchready.audit import Audit, choose
from launchready.cli.auditing import watched
from launchready.cli.completing import defect_ids
from launchready.cli.options import Formats, Outputs, UsageError, Wanted, wanted
from launchready.cli.showing import show
from launchready.cli.stopping import ctrl_c_stops
from launchready.collect.opening import open_world
from launchready.manifest import load_manifest
from launchready.report.model import Looking

FOLDER = Path(".launchready") / "demo"
_EXTRA = (
    "fastapi",
    "sqlalchemy",
    "aiosqlite",
    "alembic",
    "argon2",
    "multipart",
    "prometheus_client",
)
"""Packages of the extra that the demo's community is made with."""


def demo_command(
    healthy_: Annotated[bool, typer.Option("--healthy", help="Switch no defect on: a go.")] = False,
    defect: Annotated[
        list[str] | None,
        typer.Option(
            "--defect",
            metavar="ID",
            help="Switch this one on alone. Repeatable.",
            autocompletion=defect_ids,
        ),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the defects that there are.")] = False,
    serve: Annotated[
        bool, typer.Option("--serve", help="Keep it running, with a manifest to audit.")
    ] = False,
    formats: Formats = None,
    output: Outputs = None,
) -> None:
    """Start Willow, an embedded community on loopback, with defects switched on, and audit it."""
    from launchready.demo import (  # noqa: PLC0415 - only this command needs its servers
        SHOWCASE,
        UnknownDefectError,
        apply,
        defects,
        healthy,
    )

    if list_:
        for found in defects().values():
            typer.echo(f"{found.id:40} {found.summary}")
        return
    if not all(find_spec(name) for name in _EXTRA):
        typer.echo(
            "The demo needs more packages than the audit: "
            "uvx --from 'launchready[demo]' launchready demo",
            err=True,
        )
        raise typer.Exit(3)
    if healthy_ and defect:
        raise UsageError("--healthy switches no defect on; leave out --defect")
    ids = [] if healthy_ else list(defect or SHOWCASE)
    places = wanted(formats, output)
    launch = healthy()
    try:
        apply(launch, ids)
    except UnknownDefectError as error:
        raise UsageError(f"{error} `launchready demo --list` names them all") from None
    typer.echo("Starting Willow, a small community, on this machine", err=True)
    if serve:
        asyncio.run(_serve(ids))
        return
    if not formats and not output:
        places = Wanted(stdout="terminal", files=(("html", Path("launchready-report.html")),))
    with tempfile.TemporaryDirectory(prefix="launchready-demo-") as folder:
        done = asyncio.run(_audited(ids, Path(folder)))
        manifest = FOLDER / "launchready.toml"
        status = show(done, places, looking=Looking(), manifest_file=manifest)
    if done.verdict.findings:
        again = " ".join(["launchready demo --serve", *(f"--defect {id_}" for id_ in defect or [])])
        typer.echo(
            f"Willow has ended. To try what stands under See it, keep it running elsewhere: {again}",
            err=True,
        )
    raise typer.Exit(status)


async def _audited(ids: list[str], folder: Path) -> Audit:
    from launchready.demo import apply, healthy, running  # noqa: PLC0415 - same

    launch = healthy()
    apply(launch, ids)
    with ctrl_c_stops() as stop:
        async with running(launch, folder) as demo:
            manifest = load_manifest(demo.manifest)
            # Loopback needs no proof of ownership, so the demo knocks as well.
            async with open_world(manifest, ca=demo.ca, active=True) as world:
                return await watched(world, choose(), stop)


async def _serve(ids: list[str]) -> None:
    from launchready.demo import apply, healthy, running  # noqa: PLC0415 - same
    from launchready.demo.door import door  # noqa: PLC0415 - same

    launch = healthy()
    apply(launch, ids)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):
        loop.add_signal_handler(signal.SIGINT, stop.set)
        loop.add_signal_handler(signal.SIGTERM, stop.set)
    async with AsyncExitStack() as stack:
        demo = await stack.enter_async_context(running(launch, FOLDER))
        manifest = load_manifest(demo.manifest)
        entrance = door(demo.state, manifest, demo.environment, FOLDER)
        shown = await stack.enter_async_context(entrance)
        typer.echo(
            "Willow is running on this machine"
            + (f", with {', '.join(ids)}." if ids else ", healthy.")
        )
        without = ", without them" if ids else ""
        typer.echo(f"Walk through it in a browser{without}: {shown.url}")
        typer.echo(f"  log in as {shown.member}, or as {shown.admin} for its administration;")
        typer.echo(f"  the password of both is {demo.state.password}")
        typer.echo(f"  its letters, such as that of a new member, lie in {shown.letters}")
        typer.echo("Audit it from another terminal, with what the audit must know in front:")
        words = [f"{name}={value}" for name, value in demo.environment.items()]
        typer.echo("  " + " \\\n  ".join(words) + " \\")
        typer.echo(f"  launchready audit --manifest {demo.manifest} --active")
        typer.echo("Ctrl-C ends it.")
        await stop.wait()
