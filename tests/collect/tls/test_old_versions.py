"""What a server answers to TLS 1.0 and 1.1."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.collect.tls.old_versions import _chosen
from launchready.facts.tls import OldProtocols
from tests.collect.certificates import (
    Authority,
    leaf,
    server_context,
)
from tests.collect.handshakes import (
    AT_443,
    HOST,
    ca,
    hang_up,
    issuing,
    root,
    shake,
    world_with,
)
from tests.collect.worlds import serving

__all__ = ["ca", "issuing", "root"]


async def old_versions(context: ssl.SSLContext, ca: Path) -> OldProtocols:
    async with serving(hang_up, tls=context) as port, world_with({AT_443: port}, ca) as here:
        found = await here.gatherer.ask(OldProtocols, here.host())
        assert isinstance(found, OldProtocols), found
        return found


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(
    ("version", "expected"),
    [(ssl.TLSVersion.TLSv1, (True, False)), (ssl.TLSVersion.TLSv1_1, (False, True))],
)
async def test_a_server_of_one_old_version_accepts_just_that(
    version: ssl.TLSVersion, expected: tuple[bool, bool], issuing: Authority, ca: Path
) -> None:
    found = await old_versions(server_context(leaf(HOST, by=issuing), version=version), ca)
    assert (found.tls10, found.tls11) == expected


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_a_server_that_speaks_everything_accepts_both_old_versions(
    issuing: Authority, ca: Path
) -> None:
    context = server_context(leaf(HOST, by=issuing))
    context.minimum_version = ssl.TLSVersion.TLSv1
    found = await old_versions(context, ca)
    assert (found.tls10, found.tls11) == (True, True)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_a_server_of_an_old_version_only_is_refused(issuing: Authority, ca: Path) -> None:
    found = await shake(server_context(leaf(HOST, by=issuing), version=ssl.TLSVersion.TLSv1), ca)
    assert not found.accepted


async def test_a_server_of_today_accepts_no_old_version(issuing: Authority, ca: Path) -> None:
    found = await old_versions(server_context(leaf(HOST, by=issuing)), ca)
    assert (found.tls10, found.tls11) == (False, False)


async def test_a_warning_before_the_server_hello_is_not_a_refusal(ca: Path) -> None:
    hello = b"\x16\x03\x01\x00\x06\x02\x00\x00\x02\x03\x01"

    async def warn(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(b"\x15\x03\x01\x00\x02\x01\x70" + hello)
        await writer.drain()

    async with serving(warn) as port, world_with({AT_443: port}, ca) as here:
        found = await here.gatherer.ask(OldProtocols, here.host())
    assert isinstance(found, OldProtocols)
    assert (found.tls10, found.tls11) == (True, False)


@given(st.binary(max_size=400))
async def test_any_bytes_are_an_answer_to_an_old_hello_or_end_early(data: bytes) -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    try:
        assert await _chosen(reader, 0x0301) in {True, False, None}
    except asyncio.IncompleteReadError as error:
        assert len(error.partial) <= len(data)


@given(st.sampled_from([0x0300, 0x0301, 0x0302, 0x0303]), st.integers(min_value=1, max_value=40))
async def test_a_server_hello_in_pieces_is_read_by_its_version(version: int, piece: int) -> None:
    message = b"\x02\x00\x00\x26" + version.to_bytes(2, "big") + bytes(36)
    parts = [message[at : at + piece] for at in range(0, len(message), piece)][:8]
    reader = asyncio.StreamReader()
    for part in parts:
        reader.feed_data(b"\x16\x03\x01" + len(part).to_bytes(2, "big") + part)
    reader.feed_eof()
    assert await _chosen(reader, 0x0301) is (version == 0x0301)
