"""What servers staple to their handshakes, and certificates that demand it, at openssl's own server."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from launchready.facts.tls import Handshake
from tests.collect.certificates import DAY, Authority, Leaf, leaf
from tests.collect.handshakes import AT_443, HOST, ca, issuing, root, world_with

__all__ = ["ca", "issuing", "root"]

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="the openssl command serves these certificates"
)
MUST_STAPLE = x509.TLSFeature([x509.TLSFeatureType.status_request])
AT_OCSP = x509.AuthorityInformationAccess(
    [
        x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP,
            x509.UniformResourceIdentifier("http://ocsp.example.net/"),
        )
    ]
)


def answered(
    shown: Leaf, by: Authority, status: ocsp.OCSPCertStatus, *, ends_days: float = 5
) -> bytes:
    now = datetime.now(UTC)
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=x509.load_der_x509_certificate(shown.der),
        issuer=by.certificate,
        algorithm=hashes.SHA1(),  # noqa: S303 - OCSP names certificates by it
        cert_status=status,
        this_update=now - 9 * DAY,
        next_update=now + ends_days * DAY,
        revocation_time=now - 2 * DAY if revoked else None,
        revocation_reason=None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, by.certificate)
    return builder.sign(by.key, hashes.SHA256()).public_bytes(Encoding.DER)


@asynccontextmanager
async def stapling(shown: Leaf, folder: Path, answer: bytes = b"") -> AsyncIterator[int]:
    (folder / "chain").write_bytes(shown.pem + shown.sent_along)
    (folder / "key").write_bytes(shown.key_pem)
    (folder / "answer").write_bytes(answer)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    nowhere = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        "openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", "chain", "-cert_chain",
        "chain", "-key", "key", "-quiet", "-www",
        *(("-status_file", "answer") if answer else ()),
        cwd=folder, stdin=nowhere, stdout=nowhere, stderr=nowhere,
    )  # fmt: skip
    try:
        async with asyncio.timeout(20):
            while True:
                try:
                    _reader, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    break
        yield port
    finally:
        process.kill()
        await process.wait()


async def shake(
    issuing: Authority,
    ca: Path,
    folder: Path,
    more: Sequence[x509.ExtensionType],
    status: ocsp.OCSPCertStatus | None = None,
    *,
    ends_days: float = 5,
) -> Handshake:
    shown = leaf(HOST, by=issuing, more=more)
    answer = answered(shown, issuing, status, ends_days=ends_days) if status else b""
    async with stapling(shown, folder, answer) as port, world_with({AT_443: port}, ca) as here:
        found = await here.gatherer.ask(Handshake, here.host())
    assert isinstance(found, Handshake), found
    return found


async def test_a_demanded_answer_that_is_not_stapled_is_seen(
    issuing: Authority, ca: Path, tmp_path: Path
) -> None:
    found = await shake(issuing, ca, tmp_path, [MUST_STAPLE])
    assert found.chain[0].must_staple
    assert (found.trust, found.staple) == ("trusted", "missing")


async def test_a_stapled_answer_is_seen(issuing: Authority, ca: Path, tmp_path: Path) -> None:
    found = await shake(issuing, ca, tmp_path, [MUST_STAPLE], ocsp.OCSPCertStatus.GOOD)
    assert (found.trust, found.staple) == ("trusted", "good")


async def test_a_stapled_answer_that_is_out_of_date_is_none(
    issuing: Authority, ca: Path, tmp_path: Path
) -> None:
    good = ocsp.OCSPCertStatus.GOOD
    found = await shake(issuing, ca, tmp_path, [MUST_STAPLE], good, ends_days=-2)
    assert (found.trust, found.staple) == ("trusted", "unusable")


async def test_a_certificate_that_its_server_says_is_revoked_is_untrusted(
    issuing: Authority, ca: Path, tmp_path: Path
) -> None:
    found = await shake(issuing, ca, tmp_path, [AT_OCSP], ocsp.OCSPCertStatus.REVOKED)
    assert found.trust == "untrusted"
    assert "revoked" in found.trust_detail


async def test_nothing_is_asked_about_a_certificate_without_ocsp(
    issuing: Authority, ca: Path, tmp_path: Path
) -> None:
    assert (await shake(issuing, ca, tmp_path, [])).staple == ""
