"""Questions and answers on the wire: UDP and TCP, packets that are lost, forged or broken."""

from __future__ import annotations

from collections.abc import Sequence

import dns.edns
import dns.flags
import dns.message
from hypothesis import given, settings
from hypothesis import strategies as st

from launchready.collect.dns.reply import ALIASES_MAX, read
from launchready.collect.dns.wire import _parsed
from tests.collect.nameserver import (
    ONE,
    SHORT_S,
    Transport,
    client,
    reply_to,
    resolver,
    serving,
    silent,
    wire,
)


async def test_a_lost_packet_is_sent_again() -> None:
    heard = []

    def lossy(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        heard.append(query.id)
        return resolver(ONE)(query, transport) if len(heard) > 2 else []

    async with serving(lossy) as server:
        reply = await client(server.at, query_s=2.0).ask("www.example.test", "A")
    assert reply.texts == ("192.0.2.1",)


async def test_a_closed_port_is_trouble_and_not_ours() -> None:
    async with serving(silent) as server:
        port = server.at
    reply = await client(port).ask("www.example.test", "A")
    assert (reply.trouble, reply.ours) == ("connection refused", False)


async def test_a_truncated_answer_is_asked_again_over_tcp() -> None:
    text = {"big.example.test": {"TXT": [" ".join(f'"{"x" * 250}"' for _ in range(40))]}}
    async with serving(resolver(text)) as server:
        reply = await client(server.at).ask("big.example.test", "TXT")
    assert [transport for *_, transport in server.asked] == ["udp", "tcp"]
    assert reply.as_answer().texts == (b"x" * 10_000,)


async def test_an_answer_cut_in_the_middle_of_a_record_is_asked_again_over_tcp() -> None:
    def cut(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        packet = resolver(ONE)(query, transport)[0]
        if transport == "tcp":
            return [packet]
        return [packet[:2] + bytes([packet[2] | 0x02]) + packet[3:-17]]

    async with serving(cut) as server:
        reply = await client(server.at).ask("www.example.test", "A")
    assert reply.texts == ("192.0.2.1",)


async def test_64_kilobytes_of_text_are_read_whole() -> None:
    strings = " ".join(f'"{"x" * 255}"' for _ in range(252))
    text = {"huge.example.test": {"TXT": [strings]}}
    async with serving(resolver(text)) as server:
        reply = await client(server.at).ask("huge.example.test", "TXT")
    assert len(reply.as_answer().texts[0]) == 252 * 255


async def test_a_tcp_answer_that_ends_early_is_trouble() -> None:
    def early(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        if transport == "tcp":
            return [b""]
        message = reply_to(query)
        message.flags |= dns.flags.TC
        return [message.to_wire()]

    async with serving(early) as server:
        reply = await client(server.at, query_s=SHORT_S).ask("www.example.test", "A")
    assert reply.rcode is None
    assert reply.trouble


async def test_packets_with_a_wrong_id_are_ignored() -> None:
    def spoofed(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        forged = reply_to(query, answer=["www.example.test 300 A 203.0.113.66"])
        forged.id = query.id ^ 1
        return [forged.to_wire(), *resolver(ONE)(query, transport)]

    async with serving(spoofed) as server:
        reply = await client(server.at).ask("www.example.test", "A")
    assert reply.texts == ("192.0.2.1",)


async def test_an_answer_to_another_question_is_ignored() -> None:
    def other(query: dns.message.Message, _transport: Transport) -> Sequence[bytes]:
        asked = dns.message.make_query("other.example.test", "A", id=query.id)
        return [reply_to(asked, answer=["other.example.test 300 A 203.0.113.66"]).to_wire()]

    async with serving(other) as server:
        reply = await client(server.at, query_s=SHORT_S).ask("www.example.test", "A")
    assert reply.rcode is None
    assert reply.trouble == "only packets that answer another question came back"


async def test_garbage_before_the_answer_is_ignored() -> None:
    def noisy(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        head = query.id.to_bytes(2, "big") + b"\x80\x00"
        garbage = [b"", b"\x00", b"\xff" * 600, head + b"\xff" * 40]
        return [*garbage, *resolver(ONE)(query, transport)]

    async with serving(noisy) as server:
        reply = await client(server.at).ask("www.example.test", "A")
    assert reply.texts == ("192.0.2.1",)


async def test_a_compression_loop_is_trouble() -> None:
    def looping(query: dns.message.Message, _transport: Transport) -> Sequence[bytes]:
        head = query.to_wire()
        packet = bytearray(head[:2] + b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00")
        question = query.question[0].name.to_wire() or b""
        packet += question + b"\x00\x01\x00\x01"
        here = len(packet)
        packet += (
            bytes([0xC0 | here >> 8, here & 0xFF]) + b"\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04"
        )
        return [bytes(packet + b"\xc0\x00\x02\x01")]

    async with serving(looping) as server:
        reply = await client(server.at, query_s=SHORT_S).ask("www.example.test", "A")
    assert reply.rcode is None
    assert "malformed" in reply.trouble


async def test_a_server_without_edns_is_asked_again_without_it() -> None:
    def old(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        if query.edns >= 0:
            query.use_edns(edns=False)
            return [wire(reply_to(query, rcode="FORMERR"), transport)]
        return resolver(ONE)(query, transport)

    async with serving(old) as server:
        reply = await client(server.at).ask("www.example.test", "A")
    assert reply.texts == ("192.0.2.1",)


@settings(deadline=None)
@given(st.binary(max_size=600))
def test_any_packet_is_an_answer_or_refused_with_a_reason(packet: bytes) -> None:
    query = dns.message.make_query("www.example.test", "A", id=7)
    try:
        message = _parsed(b"\x00\x07\x80\x00" + packet, query)
    except ValueError as error:
        assert str(error)
        return
    reply = read("www.example.test", "A", "test", message)
    assert len(reply.aliases) <= ALIASES_MAX + 1
