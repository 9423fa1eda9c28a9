"""DNS over UDP and TCP on loopback (RFC 1035, RFC 7766)."""

from __future__ import annotations

import asyncio
import socket
import struct

import dns.exception
import dns.flags
import dns.message
import dns.rcode

from launchready.demo.listening import LOOPBACK, Connections
from launchready.demo.name_answers import Responder

_IDLE_S = 10.0


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, respond: Responder) -> None:
        self.respond = respond
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        wire = answer_wire(self.respond, data, udp=True)
        if wire is not None and self.transport is not None:
            self.transport.sendto(wire, addr)


def answer_wire(respond: Responder, data: bytes, *, udp: bool) -> bytes | None:
    """Return the response to a query, both in wire form; None is silence.

    Over UDP what does not fit is cut off and marked by TC (RFC 6891 section 6.2.3).
    """
    try:
        query = dns.message.from_wire(data)
    except dns.exception.DNSException:
        return None
    if query.flags & dns.flags.QR or len(query.question) != 1:
        return None
    response = respond(query)
    if response is None:
        return None
    size = 65535 if not udp else min(max(512, query.payload), 1232) if query.edns >= 0 else 512
    try:
        return response.to_wire(max_size=size)
    except dns.exception.TooBig:
        response.flags |= dns.flags.TC
        response.answer, response.authority, response.additional = [], [], []
        return response.to_wire(max_size=size)


class NameListener:
    """One DNS server on a free loopback port, the same for UDP and TCP."""

    def __init__(self, respond: Responder) -> None:
        self._respond = respond
        self._connections = Connections()
        self._udp: asyncio.DatagramTransport | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen; raises OSError when no port is free for both."""
        for attempt in range(20):
            port = await self._connections.listen(self._serve)
            try:
                await self._listen_udp(port)
            except OSError:
                # Somebody else has the UDP port of that number.
                await self._connections.close()
                self._connections = Connections()
                if attempt == 19:
                    raise
            else:
                self.port = port
                return

    async def _listen_udp(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(
            lambda: _Udp(self._respond), local_addr=(LOOPBACK, port), family=socket.AF_INET
        )

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            async with asyncio.timeout(_IDLE_S):
                (length,) = struct.unpack("!H", await reader.readexactly(2))
                data = await reader.readexactly(length)
            wire = answer_wire(self._respond, data, udp=False)
            if wire is None:
                await asyncio.sleep(_IDLE_S)
                return
            writer.write(struct.pack("!H", len(wire)) + wire)
            await writer.drain()

    async def close(self) -> None:
        """Stop listening and end every conversation."""
        if self._udp is not None:
            self._udp.close()
        await self._connections.close()
