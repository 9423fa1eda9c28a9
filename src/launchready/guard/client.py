"""Who is asking: the visitor's address, from proxies that the manifest trusts and from no one else.

A header is believed only as far as a trusted hop wrote it. The chain is walked from the peer
outwards: each trusted hop names the one before it, and the first hop that is not trusted is the
visitor. What stands left of it was written by the visitor, and is never read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

from launchready.guard.forwarded import forwarded_for, x_forwarded_for
from launchready.manifest import Manifest
from launchready.manifest.edge_networks import CLOUDFLARE

Headers = Sequence[tuple[bytes, bytes]]
Trust = Literal["none", "proxy", "cloudflare"]
_Network = IPv4Network | IPv6Network
_Chains = tuple[tuple[bytes, Callable[[Sequence[bytes]], Iterator[str]]], ...]

LOOPBACK = "127.0.0.1"
_SEEN_MAX = 4096
# Where all machines speak IPv6 alone, a visitor with IPv4 comes as one of these (RFC 6052, 7915): a
# count by their /64 would lock all of them out together.
_TRANSLATED = IPv6Network("64:ff9b::/96")
# "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", and room for a zone id.
_ADDRESS_MAX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hop:
    address: str
    trust: Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxies:
    """Who may say for whom it asks."""

    networks: tuple[_Network, ...] = ()
    cloudflare: tuple[_Network, ...] = ()
    header: str = ""
    """The one header in which proxies name the visitor; empty: any that is known, if they agree."""
    _seen: dict[str, _Hop] = field(default_factory=dict, init=False, repr=False, compare=False)
    _chains: _Chains = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Choose what is read, once."""
        chain = forwarded_for if self.header == "forwarded" else x_forwarded_for
        chosen = ((self.header.encode(), chain),) if self.header else _CHAINS
        object.__setattr__(self, "_chains", chosen)

    @classmethod
    def of(cls, manifest: Manifest) -> Proxies:
        """Return the proxies of `[guard] proxies`, and Cloudflare's where it is a declared edge."""
        named = manifest.guard.proxies
        edges = {manifest.launch.edge, *(manifest.edge_of(host) for host in manifest.all_hosts)}
        at_cloudflare = "cloudflare" in named or "cloudflare" in edges
        return cls(
            networks=_networks(n for n in named if n != "cloudflare"),
            cloudflare=_networks(CLOUDFLARE) if at_cloudflare else (),
            header=manifest.guard.proxy_header,
        )

    def client(self, peer: str | None, headers: Headers) -> str:
        """Return the visitor's address: IPv4 dotted, IPv6 compressed, mapped IPv4 as IPv4.

        `peer` is the address at the other end of the connection; `headers` are the request's,
        names in lower case as ASGI has them. Without a peer, as on a Unix socket, the other end
        is on this machine and counts as 127.0.0.1: name that under `[guard] proxies` when a web
        server speaks to the app so. A peer that is no address is returned as it is.

        Where the headers of a trusted proxy say nothing, or `Forwarded` and `X-Forwarded-For`
        say different things (a proxy writes one and passes on what a stranger put into the
        other), the answer is the last hop that is known. Never raises.
        """
        hop = self._hop(peer or LOOPBACK)
        if hop is None:
            return peer or LOOPBACK
        if hop.trust == "none":
            return hop.address
        told = {
            self._visitor(hop, chain(lines), headers)
            for name, chain in self._chains
            if (lines := [value for key, value in headers if key == name])
        }
        if not told:
            return self._visitor(hop, iter(()), headers)
        return told.pop() if len(told) == 1 else hop.address

    def over_tls(self, peer: str | None, headers: Headers) -> bool:
        """Return whether a trusted proxy says that the visitor came to it over TLS."""
        hop = self._hop(peer or LOOPBACK)
        if hop is None or hop.trust == "none":
            return False
        told = [value for key, value in headers if key == b"x-forwarded-proto"]
        return len(told) == 1 and told[0].strip().lower() == b"https"

    def _visitor(self, hop: _Hop, chain: Iterator[str], headers: Headers) -> str:
        """Return the address of the first hop that is not trusted, or of the last that is known."""
        while hop.trust == "proxy":
            before = self._hop(next(chain, ""))
            if before is None:
                return hop.address
            hop = before
        if hop.trust == "none":
            return hop.address
        # Whoever Cloudflare names is the visitor, though its address be one of Cloudflare's own,
        # which visitors with its VPN have.
        lines = [value for key, value in headers if key == b"cf-connecting-ip"]
        if lines:
            named = self._hop(lines[0].decode("latin-1").strip()) if len(lines) == 1 else None
        else:
            named = self._hop(next(chain, ""))
        return (named or hop).address

    def _hop(self, text: str) -> _Hop | None:
        """Return a hop by its address; None when the text is none."""
        hop = self._seen.get(text)
        if hop is not None:
            return hop
        try:
            ip = ip_address(text if len(text) <= _ADDRESS_MAX else "")
        except ValueError:
            return None
        if isinstance(ip, IPv6Address):
            # A zone id means something on the machine that wrote it only.
            ip = ip.ipv4_mapped or IPv6Address(int(ip))
        trust: Trust = "none"
        if any(ip in network for network in self.networks):
            trust = "proxy"
        elif any(ip in network for network in self.cloudflare):
            trust = "cloudflare"
        hop = _Hop(address=str(ip), trust=trust)
        if len(self._seen) >= _SEEN_MAX:
            self._seen.clear()
        self._seen[text] = hop
        return hop


@lru_cache(maxsize=4096)
def counted_as(client: str) -> str:
    """Return what rate limits count a client's address as: the /64 network of an IPv6 address.

    One line at home has 2^64 addresses of it (RFC 6177), so that a count by address means nothing.
    """
    try:
        ip = ip_address(client)
    except ValueError:
        return client
    if isinstance(ip, IPv6Address) and ip not in _TRANSLATED:
        return f"{IPv6Address(int(ip) >> 64 << 64)}/64"
    return client


def _networks(names: Iterable[str]) -> tuple[_Network, ...]:
    return tuple(ip_network(name) for name in names)


_CHAINS: _Chains = (
    (b"forwarded", forwarded_for),
    (b"x-forwarded-for", x_forwarded_for),
)
