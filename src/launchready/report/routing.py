"""The routing map: for every host what visitors meet, from the name they type to the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from launchready.derive.caching.edge import EDGE_TITLES, sign_of
from launchready.facts import Fact, Gap, Key
from launchready.facts.dns import Resolution
from launchready.facts.exposure import Reach
from launchready.facts.http import Exchange
from launchready.facts.tls import Handshake
from launchready.facts.ways import Entrance, Walk
from launchready.manifest import HostEntry, Manifest
from launchready.manifest.model import EdgeName

State = Literal["good", "bad", "unknown"]

TROUBLE = {
    "bogus": "does not resolve: DNSSEC is broken",
    "loop": "does not resolve: its aliases lead in a circle",
    "dangling": "does not resolve: an alias to nowhere",
    "private": "resolves to private addresses only",
    "unresolved": "does not resolve",
    "refused": "HTTPS refused",
    "expired": "certificate expired",
    "not-yet-valid": "certificate not yet valid",
    "wrong-host": "certificate of another host",
    "incomplete": "certificate chain incomplete",
    "untrusted": "certificate not trusted",
    "weak-key": "certificate's key too weak",
    "weak-signature": "certificate's signature too weak",
    "unsupported-algorithm": "certificate of a kind that browsers refuse",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One answer on the way: `url` was asked and answered with `status`."""

    url: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A way in: the URL that a visitor types and every answer up to where it ends."""

    start: str
    hops: tuple[Hop, ...]
    state: State
    note: str = ""
    """Why it is not good: `loop`, `too many hops`, the reason it could not be checked."""

    @property
    def end(self) -> str:
        """The URL of the last answer; the start when there was none."""
        return self.hops[-1].url if self.hops else self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRoute:
    """One host: its addresses, ways in, edge and origin."""

    host: str
    redirects_to: str = ""
    addresses: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    dns: State = "unknown"
    dns_note: str = ""
    tls: State = "unknown"
    tls_note: str = ""
    entries: tuple[Entry, ...] = ()
    edge: str = ""
    """The edge declared or, where none is, seen; empty if neither."""
    edge_seen: str = ""
    edge_state: State = "unknown"
    origins: tuple[str, ...] = ()
    origin_state: State = "unknown"
    """Good: it does not answer around the edge. Bad: it does."""
    origin_note: str = ""


def routing_map(
    manifest: Manifest, observed: Mapping[Key, Fact | Gap], now: datetime
) -> tuple[HostRoute, ...]:
    """Return one entry for every web host of the launch, the domain itself first."""
    by_subject: dict[tuple[type[Fact], str], Fact | Gap] = {
        (key.kind, key.subject.name): found
        for key, found in observed.items()
        if key.subject.kind == "host"
    }
    hosts = [h for h in manifest.all_hosts.values() if h.web]
    hosts.sort(key=lambda h: (h.name != manifest.launch.domain, h.redirects_to is not None, h.name))
    return tuple(_host_route(manifest, host, by_subject, now) for host in hosts)


def _host_route(
    manifest: Manifest,
    host: HostEntry,
    observed: Mapping[tuple[type[Fact], str], Fact | Gap],
    now: datetime,
) -> HostRoute:
    resolution = observed.get((Resolution, host.name))
    handshake = observed.get((Handshake, host.name))
    entrance = observed.get((Entrance, host.name))
    reach = observed.get((Reach, host.name))
    dns, dns_note = _dns(resolution)
    tls, tls_note = _tls(handshake, now)
    seen = _edge_seen(entrance, host.name)
    declared = manifest.edge_of(host.name)
    edge_state: State = "unknown"
    if seen:
        edge_state = "bad" if declared and seen != declared else "good"
    origin_state: State = "unknown"
    if isinstance(reach, Reach):
        origin_state = "bad" if reach.reachable and reach.same_site else "good"
    return HostRoute(
        host=host.name,
        redirects_to=host.redirects_to or "",
        addresses=resolution.addresses if isinstance(resolution, Resolution) else (),
        aliases=tuple(a.target for a in resolution.aliases)
        if isinstance(resolution, Resolution)
        else (),
        dns=dns,
        dns_note=dns_note,
        tls=tls,
        tls_note=tls_note,
        entries=_entries(host.name, entrance, dns),
        edge=EDGE_TITLES[declared or seen or "none"] if declared or seen else "",
        edge_seen=EDGE_TITLES[seen] if seen else "",
        edge_state=edge_state,
        origins=host.origin,
        origin_state=origin_state,
        origin_note=reach.detail
        if isinstance(reach, Reach)
        else (reach.reason if isinstance(reach, Gap) else ""),
    )


def _dns(found: Fact | Gap | None) -> tuple[State, str]:
    if isinstance(found, Resolution):
        return ("bad", TROUBLE.get(found.fault, found.fault)) if found.fault else ("good", "")
    return "unknown", found.reason if isinstance(found, Gap) else ""


def _tls(found: Fact | Gap | None, now: datetime) -> tuple[State, str]:
    if not isinstance(found, Handshake):
        return "unknown", found.reason if isinstance(found, Gap) else ""
    if found.fault:
        return "bad", TROUBLE.get(found.fault, found.fault)
    if not found.chain:
        return "unknown", "no certificate seen"
    return "good", f"TLS valid for {(found.chain[0].not_after - now).days} days"


def _entries(host: str, found: Fact | Gap | None, dns: State) -> tuple[Entry, ...]:
    ways = {"http": f"http://{host}/", "https": f"https://{host}/"}
    if not isinstance(found, Entrance):
        note = found.reason if isinstance(found, Gap) else "not looked at"
        # Where the name leads nowhere, it is known that nobody comes in.
        state: State = "bad" if dns == "bad" else "unknown"
        return tuple(Entry(start=url, hops=(), state=state, note=note) for url in ways.values())
    entries = []
    for scheme, walk in (("http", found.http_root), ("https", found.https_root)):
        start = ways[scheme]
        if walk is not None:
            entries.append(_entry(walk))
        elif scheme == "http" and found.http_closed:
            entries.append(Entry(start=start, hops=(), state="unknown", note="port 80 is closed"))
        else:
            note = found.trouble or "could not be followed"
            entries.append(Entry(start=start, hops=(), state="unknown", note=note))
    return tuple(entries)


def _entry(walk: Walk) -> Entry:
    hops = tuple(Hop(url=h.url, status=h.status) for h in walk.hops)
    if walk.end == "gap":
        return Entry(start=walk.start, hops=hops, state="unknown", note=walk.detail)
    if walk.end != "answer":
        return Entry(start=walk.start, hops=hops, state="bad", note=walk.end)
    last = walk.last
    secure = last is not None and urlsplit(last.url).scheme == "https"
    failing = last is not None and (last.status >= 500 or last.status == 0)
    if failing:
        return Entry(start=walk.start, hops=hops, state="bad", note="answers with an error")
    note = "" if secure else "not encrypted"
    return Entry(start=walk.start, hops=hops, state="good" if secure else "bad", note=note)


def _edge_seen(found: Fact | Gap | None, host: str) -> EdgeName | None:
    if not isinstance(found, Entrance):
        return None
    for exchange in _exchanges(found):
        if urlsplit(exchange.url).hostname == host:
            for edge in EDGE_TITLES:
                if sign_of(edge, exchange.headers):
                    return edge
    return None


def _exchanges(entrance: Entrance) -> Iterator[Exchange]:
    for walk in (entrance.https_root, entrance.http_root):
        yield from walk.hops if walk else ()
