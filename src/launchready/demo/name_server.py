"""DNS over UDP and TCP on loopback (RFC 1035, RFC 7766)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

import dns.exception
import dns.flags
import dns.message
import dns.rcode

from launchready.demo.listening import LOOPBACK, Connections
from launchready.demo.name_answers import Responder

_IDLE_S = 10.0
_DATAGRAMS_A_TURN = 100


class _Datagrams:
    """A UDP socket that is read until it is empty.

    asyncio's own transport takes one datagram a turn of the loop: under load the questions at
    the end of a long queue would wait beyond their deadline.
    """

    def __init__(self, respond: Responder, port: int, latency_s: float) -> None:
        self._respond = respond
        self._latency_s = latency_s
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((LOOPBACK, port))
        except OSError:
            self._socket.close()
            raise
        self._socket.setblocking(False)
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    def _read(self) -> None:
        for _ in range(_DATAGRAMS_A_TURN):
            try:
                data, client = self._socket.recvfrom(65_535)
            except BlockingIOError:
                return
            except OSError:
                # What came back for an answer that nobody waited for any more.
                continue
            wire = answer_wire(self._respond, data, udp=True)
            if wire is not None and self._latency_s:
                loop = asyncio.get_running_loop()
                loop.call_later(self._latency_s, self._send, wire, client)
            elif wire is not None:
                self._send(wire, client)

    def _send(self, wire: bytes, client: tuple[str, int]) -> None:
        # UDP may lose what has no room; the client asks again. The socket may be closed by now.
        with contextlib.suppress(OSError):
            self._socket.sendto(wire, client)

    def close(self) -> None:
        """Stop listening."""
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()


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
    """One DNS server on a free loopback port, the same for UDP and TCP.

    `latency_s` is added to every round trip. Without `tcp` it hangs up on whoever asks over TCP.
    """

    def __init__(self, respond: Responder, *, latency_s: float = 0.0, tcp: bool = True) -> None:
        self._respond = respond
        self._tcp = tcp
        self._latency_s = latency_s
        self._connections = Connections()
        self._udp: _Datagrams | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen; raises OSError when no port is free for both."""
        for attempt in range(20):
            port = await self._connections.listen(self._serve)
            try:
                self._udp = _Datagrams(self._respond, port, self._latency_s)
            except OSError:
                # Somebody else has the UDP port of that number.
                await self._connections.close()
                self._connections = Connections()
                if attempt == 19:
                    raise
            else:
                self.port = port
                return

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # SYN and SYN-ACK take a round trip before the client sends.
        await asyncio.sleep(self._latency_s)
        while self._tcp:
            async with asyncio.timeout(_IDLE_S):
                (length,) = struct.unpack("!H", await reader.readexactly(2))
                data = await reader.readexactly(length)
            wire = answer_wire(self._respond, data, udp=False)
            if wire is None:
                await asyncio.sleep(_IDLE_S)
                return
            await asyncio.sleep(self._latency_s)
            writer.write(struct.pack("!H", len(wire)) + wire)
            await writer.drain()

    async def close(self) -> None:
        """Stop listening and end every conversation."""
        if self._udp is not None:
            self._udp.close()
        await self._connections.close()
