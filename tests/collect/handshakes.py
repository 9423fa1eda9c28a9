"""Handshakes with real servers on loopback, their certificates made for the run."""

from __future__ import annotations

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from launchready.collect.tls import hosts as tls
from launchready.facts.tls import Handshake

from .certificates import (
    Authority,
    Leaf,
    authority,
    server_context,
)
from .worlds import PUBLISHED, Loopback, loopback_world, serving

HOST = "example.org"
AT_443 = f"{PUBLISHED}:443"
needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="the openssl command makes these certificates"
)


@pytest.fixture(scope="module")
def root() -> Authority:
    return authority("Harbour Root")


@pytest.fixture(scope="module")
def issuing(root: Authority) -> Authority:
    return authority("Harbour Issuing", root)


@pytest.fixture
def ca(root: Authority, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    path.write_bytes(root.pem)
    return path


async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def wait_for_end(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def plain_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(100)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


@asynccontextmanager
async def world_with(
    servers: Mapping[str, int], ca: Path | None = None, *, request_s: float = 5.0, **more: object
) -> AsyncIterator[Loopback]:
    async with loopback_world(
        servers,
        ca=ca,
        request_s=request_s,
        collectors=tls.COLLECTORS,
        **more,  # type: ignore[arg-type]
    ) as here:
        yield here


async def shake(context: ssl.SSLContext, ca: Path | None) -> Handshake:
    async with serving(hang_up, tls=context) as port, world_with({AT_443: port}, ca) as here:
        found = await here.gatherer.ask(Handshake, here.host())
        assert isinstance(found, Handshake), found
        return found


async def shake_with(shown: Leaf, ca: Path | None) -> Handshake:
    return await shake(server_context(shown, alpn=["h2", "http/1.1"]), ca)


async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nharbour")
    await writer.drain()
