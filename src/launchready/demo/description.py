"""A whole launch as data: whatever is wrong with it is a small edit of this."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from launchready.demo.answers import Answer, Behaviour, Request
from launchready.demo.zone_data import Resolver, Zone

if TYPE_CHECKING:
    from launchready.guard.parts import Part


KeyKind = Literal["ec256", "ec521", "rsa2048", "rsa1024"]


@dataclass(slots=True, kw_only=True)
class CertificateOptions:
    """How a server's certificate is made. Days count from now; a past `days_left` is negative."""

    names: list[str]
    days_left: float = 62.0
    days_old: float = 28.0
    key: KeyKind = "ec256"
    signature_hash: Literal["sha256", "sha1"] = "sha256"
    issuer: Literal["intermediate", "root", "self", "unknown"] = "intermediate"
    complete_chain: bool = True
    must_staple: bool = False


@dataclass(slots=True, kw_only=True)
class Redirect:
    """Where visitors are sent; `to` may use {host}, {path} and {query} (`?a=b`, or empty)."""

    to: str
    status: int = 301


@dataclass(slots=True, kw_only=True)
class Cors:
    """Whom a server in front of the app lets read a route from a browser, whatever guard says.

    `reflect` allows every origin by repeating it.
    """

    origins: tuple[str, ...] = ()
    credentials: bool = False
    reflect: bool = False


@dataclass(slots=True, kw_only=True)
class Route:
    """A path (`/assets/*` for all below) and what answers there by method, in the app's place.

    Methods that are not named are the host's affair. `headers` go over those of the answer and the
    host; None takes one away.
    """

    path: str
    answers: dict[str, Answer | Behaviour] = field(default_factory=dict)
    headers: dict[str, str | None] = field(default_factory=dict)
    cors: Cors | None = None

    def matches(self, path: str) -> bool:
        """Return whether the route is asked by this path."""
        if self.path.endswith("*"):
            return path.startswith(self.path[:-1])
        return path == self.path


@dataclass(slots=True, kw_only=True)
class Edge:
    """The CDN in front of a host. `headers` mark its answers.

    It caches what shared caches may store if its path ends like a file, as Cloudflare does;
    `caches_always` lists paths that it stores whatever their headers say.
    """

    headers: dict[str, str] = field(default_factory=lambda: {"server": "cloudflare"})
    compresses: bool = True
    caches: bool = True
    caches_always: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Origin:
    """The server behind the edge; in health it refuses who comes directly."""

    address: str
    open: bool = False
    headers: dict[str, str] = field(default_factory=lambda: {"server": "nginx"})


@dataclass(slots=True, kw_only=True)
class Host:
    """A web host at its published addresses, which no other host shares."""

    name: str
    addresses: list[str]
    certificate: CertificateOptions
    https_open: bool = True
    http_open: bool = True
    garbled: bool = False
    """True: bytes that are no TLS answer on port 443."""
    tls_versions: tuple[Literal["1.0", "1.1", "1.2", "1.3"], ...] = ("1.2", "1.3")
    http2: bool = True
    http_redirect: Redirect | None = field(
        default_factory=lambda: Redirect(to="https://{host}{path}{query}")
    )
    """What plain HTTP answers; None: the pages themselves."""
    redirect: Redirect | None = None
    """The host only sends visitors on; routes that match go before."""
    edge: Edge | None = None
    origin: Origin | None = None
    guarded: bool = True
    """False: it is another's server, which the launch's guard has nothing to do with."""
    without_guard: set[Part] = field(default_factory=set)
    """Parts of guard that are switched off here."""
    headers: dict[str, str | None] = field(default_factory=dict)
    """What a server in front of the app puts over every answer's own; None takes one away."""
    rewrites_cookies: Callable[[str], str] | None = None
    """What a server in front of the app makes of each Set-Cookie."""
    front: str = "/"
    """The page of the app that the host's `/` shows."""
    routes: list[Route] = field(default_factory=list)
    before: list[Behaviour | Answer] = field(default_factory=list)
    """Asked before everything else; a behaviour returns status 0 to let the request pass."""
    otherwise: Answer | Behaviour = field(default_factory=lambda: Answer(status=404))
    """What answers where no route does: the app, on the launch's own hosts."""

    def route(self, path: str) -> Route:
        """Return the route of exactly this path; a new one, which the app answers, if there is none."""
        for route in self.routes:
            if route.path == path:
                return route
        route = Route(path=path)
        self.routes.insert(0, route)
        return route

    def serve(self, path: str, answer: Answer | Behaviour, *, methods: str = "GET") -> Route:
        """Answer a path, before every route that stands there; `methods` are parted by spaces."""
        route = Route(path=path, answers=dict.fromkeys(methods.split(), answer))
        self.routes.insert(0, route)
        return route

    def send(self, path: str, to: str, *, status: int = 301) -> Route:
        """Redirect a path to a location, before every route that stands there."""
        return self.serve(path, Answer(status=status, headers={"location": to}))

    def route_for(self, path: str) -> Route | None:
        """Return the first route that answers the path."""
        return next((r for r in self.routes if r.matches(path)), None)


