"""A world on loopback for the tests of collectors: published addresses, dialled to servers here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext

from launchready.collect.opening import open_world
from launchready.collect.web import exchange as http
from launchready.collect.world import World
from launchready.expected import zone_of
from launchready.facts import Fact, Gap, Key, Subject, host_subject, url_subject
from launchready.facts.dns import Resolution, ResolverAnswer
from launchready.facts.http import Exchange
from launchready.facts.tls import Handshake
from launchready.gather import Collector, Gatherer
from launchready.manifest import parse_manifest

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PUBLISHED = "203.0.113.5"
MANIFEST = '[launch]\ndomain = "example.org"\n'


@dataclass(slots=True)
class Loopback:
    """A world, and what it collects."""

    world: World
    gatherer: Gatherer

    async def get(self, url: str) -> Exchange | Gap:
        """Return the exchange with a URL, or its gap."""
        return await self.gatherer.ask(Exchange, self.url(url))

    async def answer(self, url: str) -> Exchange:
        """Return the exchange with a URL that must come to one."""
        found = await self.get(url)
        assert isinstance(found, Exchange), found
        return found

    def url(self, url: str) -> Subject:
        return url_subject(url, zone_of(self.world.manifest, url))

    def host(self, name: str = "example.org") -> Subject:
        return host_subject(name, zone_of(self.world.manifest, name))


@asynccontextmanager
async def loopback_world(
    servers: Mapping[str, int],
    *,
    manifest: str = MANIFEST,
    addresses: Mapping[str, tuple[str, ...]] | None = None,
    ca: Path | None = None,
    request_s: float = 10.0,
    deadline_s: float = 45.0,
    collectors: Mapping[type[Fact], Collector] | None = None,
    active: bool = False,
) -> AsyncIterator[Loopback]:
    """Yield a world in which `ADDRESS:PORT` is dialled to a port on 127.0.0.1.

    Every host resolves to PUBLISHED, unless `addresses` says otherwise (an empty tuple: not at all).
    """
    async with open_world(
        parse_manifest(manifest),
        resolvers=("127.0.0.1:1",),
        dial=[f"{where}=127.0.0.1:{port}" for where, port in servers.items()],
        ca=ca,
        request_s=request_s,
        deadline_s=deadline_s,
        active=active,
    ) as world:
        known = {
            **http.COLLECTORS,
            Resolution: resolving(addresses or {}),
            Handshake: no_handshake,
            **(collectors or {}),
        }
        yield Loopback(world, Gatherer(world=world, collectors=known))


def resolving(addresses: Mapping[str, tuple[str, ...]]) -> Collector:
    async def resolution(subject: Subject, world: World, _ask: object) -> Resolution:
        found = addresses.get(subject.name, (PUBLISHED,))
        answer = ResolverAnswer(
            resolver="127.0.0.1",
            rcode="NOERROR" if found else "NXDOMAIN",
            v4=tuple(a for a in found if ":" not in a),
            v6=tuple(a for a in found if ":" in a),
        )
        return Resolution(subject=subject, at=world.now(), how="test", answers=(answer,))

    return resolution


async def no_handshake(subject: Subject, _world: World, _ask: object) -> Gap:
    return Gap(key=Key(Handshake, subject), reason="not part of this test")


@asynccontextmanager
async def serving(peer: Peer, *, tls: SSLContext | None = None) -> AsyncIterator[int]:
    """Yield the port on 127.0.0.1 at which `peer` takes every connection."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await peer(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
