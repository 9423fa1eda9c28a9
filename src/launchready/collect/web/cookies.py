"""The cookies of one walk or journey (RFC 6265): what a host set, and what goes back to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from launchready.derive.set_cookie import parse_set_cookie, takes_back
from launchready.facts.http import Headers

COOKIES_MAX = 60

# Cookies by which an edge or a load balancer knows its visitors again. No answer of a site hangs
# on them, so they make no second request necessary; where a redirect turns in a circle without
# them, they are sent after all.
_OF_THE_EDGE = (
    "__cf", "_cfuvid", "cf_", "awsalb", "awselb", "arraffinity", "incap_ses", "visid_incap",
    "nlbi_", "ak_bmsc", "bm_", "_abck", "datadome", "gaesa", "serverid", "bigipserver", "ts01",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """One cookie. `host_only`: it goes back to exactly the host that set it."""

    name: str
    value: str = field(repr=False)
    domain: str
    host_only: bool
    path: str
    secure: bool

    @property
    def of_the_edge(self) -> bool:
        """Whether it belongs to an edge or load balancer and not to the site."""
        return self.name.lower().startswith(_OF_THE_EDGE)

    def goes_to(self, url: str) -> bool:
        """Return whether it is sent with a request for the URL (section 5.4)."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if self.secure and parts.scheme != "https":
            return False
        if host != self.domain and (self.host_only or not _within(host, self.domain)):
            return False
        path = parts.path or "/"
        return path == self.path or path.startswith(self.path.rstrip("/") + "/")


@dataclass(slots=True)
class Jar:
    """The cookies held, in the order in which they were set."""

    _cookies: dict[tuple[str, str, str], Cookie] = field(default_factory=dict, repr=False)
    refused: dict[str, str] = field(default_factory=dict)
    """Cookies that browsers throw away for their own attributes: name and why."""

    def take(self, url: str, headers: Headers, *, now: datetime) -> None:
        """Keep what the answer for the URL sets, forget what it expires (section 5.3)."""
        for line in headers.all("set-cookie"):
            cookie, gone, broken = _parse(line, url, now)
            if cookie is None:
                continue
            if broken:
                if not gone and len(self.refused) < COOKIES_MAX:
                    self.refused[cookie.name] = broken
                continue
            key = (cookie.domain, cookie.path, cookie.name)
            if gone:
                self._cookies.pop(key, None)
            elif key in self._cookies or len(self._cookies) < COOKIES_MAX:
                self._cookies[key] = cookie

    def copy(self) -> Jar:
        """Return a jar of its own that holds what this one holds now."""
        return Jar(_cookies=dict(self._cookies), refused=dict(self.refused))

    def header(self, url: str, *, of_the_edge: bool = True) -> str:
        """Return the Cookie field for a request for the URL, longer paths first; empty if none."""
        fitting = [
            c
            for c in self._cookies.values()
            if c.goes_to(url) and (of_the_edge or not c.of_the_edge)
        ]
        fitting.sort(key=lambda c: -len(c.path))
        return "; ".join(f"{c.name}={c.value}" if c.name else c.value for c in fitting)


def _parse(line: str, url: str, now: datetime) -> tuple[Cookie | None, bool, str]:
    """Return the cookie that a line sets, whether it takes it back, and what promise it breaks."""
    found = parse_set_cookie(line)
    name, value, attributes = found.name, found.value, found.attributes
    if not found.taken:
        return None, False, ""
    parts = urlsplit(url)
    host = parts.hostname or ""
    domain = attributes.get("domain", "").lstrip(".").lower()
    host_only = not domain
    # Without a dot it is a top-level domain, which no site may set cookies for.
    foreign = domain not in {"", host} and ("." not in domain or not _within(host, domain))
    path = attributes.get("path", "")
    if not path.startswith("/"):
        path = (parts.path or "/").rpartition("/")[0] or "/"
    secure = "secure" in attributes
    if secure and parts.scheme != "https":
        return None, False, ""
    cookie = Cookie(
        name=name,
        value=value,
        domain=domain or host,
        host_only=host_only,
        path=path,
        secure=secure,
    )
    broken = _broken_promise(cookie, attributes)
    if foreign:
        broken = f"{name} has the Domain {domain[:80]!r}, which {host} is not part of"
    return cookie, takes_back(found, now), broken


def _broken_promise(cookie: Cookie, attributes: Mapping[str, str]) -> str:
    """Return why browsers throw a cookie away: its name or SameSite asks for what it lacks.

    RFC 6265bis sections 4.1.3 and 5.7; names are compared without case there.
    """
    name = cookie.name.lower()
    if name.startswith(("__host-", "__secure-")) and not cookie.secure:
        return f"{cookie.name} lacks Secure, which its name promises"
    if name.startswith("__host-") and not cookie.host_only:
        return f"{cookie.name} has a Domain, which its name forbids"
    if name.startswith("__host-") and attributes.get("path") != "/":
        return f"{cookie.name} lacks Path=/, which its name promises"
    if attributes.get("samesite", "").lower() == "none" and not cookie.secure:
        return f"{cookie.name} has SameSite=None without Secure"
    if "partitioned" in attributes and not cookie.secure:
        return f"{cookie.name} is Partitioned without Secure"
    return ""


def _within(host: str, domain: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return host.endswith(f".{domain}")
    return False
