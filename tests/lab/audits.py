"""Whole audits over the lab, and what they came to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from launchready.audit import Audit, audit, choose
from launchready.collect import collectors
from launchready.collect.opening import open_world
from launchready.discover import look, manifest_text
from launchready.finding import Severity
from launchready.gather import Gatherer
from launchready.manifest import parse_manifest

from .servers import Lab

UPKEEP = """
[people]
domain = ["Ada", "Bo"]
dns = ["Ada", "Bo"]
hosting = ["Ada", "Bo"]
mail = ["Ada", "Bo"]
payments = ["Ada", "Bo"]
alerts = ["Ada", "Bo"]
[alerts]
monitor = "the lab's"
tested = 2026-11-20
[deployment]
rollback = "start the last version"
"""

Root = tuple[str, str]
"""A check's id, and the name of the subject it failed on."""


def audited(
    lab: Lab,
    toml: str,
    *,
    resolvers: Iterable[str] = (),
    active: bool = True,
    skip: Iterable[str] = (),
) -> Audit:
    """Return the audit of a manifest over the lab, knocking included (the lab is loopback)."""

    async def run() -> Audit:
        async with open_world(
            parse_manifest(toml),
            resolvers=tuple(resolvers) or (lab.resolver,),
            dial=[f"{published}={dialled}" for published, dialled in lab.dial.items()],
            ca=lab.ca_file,
            active=active,
        ) as world:
            return await audit(world, choose(skip=tuple(skip)))

    done = asyncio.run(run())
    assert done.crashes == ()
    return done


def looked_at(lab: Lab, domain: str) -> tuple[str, Audit]:
    """Return the manifest that a bare domain comes to, and the audit of it, from outside only."""

    async def run() -> tuple[str, Audit]:
        async with open_world(
            parse_manifest(f'[launch]\ndomain = "{domain}"\n'),
            from_file=False,
            resolvers=(lab.resolver,),
            dial=[f"{published}={dialled}" for published, dialled in lab.dial.items()],
            ca=lab.ca_file,
        ) as world:
            gatherer = Gatherer(world=world, collectors=collectors())
            text = manifest_text(await look(gatherer, domain))
            assert gatherer.crashes == []
            world.manifest = parse_manifest(text)
            return text, await audit(world, choose())

    text, done = asyncio.run(run())
    assert done.crashes == ()
    return text, done


def roots(done: Audit, *, advice: bool = True) -> set[Root]:
    """Return every root cause, by check and subject."""
    return {
        (finding.check.id, subject.name)
        for finding in done.verdict.findings
        if advice or finding.severity is not Severity.ADVICE
        for subject in (finding.subject, *finding.also)
    }


def consequences(done: Audit, check: str, subject: str) -> set[Root]:
    """Return what is folded under the finding of a check on a subject."""
    for finding in done.verdict.findings:
        if finding.check.id == check and subject in {
            s.name for s in (finding.subject, *finding.also)
        }:
            return {(c.check.id, c.subject.name) for c in finding.consequences}
    raise AssertionError(f"no finding {check} on {subject}")


def unproven(done: Audit) -> set[Root]:
    """Return what could not be checked and is no consequence, but for our own limits."""
    return {(o.check.id, o.subject.name) for o in done.verdict.unchecked if not o.ours}
