"""Servers on loopback for the probes: ones that answer as told, and ones that hang."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from launchready.guard.health import Probe, Readiness
from tests.collect.certificates import authority, leaf, server_context


@asynccontextmanager
async def answering(
    answer: bytes | None,
    *,
    tls: ssl.SSLContext | None = None,
    read: list[bytes] | None = None,
    then: bytes | None = None,
) -> AsyncIterator[int]:
    """Yield the port of a server that sends `answer` to every first line; None: it never answers.

    `then` is the answer to all but the first connection.
    """
    open_: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_.append(writer)
        if answer is None:
            return
        said = answer if then is None or len(open_) == 1 else then
        try:
            asked = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            asked = error.partial
        if read is not None:
            read.append(asked)
        writer.write(said)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    yield server.sockets[0].getsockname()[1]
    server.close()
    for writer in open_:
        writer.transport.abort()
    await server.wait_closed()


@asynccontextmanager
async def greeting(*lines: bytes) -> AsyncIterator[int]:
    """Yield the port of a server that says one of the lines at once and after every line read."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in lines:
            writer.write(line)
            await writer.drain()
            if not await reader.readline():
                break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


def certified() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the context of a server at 127.0.0.1, and that of a client who trusts it."""
    root = authority("Test Root")
    client = ssl.create_default_context(cadata=root.pem.decode())
    # The certificates are as plain as many are, which Python 3.13 refuses unless told otherwise.
    client.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return server_context(leaf("127.0.0.1", by=root)), client


async def why(probe: Probe, deadline_s: float = 10) -> str:
    """Return why the part does not work, as `/readyz` says it; empty when it does."""
    readiness = Readiness({"part": probe}, deadline_s)
    found = await readiness.check()
    await readiness.close()
    return found["part"].why


_TAKEN: list[socket.socket] = []
"""Bound and never listened on: a port that was merely free would go to the next server."""


async def closed_port() -> int:
    """Return a port of loopback that nobody listens on, for as long as the tests run."""
    taken = socket.socket()
    _TAKEN.append(taken)
    taken.bind(("127.0.0.1", 0))
    port: int = taken.getsockname()[1]
    return port
