from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from launchready.collect.mail.smtp import ReplyError, _reply
from launchready.facts.mail import MailServer
from tests.collect.mail.postman import (
    AT_25,
    WHERE,
    ask,
    fact,
    met,
    postman,
    record,
    world_with,
)
from tests.collect.worlds import serving


async def test_a_failing_handshake_is_told() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx\r\n")
        await reader.readline()
        writer.write(b"250-mx\r\n250 STARTTLS\r\n")
        await reader.readline()
        writer.write(b"220 go\r\n")
        await reader.read(100)
        writer.write(b"\x00" * 200)
        await writer.drain()

    found = await fact(serve)
    assert (found.reachable, found.starttls, found.tls_accepted) == (True, True, False)
    assert found.tls_detail.startswith("the TLS handshake fails")


async def test_a_handshake_that_never_comes_ends_within_the_deadline() -> None:
    found = await met(postman(), request_s=0.6)
    assert isinstance(found, MailServer)
    assert (found.starttls, found.tls_accepted) == (True, False)
    assert "no TLS handshake within" in found.tls_detail


@pytest.mark.parametrize(
    "noise",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x28\n",
        b"x" * 100_000,
        b"220-never ends\r\n" * 1000,
        b"220-one\r\n250 another\r\n",
        b"22\r\n",
        b"\xff\xfe\xfd\xfc\n",
        b"",
    ],
    ids=[
        "http",
        "tls",
        "no end of line",
        "no last line",
        "two codes",
        "two digits",
        "binary",
        "eof",
    ],
)
async def test_what_is_not_smtp_is_not_reachable(noise: bytes) -> None:
    async def babble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(noise)
        await writer.drain()

    found = await fact(babble)
    assert not found.reachable
    assert found.detail


async def test_a_flood_ends_without_being_kept() -> None:
    async def flood(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"220-still talking\r\n" * 1000)
            await writer.drain()

    found = await fact(flood)
    assert found.detail == "its reply never ends"


async def test_control_characters_of_a_banner_are_not_kept() -> None:
    found = await fact(postman(greeting=b"220 \x1b[31mred\x07\r\n", offers=b"250 mx\r\n"))
    assert found.banner == "�[31mred�"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=3000))
async def test_any_bytes_are_a_reply_or_an_error(data: bytes) -> None:
    reader = asyncio.StreamReader(limit=4096)
    reader.feed_data(data)
    reader.feed_eof()
    try:
        reply = await _reply(reader)
    except ReplyError:
        return
    assert 0 <= reply.code <= 999
    assert len(reply.lines) <= 100


async def test_a_name_that_no_handshake_can_be_asked_for_is_told() -> None:
    name = f"{chr(92)}255" * 40 + ".example.org"
    async with (
        serving(postman()) as port,
        world_with({AT_25: port}, record(name, WHERE)) as here,
    ):
        found = await ask(here, name)
    assert isinstance(found, MailServer)
    assert (found.reachable, found.starttls, found.tls_accepted) == (True, True, False)
    assert "no handshake can be asked for" in found.tls_detail
