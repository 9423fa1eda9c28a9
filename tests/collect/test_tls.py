"""The TLS collectors against real servers on loopback."""

from __future__ import annotations

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.collect import tls
from launchready.collect.tls_old import _chosen
from launchready.facts import Gap, Key
from launchready.facts.dns import Resolution
from launchready.facts.tls import Handshake, Hello, OldProtocols

from .certificates import (
    Authority,
    Leaf,
    authority,
    leaf,
    leaf_by_openssl,
    server_context,
    with_bytes,
)
from .worlds import PUBLISHED, Loopback, loopback_world, serving

HOST = "example.org"
AT_443 = f"{PUBLISHED}:443"
needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="the openssl command makes these certificates"
)


@pytest.fixture(scope="module")
def root() -> Authority:
    return authority("Harbour Root")


@pytest.fixture(scope="module")
def issuing(root: Authority) -> Authority:
    return authority("Harbour Issuing", root)


@pytest.fixture
def ca(root: Authority, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    path.write_bytes(root.pem)
    return path


async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def wait_for_end(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def plain_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(100)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


@asynccontextmanager
async def world_with(
    servers: Mapping[str, int], ca: Path | None = None, *, request_s: float = 5.0, **more: object
) -> AsyncIterator[Loopback]:
    async with loopback_world(
        servers,
        ca=ca,
        request_s=request_s,
        collectors=tls.COLLECTORS,
        **more,  # type: ignore[arg-type]
    ) as here:
        yield here


async def shake(context: ssl.SSLContext, ca: Path | None) -> Handshake:
    async with serving(hang_up, tls=context) as port, world_with({AT_443: port}, ca) as here:
        found = await here.gatherer.ask(Handshake, here.host())
        assert isinstance(found, Handshake), found
        return found


async def shake_with(shown: Leaf, ca: Path | None) -> Handshake:
    return await shake(server_context(shown, alpn=["h2", "http/1.1"]), ca)


async def test_a_certificate_of_a_trusted_authority_is_trusted(
    issuing: Authority, ca: Path
) -> None:
    found = await shake_with(leaf(HOST, by=issuing), ca)
    assert (found.accepted, found.trust, found.fault) == (True, "trusted", "")
    assert found.address == PUBLISHED
    assert (found.protocol, found.alpn) == ("TLSv1.3", "h2")
    assert [c.subject for c in found.chain] == ["CN=example.org", "CN=Harbour Issuing"]


async def test_a_wildcard_certificate_is_trusted(issuing: Authority, ca: Path) -> None:
    context = server_context(leaf("*.example.org", by=issuing))
    async with serving(hang_up, tls=context) as port, world_with({AT_443: port}, ca) as here:
        found = await here.gatherer.ask(Handshake, here.host("app.example.org"))
    assert isinstance(found, Handshake)
    assert found.trust == "trusted"


async def test_an_expired_certificate_is_expired(issuing: Authority, ca: Path) -> None:
    found = await shake_with(leaf(HOST, by=issuing, ends_days=-1), ca)
    assert found.trust == "expired"
    assert found.trust_detail.startswith("it ended on ")


async def test_an_expired_issuer_is_named(root: Authority, ca: Path) -> None:
    found = await shake_with(leaf(HOST, by=authority("Harbour Old", root, ends_days=-1)), ca)
    assert found.trust == "expired"
    assert "the issuer CN=Harbour Old ended on " in found.trust_detail


async def test_a_name_that_is_not_utf8_is_survived(ca: Path) -> None:
    shown = leaf(HOST, by=None, common_name="wxyz")
    latin = with_bytes(shown, b"\x0c\x04wxyz", b"\x14\x04\xe9\xff\x1b\xfe")
    found = await shake_with(latin, ca)
    assert found.accepted
    assert found.trust == "untrusted"


async def test_a_certificate_of_the_future_is_not_yet_valid(issuing: Authority, ca: Path) -> None:
    found = await shake_with(leaf(HOST, by=issuing, begins_days=3), ca)
    assert found.trust == "not-yet-valid"


async def test_a_certificate_of_another_host_is_of_the_wrong_host(
    issuing: Authority, ca: Path
) -> None:
    found = await shake_with(leaf("other.example.org", by=issuing), ca)
    assert found.trust == "wrong-host"
    assert found.trust_detail == "it is for other.example.org, not for example.org"


async def test_a_certificate_expired_and_of_another_host_is_of_the_wrong_host_first(
    issuing: Authority, ca: Path
) -> None:
    found = await shake_with(leaf("other.example.org", by=issuing, ends_days=-1), ca)
    assert found.trust == "wrong-host"
    assert "also: it ended on " in found.trust_detail


async def test_a_self_signed_certificate_is_untrusted() -> None:
    found = await shake_with(leaf(HOST, by=None), None)
    assert found.trust == "untrusted"
    assert "signed by itself" in found.trust_detail
    assert found.chain[0].self_signed


async def test_a_self_signed_certificate_with_only_a_common_name_is_untrusted() -> None:
    found = await shake_with(leaf(by=None, common_name=HOST), None)
    assert found.trust == "untrusted"
    assert "subjectAltName" in found.trust_detail


async def test_a_self_signed_certificate_of_another_name_is_of_the_wrong_host() -> None:
    found = await shake_with(leaf("localhost.localdomain", by=None), None)
    assert found.trust == "wrong-host"
    assert "signed by itself" in found.trust_detail


async def test_a_common_name_alone_does_not_name_the_host(issuing: Authority, ca: Path) -> None:
    found = await shake_with(leaf(by=issuing, common_name=HOST), ca)
    assert found.trust == "wrong-host"


async def test_a_whole_chain_of_a_private_authority_is_untrusted(issuing: Authority) -> None:
    shown = leaf(HOST, by=issuing)
    assert issuing.above is not None
    whole = Leaf(pem=shown.pem, key_pem=shown.key_pem, sent_along=issuing.pem + issuing.above.pem)
    found = await shake_with(whole, None)
    assert found.trust == "untrusted"
    assert "Harbour Root" in found.trust_detail


async def test_a_leaf_of_a_private_authority_is_untrusted(ca: Path) -> None:
    found = await shake_with(leaf(HOST, by=authority("Nobody Known")), ca)
    assert found.trust == "untrusted"
    assert "Nobody Known" in found.trust_detail


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


async def test_a_certificate_of_500_names_keeps_100_of_them(issuing: Authority, ca: Path) -> None:
    names = [f"host-{n}.example.org" for n in range(499)]
    found = await shake_with(leaf(*names, HOST, by=issuing), ca)
    assert found.trust == "trusted"
    assert len(found.chain[0].names) == 100
    assert found.chain[0].names_total == 500


@needs_openssl
async def test_a_short_rsa_key_is_weak(issuing: Authority, ca: Path) -> None:
    found = await shake_with(leaf_by_openssl(HOST, by=issuing, key=["rsa:1024"]), ca)
    assert found.trust == "weak-key"
    assert (found.chain[0].key_type, found.chain[0].key_bits) == ("RSA", 1024)


@needs_openssl
async def test_a_sha1_signature_is_weak(issuing: Authority, ca: Path) -> None:
    found = await shake_with(leaf_by_openssl(HOST, by=issuing, digest="sha1"), ca)
    assert found.trust == "weak-signature"
    assert found.chain[0].signature_hash == "sha1"


async def test_a_closed_port_is_refused(ca: Path) -> None:
    async with world_with({AT_443: 1}, ca) as here:
        found = await here.gatherer.ask(Handshake, here.host())
    assert isinstance(found, Handshake)
    assert (found.accepted, found.fault) == (False, "refused")
    assert found.refusal == "nothing listens on port 443"


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


async def test_the_worst_of_several_addresses_counts(issuing: Authority, ca: Path) -> None:
    async with (
        serving(hang_up, tls=server_context(leaf(HOST, by=issuing))) as good,
        serving(hang_up, tls=server_context(leaf(HOST, by=issuing, ends_days=-1))) as bad,
        world_with(
            {"203.0.113.5:443": good, "203.0.113.6:443": bad, "203.0.113.7:443": 1},
            ca,
            addresses={HOST: ("203.0.113.5", "203.0.113.6", "203.0.113.7")},
        ) as here,
    ):
        found = await here.gatherer.ask(Handshake, here.host())
    assert isinstance(found, Handshake)
    assert (found.trust, found.address) == ("expired", "203.0.113.6")
    assert [(o.address, o.accepted, o.trust) for o in found.others] == [
        ("203.0.113.5", True, "trusted"),
        ("203.0.113.7", False, None),
    ]


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
