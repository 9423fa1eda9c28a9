"""A small name server on loopback for tests, over UDP and TCP on one port, as honest as told."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal, cast

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from launchready.collect.dial import DialMap
from launchready.collect.dns.client import NameClient

Transport = Literal["udp", "tcp"]
Respond = Callable[[dns.message.Message, Transport], Sequence[bytes]]
Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Records = Mapping[str, Mapping[str, Sequence[str]]]

SHORT_S = 0.4
ONE = {"www.example.test": {"A": ["192.0.2.1"]}}


@dataclass(slots=True)
class Server:
    """Where it listens, and the questions it got as (name, type, transport)."""

    address: str
    port: int = 0
    asked: list[tuple[str, str, Transport]] = field(default_factory=list)

    @property
    def at(self) -> tuple[str, int]:
        return (self.address, self.port)


@asynccontextmanager
async def serving(respond: Respond, *, address: str = "127.0.0.1") -> AsyncIterator[Server]:
    """Answer on a free port of the address; `respond` returns the packets to send."""
    server = Server(address)

    def answers(wire: bytes, transport: Transport) -> Sequence[bytes]:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True)
        server.asked.append((name, dns.rdatatype.to_text(question.rdtype), transport))
        return respond(query, transport)

    class Datagrams(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            # A cast: Python 3.11's own class does not derive from DatagramTransport.
            self.transport = cast("asyncio.DatagramTransport", transport)

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            for packet in answers(data, "udp"):
                self.transport.sendto(packet, addr)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                (size,) = struct.unpack("!H", await reader.readexactly(2))
                for packet in answers(await reader.readexactly(size), "tcp"):
                    writer.write(struct.pack("!H", len(packet)) + packet)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    tcp, udp = await _bind(address, connected, Datagrams)
    server.port = tcp.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        udp.close()
        tcp.close()


async def _bind(
    address: str, connected: Connected, datagrams: type[asyncio.DatagramProtocol]
) -> tuple[asyncio.Server, asyncio.BaseTransport]:
    """Bind TCP to a free port and UDP to the same; the two are free independently."""
    loop = asyncio.get_running_loop()
    for _ in range(50):
        tcp = await asyncio.start_server(connected, address, 0)
        try:
            udp, _protocol = await loop.create_datagram_endpoint(
                datagrams, local_addr=tcp.sockets[0].getsockname()[:2]
            )
        except OSError:
            tcp.close()
            continue
        return tcp, udp
    raise RuntimeError("no port is free for UDP and TCP alike")


def reply_to(
    query: dns.message.Message,
    *,
    answer: Sequence[str] = (),
    authority: Sequence[str] = (),
    additional: Sequence[str] = (),
    rcode: str = "NOERROR",
    authoritative: bool = False,
    authenticated: bool = False,
) -> dns.message.Message:
    """Make an answer of record lines such as `example.test 300 A 192.0.2.1`."""
    message = dns.message.make_response(query, recursion_available=not authoritative)
    message.set_rcode(dns.rcode.from_text(rcode))
    if authoritative:
        message.flags |= dns.flags.AA
    if authenticated:
        message.flags |= dns.flags.AD
    for section, lines in (
        (message.answer, answer),
        (message.authority, authority),
        (message.additional, additional),
    ):
        for line in lines:
            owner, ttl, kind, data = line.split(" ", 3)
            made = dns.rrset.from_text(dns.name.from_text(owner), int(ttl), "IN", kind, data)
            found = message.find_rrset(
                section, made.name, made.rdclass, made.rdtype, made.covers, create=True
            )
            for rdata in made:
                found.add(rdata, made.ttl)
    return message


def wire(message: dns.message.Message, transport: Transport) -> bytes:
    """Return the packet; over UDP one that has no room says so with TC."""
    packet = message.to_wire(max_size=65535)
    if transport == "udp" and len(packet) > 1232:
        message.answer.clear()
        message.authority.clear()
        message.additional.clear()
        message.flags |= dns.flags.TC
        return message.to_wire()
    return packet


def resolver(
    records: Records, *, ttl: int = 300, rcodes: Mapping[str, str] | None = None
) -> Respond:
    """Answer as a resolver that knows these records: name → type → data; `rcodes` by name."""
    fixed = rcodes or {}

    def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        lines: list[str] = []
        for _ in range(20):
            if name in fixed:
                rcode = fixed[name]
                return [wire(reply_to(query, answer=lines, rcode=rcode), transport)]
            known = records.get(name)
            if known is None:
                below = any(n.endswith(f".{name}") for n in records) or name == "."
                rcode = "NOERROR" if below else "NXDOMAIN"
                return [wire(reply_to(query, answer=lines, rcode=rcode), transport)]
            if kind in known or "CNAME" not in known:
                lines += [f"{name} {ttl} {kind} {data}" for data in known.get(kind, ())]
                break
            target = known["CNAME"][0]
            lines.append(f"{name} {ttl} CNAME {target}")
            name = target.rstrip(".")
        return [wire(reply_to(query, answer=lines), transport)]

    return respond


def client(*at: tuple[str, int], query_s: float = 4.0, hedge_s: float = 1.0) -> NameClient:
    return NameClient(dial=DialMap(), resolvers=at, query_s=query_s, hedge_s=hedge_s)


def silent(_query: dns.message.Message, _transport: Transport) -> Sequence[bytes]:
    return []


def answering(**parts: object) -> Respond:
    def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        return [wire(reply_to(query, **parts), transport)]  # type: ignore[arg-type]

    return respond


def knowing_the_root(respond: Respond) -> Respond:
    """Answer for the root's servers whatever else fails, as a resolver that works does."""

    def responds(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        if query.question[0].name == dns.name.root:
            line = [". 300 NS a.root-servers.net."]
            return [wire(reply_to(query, answer=line), transport)]
        return respond(query, transport)

    return responds


def making_up(records: Records, *addresses: str, root: bool = True) -> Respond:
    """Answer as a resolver that leads names that do not exist to pages of its own.

    Without `root` it leads every name there, as a network does before one has signed in to it.
    """
    usual = knowing_the_root(resolver(records))

    def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        name = query.question[0].name.to_text()
        asked = dns.rdatatype.to_text(query.question[0].rdtype)
        if root:
            packets = usual(query, transport)
            if dns.message.from_wire(packets[0]).rcode() != dns.rcode.NXDOMAIN:
                return packets
        lines = [
            f"{name} 60 {asked} {a}" for a in addresses if asked == ("AAAA" if ":" in a else "A")
        ]
        return [wire(reply_to(query, answer=lines), transport)]

    return respond
