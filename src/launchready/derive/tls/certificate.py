"""Certificates read: what stands in them, whether a name matches, who issued whom."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID, PublicKeyAlgorithmOID

from launchready.facts.tls import Certificate

NAMES_KEPT = 100
_TEXT_MAX = 300
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T")


def load(der: bytes) -> x509.Certificate | None:
    """Return the certificate, or None when its outer ASN.1 cannot be read."""
    try:
        with warnings.catch_warnings():
            # Odd serial numbers and the like warn; what is wrong is judged elsewhere.
            warnings.simplefilter("ignore")
            return x509.load_der_x509_certificate(der)
    except Exception:  # noqa: BLE001 - the parser raises more than it documents
        return None


def read(der: bytes) -> Certificate:
    """Return what stands in a certificate; a field that cannot be read is left empty."""
    fingerprint = hashlib.sha256(der).hexdigest()
    certificate = load(der)
    if certificate is None:
        return Certificate(
            subject="(not readable)", issuer="(not readable)", issuer_organization="",
            names=(), names_total=0, not_before=_EPOCH, not_after=datetime.max.replace(tzinfo=UTC),
            key_type="", key_bits=0, signature_hash="", self_signed=False,
            fingerprint_sha256=fingerprint,
        )  # fmt: skip
    names = alternative_names(certificate)
    key_type, key_bits, key_curve = _try(lambda: _key(certificate), ("", 0, ""))
    return Certificate(
        subject=_written(lambda: certificate.subject),
        issuer=_written(lambda: certificate.issuer),
        issuer_organization=_attribute(lambda: certificate.issuer, NameOID.ORGANIZATION_NAME),
        names=names[:NAMES_KEPT],
        names_total=len(names),
        not_before=_try(lambda: certificate.not_valid_before_utc, _EPOCH),
        not_after=_try(lambda: certificate.not_valid_after_utc, datetime.max.replace(tzinfo=UTC)),
        key_type=key_type,
        key_bits=key_bits,
        key_curve=key_curve,
        signature_hash=_try(lambda: _hash_name(certificate), ""),
        signature_algorithm=_try(lambda: _algorithm(certificate.signature_algorithm_oid), ""),
        self_signed=is_self_signed(certificate),
        fingerprint_sha256=fingerprint,
        logged=_try(lambda: _is_logged(certificate), False),
        signs=_try(lambda: _may_sign(certificate), True),
        must_staple=_try(lambda: _demands_staple(certificate), False),
        ocsp=_try(lambda: _names_ocsp(certificate), False),
    )


def common_name(certificate: x509.Certificate | None) -> str:
    """Return the subject's common name; empty when there is none."""
    if certificate is None:
        return ""
    return _attribute(lambda: certificate.subject, NameOID.COMMON_NAME)


def alternative_names(certificate: x509.Certificate | None) -> tuple[str, ...]:
    """Return the DNS names and IP addresses of subjectAltName, in order."""
    if certificate is None:
        return ()

    def find() -> tuple[str, ...]:
        san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return tuple(
            str(n.value)[:_TEXT_MAX] for n in san if isinstance(n, x509.DNSName | x509.IPAddress)
        )

    return _try(find, ())


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Return whether a certificate was issued by its own subject and signed with its own key."""
    return _try(lambda: certificate.issuer == certificate.subject, False) and _issued(
        certificate, certificate
    )


def issuer_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the http URLs where the issuer's certificate lies (RFC 5280 section 4.2.2.1), at most 3."""

    def find() -> tuple[str, ...]:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
        urls = [
            str(d.access_location.value)
            for d in access.value
            if d.access_method == AuthorityInformationAccessOID.CA_ISSUERS
            and isinstance(d.access_location, x509.UniformResourceIdentifier)
        ]
        return tuple(u for u in urls if u.lower().startswith("http://") and len(u) < 2000)[:3]

    return _try(find, ())


AUTHORITY_WORDS = frozenset(
    [
        "root",
        "intermediate",
        "issuing",
        "subordinate",
        "sub",
        "ca",
        "certificate",
        "certification",
        "authority",
        "tls",
        "ssl",
        "rsa",
        "ecc",
        "ecdsa",
        "server",
        "the",
        "and",
    ]
)
"""Words of an authority's name that do not tell it from others."""


def issuer_name(certificate: x509.Certificate) -> str:
    """Return the common name of the issuer; empty when there is none."""
    return _attribute(lambda: certificate.issuer, NameOID.COMMON_NAME)


def words_of(name: str) -> frozenset[str]:
    """Return the words of a name in lower case, without numbers."""
    return frozenset(re.findall(r"[^\W\d_]{2,}", name.lower()))


