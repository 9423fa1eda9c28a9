"""Servers that no handshake comes about with."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from launchready.collect.tls import hosts as tls
from launchready.facts import Gap, Key
from launchready.facts.dns import Resolution
from launchready.facts.tls import LARGE_HELLO, Handshake, Hello, OldProtocols
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
    plain_http,
    root,
    wait_for_end,
    world_with,
)
from tests.collect.worlds import PUBLISHED, serving

__all__ = ["ca", "issuing", "root"]


async def test_a_closed_port_is_refused(ca: Path) -> None:
    async with world_with({AT_443: 1}, ca) as here:
        found = await here.gatherer.ask(Handshake, here.host())
    assert isinstance(found, Handshake)
    assert (found.accepted, found.fault) == (False, "refused")
    assert found.refusal == "nothing listens on port 443"


@pytest.mark.parametrize("drops", [True, False], ids=["says nothing", "hangs up"])
async def test_a_server_that_takes_hellos_of_one_packet_only_shuts_browsers_out(
    issuing: Authority, ca: Path, *, drops: bool
) -> None:
    context = server_context(leaf(HOST, by=issuing))
    async with serving(hang_up, tls=context) as behind:

        async def inspect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            hello = await reader.read(1400)
            if 5 + int.from_bytes(hello[3:5], "big") > len(hello):
                if drops:
                    await reader.read()
                    await asyncio.sleep(3)
                return
            inner, out = await asyncio.open_connection("127.0.0.1", behind)
            out.write(hello)
            await asyncio.gather(_pass_on(inner, writer), _pass_on(reader, out))

        async with serving(inspect) as port, world_with({AT_443: port}, ca, request_s=2.0) as here:
            found = await here.gatherer.ask(Handshake, here.host())
    assert isinstance(found, Handshake)
    assert (found.accepted, found.refusal) == (False, LARGE_HELLO)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()


async def test_plain_http_on_port_443_is_refused(ca: Path) -> None:
    async with serving(plain_http) as port, world_with({AT_443: port}, ca) as here:
        found = await here.gatherer.ask(Handshake, here.host())
    assert isinstance(found, Handshake)
    assert found.refusal == "something answers on port 443, but it is not TLS"


@pytest.mark.parametrize(
    "garbage",
    [b"\x00" * 5000, b"\x16\x03\x03\xff\xff" + b"\xff" * 70000, b"\x15\x03\x01\x00\x02\x02\x28"],
    ids=["zeros", "an oversized record", "an alert"],
)
async def test_garbage_instead_of_tls_is_refused(garbage: bytes, ca: Path) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(garbage)
        await writer.drain()

    async with serving(babble) as port, world_with({AT_443: port}, ca) as here:
        found = await here.gatherer.ask(Handshake, here.host())
        old = await here.gatherer.ask(OldProtocols, here.host())
    assert isinstance(found, Handshake)
    assert not found.accepted
    assert found.refusal
    assert isinstance(old, Gap)
    assert old.because == found.key


async def test_a_server_that_hangs_up_is_refused(ca: Path) -> None:
    async with serving(hang_up) as port, world_with({AT_443: port}, ca) as here:
        found = await here.gatherer.ask(Handshake, here.host())
    assert isinstance(found, Handshake)
    assert found.refusal == "the server closes the connection during the handshake"


async def test_a_silent_server_is_refused_within_its_deadline(ca: Path) -> None:
    async with (
        serving(wait_for_end) as port,
        world_with({AT_443: port}, ca, request_s=0.5) as here,
    ):
        found = await here.gatherer.ask(Handshake, here.host())
        old = await here.gatherer.ask(OldProtocols, here.host())
    assert isinstance(found, Handshake)
    assert "no TLS handshake follows" in found.refusal
    assert isinstance(old, Gap)


async def test_one_byte_at_a_time_ends_within_the_deadline(ca: Path) -> None:
    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc" + b"\x03" * 1000:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.05)

    async with serving(drip) as port, world_with({AT_443: port}, ca, request_s=0.5) as here:
        found = await here.gatherer.ask(Handshake, here.host())
        old = await here.gatherer.ask(OldProtocols, here.host())
    assert isinstance(found, Handshake)
    assert not found.accepted
    assert isinstance(old, Gap)


async def test_an_address_out_of_our_reach_leaves_the_verdict_to_the_others(
    issuing: Authority, ca: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        serving(hang_up, tls=server_context(leaf(HOST, by=issuing))) as port,
        world_with({AT_443: port}, ca, addresses={HOST: (PUBLISHED, "2001:db8::5")}) as here,
    ):
        monkeypatch.setattr(here.world.http, "_routes", {"2001:db8::5": False})
        found = await here.gatherer.ask(Handshake, here.host())
    assert isinstance(found, Handshake)
    assert (found.trust, found.others) == ("trusted", ())


async def test_a_host_wholly_out_of_our_reach_is_a_gap_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with world_with({}, addresses={HOST: ("2001:db8::5",)}) as here:
        monkeypatch.setattr(here.world.http, "_routes", {"2001:db8::5": False})
        found = await here.gatherer.ask(Handshake, here.host())
    assert isinstance(found, Gap)
    assert found.ours
    assert found.how_to_prove == "Run it from a network with IPv6."


async def test_a_filtered_port_443_beside_an_open_port_80_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def silent(_world: object, _host: str, address: str) -> Hello:
        return Hello(address=address, answer="silent", message="no connection")

    monkeypatch.setattr(tls, "connect", silent)
    async with serving(hang_up) as port, world_with({f"{PUBLISHED}:80": port}) as here:
        found = await here.gatherer.ask(Handshake, here.host())
    assert isinstance(found, Handshake)
    assert found.refusal == "port 80 answers, but port 443 takes no connection"


async def test_a_host_that_is_silent_on_both_ports_is_a_gap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def silent(_world: object, _host: str, address: str) -> Hello:
        return Hello(address=address, answer="silent", message="no connection")

    monkeypatch.setattr(tls, "connect", silent)
    async with world_with({f"{PUBLISHED}:80": 1}) as here:
        found = await here.gatherer.ask(Handshake, here.host())
    assert isinstance(found, Gap)
    assert not found.ours


async def test_a_host_that_does_not_resolve_is_a_gap_because_of_its_resolution() -> None:
    async with world_with({}, addresses={HOST: ()}) as here:
        found = await here.gatherer.ask(Handshake, here.host())
        assert isinstance(found, Gap)
        shown = here.gatherer.observed[found.because] if found.because else None
        assert isinstance(shown, Gap)
        assert shown.because == Key(Resolution, here.host())


async def test_a_host_mapped_by_name_needs_no_dns(issuing: Authority, ca: Path) -> None:
    context = server_context(leaf(HOST, by=issuing))
    async with (
        serving(hang_up, tls=context) as port,
        world_with({f"{HOST}:443": port}, ca, addresses={HOST: ()}) as here,
    ):
        found = await here.gatherer.ask(Handshake, here.host())
    assert isinstance(found, Handshake)
    assert found.trust == "trusted"
