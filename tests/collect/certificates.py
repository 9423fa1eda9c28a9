"""Certificates made for one test run: an authority, an intermediate, and faulty leaves."""

from __future__ import annotations

import ssl
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
    NameOID,
)

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """One that signs: a root when it has no `above`."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    above: Authority | None = None

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        return _key_pem(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A server's certificate with its key and what is sent along."""

    pem: bytes
    key_pem: bytes
    sent_along: bytes = b""

    @property
    def der(self) -> bytes:
        return ssl.PEM_cert_to_DER_cert(self.pem.decode())


def authority(
    name: str,
    above: Authority | None = None,
    *,
    ends_days: float = 1000,
    only_below: Sequence[str] = (),
    key_of: Authority | None = None,
) -> Authority:
    now = datetime.now(UTC)
    key = key_of.key if key_of else ec.generate_private_key(ec.SECP256R1())
    usage = dict.fromkeys(
        (
            "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
            "key_agreement", "encipher_only", "decipher_only",
        ),
        False,
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(above.certificate.subject if above else _name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 400 * DAY)
        .not_valid_after(now + ends_days * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if only_below:
        fence = x509.NameConstraints([x509.DNSName(n) for n in only_below], None)
        builder = builder.add_extension(fence, critical=True)
    certificate = builder.sign(above.key if above else key, hashes.SHA256())
    return Authority(certificate=certificate, key=key, above=above)


def leaf(
    *names: str,
    by: Authority | None,
    begins_days: float = -30,
    ends_days: float = 60,
    send_issuer: bool = True,
    issuer_url: str = "",
    common_name: str = "",
    use: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
    more: Sequence[x509.ExtensionType] = (),
) -> Leaf:
    """Make a leaf signed by an authority, or by itself when `by` is None."""
    now = datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(common_name or (names[0] if names else "nameless"))
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins_days * DAY)
        .not_valid_after(now + ends_days * DAY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
    )
    if names:
        builder = builder.add_extension(_alternative(names), critical=False)
    if issuer_url:
        place = x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(issuer_url)
        )
        builder = builder.add_extension(x509.AuthorityInformationAccess([place]), critical=False)
    for extension in more:
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.KeyUsage))
    certificate = builder.sign(by.key if by else key, hashes.SHA256())
    along = by.pem if by is not None and by.above is not None and send_issuer else b""
    return Leaf(pem=certificate.public_bytes(Encoding.PEM), key_pem=_key_pem(key), sent_along=along)


P256 = ("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
P521 = ("ec", "-pkeyopt", "ec_paramgen_curve:secp521r1")
RSA_PSS = ("rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048")


def leaf_by_openssl(
    name: str, *, by: Authority, digest: str = "sha256", key: Sequence[str] = P256
) -> Leaf:
    """Make a leaf as only openssl does: signed with SHA-1, with a short key or one of any kind."""
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        (at / "ca.pem").write_bytes(by.pem)
        (at / "ca.key").write_bytes(by.key_pem)
        (at / "ext").write_text(f"subjectAltName=DNS:{name}\n")
        _openssl(
            at, "req", "-new", "-newkey", *key, "-nodes", "-keyout", "key", "-out", "csr", "-subj",
            f"/CN={name}",
        )  # fmt: skip
        _openssl(
            at, "x509", "-req", "-in", "csr", f"-{digest}", "-days", "60", "-CA", "ca.pem",
            "-CAkey", "ca.key", "-set_serial", "4097", "-extfile", "ext", "-out", "leaf",
        )  # fmt: skip
        along = by.pem if by.above is not None else b""
        return Leaf(
            pem=(at / "leaf").read_bytes(), key_pem=(at / "key").read_bytes(), sent_along=along
        )


def with_bytes(shown: Leaf, old: bytes, new: bytes) -> Leaf:
    """Change bytes within a certificate, which breaks its signature."""
    assert len(old) == len(new)
    assert old in shown.der
    pem = ssl.DER_cert_to_PEM_cert(shown.der.replace(old, new)).encode()
    return Leaf(pem=pem, key_pem=shown.key_pem, sent_along=shown.sent_along)


def server_context(
    *shown: Leaf,
    version: ssl.TLSVersion | None = None,
    alpn: Sequence[str] = (),
) -> ssl.SSLContext:
    """Return a server's context; with `version` it speaks only that one.

    Of several certificates, of a kind each, it shows the one that the visitor can use.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    if version is not None:
        context.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED
        context.minimum_version = version
        context.maximum_version = version
    if alpn:
        context.set_alpn_protocols(list(alpn))
    with tempfile.TemporaryDirectory() as folder:
        chain, key = Path(folder, "chain"), Path(folder, "key")
        for each in shown:
            chain.write_bytes(each.pem + each.sent_along)
            key.write_bytes(each.key_pem)
            context.load_cert_chain(chain, key)
    return context


def _alternative(names: Sequence[str]) -> x509.SubjectAlternativeName:
    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return x509.SubjectAlternativeName(found)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
