"""Peers that mean harm: each ends as a fact or a gap inside its deadline, in bounded memory."""

from __future__ import annotations

import asyncio
import resource
import socket
import struct
import sys
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from launchready.collect.web.message import HEADER_BYTES_MAX, HEADER_LINES_MAX
from launchready.facts import Gap, Key
from launchready.facts.http import Exchange
from launchready.facts.tls import Handshake
from tests.collect.worlds import Loopback, Peer, loopback_world, serving

REQUEST_S = 2.0
OK = b"HTTP/1.1 200 OK\r\n"


@asynccontextmanager
async def facing(peer: Peer, *, request_s: float = REQUEST_S) -> AsyncIterator[Loopback]:
    async with (
        serving(peer) as port,
        loopback_world(
            {"203.0.113.5:80": port, "203.0.113.5:443": port}, request_s=request_s, deadline_s=20
        ) as loopback,
    ):
        yield loopback


async def ends(peer: Peer, url: str = "http://example.org/") -> Exchange | Gap:
    """Return what a peer comes to, by the deadline of its request and not by that of the fact."""
    async with facing(peer) as loopback:
        found = await loopback.get(url)
        assert loopback.gatherer.crashes == []
    if isinstance(found, Gap):
        assert "20 seconds" not in found.reason
    return found


def says(*pieces: bytes, every_s: float = 0) -> Peer:
    """Return a peer that sends these bytes once it was asked, and closes."""

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(every_s)

    return peer


def endless(start: bytes, again: bytes) -> Peer:
    """Return a peer that never stops sending."""

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(start)
        while not writer.is_closing():
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(0)

    return peer


def fact(found: Exchange | Gap) -> Exchange:
    assert isinstance(found, Exchange), found
    return found


async def test_an_endless_body_is_cut_at_the_limit() -> None:
    found = fact(await ends(endless(OK + b"\r\n", b"x" * 65536)))
    assert found.body_cut
    assert len(found.body) == 6_000_000
    assert found.trouble == ""


async def test_a_compression_bomb_is_cut_at_the_limit_in_bounded_memory() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    # After a full flush each piece stands alone: 1,024 of them are a gigabyte of zeros.
    piece = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    head = OK + b"Content-Encoding: gzip\r\nContent-Type: text/html\r\n\r\n"
    gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = fact(await ends(says(head + gzip, *[piece] * 1024)))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert found.body_cut
    assert len(found.body) == 6_000_000
    assert grown < 64 * 1024 * (1024 if sys.platform == "darwin" else 1)


async def test_ten_layers_of_compression_are_refused() -> None:
    head = OK + b"Content-Encoding: " + b", ".join([b"gzip"] * 10) + b"\r\n\r\n"
    assert fact(await ends(says(head + zlib.compress(b"x")))).trouble


async def test_a_body_that_is_not_encoded_as_it_says_is_trouble() -> None:
    found = fact(await ends(says(OK + b"Content-Encoding: gzip\r\n\r\nplain text")))
    assert "Content-Encoding" in found.trouble


async def test_a_head_of_one_byte_at_a_time_is_a_gap() -> None:
    peer = says(*[bytes([b]) for b in OK * 100], every_s=0.2)
    assert isinstance(await ends(peer), Gap)


async def test_a_body_of_one_byte_at_a_time_is_cut_at_the_deadline() -> None:
    found = fact(await ends(says(OK + b"\r\n", *[b"x"] * 100, every_s=0.05)))
    assert found.status == 200
    assert found.body_cut
    assert found.body.startswith(b"x")


async def test_a_peer_that_never_answers_is_a_gap() -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    found = await ends(silent)
    assert isinstance(found, Gap)
    assert found.reason == "no answer within 2 seconds"


async def test_garbage_instead_of_tls_is_a_gap_that_the_handshake_explains() -> None:
    async def peer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x16\x03\x01\xff\xff" + bytes(range(256)) * 20)
        await writer.drain()

    found = await ends(peer, "https://example.org/")
    assert isinstance(found, Gap)
    assert found.because is not None
    assert found.because.kind is Handshake


async def test_a_peer_that_never_ends_the_handshake_is_a_gap_that_the_handshake_explains() -> None:
    async def peer(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        await asyncio.sleep(5)

    async with facing(peer) as loopback:
        found = await loopback.get("https://example.org/")
        assert isinstance(found, Gap)
        assert found.because == Key(Handshake, loopback.host())


async def test_requests_that_wait_for_another_ones_handshake_do_not_call_the_port_closed() -> None:
    async def peer(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        await asyncio.sleep(5)

    async with facing(peer) as loopback:
        found = await asyncio.gather(*(loopback.get(f"https://example.org/{n}") for n in range(6)))
    assert {f.reason for f in found if isinstance(f, Gap)} == {
        "no TLS handshake within 1.2 seconds"
    }


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\x01\x02\x03" * 100,
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"<html>no head at all</html>",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbroken line\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: \x00\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello",
    ],
)
async def test_what_is_not_http_is_trouble(garbage: bytes) -> None:
    found = fact(await ends(says(garbage)))
    assert found.trouble
    assert found.fault == "garbled"


async def test_a_connection_closed_without_a_word_is_trouble() -> None:
    found = fact(await ends(says()))
    assert found.status == 0
    assert "without an answer" in found.trouble


