"""The demo's own certificate authority: a root, an intermediate, and certificates as described."""

from __future__ import annotations

import datetime as dt
import ssl
import tempfile
import warnings
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from launchready.demo.description import CertificateOptions, KeyKind

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

ORGANIZATION = "Let's Encrypt"
"""CAA names an authority by its domain, which only a well-known organization's name leads to."""
CAA_DOMAIN = "letsencrypt.org"


@cache
def private_key(kind: KeyKind, purpose: str) -> PrivateKey:
    """Return the key of a kind for a purpose; made once in a process, so that starting stays fast."""
    assert purpose  # noqa: S101 - the cache must tell the purposes apart
    if kind in {"ec256", "ec521"}:
        return ec.generate_private_key(ec.SECP256R1() if kind == "ec256" else ec.SECP521R1())
    return rsa.generate_private_key(65537, 2048 if kind == "rsa2048" else 1024)


class Authority:
    """Root and intermediate of one running demo."""

    def __init__(self) -> None:
        self.root_key = private_key("ec256", "root")
        self.root = _authority_certificate("Launch Ready demo root", self.root_key, None, 3650)
        self.intermediate_key = private_key("ec256", "intermediate")
        self.intermediate = _authority_certificate(
            "Launch Ready demo intermediate", self.intermediate_key, (self.root, self.root_key), 900
        )
        self.stranger_key = private_key("ec256", "stranger")
        self.stranger = _authority_certificate("Unknown root", self.stranger_key, None, 3650)

    @property
    def root_pem(self) -> bytes:
        """The root in PEM: what whoever audits the demo must trust."""
        return self.root.public_bytes(serialization.Encoding.PEM)

    def issue(self, options: CertificateOptions) -> tuple[bytes, bytes]:
        """Return the chain and the private key, both in PEM, of a certificate as described."""
        key = private_key(options.key, "server")
        issuers: dict[str, tuple[x509.Certificate | None, PrivateKey]] = {
            "intermediate": (self.intermediate, self.intermediate_key),
            "root": (self.root, self.root_key),
            "unknown": (self.stranger, self.stranger_key),
            "self": (None, key),
        }
        issuer, issuer_key = issuers[options.issuer]
        between = self.intermediate
        if options.signature_hash == "sha1":
            between, issuer_key = self._old_intermediate()
            issuer = between
        certificate = _server_certificate(options, key, issuer, issuer_key)
        if isinstance(issuer_key, rsa.RSAPrivateKey) and options.signature_hash == "sha1":
            certificate = _signed_by_sha1(certificate, issuer_key)
        chain = [certificate]
        if options.issuer == "intermediate" and options.complete_chain:
            chain.append(between)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return b"".join(c.public_bytes(serialization.Encoding.PEM) for c in chain), private

    def _old_intermediate(self) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
        key = private_key("rsa2048", "old intermediate")
        assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 - asked for one
        signer = (self.root, self.root_key)
        return _authority_certificate("Launch Ready demo old intermediate", key, signer, 900), key


def _signed_by_sha1(certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> x509.Certificate:
    """Return the certificate signed anew by RSA with SHA-1, which the library itself refuses to do."""
    sha256_with_rsa = bytes.fromhex("06092a864886f70d01010b0500")
    sha1_with_rsa = bytes.fromhex("06092a864886f70d0101050500")
    body = certificate.tbs_certificate_bytes.replace(sha256_with_rsa, sha1_with_rsa)
    signature = key.sign(body, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 - to be shown
    parts = body + _der(0x30, sha1_with_rsa) + _der(0x03, b"\0" + signature)
    return x509.load_der_x509_certificate(_der(0x30, parts))


def _der(tag: int, content: bytes) -> bytes:
    """Return a DER element (X.690 section 8.1)."""
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def server_context(
    authority: Authority,
    options: CertificateOptions,
    *,
    versions: tuple[str, ...] = ("1.2", "1.3"),
    protocols: tuple[str, ...] = (),
) -> ssl.SSLContext:
    """Return a server's TLS context with this certificate, the TLS versions and ALPN protocols."""
    chain, key = authority.issue(options)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old = bool({"1.0", "1.1"} & set(versions))
    if old or options.key == "rsa1024" or options.signature_hash == "sha1":
        # OpenSSL's own floor would refuse the weakness that is to be shown.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    names = {"1.0": "TLSv1", "1.1": "TLSv1_1", "1.2": "TLSv1_2", "1.3": "TLSv1_3"}
    oldest, newest = ssl.TLSVersion[names[min(versions)]], ssl.TLSVersion[names[max(versions)]]
    with warnings.catch_warnings():
        # That the old versions are deprecated is what the demo shows.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = oldest, newest
    if protocols:
        context.set_alpn_protocols(list(protocols))
    # load_cert_chain reads files only.
    with tempfile.TemporaryDirectory(prefix="launchready-") as directory:
        chain_file, key_file = Path(directory) / "chain.pem", Path(directory) / "key.pem"
        key_file.touch(mode=0o600)
        chain_file.write_bytes(chain)
        key_file.write_bytes(key)
        context.load_cert_chain(chain_file, key_file)
    return context


def _name(common: str, organization: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common[:64])]
    if organization:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(parts)


def _builder(days_old: float, days_left: float) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    until = now + dt.timedelta(days=days_left)
    since = min(now, until) - dt.timedelta(days=days_old)
    return (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
    )


def _authority_certificate(
    common: str,
    key: PrivateKey,
    issuer: tuple[x509.Certificate, PrivateKey] | None,
    days: float,
) -> x509.Certificate:
    subject = _name(common, ORGANIZATION)
    signer = key if issuer is None else issuer[1]
    return (
        _builder(30, days)
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer[0].subject)
        .public_key(key.public_key())
        .add_extension(
            x509.BasicConstraints(ca=True, path_length=None if issuer is None else 0), critical=True
        )
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )


def _server_certificate(
    options: CertificateOptions,
    key: PrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: PrivateKey,
) -> x509.Certificate:
    subject = _name(options.names[0])
    builder = _builder(options.days_old, options.days_left)
    if options.must_staple:
        feature = x509.TLSFeature([x509.TLSFeatureType.status_request])
        builder = builder.add_extension(feature, critical=False)
    return (
        builder.subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(key.public_key())
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(n) for n in options.names]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .sign(issuer_key, hashes.SHA256())
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=signs_certificates,
        crl_sign=signs_certificates, encipher_only=False, decipher_only=False,
    )  # fmt: skip
