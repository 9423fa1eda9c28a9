"""Which CDN stands in front of an answer, and whether its cache gave it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Literal

from launchready.derive.caching.cache_control import delta_seconds
from launchready.facts.http import Headers
from launchready.manifest.edge_networks import CLOUDFLARE, FASTLY
from launchready.manifest.model import EdgeName

EDGE_TITLES: dict[EdgeName, str] = {
    "cloudflare": "Cloudflare", "fastly": "Fastly", "cloudfront": "CloudFront",
    "bunny": "bunny.net", "vercel": "Vercel", "netlify": "Netlify", "none": "no edge",
}  # fmt: skip

# (field, pattern of its value); one that matches is enough. Order within an edge: surest first.
_SIGNS: dict[EdgeName, tuple[tuple[str, str], ...]] = {
    "cloudflare": (("cf-ray", r"."), ("server", r"cloudflare\b"), ("cf-cache-status", r".")),
    "fastly": (
        ("x-fastly-request-id", r"."),
        ("x-served-by", r"cache-[a-z0-9-]+"),
        ("fastly-restarts", r"."),
        ("server", r"fastly\b"),
    ),
    "cloudfront": (("x-amz-cf-id", r"."), ("x-amz-cf-pop", r"."), ("via", r".*\(cloudfront\)")),
    "bunny": (
        ("cdn-requestid", r"."),
        ("cdn-pullzone", r"."),
        ("server", r"bunnycdn\b"),
    ),
    "vercel": (("x-vercel-id", r"."), ("server", r"vercel\b"), ("x-vercel-cache", r".")),
    "netlify": (("x-nf-request-id", r"."), ("server", r"netlify\b")),
}

_RANGES: dict[EdgeName, tuple[str, ...]] = {"cloudflare": CLOUDFLARE, "fastly": FASTLY}


@cache
def _networks(edge: EdgeName) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(n) for n in _RANGES.get(edge, ()))


def in_ranges(edge: EdgeName, address: str) -> bool | None:
    """Return whether an address lies in the edge's published ranges; None when none are kept here."""
    networks = _networks(edge)
    if not networks:
        return None
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in networks if network.version == ip.version)


def sign_of(edge: EdgeName, headers: Headers) -> str:
    """Return the header line by which an edge shows itself, at most 80 characters; empty if none."""
    for field, pattern in _SIGNS.get(edge, ()):
        for value in headers.all(field):
            if re.match(pattern, value.strip(), re.IGNORECASE):
                return f"{field}: {value.strip()}"[:80]
    return ""


CacheAnswer = Literal["hit", "miss", "bypass", "unsaid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSaid:
    """What the caches on the way say of an answer.

    `hit`: a stored copy was given. `miss`: asked for at the origin although it may be stored.
    `bypass`: a cache is there and does not store this. `unsaid`: no header tells.
    """

    answer: CacheAnswer
    line: str = ""
    """The header line that says so."""
    confirmed: bool = False
    """The server was asked whether the copy still holds, and said yes (RFC 9111 section 4.3)."""


_STATUS_FIELDS = (
    "cf-cache-status", "x-vercel-cache", "cdn-cache", "x-cache", "x-cache-status",
    "x-proxy-cache", "x-fastcgi-cache", "x-litespeed-cache", "x-kinsta-cache",
    "x-sucuri-cache", "x-drupal-cache", "x-rack-cache", "x-varnish-cache", "x-nginx-cache",
    "x-nextjs-cache", "x-77-cache", "x-hcdn-cache-status", "x-cdn-cache", "x-cdn-cache-status",
    "x-edge-cache", "x-edge-cache-status", "cache",
)  # fmt: skip
_HIT = re.compile(
    r"\b(?:hit|(?:tcp|partial)\w*_hit|refreshhit|tcp_refresh_unmodified|stale|updating|revalidated|prerender|fresh)\b",
    re.IGNORECASE,
)
_CONFIRMED = re.compile(
    r"\b(?:revalidated|refreshhit|tcp_refresh_(?:hit|unmodified))\b", re.IGNORECASE
)
_BYPASS = re.compile(
    r"\b(?:dynamic|bypass|pass|uncacheable|none/unknown|(?:config_)?no-?cache|private_nostore|ignore)\b",
    re.IGNORECASE,
)
_MISS = re.compile(r"\b(?:miss|tcp\w*_miss|expired|error|none)\b", re.IGNORECASE)
_TIMED = re.compile(r'\bcdn-cache\s*;\s*desc\s*=\s*"?(hit|miss)\b', re.IGNORECASE)
# One that does not end reaches to the end of the field, or each quote would be looked at anew.
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)')
# By these an edge speaks of its own cache; other fields may be those of a cache behind it.
_OWN_FIELDS: dict[EdgeName, str] = {
    "cloudflare": "cf-cache-status", "vercel": "x-vercel-cache", "bunny": "cdn-cache",
}  # fmt: skip