@dataclass(slots=True, kw_only=True)
class MailHost:
    """A mail exchange on port 25; it refuses every mail."""

    name: str
    addresses: list[str]
    certificate: CertificateOptions
    reachable: bool = True
    starttls: bool = True
    banner: str = ""
    """What it says first; a usual greeting when empty."""


@dataclass(slots=True, kw_only=True)
class Registration:
    """What RDAP says of the domain."""

    days_left: float = 300.0
    status: list[str] = field(default_factory=lambda: ["client transfer prohibited"])

    def since(self) -> str:
        """Return when it was registered, as RFC 3339 writes it."""
        return f"{dt.datetime.now(dt.UTC) - dt.timedelta(days=430):%Y-%m-%dT00:00:00Z}"

    def until(self) -> str:
        """Return when it ends, as RFC 3339 writes it."""
        return f"{dt.datetime.now(dt.UTC) + dt.timedelta(days=self.days_left):%Y-%m-%dT%H:%M:%SZ}"


@dataclass(slots=True, kw_only=True)
class DemoLaunch:
    """Everything that the demo serves. `healthy()` makes a good one; defects edit it.

    `manifest` is what launchready.toml will say, table by table, without [network], which is
    filled in when the demo runs.
    """

    domain: str
    zones: list[Zone]
    resolvers: list[Resolver]
    hosts: list[Host]
    mail_hosts: list[MailHost]
    manifest: dict[str, Any]
    session_cookie: str = "__Host-session"
    """The name that the app gives to the session's cookie."""
    registration: Registration = field(default_factory=Registration)
    guard_forgets: set[str] = field(default_factory=set)
    """Routes that the app's copy of the manifest lacks, such as app.willow.example/login."""
    refused_addresses: list[str] = field(default_factory=list)
    """Further published addresses where every port refuses, for records that lead astray."""

    def zone(self, name: str = "") -> Zone:
        """Return a zone by its name; the launch's own without one. KeyError when there is none."""
        origin = (name or self.domain).rstrip(".") + "."
        for zone in self.zones:
            if zone.origin == origin:
                return zone
        raise KeyError(f"there is no zone {origin}")

    def host(self, name: str = "") -> Host:
        """Return a host by its full name, or by its first label; the domain's own without one."""
        for host in self.hosts:
            if host.name in {name or self.domain, f"{name}.{self.domain}"}:
                return host
        raise KeyError(f"there is no host {name}")

    def mail_host(self, name: str = "mx1") -> MailHost:
        """Return a mail exchange by its full name or its first label. KeyError when there is none."""
        for host in self.mail_hosts:
            if host.name in {name, f"{name}.{self.domain}"}:
                return host
        raise KeyError(f"there is no mail exchange {name}")

    def declare(self, table: str, /, **keys: Any) -> None:
        """Set keys in a table of the manifest, such as `launch` or `alerts`; None takes one away."""
        entries = self.manifest.setdefault(table, {})
        for key, value in keys.items():
            if value is None:
                entries.pop(key, None)
            else:
                entries[key] = value


__all__ = [
    "Answer",
    "Behaviour",
    "CertificateOptions",
    "Cors",
    "DemoLaunch",
    "Edge",
    "Host",
    "MailHost",
    "Origin",
    "Redirect",
    "Registration",
    "Request",
    "Route",
]
