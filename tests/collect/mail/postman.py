"""Mail exchanges on loopback that talk as a test wants, and what is collected from them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from launchready.collect.mail import exchanges as mail_server
from launchready.collect.world import World
from launchready.expected import mail_domain
from launchready.facts import Fact, Gap, Subject
from launchready.facts.mail import MailServer, Mx, MxRecord
from launchready.gather import Collector
from tests.collect.worlds import Loopback, loopback_world, serving

EXCHANGE = "mx.example.org"
OTHER = "mx2.example.org"
WHERE = "203.0.113.25"
AT_25 = f"{WHERE}:25"
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def exchanges(*records: MxRecord) -> Callable[..., Awaitable[Mx]]:
    async def mx(subject: Subject, world: World, _ask: object) -> Mx:
        entry = world.manifest.mail_domains["example.org"]
        return Mx(
            subject=subject, at=datetime.now(UTC), how="test", entry=entry,
            records=records, null=False, implicit_address=False,
        )  # fmt: skip

    return mx


def record(name: str = EXCHANGE, *addresses: str) -> MxRecord:
    return MxRecord(preference=10, exchange=name, addresses=addresses)


@asynccontextmanager
async def world_with(
    servers: Mapping[str, int],
    *records: MxRecord,
    request_s: float = 5.0,
) -> AsyncIterator[Loopback]:
    known: dict[type[Fact], Collector] = {
        **mail_server.COLLECTORS,
        Mx: exchanges(*(records or (record(EXCHANGE, WHERE),))),
    }
    async with loopback_world(servers, request_s=request_s, collectors=known) as here:
        yield here


async def ask(here: Loopback, name: str = EXCHANGE) -> MailServer | Gap:
    domain = mail_domain(here.world.manifest, "example.org")
    return await here.gatherer.ask(MailServer, Subject("mail server", name, domain))


async def met(handler: Handler, *, request_s: float = 5.0) -> MailServer | Gap:
    async with (
        serving(handler) as port,
        world_with({AT_25: port}, request_s=request_s) as here,
    ):
        return await ask(here)


async def fact(handler: Handler) -> MailServer:
    found = await met(handler)
    assert isinstance(found, MailServer), found
    return found


def postman(
    context: ssl.SSLContext | None = None,
    *,
    greeting: bytes = b"220 mx.example.org ESMTP\r\n",
    offers: bytes = b"250-mx.example.org\r\n250-SIZE 1000\r\n250 STARTTLS\r\n",
    ready: bytes = b"220 go ahead\r\n",
    heard: list[bytes] | None = None,
) -> Handler:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        while line := await reader.readline():
            if heard is not None:
                heard.append(line)
            if line.startswith(b"EHLO"):
                writer.write(offers)
            elif line.startswith(b"STARTTLS"):
                writer.write(ready)
                if context is not None:
                    await writer.start_tls(context)
            elif line.startswith(b"QUIT"):
                writer.write(b"221 bye\r\n")
                await writer.drain()
                return

    return serve
