"""One question and its answer on the wire: UDP, then TCP where the answer does not fit.

What does not belong to the question (wrong id, wrong question, garbage) is ignored until the
deadline, as RFC 5452 section 9 asks.
"""

from __future__ import annotations

import asyncio
import errno
import struct
from contextlib import suppress

import dns.exception
import dns.flags
import dns.message
import dns.rcode

REPEATS_AFTER = (0.25, 0.6)
"""UDP loses packets: the question is sent again after these shares of its deadline."""
WRONG_MAX = 1000
"""So many packets that are no answer are read before the server is given up."""
PAYLOAD_BYTES = 1232
"""EDNS size that no path fragments (DNS Flag Day 2020)."""
_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EACCES, errno.EPERM}  # fmt: skip
_PLAIN_RCODES = {dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.BADVERS}


class NoReplyError(Exception):
    """There is no usable answer; `ours` when this machine could not even send the question.

    `cut`: over UDP there was one that did not fit.
    """

    def __init__(self, reason: str, *, ours: bool = False, cut: bool = False) -> None:
        super().__init__(reason)
        self.ours = ours
        self.cut = cut


async def exchange(
    query: dns.message.QueryMessage,
    target: tuple[str, int],
    deadline_s: float,
    *,
    tcp: bool = False,
) -> dns.message.Message:
    """Return the answer of the server at `target`, over TCP when UDP has no room for it.

    With `tcp` it is asked over TCP alone.
    A server that does not know EDNS (RFC 6891 section 7) is asked again without it.
    Raises NoReplyError.
    """
    wrong = _Wrong()
    cut = False
    try:
        async with asyncio.timeout(deadline_s):
            if tcp:
                return await _tcp(query, target)
            answer = await _udp(query, target, deadline_s, wrong)
            if answer.rcode() in _PLAIN_RCODES and query.edns >= 0:
                query.use_edns(edns=False)
                answer = await _udp(query, target, deadline_s, wrong)
            cut = bool(answer.flags & dns.flags.TC)
            return await _tcp(query, target) if cut else answer
    except TimeoutError:
        reason = wrong.reason or f"no answer within {deadline_s:g} seconds"
        raise NoReplyError(reason, cut=cut) from None
    except NoReplyError as error:
        raise NoReplyError(str(error), ours=error.ours, cut=cut) from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise NoReplyError(reason, ours=error.errno in _UNREACHABLE, cut=cut) from None


class _Wrong:
    """What came that is no answer."""

    def __init__(self) -> None:
        self.count = 0
        self.reason = ""

    def add(self, reason: str) -> None:
        self.count += 1
        self.reason = f"only {reason} came back"


class _Datagrams(asyncio.DatagramProtocol):
    """Waits for the one datagram that answers the query."""

    def __init__(self, query: dns.message.QueryMessage, wrong: _Wrong) -> None:
        self.query = query
        self.wrong = wrong
        self.answer: asyncio.Future[dns.message.Message] = (
            asyncio.get_running_loop().create_future()
        )

    def datagram_received(self, data: bytes, _address: object) -> None:
        if self.answer.done():
            return
        try:
            self.answer.set_result(_parsed(data, self.query))
        except ValueError as error:
            self.wrong.add(str(error))
            if self.wrong.count > WRONG_MAX:
                self.answer.set_exception(NoReplyError(self.wrong.reason))

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)


async def _udp(
    query: dns.message.QueryMessage, target: tuple[str, int], deadline_s: float, wrong: _Wrong
) -> dns.message.Message:
    loop = asyncio.get_running_loop()
    # Connected, so that the kernel drops other senders and reports a closed port at once.
    transport, protocol = await loop.create_datagram_endpoint(
        lambda: _Datagrams(query, wrong), remote_addr=target
    )
    wire = query.to_wire()
    try:
        transport.sendto(wire)
        slept = 0.0
        for share in REPEATS_AFTER:
            with suppress(TimeoutError):
                wait_s = share * deadline_s - slept
                return await asyncio.wait_for(asyncio.shield(protocol.answer), wait_s)
            slept = share * deadline_s
            transport.sendto(wire)
        return await protocol.answer
    finally:
        transport.close()
        if protocol.answer.done() and not protocol.answer.cancelled():
            protocol.answer.exception()  # seen, whoever stopped waiting for it


async def _tcp(query: dns.message.QueryMessage, target: tuple[str, int]) -> dns.message.Message:
    wire = query.to_wire()
    reader, writer = await asyncio.open_connection(*target)
    try:
        writer.write(struct.pack("!H", len(wire)) + wire)
        await writer.drain()
        size = struct.unpack("!H", await reader.readexactly(2))[0]
        return _parsed(await reader.readexactly(size), query)
    except asyncio.IncompleteReadError:
        raise NoReplyError("the TCP connection ended before the answer did") from None
    except ValueError as error:
        raise NoReplyError(f"only {error} came back") from None
    finally:
        writer.close()


def _parsed(wire: bytes, query: dns.message.QueryMessage) -> dns.message.Message:
    """Return the message; ValueError says what it is when it is no answer to the query."""
    if len(wire) < 12 or int.from_bytes(wire[:2], "big") != query.id or not wire[2] & 0x80:
        raise ValueError("packets that answer another question")
    # A truncated answer may end anywhere: its question is enough to ask again over TCP.
    cut = bool(wire[2] & 0x02)
    try:
        message = dns.message.from_wire(wire, ignore_trailing=True, question_only=cut)
    except (dns.exception.DNSException, ValueError, struct.error, IndexError) as error:
        raise ValueError(f"malformed packets ({type(error).__name__})") from None
    if not query.is_response(message):
        raise ValueError("packets that answer another question")
    return message