def issuers_issuer(certificate: x509.Certificate) -> bool | None:
    """Return whether the issuer is a root by what the certificate says of the issuer's own issuer.

    None when it says nothing (authorityCertIssuer, RFC 5280 section 4.2.1.1, is seldom there).
    """

    def told() -> bool | None:
        value = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        above = [
            n.value for n in value.authority_cert_issuer or () if isinstance(n, x509.DirectoryName)
        ]
        return above[0] == certificate.issuer if above else None

    return _try(told, None)


def matches(host: str, names: Iterable[str]) -> bool:
    """Return whether a host is among the names, by RFC 9525 section 6.3 (`*` is one whole label)."""
    wanted = host.lower().rstrip(".")
    try:
        address = ip_address(wanted)
    except ValueError:
        address = None
    _, _, parent = wanted.partition(".")
    for name in names:
        known = name.lower().rstrip(".")
        if address is not None:
            if known == str(address):
                return True
        elif known == wanted or (known.startswith("*.") and "." in parent and known[2:] == parent):
            return True
    return False


def path(chain: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Return the chain from the host's own certificate upwards, as far as the issuers are there."""
    if not chain:
        return ()
    found = [chain[0]]
    while not is_self_issued(found[-1]):
        top = found[-1]
        above = next((c for c in chain if c not in found and _issued(c, top)), None)
        if above is None:
            break
        found.append(above)
    return tuple(found)


def issuer_of(
    certificate: x509.Certificate, among: Iterable[x509.Certificate]
) -> x509.Certificate | None:
    """Return the certificate among others whose key signed this one."""
    return next((c for c in among if c != certificate and _issued(c, certificate)), None)


def _issued(above: x509.Certificate, below: x509.Certificate) -> bool:
    def verified() -> bool:
        if above.subject != below.issuer:
            return False
        try:
            below.verify_directly_issued_by(above)
        except InvalidSignature:
            return False
        except Exception:  # noqa: BLE001 - a hash that is no longer checked, such as MD5: the names decide
            return True
        return True

    return _try(verified, False)


def _written(name: Callable[[], x509.Name]) -> str:
    return _try(lambda: name().rfc4514_string()[:_TEXT_MAX], "(not readable)")


def _attribute(name: Callable[[], x509.Name], kind: x509.ObjectIdentifier) -> str:
    def first() -> str:
        found = name().get_attributes_for_oid(kind)
        return str(found[0].value)[:_TEXT_MAX] if found else ""

    return _try(first, "")


def is_self_issued(certificate: x509.Certificate) -> bool:
    """Return whether it names itself as its issuer; False where a name cannot be read."""
    return _try(lambda: certificate.subject == certificate.issuer, False)


def _try(read_field: Callable[[], T], otherwise: T) -> T:
    try:
        return read_field()
    except Exception:  # noqa: BLE001 - the parser raises more than it documents; OpenSSL lets such a field pass
        return otherwise


def _key(certificate: x509.Certificate) -> tuple[str, int, str]:
    """Return the key's type, its bits and its curve."""
    kind = certificate.public_key_algorithm_oid
    try:
        public = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        # OpenSSL reads more kinds than the parser here does.
        named = kind == PublicKeyAlgorithmOID.EC_PUBLIC_KEY
        return ("EC", 0, "on an uncommon curve") if named else (_algorithm(kind), 0, "")
    match public:
        case rsa.RSAPublicKey() as key:
            plain = kind == PublicKeyAlgorithmOID.RSAES_PKCS1_v1_5
            return "RSA" if plain else "RSA-PSS", key.key_size, ""
        case ec.EllipticCurvePublicKey() as key:
            return "EC", key.key_size, key.curve.name
        case dsa.DSAPublicKey() as key:
            return "DSA", key.key_size, ""
        case ed25519.Ed25519PublicKey():
            return "Ed25519", 256, ""
        case ed448.Ed448PublicKey():
            return "Ed448", 456, ""
        case key:
            return type(key).__name__.removesuffix("PublicKey"), 0, ""


def _algorithm(oid: x509.ObjectIdentifier) -> str:
    """Return an algorithm's name where it has one here, else its number."""
    name: str = getattr(oid, "_name", "")
    return oid.dotted_string if name in {"", "Unknown OID"} else name


def _hash_name(certificate: x509.Certificate) -> str:
    algorithm = certificate.signature_hash_algorithm
    return "" if algorithm is None else algorithm.name


def _is_logged(certificate: x509.Certificate) -> bool:
    certificate.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps)
    return True


def _may_sign(certificate: x509.Certificate) -> bool:
    return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature


def _demands_staple(certificate: x509.Certificate) -> bool:
    features = certificate.extensions.get_extension_for_class(x509.TLSFeature).value
    return x509.TLSFeatureType.status_request in features


def _names_ocsp(certificate: x509.Certificate) -> bool:
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    return any(d.access_method == AuthorityInformationAccessOID.OCSP for d in access.value)
