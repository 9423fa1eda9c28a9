"""URLs as they go over the wire, and the published addresses that may be asked for them."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from launchready.collect.dial import is_public, reached
from launchready.collect.world import World
from launchready.expected import zone_of
from launchready.facts import Gap, Key, Subject, host_subject, url_subject
from launchready.facts.dns import Resolution
from launchready.gather import Ask
from launchready.manifest.values import hostname

# What the WHATWG URL standard leaves as it is, and the percent sign of what is encoded already.
_SAFE_IN_PATH = "!$%&'()*+,/:;=@[]~|"
_SAFE_IN_QUERY = "!$%&()*+,/:;=?@[]~|^`{}\\"
_SLASHES = re.compile(r"^(https?:)?/{2,}", re.IGNORECASE)
_TAB_AND_NEWLINE = re.compile(r"[\t\r\n]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The addresses of a host, as published, that may be asked."""

    addresses: tuple[str, ...]
    public: bool
    """All are addresses of the public Internet, or the user mapped the host by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAsked:
    """Why a host is not asked; `because` is the key that explains it."""

    reason: str
    because: Key | None = None
    ours: bool = False
    private: bool = False
    """Its addresses are private, and the manifest does not name it."""


def wire_url(url: str) -> str:
    """Return an absolute http(s) URL as a browser sends it, without fragment and credentials.

    Host names beyond ASCII become IDNA, other characters percent-encoded UTF-8 (WHATWG URL).
    Raises ValueError, in words, on anything that is no such URL.
    """
    url = _TAB_AND_NEWLINE.sub("", url.strip(" \t\r\n\f\x00"))
    head, mark, query = url.partition("?")
    # To browsers a backslash before the query is a slash.
    parts = urlsplit(head.replace("\\", "/") + mark + query)
    if parts.scheme.lower() not in {"http", "https"}:
        raise ValueError(f"not a web address: {parts.scheme[:20] or 'no'} scheme")
    host = _host(parts.hostname or "")
    port = parts.port  # raises ValueError when out of range
    standard = {"http": 80, "https": 443}[parts.scheme.lower()]
    netloc = host if port in {None, standard} else f"{host}:{port}"
    path = quote(parts.path or "/", safe=_SAFE_IN_PATH)
    query = quote(parts.query, safe=_SAFE_IN_QUERY)
    return urlunsplit((parts.scheme.lower(), netloc, path, query, ""))


def joined_url(base: str, reference: str) -> str:
    """Return where a Location leads from `base` (RFC 9110 section 10.2.2); ValueError if nowhere."""
    reference = _TAB_AND_NEWLINE.sub("", reference.strip(" \t\r\n\f\x00"))
    if not reference:
        raise ValueError("Location is empty")
    head, mark, query = reference.partition("?")
    # To browsers any number of slashes before the host are two.
    head = _SLASHES.sub(r"\1//", head.replace("\\", "/"))
    if head.rstrip("/") in {"", "http:", "https:"} and head.startswith(("//", "http")):
        raise ValueError("it names no host")
    return wire_url(urljoin(base, head + mark + query))


def url_host(url: str) -> str:
    """Return the host of a URL, an IPv6 address without its brackets."""
    return urlsplit(url).hostname or ""


def url_port(url: str) -> int:
    """Return the port of a URL, 443 or 80 when it names none."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def origin(url: str) -> str:
    """Return scheme, host and port of a URL, as an Origin field has them (RFC 6454)."""
    return "/".join(url.split("/", 3)[:3])


def subject_of(url: str, world: World) -> Subject:
    """Return the subject of a URL of this launch, or of a foreign one."""
    return url_subject(url, zone_of(world.manifest, url))


def host_of(url: str, world: World) -> Subject:
    """Return the subject of a URL's host."""
    return host_subject(url_host(url), zone_of(world.manifest, url))


async def addresses_of(url: str, world: World, ask: Ask) -> Asked | NotAsked:
    """Return the published addresses of a URL's host that may be asked.

    A host that the dial map names needs no DNS. Link-local addresses are never asked, other
    private ones only when the manifest names the host.
    """
    host, port = url_host(url), url_port(url)
    mapped = world.dial.by_host(host, port)
    if mapped is not None:
        return Asked(addresses=(mapped[0],), public=True)
    declared = host in world.manifest.all_hosts
    try:
        found: tuple[str, ...] = (str(ip_address(host)),)
    except ValueError:
        key = Key(Resolution, host_of(url, world))
        resolution = await ask(Resolution, key.subject)
        if isinstance(resolution, Gap):
            reason = f"{host} could not be looked up"
            return NotAsked(reason=reason, because=key, ours=resolution.ours)
        # One resolver's answer: a stale one beside it would mix the old server with the new.
        found = next((a.addresses for a in resolution.answers if a.addresses), ())
        if not found:
            return NotAsked(reason=f"{host} does not resolve", because=key)
    public = tuple(a for a in found if is_public(a))
    if public:
        return Asked(addresses=public, public=True)
    private = tuple(a for a in found if declared and not _never(a))
    if private:
        return Asked(addresses=private, public=False)
    return NotAsked(reason=f"{host} is at the private address {found[0]}", private=True)


def _never(address: str) -> bool:
    ip = reached(address)
    return ip.is_link_local or ip.is_multicast or ip.is_unspecified


def _host(name: str) -> str:
    """Return the host as the DNS or a dial takes it; numbers in any notation are IPv4 addresses."""
    if ":" in name:
        ip = ip_address(name)
        if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
            # Browsers write it without dots (WHATWG URL, IPv6 serializer), Python 3.13 with them.
            low = int(ip.ipv4_mapped)
            return f"[::ffff:{low >> 16:x}:{low & 0xFFFF:x}]"
        return f"[{ip}]"
    name = name.rstrip(".")
    last = name.rpartition(".")[2]
    if last.isdigit() or last.startswith("0x"):
        try:
            return socket.inet_ntoa(socket.inet_aton(name))
        except OSError:
            raise ValueError(f"{name[:80]!r} is not a host") from None
    if name == "localhost":
        return "127.0.0.1"
    return hostname(name)
