"""The lab's certificate authority: a root, an intermediate, and the leaves that its hosts present."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .process import run_tool

LeafKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_DAY = dt.timedelta(days=1)
# Room for a test that freezes the clock a little, and for machines whose clocks differ.
_AGE = 30 * _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """A certificate authority that can sign."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """The root and the intermediate of one lab, and the folder that holds every file of theirs."""

    directory: Path
    root: Issuer
    intermediate: Issuer
    now: dt.datetime

    @property
    def root_file(self) -> Path:
        """The PEM file to trust."""
        return self.directory / "root.pem"

    @property
    def intermediate_file(self) -> Path:
        """The PEM file of the intermediate, which `incomplete` hosts do not send."""
        return self.directory / "intermediate.pem"

    def chain_file(self, name: str) -> Path:
        """The PEM file that the server presents."""
        return self.directory / f"{name}.pem"

    def key_file(self, name: str) -> Path:
        """The PEM file of the leaf's private key."""
        return self.directory / f"{name}.key"

    def issue(
        self,
        name: str,
        *hosts: str,
        days_left: float = 90,
        starts_in_days: float | None = None,
        issuer: Issuer | None = None,
        key: LeafKey | None = None,
        send_intermediate: bool = True,
        self_signed: bool = False,
    ) -> None:
        """Write the chain and key of a leaf for `hosts`."""
        leaf_key = key or ec.generate_private_key(ec.SECP256R1())
        signer = issuer or self.intermediate
        subject = _name(hosts[0])
        not_after = self.now + days_left * _DAY
        not_before = (
            self.now + starts_in_days * _DAY
            if starts_in_days is not None
            else min(self.now, not_after) - _AGE
        )
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if self_signed else signer.certificate.subject)
            .public_key(leaf_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(not_before)
            .not_valid_after(not_after)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(h) for h in hosts]), False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
            .sign(leaf_key if self_signed else signer.key, hashes.SHA256())
        )
        chain = _pem(certificate)
        if send_intermediate and issuer is None and not self_signed:
            chain += _pem(self.intermediate.certificate)
        self.chain_file(name).write_bytes(chain)
        self.key_file(name).write_bytes(_key_pem(leaf_key))


def new_authority(directory: Path, now: dt.datetime) -> Authority:
    """Return a fresh authority whose root and intermediate are written into `directory`."""
    root = new_root("Lab Root", now)
    key = ec.generate_private_key(ec.SECP256R1())
    intermediate = Issuer(
        certificate=_authority_builder("Lab Intermediate", "Lab Root", key, now).sign(
            root.key, hashes.SHA256()
        ),
        key=key,
    )
    authority = Authority(directory=directory, root=root, intermediate=intermediate, now=now)
    authority.root_file.write_bytes(_pem(root.certificate))
    authority.intermediate_file.write_bytes(_pem(intermediate.certificate))
    return authority


def new_root(name: str, now: dt.datetime) -> Issuer:
    """Return a self-signed authority; only the lab's own is in the file to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _authority_builder(name, name, key, now).sign(key, hashes.SHA256())
    return Issuer(certificate=certificate, key=key)


def issue_signed_with_sha1(authority: Authority, name: str, host: str) -> None:
    """Write a leaf signed with SHA-1 by the intermediate; cryptography refuses to, openssl does not."""
    directory = authority.directory
    signer_key = directory / "intermediate.key"
    signer_key.write_bytes(_key_pem(authority.intermediate.key))
    request, leaf, extensions = (directory / f"{name}.{kind}" for kind in ("csr", "crt", "ext"))
    extensions.write_text(f"subjectAltName=DNS:{host}\nextendedKeyUsage=serverAuth\n")
    authority.key_file(name).write_bytes(_key_pem(ec.generate_private_key(ec.SECP256R1())))
    run_tool(
        *("openssl", "req", "-new", "-key", str(authority.key_file(name))),
        *("-subj", f"/CN={host}", "-out", str(request)),
    )
    run_tool(
        *("openssl", "x509", "-req", "-in", str(request), "-sha1", "-days", "90"),
        *("-CA", str(authority.intermediate_file), "-CAkey", str(signer_key)),
        *("-set_serial", "4097", "-extfile", str(extensions), "-out", str(leaf)),
    )
    authority.chain_file(name).write_bytes(
        leaf.read_bytes() + authority.intermediate_file.read_bytes()
    )


def weak_rsa_key(directory: Path) -> rsa.RSAPrivateKey:
    """Return a 1024-bit RSA key, made and written by openssl."""
    target = directory / "rsa-1024.key"
    run_tool("openssl", "genrsa", "-out", str(target), "1024")
    key = serialization.load_pem_private_key(target.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("openssl genrsa wrote something else than an RSA key")
    return key


def _authority_builder(
    subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, now: dt.datetime
) -> x509.CertificateBuilder:
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 400 * _DAY)
        .not_valid_after(now + 1000 * _DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(usage, True)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Launch Ready Lab"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: LeafKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
