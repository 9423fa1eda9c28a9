"""HTTPS records of a host, and the places that only they name, tried as browsers would."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from launchready.collect.dial import is_loopback, is_public
from launchready.collect.dns.reply import GOOD, Reply, text_of
from launchready.collect.tls.connection import connect
from launchready.collect.world import World
from launchready.derive.tls.encrypted_hello import outer_name
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.dns import Resolution
from launchready.facts.services import Endpoint, HttpsRecord, ServiceRecord
from launchready.gather import Ask, Collector

RECORDS_MAX = 5
PLACES_MAX = 6
"""So many places are tried, those of the record that browsers prefer first."""
_MANDATORY, _ALPN, _NO_DEFAULT, _PORT, _V4, _ECH, _V6 = range(7)
_KNOWN = frozenset(range(7))
_Place = tuple[str, int, str]
"""Address, port, and the name that the certificate must be for."""


async def https_record(subject: Subject, world: World, ask: Ask) -> HttpsRecord | Gap:
    """Return the HTTPS records of a host, and what answers at the places that only they name."""
    host, key = subject.name, Key(HttpsRecord, subject)
    resolution = await ask(Resolution, subject)
    if isinstance(resolution, Gap):
        because = resolution.key
        return Gap(key=key, reason=resolution.reason, because=because, ours=resolution.ours)
    if resolution.fault:
        return Gap(key=key, reason="the host does not resolve", because=resolution.key)
    reply = await world.names.ask(host, "HTTPS")
    services = _services(reply)
    places: dict[_Place, None] = {}
    nowhere: list[str] = []
    for service in services:
        own = service.target in {host, reply.last}
        found = list(resolution.to_visit) if own else await _addresses(world, service.target)
        if not found and service.target not in nowhere:
            nowhere.append(service.target)
        tcp = not service.protocols or any(not p.startswith("h3") for p in service.protocols)
        for address in (*service.hints, *found) if tcp else ():
            # The host's own addresses are looked at for every launch.
            if service.port != 443 or address not in resolution.addresses:
                places[address, service.port, host] = None
        if service.outer_name and found:
            places[found[0], service.port, service.outer_name] = None
    tried = await asyncio.gather(*(_try(world, place) for place in list(places)[:PLACES_MAX]))
    return HttpsRecord(
        subject=subject,
        at=world.now(),
        how=f"dig HTTPS {host}",
        services=services,
        endpoints=tuple(tried),
        nowhere=tuple(nowhere),
        trouble="" if reply.rcode in GOOD else reply.trouble or str(reply.rcode),
    )


async def _addresses(world: World, name: str) -> list[str]:
    replies = await asyncio.gather(*(world.names.ask(name, kind) for kind in ("A", "AAAA")))
    return [address for reply in replies for address in sorted(reply.texts)]


async def _try(world: World, place: _Place) -> Endpoint:
    address, port, name = place
    if not is_public(address) and not is_loopback(world.dial.target(name, address, port)[0]):
        return Endpoint(address=address, port=port, name=name, answer="private")
    hello = await connect(world, name, address, port=port)
    return Endpoint(address=address, port=port, name=name, answer=hello.answer, ours=hello.ours)


def _services(reply: Reply) -> tuple[ServiceRecord, ...]:
    """Return the records as browsers take them, the preferred one first.

    One that demands what they do not know is passed over (RFC 9460 section 8), and beside an alias
    all others are.
    """
    rdatas: Iterable[Any] = reply.found.rdatas if reply.found else ()
    read = [_service(r, reply.last) for r in rdatas if not _foreign(r)]
    aliases = [s for s in read if s.priority == 0]
    return tuple(sorted(aliases or read, key=lambda s: s.priority))[:RECORDS_MAX]


def _foreign(rdata: Any) -> bool:
    mandatory = rdata.params.get(_MANDATORY)
    return mandatory is not None and not _KNOWN.issuperset(mandatory.keys)


def _service(rdata: Any, owner: str) -> ServiceRecord:
    target = text_of(rdata.target)
    params = rdata.params if rdata.priority else {}
    protocols = tuple(p.decode("latin-1") for p in params[_ALPN].ids) if _ALPN in params else ()
    if protocols and _NO_DEFAULT not in params:
        protocols += ("http/1.1",)
    hints = [a for kind in (_V4, _V6) if kind in params for a in params[kind].addresses]
    return ServiceRecord(
        priority=rdata.priority,
        target=owner if target == "." else target,
        port=params[_PORT].port if _PORT in params else 443,
        protocols=protocols,
        hints=tuple(hints),
        outer_name=outer_name(params[_ECH].ech) if _ECH in params else "",
    )


COLLECTORS: dict[type[Fact], Collector] = {HttpsRecord: https_record}
