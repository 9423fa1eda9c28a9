"""Whether this run may knock: asked for, on a host of the manifest, by its owner."""

from __future__ import annotations

from launchready.collect.dial import is_loopback
from launchready.collect.web.address import NotAsked, addresses_of, url_host, url_port
from launchready.collect.world import World
from launchready.expected import zone_of
from launchready.facts import Gap, Key, domain_subject
from launchready.facts.dns import Ownership
from launchready.gather import Ask


async def refusal(key: Key, url: str, world: World, ask: Ask) -> Gap | None:
    """Return why nothing active may be sent to the URL, as the gap of `key`; None when it may."""
    host = url_host(url)
    if not world.active:
        return Gap(
            key=key,
            reason="this takes an active check, and this run only looks",
            how_to_prove="Run `launchready audit --active`.",
        )
    if not world.from_file or host not in world.manifest.all_hosts:
        return Gap(
            key=key,
            reason=f"nothing active is sent to {host}: {_not_named(host, world)}",
            how_to_prove=f'Add [hosts."{host}"] to launchready.toml if it is yours.',
        )
    where = await addresses_of(url, world, ask)
    if isinstance(where, NotAsked):
        return Gap(key=key, reason=where.reason, because=where.because, ours=where.ours)
    dialled = [world.dial.target(host, a, url_port(url))[0] for a in where.addresses]
    if all(is_loopback(a) for a in dialled):
        return None
    domain = zone_of(world.manifest, host)
    ownership = await ask(Ownership, domain_subject(domain))
    if isinstance(ownership, Ownership) and ownership.proven:
        return None
    reason = ownership.reason if isinstance(ownership, Gap) else ownership.detail
    token = world.manifest.launch.token or "lr-… (a word of your own, also as launch.token)"
    return Gap(
        key=key,
        reason=f"nothing active is sent without proof that {domain} is yours: {reason}",
        how_to_prove=f'Publish a TXT record at _launchready.{domain} with the value "{token}".',
    )


def _not_named(host: str, world: World) -> str:
    if host in world.manifest.guard.hosts:
        return "[guard] names it, but [hosts] does not"
    return "the manifest does not name it"
