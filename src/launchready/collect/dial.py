"""Where to connect: the dial map, and which addresses are public."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from launchready.manifest.values import split_dial

# RFC 5737, RFC 3849 and RFC 9637: addresses for documentation. They stand for public ones in
# demos and tests, and nobody's private network lies behind them.
_DOCUMENTATION = tuple(
    ip_network(n)
    for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20")
)
_NOT_PUBLIC = tuple(
    ip_network(n)
    for n in (
        "100.64.0.0/10",
        "192.0.0.0/24",
        "198.18.0.0/15",
        "fec0::/10",
        "64:ff9b:1::/48",
        "5f00::/16",
        # IPv4 addresses written as the last part of one that nobody routes (RFC 4291, 2.5.5.1).
        "::/96",
    )
)


@lru_cache(maxsize=4096)
def is_public(address: str) -> bool:
    """Return whether an address is one that the public Internet can reach (documentation counts)."""
    ip: IPv4Address | IPv6Address = ip_address(address)
    if isinstance(ip, IPv6Address):
        embedded = ip.ipv4_mapped or ip.sixtofour
        if embedded is not None:
            return is_public(str(embedded))
        if ip in ip_network("64:ff9b::/96"):
            return is_public(str(IPv4Address(int(ip) & 0xFFFFFFFF)))
    if any(ip in network for network in _DOCUMENTATION if network.version == ip.version):
        return True
    if any(ip in network for network in _NOT_PUBLIC if network.version == ip.version):
        return False
    return ip.is_global and not ip.is_multicast


def is_publishable(address: str) -> bool:
    """Return whether everybody can reach a published address as it stands.

    One of IPv4 in the form of IPv6 is on no network (RFC 5156 section 2.2): what becomes of it is up
    to each visitor's system.
    """
    ip = ip_address(address)
    mapped = isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None
    return is_public(address) and not mapped


def is_loopback(address: str) -> bool:
    """Return whether an address is this machine's own loopback."""
    return reached(address).is_loopback


def reached(address: str) -> IPv4Address | IPv6Address:
    """Return the address that a connection to it reaches: that in a mapped one (RFC 4291, 2.5.5.2).

    Pythons differ in whether a mapped address is loopback or link-local because of what it holds.
    """
    ip = ip_address(address)
    return (ip.ipv4_mapped or ip) if isinstance(ip, IPv6Address) else ip


@dataclass(frozen=True, slots=True)
class DialMap:
    """HOST-OR-ADDRESS:PORT → ADDRESS:PORT, for TCP and UDP alike."""

    routes: Mapping[tuple[str, int], tuple[str, int]] = field(default_factory=dict)

    @classmethod
    def parse(cls, lines: Iterable[str]) -> DialMap:
        """Return the map of `HOST-OR-ADDRESS:PORT=ADDRESS:PORT` lines; ValueError on others."""
        routes = {}
        for line in lines:
            name, port, address, to = split_dial(line)
            routes[name, port] = (address, to)
        return cls(routes)

    def target(self, host: str, address: str, port: int) -> tuple[str, int]:
        """Return where to connect for a host and its published address: by host, then by address."""
        return self.routes.get((host, port)) or self.routes.get((address, port)) or (address, port)

    def by_host(self, host: str, port: int) -> tuple[str, int] | None:
        """Return where to connect for a host by its name alone, which needs no DNS; None if unmapped."""
        return self.routes.get((host, port))
