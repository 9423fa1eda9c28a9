"""What a host's TLS says: the certificate chain, whether browsers accept it, old protocols."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from launchready.facts.subject import Fact

Trust = Literal[
    "trusted", "expired", "not-yet-valid", "wrong-host", "incomplete", "untrusted", "weak"
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
    """`RSA`, `EC`, `Ed25519`, …"""
    key_bits: int
    signature_hash: str
    """`sha256`, `sha1`, …; empty for algorithms that have none."""
    self_signed: bool
    fingerprint_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake(Fact):
    """A TLS handshake on port 443 with the host's name as SNI."""

    plain: ClassVar[str] = "the TLS handshake"

    accepted: bool
    """False: the port is closed, or the handshake was refused."""
    refusal: str = ""
    trust: Trust | None = None
    trust_detail: str = ""
    chain: tuple[Certificate, ...] = ()
    """As presented, the host's own first."""
    protocol: str = ""
    alpn: str = ""
    """`h2` or `http/1.1`, or empty."""
    address: str = ""
    """The published address that answered."""

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
