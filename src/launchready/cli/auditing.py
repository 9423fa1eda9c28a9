"""`audit`, `smoke` and `recheck`: from options to a verdict on the screen and in files."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated

import typer

from launchready.audit import Audit, audit, choose
from launchready.cli.completing import families_and_ids
from launchready.cli.options import (
    CaFile,
    CheckId,
    Dials,
    Formats,
    ManifestPath,
    Network,
    Outputs,
    Resolvers,
    UsageError,
    domain_name,
    network,
    wanted,
)
from launchready.cli.showing import show
from launchready.cli.stopping import ctrl_c_stops, unless_stopped
from launchready.collect import collectors
from launchready.collect.opening import open_world
from launchready.collect.world import World
from launchready.discover import look, manifest_text
from launchready.facts import Gap
from launchready.facts.dns import Resolution
from launchready.facts.http import Exchange
from launchready.finding import Check, Outcome
from launchready.gather import Gatherer
from launchready.manifest import Manifest, load_manifest, parse_manifest
from launchready.report.model import Looking
from launchready.report.plain_text import one_line
from launchready.report.progress import Progress

DEFAULT_MANIFEST = Path("launchready.toml")

Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="FAMILY-OR-ID",
        help="Run only these checks, commas between. Repeatable.",
        autocompletion=families_and_ids,
    ),
]
Skip = Annotated[
    list[str] | None,
    typer.Option(
        "--skip",
        metavar="FAMILY-OR-ID",
        help="Leave these checks out, commas between. Repeatable.",
        autocompletion=families_and_ids,
    ),
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
        typer.Argument(
            metavar="DOMAIN", help="A domain to look at from outside, without a manifest."
        ),
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
    only_, skip_ = _words("--only", only), _words("--skip", skip)
    checks = _chosen(only_, skip_)
    places = wanted(formats, output)
    how = network(resolver, dial, ca)
    looking = _looking(how, only=only_, skip=skip_)
    if domain is None:
        _is_there(manifest, "audit example.org")
        run = _declared(load_manifest(manifest), manifest, how, checks, active=active, skip=skip_)
    else:
        if manifest != DEFAULT_MANIFEST:
            raise UsageError(
                f"audit either {domain} from outside or what {manifest} states: leave one out"
            )
        if active:
            raise UsageError(
                "--active needs a manifest that names the hosts and holds your token: "
                "`launchready init` writes one"
            )
        if manifest.exists():
            say(
                f"{manifest} is not read; `launchready audit` without a domain proves what it states"
            )
        run = _found(domain_name(domain), how, checks, skip=skip_)
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
    places = wanted(formats, output)
    how = network(resolver, dial, ca)
    loaded = load_manifest(manifest)
    if not loaded.accounts:
        raise UsageError(
            f"{manifest} names no test member; add [accounts.member] with username_env, "
            "password_env, login and private"
        )
    done = asyncio.run(_declared(loaded, manifest, how, checks, active=True))
    looking = _looking(how, only=("sign-in",))
    raise typer.Exit(show(done, places, looking=looking, manifest_file=manifest))


def recheck_command(
    check: CheckId,
    domain: Annotated[
        str | None,
        typer.Argument(metavar="DOMAIN", help="The domain, when there is no manifest."),
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
    if check not in {c.id for c in checks}:
        raise UsageError(
            f"{check} is a family of checks: `launchready audit --only {check}` runs them all"
        )
    places = wanted(formats, output)
    how = network(resolver, dial, ca)
    active = any(c.active for c in checks)
    if domain is None:
        _is_there(manifest, f"recheck {check} example.org")
        run = _declared(load_manifest(manifest), manifest, how, checks, active=active)
    else:
        run = _found(domain_name(domain), how, checks)
        manifest = Path()
    done = asyncio.run(run)
    looking = _looking(how, only=(check,))
    status = show(done, places, looking=looking, manifest_file=manifest)
    own = [o for o in done.verdict.outcomes if o.check in checks]
    still = [o for o in own if o.status == "failed"]
    unseen = [o for o in own if o.status == "unknown"]
    if still:
        typer.echo(f"{check} is still there: {_on(still)}.", err=True)
    elif unseen:
        typer.echo(f"{check} could not be checked everywhere: {_on(unseen)}.", err=True)
    elif not any(o.status == "passed" for o in own):
        # Something worse may stand in its place, which the reason names.
        why = one_line(own[0].detail, 200) if own else "the launch has nothing of that kind"
        typer.echo(f"{check} has nothing to judge here: {why}.", err=True)
    else:
        typer.echo(f"{check} is not found any more.", err=True)
    # Of one check a go says little: what is asked is whether the fix has taken effect.
    raise typer.Exit(status or (1 if still or unseen else 0))


def _is_there(manifest: Path, named: str) -> None:
    if not manifest.exists():
        raise UsageError(
            f"there is no {manifest} here. Name a domain, as in `launchready {named}`, "
            "or write a manifest with `launchready init example.org`"
        )


def _looking(how: Network, *, only: tuple[str, ...], skip: tuple[str, ...] = ()) -> Looking:
    ca = str(how.ca or "")
    return Looking(resolvers=how.resolvers, dial=how.dial, ca=ca, only=only, skip=skip)


def _on(outcomes: Sequence[Outcome]) -> str:
    names = list(dict.fromkeys(one_line(o.subject.name, 60) for o in outcomes))
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _words(option: str, values: list[str] | None) -> tuple[str, ...]:
    words = tuple(w.strip() for v in values or [] for w in v.split(",") if w.strip())
    if values and not words:
        raise UsageError(f"{option} names no check and no family")
    return words


def _chosen(only: tuple[str, ...], skip: tuple[str, ...]) -> tuple[Check, ...]:
    checks = choose(only, skip)
    if not checks:
        raise UsageError(
            f"--only {','.join(only) or 'everything'} and --skip {','.join(skip)} together leave "
            "no check to run"
        )
    return checks


async def _declared(
    manifest: Manifest,
    path: Path,
    how: Network,
    checks: Sequence[Check],
    *,
    active: bool,
    skip: Collection[str] = (),
) -> Audit:
    how = how.beside(manifest.network, path.parent)
    with ctrl_c_stops() as stop:
        async with open_world(
            manifest, resolvers=how.resolvers, dial=how.dial, ca=how.ca, active=active
        ) as world:
            return await watched(world, checks, stop, skip=skip)


async def _found(
    domain: str, how: Network, checks: Sequence[Check], *, skip: Collection[str] = ()
) -> Audit:
    bare = parse_manifest(f'[launch]\ndomain = "{domain}"\n')
    with ctrl_c_stops() as stop:
        async with open_world(
            bare, from_file=False, resolvers=how.resolvers, dial=how.dial, ca=how.ca
        ) as world:
            if sys.stderr.isatty():
                say(f"Finding out what belongs to {domain}")
            gatherer = Gatherer(world=world, collectors=collectors())
            found = await unless_stopped(look(gatherer, domain, say=say), stop)
            if found is None:
                await gatherer.stop()
                gatherer.close()
            manifest = parse_manifest(manifest_text(found)) if found is not None else bare
            told = dataclasses.replace(world, manifest=manifest)
            return await watched(told, checks, stop, gatherer, skip=skip)


def say(line: str) -> None:
    """Write one line about what was found to stderr; what came from outside commands no terminal."""
    sys.stderr.write(one_line(line) + "\n")


async def watched(
    world: World,
    checks: Sequence[Check],
    stop: asyncio.Event,
    before: Gatherer | None = None,
    *,
    skip: Collection[str] = (),
) -> Audit:
    """Audit with progress on the terminal; `stop` ends it and leaves a partial verdict.

    What keeps the checks from being judged is told as well, but for what is to be skipped.
    """
    # What discovering has fetched is not fetched again.
    seen = {
        key: found
        for key, found in (before.observed if before else {}).items()
        if key.kind in {Resolution, Exchange} and not isinstance(found, Gap)
    }
    with Progress(world.manifest.launch.domain) as progress:
        world.on_waiting = progress.waiting
        return await audit(
            world,
            checks,
            on_observed=progress.observed,
            stop=stop,
            seen=seen,
            causes=choose(skip=skip),
        )
