"""`audit`, `smoke` and `recheck`: from options to a verdict on the screen and in files."""

from __future__ import annotations

import asyncio
import dataclasses
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from launchready.audit import Audit, audit, choose
from launchready.cli.options import (
    CaFile,
    Dials,
    Formats,
    ManifestPath,
    Network,
    Outputs,
    Resolvers,
    UsageError,
    network,
    wanted,
)
from launchready.cli.showing import show
from launchready.collect import collectors
from launchready.collect.opening import open_world
from launchready.collect.world import World
from launchready.discover import look, manifest_text
from launchready.facts import Gap
from launchready.facts.dns import Resolution
from launchready.facts.http import Exchange
from launchready.finding import Check
from launchready.gather import Gatherer
from launchready.manifest import Manifest, load_manifest, parse_manifest
from launchready.manifest.model import hostname
from launchready.report.model import Looking
from launchready.report.progress import Progress

DEFAULT_MANIFEST = Path("launchready.toml")

Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="FAMILY-OR-ID", help="Run only these checks. Repeatable."),
]
Skip = Annotated[
    list[str] | None,
    typer.Option("--skip", metavar="FAMILY-OR-ID", help="Leave these checks out. Repeatable."),
]
Active = Annotated[
    bool,
    typer.Option(
        "--active",
        help="Also knock: wrong log-ins and small bursts, bounded, on hosts that the manifest names "
        "and whose owner has published the token.",
    ),
]


def audit_command(
    domain: Annotated[
        str | None,
        typer.Argument(help="A domain to look at from outside, without a manifest."),
    ] = None,
    manifest: ManifestPath = DEFAULT_MANIFEST,
    active: Active = False,
    formats: Formats = None,
    output: Outputs = None,
    only: Only = None,
    skip: Skip = None,
    resolver: Resolvers = None,
    dial: Dials = None,
    ca: CaFile = None,
) -> None:
    """Prove what launchready.toml states, or look at a domain: go or no-go, with the fix order."""
    checks = choose(_words(only), _words(skip))
    places = wanted(formats, output)
    looking = Looking(
        resolvers=tuple(resolver or ()), dial=tuple(dial or ()), ca=str(ca or ""),
        only=_words(only), skip=_words(skip),
    )  # fmt: skip
    how = network(resolver, dial, ca)
    if domain is None:
        if not manifest.exists():
            raise UsageError(
                f"there is no {manifest} here. Name a domain, as in `launchready audit example.org`, "
                "or write a manifest with `launchready init example.org`"
            )
        run = _declared(load_manifest(manifest), manifest, how, checks, active=active)
    else:
        if active:
            raise UsageError(
                "--active needs a manifest that names the hosts and holds your token: "
                "`launchready init` writes one"
            )
        run = _found(_domain(domain), how, checks)
        manifest = Path()
    done = asyncio.run(run)
    raise typer.Exit(show(done, places, looking=looking, manifest_file=manifest))


def smoke_command(
    manifest: ManifestPath = DEFAULT_MANIFEST,
    formats: Formats = None,
    output: Outputs = None,
    resolver: Resolvers = None,
    dial: Dials = None,
    ca: CaFile = None,
) -> None:
    """Walk the test member's journeys once: log-in, a private page, log-out. Run it after a deploy."""
    checks = choose(["sign-in"])
    how = network(resolver, dial, ca)
    loaded = load_manifest(manifest)
    if not loaded.accounts:
        raise UsageError(
            f"{manifest} names no test member; add [accounts.member] with username_env, "
            "password_env, login and private"
        )
    done = asyncio.run(_declared(loaded, manifest, how, checks, active=True))
    looking = Looking(
        resolvers=how.resolvers, dial=how.dial, ca=str(ca or ""), only=("sign-in",), skip=()
    )
    raise typer.Exit(show(done, wanted(formats, output), looking=looking, manifest_file=manifest))


def recheck_command(
    check: Annotated[str, typer.Argument(metavar="ID", help="The check, as the report names it.")],
    domain: Annotated[
        str | None, typer.Argument(help="The domain, when there is no manifest.")
    ] = None,
    manifest: ManifestPath = DEFAULT_MANIFEST,
    formats: Formats = None,
    output: Outputs = None,
    resolver: Resolvers = None,
    dial: Dials = None,
    ca: CaFile = None,
) -> None:
    """Run just what one finding needs, to see whether its fix has taken effect."""
    checks = choose([check])
    how = network(resolver, dial, ca)
    active = any(c.active for c in checks)
    if domain is None:
        run = _declared(load_manifest(manifest), manifest, how, checks, active=active)
    else:
        run = _found(_domain(domain), how, checks)
        manifest = Path()
    done = asyncio.run(run)
    looking = Looking(
        resolvers=how.resolvers, dial=how.dial, ca=str(ca or ""), only=(check,), skip=()
    )
    raise typer.Exit(show(done, wanted(formats, output), looking=looking, manifest_file=manifest))


def _words(values: list[str] | None) -> tuple[str, ...]:
    return tuple(w.strip() for v in values or [] for w in v.split(",") if w.strip())


def _domain(value: str) -> str:
    try:
        return hostname(value.removeprefix("https://").removeprefix("http://").split("/")[0])
    except ValueError as error:
        raise UsageError(str(error)) from None


async def _declared(
    manifest: Manifest, path: Path, how: Network, checks: Sequence[Check], *, active: bool
) -> Audit:
    how = how.beside(manifest.network, path.parent)
    async with open_world(
        manifest, resolvers=how.resolvers, dial=how.dial, ca=how.ca, active=active
    ) as world:
        return await watched(world, checks)


async def _found(domain: str, how: Network, checks: Sequence[Check]) -> Audit:
    bare = parse_manifest(f'[launch]\ndomain = "{domain}"\n')
    async with open_world(
        bare, from_file=False, resolvers=how.resolvers, dial=how.dial, ca=how.ca
    ) as world:
        gatherer = Gatherer(world=world, collectors=collectors())
        found = await look(gatherer, domain, say=lambda line: print(line, file=sys.stderr))  # noqa: T201
        manifest = parse_manifest(manifest_text(found))
        return await watched(dataclasses.replace(world, manifest=manifest), checks, gatherer)


async def watched(world: World, checks: Sequence[Check], before: Gatherer | None = None) -> Audit:
    """Audit with progress on the terminal; the first Ctrl-C ends it and leaves a partial verdict."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    # Where the loop takes no signal handlers (Windows), Ctrl-C ends the program as ever.
    with suppress(NotImplementedError):
        loop.add_signal_handler(signal.SIGINT, stop.set)
    # What discovering has fetched is not fetched again.
    seen = {
        key: found
        for key, found in (before.observed if before else {}).items()
        if key.kind in {Resolution, Exchange} and not isinstance(found, Gap)
    }
    with Progress(world.manifest.launch.domain) as progress:
        try:
            return await audit(world, checks, on_observed=progress.observed, stop=stop, seen=seen)
        finally:
            with suppress(NotImplementedError):
                loop.remove_signal_handler(signal.SIGINT)
