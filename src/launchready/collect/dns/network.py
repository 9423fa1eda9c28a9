"""What it means that no resolver is of use from here."""

from __future__ import annotations

from launchready.collect.world import World
from launchready.facts import Gap, Key

HOW_TO_PROVE = "Name a resolver that answers for every domain: --resolver 9.9.9.9"


async def out_of_reach(key: Key, world: World, near: str = "") -> Gap | None:
    """Return the gap when none of the resolvers is of use, a limit of our own network."""
    names = world.names
    if await names.works(near):
        return None
    heard = [(r, await names.complaint(r, near)) for r in names.resolvers if names.heard(r)]
    said = "; ".join(f"{address}: {why}" for (address, _), why in heard)
    return Gap(
        key=key,
        reason=f"no resolver here can be used ({said})"
        if heard
        else "none of the resolvers answers anything; this network may block DNS",
        ours=True,
        how_to_prove=HOW_TO_PROVE,
    )
