"""Load several servers in turn: `python bench/loading.py PATH CONNECTIONS SECONDS TURNS PORT...`.

Each server has its keep-alive connections, and each connection asks again as soon as it has its
answer. One server is loaded for so many seconds, then the next, so many times around: a machine's
other work comes and goes, and hits all of them alike. Prints for each port how many answers came,
after how many seconds, as JSON. It checks every answer's status and counts its bytes by
Content-Length.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from functools import partial
from typing import cast

import uvloop


class Server:
    """One server under load, by its connections."""

    def __init__(self) -> None:
        self.visitors: list[Visitor] = []
        self.loaded = False
        self.asked = 0
        """Connections that wait for an answer."""
        self.quiet = asyncio.Event()
        self.seconds = 0.0

    async def load(self, seconds: float) -> None:
        """Ask for so long, and until what was asked is answered."""
        begun_s = time.perf_counter()
        self.loaded = True
        self.quiet.clear()
        for visitor in self.visitors:
            visitor.ask()
        await asyncio.sleep(seconds)
        self.loaded = False
        await self.quiet.wait()
        self.seconds += time.perf_counter() - begun_s

    def told(self) -> dict[str, float]:
        """Return what was measured."""
        return {
            "answers": sum(v.answers for v in self.visitors),
            "failed": sum(v.failed for v in self.visitors),
            "seconds": self.seconds,
        }


class Visitor(asyncio.Protocol):
    """One connection that asks the same again and again while its server is loaded."""

    def __init__(self, request: bytes, server: Server) -> None:
        self.request = request
        self.answers = 0
        self.failed = 0
        self._server = server
        self._wanted = 0
        self._have = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not descend from asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def ask(self) -> None:
        """Ask once."""
        assert self._transport is not None
        self._server.asked += 1
        self._transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        if self._have:
            data = self._have + data
        if not self._wanted:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._have = data
                return
            at = data.lower().find(b"content-length: ")
            length = int(data[at + 16 : data.find(b"\r\n", at)]) if 0 <= at < end else 0
            self._wanted = end + 4 + length
        if len(data) < self._wanted:
            self._have = data
            return
        self._have, self._wanted = b"", 0
        self.answers += 1
        self.failed += data[9:12] != b"200"
        self._server.asked -= 1
        if self._server.loaded:
            self.ask()
        elif not self._server.asked:
            self._server.quiet.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.failed += exc is not None or self._server.loaded
        self._server.quiet.set()


async def load(
    path: str, connections: int, seconds: float, turns: int, ports: list[int]
) -> list[dict[str, float]]:
    """Return for each port the answers, the failed ones among them, and the seconds they took."""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: willow.example\r\nAccept: */*\r\n"
        "User-Agent: launchready-bench\r\nAccept-Encoding: gzip\r\n\r\n"
    ).encode()
    loop, servers = asyncio.get_running_loop(), [Server() for _ in ports]
    for server, port in zip(servers, ports, strict=True):
        for _ in range(connections):
            _, visitor = await loop.create_connection(
                partial(Visitor, request, server), "127.0.0.1", port
            )
            server.visitors.append(visitor)
    for turn in range(turns):
        # Each comes first as often as last.
        for server in servers if turn % 2 else reversed(servers):
            await server.load(seconds)
    return [server.told() for server in servers]


if __name__ == "__main__":
    _, path_, connections_, seconds_, turns_, *ports_ = sys.argv
    found = load(
        path_, int(connections_), float(seconds_), int(turns_), [int(port) for port in ports_]
    )
    print(json.dumps(uvloop.run(found)), flush=True)
