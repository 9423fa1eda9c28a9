"""What a TLS hello offers: as browsers do, as libraries do, and more, to read what neither takes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pycurl

# Browsers have no finite-field Diffie-Hellman any more; a server's small group is not their trouble.
CIPHERS = "DEFAULT:!kDHE:!aNULL"
# What Chromium offers, and with it every browser, in TLS 1.2 (net/socket/ssl_client_socket_impl.cc).
_BROWSER_CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA:AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA:"
    "AES256-SHA"
)
# No P-521, no EdDSA, no keys for RSA-PSS alone.
_BROWSER_SIGNATURES = (
    "ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256:rsa_pkcs1_sha256:ecdsa_secp384r1_sha384:"
    "rsa_pss_rsae_sha384:rsa_pkcs1_sha384:rsa_pss_rsae_sha512:rsa_pkcs1_sha512"
)
_CLASSIC_GROUPS = "X25519:prime256v1:secp384r1"
# Both keys are sent at once, as browsers do: with them a hello no longer fits into one packet.
_BROWSER_GROUPS = "*X25519MLKEM768:*X25519:prime256v1:secp384r1"
_GROUP_NAMES = frozenset({"x25519", "prime256v1", "secp256r1", "p-256", "secp384r1", "p-384"})
_HYBRID = "mlkem"
"""Part of the names of the groups that are safe from quantum computers, which browsers offer first."""
_HYBRID_SINCE = (3, 5)
"""The version of OpenSSL that knows them."""


def _knows_hybrids() -> bool:
    """Return whether libcurl's OpenSSL can send hellos as large as browsers' are."""
    found = re.match(r"OpenSSL/(\d+)\.(\d+)", str(pycurl.version_info()[5]))
    return found is not None and (int(found[1]), int(found[2])) >= _HYBRID_SINCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What one hello offers. An empty text leaves it to the library."""

    ciphers: str = CIPHERS
    """Of TLS 1.2; of the five of TLS 1.3 both browsers and the library take three."""
    groups: str = ""
    signatures: str = ""
    highest: int = pycurl.SSLVERSION_DEFAULT

    def set_on(self, handle: pycurl.Curl) -> None:
        """Let a handle's hello offer this."""
        handle.setopt(pycurl.SSL_CIPHER_LIST, self.ciphers)
        handle.setopt(pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2 | self.highest)
        if self.groups:
            handle.setopt(pycurl.SSL_EC_CURVES, self.groups)
        if self.signatures:
            handle.setopt(pycurl.SSL_SIGNATURE_ALGORITHMS, self.signatures)


AS_BROWSERS_ONCE = Offer(
    ciphers=_BROWSER_CIPHERS, groups=_CLASSIC_GROUPS, signatures=_BROWSER_SIGNATURES
)
"""As they did until 2024: a hello that fits into one packet."""
AS_BROWSERS = (
    replace(AS_BROWSERS_ONCE, groups=_BROWSER_GROUPS) if _knows_hybrids() else AS_BROWSERS_ONCE
)
AS_LIBRARIES = Offer()
# TLS 1.3 names the curve of a key in its signature, and has no names for these.
UNCOMMON_KEYS = Offer(
    groups="secp224r1:brainpoolP256r1:brainpoolP384r1:brainpoolP512r1:secp256k1:X25519:prime256v1",
    highest=pycurl.SSLVERSION_MAX_TLSv1_2,
)


def lacking(cipher: str, group: str) -> str:
    """Return what browsers do not offer of what a server chose, in words; empty when they do.

    `group` is empty where it is not told, or where there is none (static RSA).
    """
    known = cipher.startswith("TLS_") or cipher in _BROWSER_CIPHERS.split(":")
    if cipher and not known:
        return f"no cipher in common with browsers: it takes {cipher}"
    name = group.lower()
    if name and name not in _GROUP_NAMES and _HYBRID not in name:
        return f"no key exchange in common with browsers: it takes {group}"
    return ""
