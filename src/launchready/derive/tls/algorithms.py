"""Keys and signatures of certificates: too weak, or of a kind that browsers do not take."""

from __future__ import annotations

from launchready.facts.tls import Certificate

RSA_BITS_MIN = 2048
EC_BITS_MIN = 224
_WEAK_HASHES = frozenset({"md2", "md4", "md5", "sha1"})
BROWSER_CURVES = frozenset({"secp256r1", "secp384r1"})
"""Of the three that authorities may certify (Baseline Requirements 6.1.5) Chromium lacks P-521."""
_BROWSER_HASHES = frozenset({"sha256", "sha384", "sha512"})


def weak_key(certificate: Certificate) -> str:
    """Return why the key is too weak to be accepted (`RSA 1024`), or nothing."""
    shown = f"{certificate.key_type} {certificate.key_bits}"
    if certificate.key_bits == 0:
        return ""
    if certificate.key_type in {"RSA", "RSA-PSS", "DSA"} and certificate.key_bits < RSA_BITS_MIN:
        return shown
    if certificate.key_type == "EC" and certificate.key_bits < EC_BITS_MIN:
        return shown
    return ""


def weak_signature(certificate: Certificate) -> str:
    """Return the broken hash that the certificate is signed with, or nothing.

    A root's signature over itself proves nothing and does not count.
    """
    if certificate.self_signed or certificate.signature_hash not in _WEAK_HASHES:
        return ""
    return certificate.signature_hash


def unsupported_key(certificate: Certificate) -> str:
    """Return the kind of a server's key that browsers make no handshake with, or nothing.

    Chromium offers ECDSA with P-256 and P-384, and RSA whose key is marked as plain RSA
    (rsaEncryption, as the CA/Browser Forum's Baseline Requirements 7.1.3.1 demand).
    """
    if certificate.key_type in {"", "RSA"}:
        return ""
    if certificate.key_type == "EC":
        taken = not certificate.key_curve or certificate.key_curve in BROWSER_CURVES
        return "" if taken else f"ECDSA {certificate.key_curve}"
    return certificate.key_type


def unsupported_signature(certificate: Certificate) -> str:
    """Return the algorithm of a signature that browsers cannot verify, or nothing.

    They verify RSA and ECDSA with SHA-256, SHA-384 and SHA-512, as authorities may sign
    (Baseline Requirements 7.1.3.2). Broken hashes are for `weak_signature` to tell.
    """
    algorithm = certificate.signature_algorithm
    if certificate.self_signed or not algorithm or certificate.signature_hash in _WEAK_HASHES:
        return ""
    if certificate.signature_hash in _BROWSER_HASHES and not algorithm.startswith("dsa"):
        return ""
    return algorithm
