"""The manifest as the first fact."""

from __future__ import annotations

from launchready.collect.world import World
from launchready.facts import Subject
from launchready.facts.declared import Declared
from launchready.gather import Ask


async def declared(subject: Subject, world: World, _ask: Ask) -> Declared:
    """Return what the founder declared, and the moment by which the run judges."""
    how = "read launchready.toml" if world.from_file else "made from what was found"
    return Declared(
        subject=subject, at=world.now(), how=how, manifest=world.manifest, from_file=world.from_file
    )


COLLECTORS = {Declared: declared}
