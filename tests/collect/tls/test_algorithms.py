"""Certificates of every kind at real servers: what OpenSSL takes and browsers refuse is told."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography import x509

from launchready.facts.tls import Handshake
from tests.collect.certificates import (
    P256,
    P521,
    RSA_PSS,
    Authority,
    Leaf,
    authority,
    leaf,
    leaf_by_openssl,
    server_context,
)
from tests.collect.handshakes import HOST, ca, issuing, page, root, shake
from tests.collect.worlds import serving
from tests.report.chromium import find

__all__ = ["ca", "issuing", "root"]

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="the openssl command makes these certificates"
)
P384 = ("ec", "-pkeyopt", "ec_paramgen_curve:secp384r1")
RSA = ("rsa:2048",)
TAKEN: dict[str, Sequence[str]] = {"p-256": P256, "p-384": P384, "rsa": RSA}
REFUSED: dict[str, tuple[Sequence[str], str]] = {
    "p-521": (P521, "ECDSA secp521r1"),
    "ed25519": (["ed25519"], "Ed25519"),
    "ed448": (["ed448"], "Ed448"),
    "rsa-pss": (RSA_PSS, "RSA-PSS"),
}


async def shown(ca: Path, *leaves: Leaf, version: ssl.TLSVersion | None = None) -> Handshake:
    return await shake(server_context(*leaves, version=version), ca)


@pytest.mark.parametrize("kind", TAKEN)
async def test_a_key_that_browsers_take_is_trusted(issuing: Authority, ca: Path, kind: str) -> None:
    found = await shown(ca, leaf_by_openssl(HOST, by=issuing, key=TAKEN[kind]))
    assert found.trust == "trusted"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("kind", REFUSED)
async def test_a_key_that_browsers_refuse_is_told(
    issuing: Authority, ca: Path, kind: str, version: ssl.TLSVersion
) -> None:
    key, words = REFUSED[kind]
    found = await shown(ca, leaf_by_openssl(HOST, by=issuing, key=key), version=version)
    assert found.accepted
    assert (found.trust, found.trust_detail) == ("unsupported-algorithm", f"its key is {words}")


@pytest.mark.parametrize("curve", ["secp224r1", "brainpoolP256r1", "secp256k1"])
async def test_a_curve_that_even_libraries_must_be_told_to_take_is_named(
    issuing: Authority, ca: Path, curve: str
) -> None:
    key = ("ec", "-pkeyopt", f"ec_paramgen_curve:{curve}")
    found = await shown(ca, leaf_by_openssl(HOST, by=issuing, key=key))
    assert found.accepted
    assert (found.trust, found.trust_detail) == (
        "unsupported-algorithm",
        f"its key is ECDSA {curve}",
    )


@pytest.mark.parametrize("kind", REFUSED)
async def test_a_second_certificate_that_browsers_take_is_the_one_that_counts(
    issuing: Authority, ca: Path, kind: str
) -> None:
    other = leaf_by_openssl(HOST, by=issuing, key=P256 if kind != "p-521" else RSA)
    found = await shown(ca, leaf_by_openssl(HOST, by=issuing, key=REFUSED[kind][0]), other)
    assert found.trust == "trusted", found.trust_detail


async def test_a_signature_that_browsers_cannot_verify_is_told(
    issuing: Authority, ca: Path
) -> None:
    found = await shown(ca, leaf_by_openssl(HOST, by=issuing, digest="sha224"))
    assert found.trust == "unsupported-algorithm"
    assert found.trust_detail == "it is signed with ecdsa-with-SHA224"


async def test_a_key_that_may_not_sign_is_refused_as_chromium_refuses_it(
    issuing: Authority, ca: Path
) -> None:
    found = await shown(ca, leaf(HOST, by=issuing, more=[usage(digital_signature=False)]))
    assert found.trust == "unsupported-algorithm"
    assert found.trust_detail == "its key may not sign (key usage without digitalSignature)"


async def test_a_key_that_may_sign_is_taken(issuing: Authority, ca: Path) -> None:
    found = await shown(ca, leaf(HOST, by=issuing, more=[usage(digital_signature=True)]))
    assert found.trust == "trusted"


def usage(*, digital_signature: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=True, key_cert_sign=False, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


async def test_what_has_also_ended_is_first_of_all_at_its_end(issuing: Authority, ca: Path) -> None:
    old = authority("Harbour Old", issuing.above, ends_days=-1)
    found = await shown(ca, leaf_by_openssl(HOST, by=old, key=["ed25519"]))
    assert (found.trust, found.further) == ("expired", ("unsupported-algorithm",))


async def test_a_certificate_of_no_authority_is_first_of_all_untrusted(ca: Path) -> None:
    nobody = authority("Nobody")
    found = await shown(ca, leaf_by_openssl(HOST, by=nobody, key=["ed25519"]))
    assert (found.trust, found.further) == ("untrusted", ("unsupported-algorithm",))


@pytest.mark.parametrize(
    ("key", "opens"),
    [
        (P256, True), (P384, True), (RSA, True), (P521, False), (["ed25519"], False),
        (RSA_PSS, False),
    ],
)  # fmt: skip
async def test_chromium_takes_and_refuses_the_same_kinds(
    issuing: Authority, tmp_path: Path, key: Sequence[str], *, opens: bool
) -> None:
    chromium = find()
    context = server_context(leaf_by_openssl("localhost", by=issuing, key=key))
    async with serving(page, tls=context) as port:
        done = await asyncio.to_thread(
            subprocess.run,
            [
                chromium, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
                "--ignore-certificate-errors", f"--user-data-dir={tmp_path}",
                f"https://127.0.0.1:{port}/",
            ],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert ("harbour" in done.stdout) is opens
    assert ("handshake failed" in done.stderr) is not opens
