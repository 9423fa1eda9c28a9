"""The names below a host that its HSTS covers, and whether they can do HTTPS."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from launchready.collect.dial import is_public
from launchready.collect.tls.connection import answers_on_port_80, connect
from launchready.collect.world import World
from launchready.derive.tls.hsts import first_header, parse_hsts
from launchready.derive.tls.trust import judge_hello
from launchready.expected import zone_of
from launchready.facts import Gap, Key, Subject, domain_subject, host_subject
from launchready.facts.dns import NeighbourNames
from launchready.facts.tls import CoveredName, Handshake, HstsReach
from launchready.facts.ways import Entrance
from launchready.gather import Ask
from launchready.manifest import Manifest

NAMES_MAX = 20


async def hsts_reach(subject: Subject, world: World, ask: Ask) -> HstsReach | Gap:
    """Return the names below a host with includeSubDomains (RFC 6797 section 6.1.2).

    They are the launch's web hosts, its other declared names, and common names that the DNS has.
    A name that nothing answers for on port 80 has nothing to lose and is left out.
    """
    key = Key(HstsReach, subject)
    entrance = await ask(Entrance, subject)
    if isinstance(entrance, Gap):
        return Gap(key=key, reason=entrance.reason, because=entrance.key, ours=entrance.ours)
    value = first_header(entrance.https_root, subject.name)
    parsed = parse_hsts(value) if value is not None else None
    names: list[CoveredName] = []
    if parsed is not None and parsed.include_subdomains and parsed.max_age_s:
        web = {h.name for h in world.manifest.all_hosts.values() if h.web}
        below = sorted(n for n in web if n.endswith(f".{subject.name}"))
        hosts = [host_subject(n, zone_of(world.manifest, n)) for n in below]
        shaken = await asyncio.gather(*(ask(Handshake, host) for host in hosts))
        names = [_followed(found) for found in shaken if isinstance(found, Handshake)]
        names += await _beside(subject, world, ask, web)
        gap = next((f for f in shaken if isinstance(f, Gap)), None)
        if gap is not None and not any(n.trouble for n in names):
            return Gap(key=key, reason=gap.reason, because=gap.key, ours=gap.ours)
    how = f"TLS hello to the names below {subject.name}"
    return HstsReach(subject=subject, at=world.now(), how=how, names=tuple(names))


def _followed(found: Handshake) -> CoveredName:
    return CoveredName(
        name=found.subject.name,
        declared=True,
        trouble=(found.refusal or found.trust_detail or found.fault) if found.fault else "",
        because=found.key if found.fault else None,
    )


async def _beside(subject: Subject, world: World, ask: Ask, web: set[str]) -> list[CoveredName]:
    """Return the names below a host that are no web hosts of the launch but answer on port 80."""
    found: dict[str, tuple[str, ...]] = {}
    if subject.name == world.manifest.launch.domain:
        near = await ask(NeighbourNames, domain_subject(subject.name))
        if isinstance(near, NeighbourNames):
            found = {n: a for n, a in near.addresses if not n.startswith("*.")}
    declared = _declared_names(world.manifest)
    wanted = [
        n
        for n in sorted(declared) + sorted(set(found) - declared)
        if n.endswith(f".{subject.name}") and n not in web
    ][:NAMES_MAX]
    looked = await asyncio.gather(
        *(_look(world, n, found.get(n, ()), declared=n in declared) for n in wanted)
    )
    return [name for name in looked if name is not None]


def _declared_names(manifest: Manifest) -> set[str]:
    names = {h.name for h in manifest.hosts.values() if not h.web}
    return names | {urlsplit(o.source).hostname or "" for o in manifest.redirects.values()}


async def _look(
    world: World, name: str, addresses: tuple[str, ...], *, declared: bool
) -> CoveredName | None:
    mapped = world.dial.by_host(name, 443) or world.dial.by_host(name, 80)
    if mapped is not None:
        addresses = (mapped[0],)
    elif not addresses:
        reply = await world.names.ask(name, "A")
        addresses = reply.found.texts if reply.found is not None else ()
    public = [a for a in addresses if mapped is not None or is_public(a)]
    if not public or not await answers_on_port_80(world, name, public[0]):
        return None
    judged = judge_hello(name, await connect(world, name, public[0]), world.now())
    good = judged.accepted and judged.trust in {"trusted", "incomplete"}
    return CoveredName(name=name, declared=declared, trouble="" if good else judged.detail)


COLLECTORS = {HstsReach: hsts_reach}
