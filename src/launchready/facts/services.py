"""HTTPS records: where browsers are told to connect, besides the addresses of a host (RFC 9460)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from launchready.facts.subject import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRecord:
    """One HTTPS record. A priority of 0 makes it an alias of `target` (RFC 9460 section 2.4.2)."""

    priority: int
    target: str
    """The name whose addresses count; the record's own owner where it says `.`."""
    port: int = 443
    protocols: tuple[str, ...] = ()
    """`alpn`, as it stands there: `h2`, `h3`."""
    hints: tuple[str, ...] = ()
    """Addresses that browsers may use at once (ipv4hint, ipv6hint)."""
    outer_name: str = ""
    """The name that encrypted hellos show to the outside (the `public_name` of `ech`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A place that only the HTTPS record names, and what answers there to a TLS hello."""

    address: str
    port: int
    name: str
    """The name that the certificate must be for: the host's, or the outer one of encrypted hellos."""
    answer: Literal["verified", "rejected", "refused", "silent", "private"]
    ours: bool = False
    """Silent because our own network has no way there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpsRecord(Fact):
    """The HTTPS records of a host (RFC 9460), and what answers where they alone lead."""

    plain: ClassVar[str] = "the HTTPS record"

    services: tuple[ServiceRecord, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    nowhere: tuple[str, ...] = ()
    """Targets that have no address."""
    trouble: str = ""
    """Why no resolver gave an answer."""
