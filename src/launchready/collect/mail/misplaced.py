"""Records that stand where nobody looks: most providers add the domain to what is typed as a name."""

from __future__ import annotations

from collections.abc import Callable

from launchready.collect.world import World
from launchready.mailauth.dkim_key import parse_dkim_key
from launchready.mailauth.dmarc_record import parse_dmarc
from launchready.mailauth.names import shown
from launchready.mailauth.spf_record import select_records

Misplaced = tuple[str, str]
"""The name at which a record stands by mistake, and the record."""


async def misplaced_spf(domain: str, world: World) -> Misplaced | None:
    """Return an SPF record that stands below the domain instead of at it."""
    return await _first(world, domain, lambda t: bool(select_records((t,))), f"{domain}.{domain}")


async def misplaced_policy(domain: str, world: World) -> Misplaced | None:
    """Return a DMARC record that stands beside where receivers look for it."""
    names = (f"_dmarc.{domain}.{domain}", domain, f"dmarc.{domain}")
    return await _first(world, domain, lambda t: parse_dmarc(t) is not None, *names)


async def misplaced_key(selector: str, domain: str, world: World) -> Misplaced | None:
    """Return a usable DKIM key that stands beside where receivers look for it."""
    names = (f"{selector}._domainkey.{domain}.{domain}", f"{selector}.{domain}")
    return await _first(world, domain, lambda t: parse_dkim_key(t).usable, *names)


async def dead_alias(name: str, world: World) -> str:
    """Return where a name leads as an alias when no record stands there; empty when it is none."""
    reply = await world.names.ask(name, "TXT")
    return reply.last if reply.aliases and not reply.found else ""


async def _first(
    world: World, domain: str, is_one: Callable[[bytes], bool], *names: str
) -> Misplaced | None:
    # What a wildcard puts at every name stands nowhere by mistake.
    for name in (f"{world.names.unlikely}.{domain}", *names):
        answer = (await world.names.ask(name, "TXT")).as_answer()
        found = next((text for text in answer.texts if is_one(text)), None)
        if found is not None:
            return None if name.startswith(world.names.unlikely) else (name, shown(found))
    return None
