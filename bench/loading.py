"""Load over keep-alive connections: `python bench/loading.py PORT PATH CONNECTIONS SECONDS`.

Each connection asks again as soon as it has its answer. Prints how many answers came, after how
many seconds, as JSON. It checks every answer's status and counts its bytes by Content-Length.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import cast

import uvloop


class Visitor(asyncio.Protocol):
    """One connection that asks the same again and again."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.answers = 0
        self.failed = 0
        self._wanted = 0
        self._have = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not descend from asyncio's.
        self._transport = cast("asyncio.Transport", transport)
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
        assert self._transport is not None
        self._transport.write(self.request)

    def connection_lost(self, exc: Exception | None) -> None:
        self.failed += exc is not None


async def load(port: int, path: str, connections: int, seconds: float) -> dict[str, float]:
    """Return the answers, the failed ones among them, and the seconds they took.

    `all` counts those too that came while connections were opened, before the seconds began.
    """
    request = (
        f"GET {path} HTTP/1.1\r\nHost: willow.example\r\nAccept: */*\r\n"
        "User-Agent: launchready-bench\r\nAccept-Encoding: gzip\r\n\r\n"
    ).encode()
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: Visitor(request), "127.0.0.1", port)
        for _ in range(connections)
    ]
    # A server that has only just been started is not measured.
    while not all(v.answers for _, v in opened):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    begun = time.perf_counter()
    before = sum(v.answers for _, v in opened)
    await asyncio.sleep(seconds)
    took_s = time.perf_counter() - begun
    together = sum(v.answers for _, v in opened)
    for transport, _ in opened:
        transport.abort()
    return {
        "answers": together - before, "all": together,
        "failed": sum(v.failed for _, v in opened), "seconds": took_s,
    }  # fmt: skip


if __name__ == "__main__":
    _, port_, path_, connections_, seconds_ = sys.argv
    print(
        json.dumps(uvloop.run(load(int(port_), path_, int(connections_), float(seconds_)))),
        flush=True,
    )
