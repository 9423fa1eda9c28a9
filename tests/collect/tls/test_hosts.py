"""Certificates judged by handshakes with real servers on loopback."""

from __future__ import annotations

import itertools
import ssl
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from launchready.facts.tls import Handshake
from tests.collect.certificates import (
    Authority,
    Leaf,
    authority,
    leaf,
    leaf_by_openssl,
    server_context,
    with_bytes,
)
from tests.collect.handshakes import (
    AT_443,
    HOST,
    ca,
    hang_up,
    issuing,
    needs_openssl,
    root,
    shake,
    shake_with,
    world_with,
)
from tests.collect.worlds import PUBLISHED, serving

__all__ = ["ca", "issuing", "root"]


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


async def test_of_two_servers_behind_one_address_the_worse_one_is_told(
    issuing: Authority, ca: Path
) -> None:
    renewed, forgotten = (
        server_context(leaf(HOST, by=issuing, ends_days=days)) for days in (60, -1)
    )
    turns = itertools.cycle([renewed, forgotten])

    def in_turn(connection: ssl.SSLObject | ssl.SSLSocket, _name: str, _at: object) -> None:
        connection.context = next(turns)

    renewed.sni_callback = in_turn
    found = await shake(renewed, ca)
    assert found.trust == "expired"
    assert [(o.address, o.trust) for o in found.others] == [(found.address, "trusted")]


@pytest.mark.parametrize("more", range(3))
async def test_of_two_servers_behind_one_address_the_one_of_another_host_is_named(
    issuing: Authority, ca: Path, more: int
) -> None:
    own, other = (server_context(leaf(name, by=issuing)) for name in (HOST, "shop.example.net"))
    turns = itertools.cycle([own, other, *[own] * more])

    def in_turn(connection: ssl.SSLObject | ssl.SSLSocket, _name: str, _at: object) -> None:
        connection.context = next(turns)

    own.sni_callback = in_turn
    found = await shake(own, ca)
    assert found.trust == "wrong-host"
    assert found.trust_detail == f"it is for shop.example.net, not for {HOST}"


async def test_of_good_certificates_the_first_to_end_is_told(issuing: Authority, ca: Path) -> None:
    turns = itertools.cycle(
        server_context(leaf(HOST, by=issuing, ends_days=days)) for days in (60, 3)
    )
    first = next(turns)

    def in_turn(connection: ssl.SSLObject | ssl.SSLSocket, _name: str, _at: object) -> None:
        connection.context = next(turns)

    first.sni_callback = in_turn
    found = await shake(first, ca)
    assert (found.chain[0].not_after - found.at).days < 4


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


async def test_a_certificate_that_is_not_for_web_servers_is_untrusted(
    issuing: Authority, ca: Path
) -> None:
    found = await shake_with(leaf(HOST, by=issuing, use=ExtendedKeyUsageOID.CLIENT_AUTH), ca)
    assert found.trust == "untrusted"
    assert "not made for web servers" in found.trust_detail


async def test_a_name_that_its_issuer_may_not_certify_is_untrusted(
    root: Authority, ca: Path
) -> None:
    fenced = authority("Harbour Fenced", root, only_below=["example.net"])
    found = await shake_with(leaf(HOST, by=fenced), ca)
    assert found.trust == "untrusted"
    assert "may not certify this name" in found.trust_detail


async def test_a_leaf_of_a_private_authority_is_untrusted(ca: Path) -> None:
    found = await shake_with(leaf(HOST, by=authority("Nobody Known")), ca)
    assert found.trust == "untrusted"
    assert "Nobody Known" in found.trust_detail


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