async def test_endless_informational_answers_are_stopped_by_their_number() -> None:
    found = fact(await ends(endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")))
    assert found.status == 0
    assert str(HEADER_LINES_MAX) in found.trouble


async def test_ten_thousand_header_lines_are_stopped_by_their_number() -> None:
    lines = b"".join(b"X-%d: y\r\n" % n for n in range(10_000))
    found = fact(await ends(says(OK + lines + b"\r\n")))
    assert "header lines" in found.trouble
    assert found.headers.items == ()


async def test_a_header_of_a_megabyte_is_stopped_by_its_size() -> None:
    found = fact(await ends(says(OK + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n")))
    assert found.trouble
    assert found.status == 0


async def test_endless_trailers_are_stopped_and_not_taken_for_the_head() -> None:
    chunked = OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
    found = fact(await ends(endless(chunked, b"X-Trailer: y\r\n")))
    assert found.trouble
    assert "x-trailer" not in found.headers


async def test_control_characters_in_a_value_do_not_get_through() -> None:
    found = fact(await ends(says(OK + b"Server: \x1b[31mred\x07\r\nContent-Length: 0\r\n\r\n")))
    assert found.headers.get("server") == "\ufffd[31mred\ufffd"


async def test_a_connection_reset_in_the_middle_of_the_body_is_trouble() -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"Content-Length: 1000\r\n\r\nhalf")
        await writer.drain()
        await asyncio.sleep(0.05)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    found = fact(await ends(peer))
    assert (found.status, found.body) == (200, b"half")
    assert "before the answer ended" in found.trouble


async def test_a_content_length_that_promises_more_is_trouble() -> None:
    found = fact(await ends(says(OK + b"Content-Length: 1000\r\n\r\nhalf")))
    assert "before the answer ended" in found.trouble


async def test_a_content_length_of_exabytes_takes_no_memory() -> None:
    head = OK + b"Content-Length: 999999999999999999\r\n\r\n"
    assert fact(await ends(says(head + b"x" * 100))).body == b"x" * 100


async def test_garbage_between_chunks_is_trouble() -> None:
    found = fact(await ends(says(OK + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nhello\r\n")))
    assert found.trouble


async def test_a_server_that_answers_twice_does_not_spoil_the_next_request() -> None:
    both = OK + b"Content-Length: 1\r\n\r\n1" + OK + b"Content-Length: 1\r\n\r\n2"

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(both)
            await writer.drain()

    async with facing(peer) as loopback:
        one = fact(await loopback.get("http://example.org/1"))
        two = fact(await loopback.get("http://example.org/2"))
    assert (one.body, two.body) == (b"1", b"1")


async def test_a_slow_host_does_not_keep_another_from_being_asked() -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"slow.example.org" in head:
            await asyncio.sleep(5)
        writer.write(OK + b"Content-Length: 2\r\n\r\nok")
        await writer.drain()

    async with facing(peer) as loopback:
        slow = [loopback.get(f"http://slow.example.org/{n}") for n in range(30)]
        waiting = asyncio.gather(*slow)
        quick = fact(await loopback.get("http://quick.example.org/"))
        assert not waiting.done()
        waiting.cancel()
    assert quick.body == b"ok"


async def test_a_host_that_never_answers_is_not_waited_for_by_every_request() -> None:
    opened = 0

    async def peer(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        await reader.read()

    async with facing(peer) as loopback:
        urls = [f"http://example.org/{n}" for n in range(60)]
        found = await asyncio.gather(*(loopback.get(url) for url in urls))
    waited = "no answer within 2 seconds"
    reasons = {f.reason for f in found if isinstance(f, Gap)}
    assert reasons == {waited, f"{waited} to what was asked before"}
    assert len(found) == 60
    assert opened <= 20


async def test_a_host_that_wakes_up_late_is_asked_again() -> None:
    opened = iter(range(100))

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if next(opened) < 8:
            await asyncio.sleep(5)
        writer.write(OK + b"Content-Length: 2\r\n\r\nok")
        await writer.drain()

    async with facing(peer) as loopback:
        await asyncio.gather(*(loopback.get(f"http://example.org/{n}") for n in range(8)))
        found = [fact(await loopback.get(f"http://example.org/later/{n}")) for n in range(3)]
    assert [f.body for f in found] == [b"ok"] * 3


async def test_a_page_that_is_late_once_is_asked_again() -> None:
    asked = list[str]()

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            asked.append(head.split()[1])
            if asked == ["/"]:
                await asyncio.sleep(REQUEST_S + 1)
            writer.write(OK + b"Content-Length: 2\r\n\r\nok")
            await writer.drain()

    found = fact(await ends(peer))
    assert (found.body, asked) == (b"ok", ["/", "/"])


async def test_a_page_that_is_always_late_is_a_gap_after_the_second_time() -> None:
    opened = list[int]()

    async def peer(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        opened.append(1)
        await reader.read()

    found = await ends(peer)
    assert isinstance(found, Gap)
    assert (found.reason, found.nature) == (f"no answer within {REQUEST_S:g} seconds", "late")
    assert len(opened) == 2


async def test_a_world_closed_in_the_middle_of_a_request_leaves_nothing_behind() -> None:
    async def peer(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with facing(peer, request_s=10) as loopback:
        asking = asyncio.create_task(loopback.get("http://example.org/"))
        await asyncio.sleep(0.1)
        asking.cancel()
        await asyncio.wait({asking})
        assert asking.cancelled()
    assert loopback.world.http._multi.closed


def test_the_bounds_of_a_head_leave_room_for_real_ones() -> None:
    assert HEADER_LINES_MAX >= 200
    assert HEADER_BYTES_MAX >= 64 * 1024
