"""Certificates whose issuer the server does not send."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchready.collect.tls import issuers
from launchready.derive.tls import certificate as certificates
from launchready.facts.tls import Handshake
from tests.collect.certificates import (
    Authority,
    authority,
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
    shake_with,
    world_with,
)
from tests.collect.worlds import serving

__all__ = ["ca", "issuing", "root"]


@asynccontextmanager
async def keeping(*answers: bytes) -> AsyncIterator[int]:
    """Serve the given bodies over HTTP: `/0`, `/1`, …"""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        body = answers[int(head.split()[1].strip(b"/"))]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    async with serving(answer) as port:
        yield port


async def test_an_issuer_that_can_be_fetched_proves_the_chain_incomplete(
    issuing: Authority, ca: Path
) -> None:
    shown = leaf(HOST, by=issuing, send_issuer=False, issuer_url="http://aia.example.net/0")
    async with (
        keeping(issuing.der) as store,
        serving(hang_up, tls=server_context(shown)) as port,
        world_with({AT_443: port, "aia.example.net:80": store}, ca) as here,
    ):
        found = await here.gatherer.ask(Handshake, here.host())
    assert isinstance(found, Handshake)
    assert found.trust == "incomplete"
    assert "Harbour Issuing" in found.trust_detail


async def test_an_issuer_sent_twice_the_unknown_way_first_stops_programs_and_no_browser(
    issuing: Authority, ca: Path
) -> None:
    across = authority("Harbour Issuing", authority("Nobody"), key_of=issuing)
    found = await shake_with(
        replace(leaf(HOST, by=across), sent_along=across.pem + issuing.pem), ca
    )
    assert found.trust == "incomplete"
    assert "the first leads to" in found.trust_detail
    assert "Nobody" in found.trust_detail


async def test_an_issuer_sent_twice_the_known_way_first_is_trusted(
    issuing: Authority, ca: Path
) -> None:
    across = authority("Harbour Issuing", authority("Nobody"), key_of=issuing)
    found = await shake_with(
        replace(leaf(HOST, by=across), sent_along=issuing.pem + across.pem), ca
    )
    assert found.trust == "trusted"


async def test_an_unrelated_certificate_in_the_place_of_the_issuer_is_an_incomplete_chain(
    issuing: Authority, ca: Path
) -> None:
    other = authority("Meadow Issuing", authority("Meadow Root"))
    found = await shake_with(replace(leaf(HOST, by=issuing), sent_along=other.pem), ca)
    assert found.trust == "incomplete"
    assert "is not sent along" in found.trust_detail


async def test_two_missing_issuers_are_fetched_one_after_the_other(
    issuing: Authority, ca: Path
) -> None:
    deeper = authority("Harbour Deeper", issuing)
    shown = leaf(HOST, by=deeper, send_issuer=False, issuer_url="http://aia.example.net/0")
    async with (
        keeping(deeper.pem) as store,
        serving(hang_up, tls=server_context(leaf("www.example.org", by=issuing))) as beside,
        serving(hang_up, tls=server_context(shown)) as port,
        world_with(
            {AT_443: port, "www.example.org:443": beside, "aia.example.net:80": store},
            ca,
            manifest='[launch]\ndomain = "example.org"\n[hosts."www.example.org"]\n',
        ) as here,
    ):
        found = await here.gatherer.ask(Handshake, here.host())
    assert isinstance(found, Handshake)
    assert found.trust == "incomplete"


async def test_an_issuer_that_another_host_presents_proves_the_chain_incomplete(
    issuing: Authority, ca: Path
) -> None:
    shown = leaf(HOST, by=issuing, send_issuer=False)
    async with (
        serving(hang_up, tls=server_context(leaf("www.example.org", by=issuing))) as beside,
        serving(hang_up, tls=server_context(shown)) as port,
        world_with(
            {AT_443: port, "www.example.org:443": beside},
            ca,
            manifest='[launch]\ndomain = "example.org"\n[hosts."www.example.org"]\n',
        ) as here,
    ):
        found = await here.gatherer.ask(Handshake, here.host())
    assert isinstance(found, Handshake)
    assert found.trust == "incomplete"


async def test_two_hosts_that_lack_the_same_issuer_do_not_wait_for_each_other(
    issuing: Authority, ca: Path
) -> None:
    shown = leaf(HOST, "www.example.org", by=issuing, send_issuer=False)
    async with (
        serving(hang_up, tls=server_context(shown)) as port,
        world_with(
            {AT_443: port},
            ca,
            manifest='[launch]\ndomain = "example.org"\n[hosts."www.example.org"]\n',
        ) as here,
    ):
        one, other = await asyncio.gather(
            here.gatherer.ask(Handshake, here.host()),
            here.gatherer.ask(Handshake, here.host("www.example.org")),
        )
    assert isinstance(one, Handshake)
    assert isinstance(other, Handshake)
    assert (one.trust, other.trust) == ("incomplete", "incomplete")


@pytest.mark.parametrize(
    ("name", "trust"),
    [
        ("Other Intermediate CA", "incomplete"),
        ("Harbour CA 3", "incomplete"),
        ("Harbour Root X2", "untrusted"),
        ("Other CA", "untrusted"),
        ("Nobody Known", "untrusted"),
    ],
)
async def test_an_issuer_that_nobody_has_is_judged_by_its_name(
    name: str, trust: str, root: Authority, ca: Path
) -> None:
    found = await shake_with(leaf(HOST, by=authority(name, root), send_issuer=False), ca)
    assert found.trust == trust


async def test_an_issuer_that_is_published_but_out_of_reach_leaves_the_chain_incomplete(
    issuing: Authority, ca: Path
) -> None:
    shown = leaf(HOST, by=issuing, send_issuer=False, issuer_url="http://aia.example.net/0")
    async with (
        serving(hang_up, tls=server_context(shown)) as port,
        world_with({AT_443: port, "aia.example.net:80": 1}, ca) as here,
    ):
        found = await here.gatherer.ask(Handshake, here.host())
    assert isinstance(found, Handshake)
    assert found.trust == "incomplete"
    assert "could not be had elsewhere" in found.trust_detail


async def test_a_root_that_a_certificate_points_to_is_not_trusted(ca: Path) -> None:
    rogue = authority("Rogue Root")
    shown = leaf(HOST, by=rogue, issuer_url="http://aia.example.net/0")
    async with (
        keeping(rogue.der) as store,
        serving(hang_up, tls=server_context(shown)) as port,
        world_with({AT_443: port, "aia.example.net:80": store}, ca) as here,
    ):
        found = await here.gatherer.ask(Handshake, here.host())
    assert isinstance(found, Handshake)
    assert found.trust == "untrusted"


async def test_an_intermediate_that_leads_nowhere_is_not_trusted(ca: Path) -> None:
    rogue = authority("Rogue Issuing", authority("Rogue Root"))
    shown = leaf(HOST, by=rogue, send_issuer=False, issuer_url="http://aia.example.net/0")
    async with (
        keeping(rogue.der) as store,
        serving(hang_up, tls=server_context(shown)) as port,
        world_with({AT_443: port, "aia.example.net:80": store}, ca) as here,
    ):
        found = await here.gatherer.ask(Handshake, here.host())
    assert isinstance(found, Handshake)
    assert found.trust == "untrusted"


def _in_latin_1(made: Authority) -> bytes:
    """Return the certificate with its name as a Teletex string, which OpenSSL takes as Latin-1."""
    name = made.certificate.subject.public_bytes()
    return made.der.replace(name, name.replace(b"\x0c", b"\x14").replace(b"_", b"\xe4"))


async def test_a_certificate_sent_along_whose_name_cannot_be_read_hides_nothing(
    issuing: Authority, ca: Path
) -> None:
    odd = ssl.DER_cert_to_PEM_cert(_in_latin_1(authority("Zertifik_t"))).encode()
    shown = replace(leaf(HOST, by=issuing, send_issuer=False), sent_along=odd)
    async with (
        serving(hang_up, tls=server_context(shown)) as port,
        world_with({AT_443: port}, ca) as here,
    ):
        found = await here.gatherer.ask(Handshake, here.host())
    assert isinstance(found, Handshake)
    assert found.trust == "incomplete"


_OF_ANY = authority("Any Authority")
_BELOW = leaf(HOST, by=_OF_ANY)


@settings(max_examples=100, deadline=None)
@given(
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=4),
)
def test_any_bytes_that_an_authority_hands_out_are_certificates_or_none(
    pem: bool, changes: list[tuple[int, int]]
) -> None:
    body = bytearray(_OF_ANY.pem if pem else _OF_ANY.der)
    for place, value in changes:
        body[place % len(body)] = value
    certificate = certificates.load(_BELOW.der)
    assert certificate is not None
    for found in issuers._certificates(bytes(body)):
        above = certificates.issuer_of(certificate, [found])
        assert above in {None, found}
        assert isinstance(certificates.is_self_issued(found), bool)


async def test_an_endless_issuer_is_not_read_to_its_end(issuing: Authority, ca: Path) -> None:
    shown = leaf(HOST, by=issuing, send_issuer=False, issuer_url="http://aia.example.net/0")
    sent = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    async with (
        serving(endless) as store,
        serving(hang_up, tls=server_context(shown)) as port,
        world_with({AT_443: port, "aia.example.net:80": store}, ca) as here,
    ):
        found = await here.gatherer.ask(Handshake, here.host())
    assert isinstance(found, Handshake)
    assert found.trust == "incomplete"
    assert sent < 20_000_000