def edge_cache_said(edge: EdgeName, headers: Headers) -> CacheSaid:
    """Return what the edge says of its own cache; where it has no field for that, what any cache says."""
    own = _OWN_FIELDS.get(edge, "")
    if own in headers:
        told = _fields(Headers(tuple((own, value) for value in headers.all(own))))
        return told[0] if told else CacheSaid(answer="unsaid")
    return cache_said(headers)


def cache_said(headers: Headers) -> CacheSaid:
    """Return what the answer's headers say of caches: RFC 9211, Age, and the fields of CDNs and servers."""
    said = [*_cache_status(headers), *_fields(headers)]
    # The age of a copy that was confirmed just now tells nothing more.
    if not any(s.confirmed for s in said):
        said += _age(headers)
    for answer in ("hit", "bypass", "miss"):
        found = sorted((s for s in said if s.answer == answer), key=lambda s: s.confirmed)
        if found:
            return found[0]
    return CacheSaid(answer="unsaid")


def kept_line(headers: Headers) -> str:
    """Return the line by which a cache says that it has stored this answer (RFC 9211 section 2.5)."""
    value = headers.get("cache-status") or ""
    members = _QUOTED.sub('""', value).split(",")
    parameters = {p.strip().lower() for member in members for p in member.split(";")[1:]}
    return f"cache-status: {value}"[:80] if parameters & {"stored", "stored=?1"} else ""


def _cache_status(headers: Headers) -> list[CacheSaid]:
    """Read Cache-Status (RFC 9211): a list of caches, each with parameters; any `hit` is one."""
    value = headers.get("cache-status")
    if value is None:
        return []
    line = f"cache-status: {value}"[:80]
    bare = _QUOTED.sub('""', value)
    said = []
    for member in bare.split(","):
        parameters = {p.strip().lower() for p in member.split(";")[1:]}
        if parameters & {"hit", "hit=?1"}:
            said.append(CacheSaid(answer="hit", line=line))
        elif "fwd-status=304" in parameters:
            said.append(CacheSaid(answer="hit", line=line, confirmed=True))
        elif parameters & {"fwd=bypass", "fwd=method", "fwd=request"}:
            said.append(CacheSaid(answer="bypass", line=line))
        elif any(p.startswith("fwd=") for p in parameters):
            said.append(CacheSaid(answer="miss", line=line))
    return said


def _fields(headers: Headers) -> list[CacheSaid]:
    said = []
    for field in _STATUS_FIELDS:
        for value in headers.all(field):
            line = f"{field}: {value.strip()}"[:80]
            if _HIT.search(value):
                # One copy that nobody asked about is enough.
                plain = _HIT.search(_CONFIRMED.sub("", value)) or field == "x-vercel-cache"
                said.append(CacheSaid(answer="hit", line=line, confirmed=not plain))
            elif _BYPASS.search(value):
                said.append(CacheSaid(answer="bypass", line=line))
            elif _MISS.search(value):
                said.append(CacheSaid(answer="miss", line=line))
    for value in headers.all("server-timing"):
        # Akamai tells so, and its X-Cache only those who ask for it.
        if told := _TIMED.search(value):
            answer: CacheAnswer = "hit" if told[1].lower() == "hit" else "miss"
            said.append(CacheSaid(answer=answer, line=f"server-timing: {told[0]}"[:80]))
    varnish = headers.get("x-varnish")
    if varnish is not None and re.fullmatch(r"\d+ \d+", varnish.strip()):
        # Two transaction ids: this request's, and that of the request that filled the cache.
        said.append(CacheSaid(answer="hit", line=f"x-varnish: {varnish.strip()}"[:80]))
    return said


def _age(headers: Headers) -> list[CacheSaid]:
    values = headers.all("age")
    age = delta_seconds(values[0].split(",")[0].strip()) if values else None
    return [CacheSaid(answer="hit", line=f"age: {age}")] if age else []
