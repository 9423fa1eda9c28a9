"""What a host's TLS says: the certificate chain, whether browsers accept it, old protocols."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from launchready.facts.subject import Fact, Key

WANTS_CERTIFICATE = "the server wants a certificate of the visitor, which members do not have"
"""The refusal of a server that lets in only those who show a certificate of their own."""
LARGE_HELLO = (
    "the handshake breaks off at a hello as large as browsers send; a small one is answered"
)
"""The refusal of a server, or of a firewall before it, that takes hellos of one packet only."""
Staple = Literal["", "missing", "good", "revoked", "unusable"]
"""What a server staples of its authority's word on the certificate (OCSP); empty: not asked."""
Trust = Literal[
    "trusted",
    "expired",
    "not-yet-valid",
    "wrong-host",
    "incomplete",
    "untrusted",
    "weak-key",
    "weak-signature",
    "unsupported-algorithm",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One certificate of the presented chain, parsed. Times are UTC."""

    subject: str
    issuer: str
    issuer_organization: str
    names: tuple[str, ...]
    """DNS names and IP addresses of subjectAltName, at most 100 kept; `names_total` counts all."""
    names_total: int
    not_before: datetime
    not_after: datetime
    key_type: str
    """`RSA`, `RSA-PSS` (a key for such signatures only), `EC`, `Ed25519`, …"""
    key_bits: int
    """0 when it cannot be told."""
    signature_hash: str
    """`sha256`, `sha1`, …; empty for algorithms that have none."""
    self_signed: bool
    fingerprint_sha256: str
    key_curve: str = ""
    """Of EC keys: `secp256r1`, …"""
    signature_algorithm: str = ""
    """`ecdsa-with-SHA256`, `ed25519`, …; the number of one that has no name here."""
    logged: bool = False
    """It carries proof that it stands in public logs (RFC 6962), as browsers want of public ones."""
    signs: bool = True
    """Its key may sign handshakes (digitalSignature, RFC 5280 section 4.2.1.3)."""
    must_staple: bool = False
    """It demands that the server staples an OCSP answer (RFC 7633)."""
    ocsp: bool = False
    """It names a place that tells whether it was revoked, so that a server may staple the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """What one published address of a host answered to a TLS client hello."""

    address: str
    """As published, before the dial map."""
    answer: Literal["verified", "rejected", "refused", "silent"]
    """`rejected`: a certificate came and OpenSSL does not accept it. `silent`: no answer in time."""
    message: str = ""
    """libcurl's or OpenSSL's own words, when not verified."""
    verify_code: int = 0
    """OpenSSL's X509_V_ERR number; 1 or less when only the name is wrong."""
    ours: bool = False
    """Silent because our own network has no way there."""
    chain_der: tuple[bytes, ...] = ()
    """As presented, the host's own first."""
    protocol: str = ""
    alpn: str = ""
    cipher: str = ""
    staple: Staple = ""
    for_browsers: bool = True
    """False: with the algorithms that browsers offer, no handshake comes about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented(Fact):
    """What each address of a host presents on port 443, before it is judged."""

    plain: ClassVar[str] = "the presented certificates"

    hellos: tuple[Hello, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherAnswer:
    """What another published address of the same host answered. `trust` is None when refused."""

    address: str
    accepted: bool
    trust: Trust | None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake(Fact):
    """A TLS handshake on port 443 with the host's name as SNI."""

    plain: ClassVar[str] = "the TLS handshake"

    accepted: bool
    """False: the port is closed, or the handshake was refused."""
    refusal: str = ""
    trust: Trust | None = None
    """Why browsers do not accept the certificate; of several reasons the one to mend first."""
    trust_detail: str = ""
    further: tuple[Trust, ...] = ()
    """The other reasons."""
    chain: tuple[Certificate, ...] = ()
    """As presented, the host's own first."""
    protocol: str = ""
    alpn: str = ""
    """`h2` or `http/1.1`, or empty."""
    staple: Staple = ""
    address: str = ""
    """The published address that answered; of several, the one that answered worst."""
    others: tuple[OtherAnswer, ...] = ()
    """What the host's other addresses answered."""

    @property
    def fault(self) -> str:
        """`refused`, or why browsers do not accept the certificate."""
        if not self.accepted:
            return "refused"
        return "" if self.trust in {"trusted", None} else str(self.trust)


@dataclass(frozen=True, slots=True, kw_only=True)
class OldProtocols(Fact):
    """Whether the host still accepts TLS 1.0 and 1.1 (RFC 8996). None: could not be told."""

    plain: ClassVar[str] = "the old TLS versions"

    tls10: bool | None
    tls11: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredName:
    """A name below a host whose HSTS covers subdomains. `trouble`: why it cannot do HTTPS."""

    name: str
    declared: bool
    """It stands in the manifest; else it was found in the DNS."""
    trouble: str = ""
    because: Key | None = None
    """The handshake that has the trouble, where the host is one of the launch's web hosts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HstsReach(Fact):
    """The names below a host that its HSTS covers; none when it does not say includeSubDomains."""

    plain: ClassVar[str] = "the names that HSTS covers"

    names: tuple[CoveredName, ...]
