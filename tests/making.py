"""Facts made by hand for the tests of checks: everything has a harmless default."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from launchready.facts import (
    LAUNCH,
    Fact,
    Gap,
    Key,
    Subject,
    host_subject,
    route_subject,
    url_subject,
)
from launchready.facts.declared import Declared
from launchready.facts.http import Exchange, Headers, Timing
from launchready.facts.ways import Visit, Walk, WalkEnd
from launchready.finding import Check, Outcome
from launchready.judge import judge
from launchready.manifest import Manifest, RouteEntry, RouteKind, parse_manifest

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DOMAIN = "example.org"
HOST = host_subject("example.org", DOMAIN)
TIMING = Timing(name_s=0.001, connect_s=0.01, tls_s=0.02, first_byte_s=0.05, total_s=0.06)


def manifest(toml: str = '[launch]\ndomain = "example.org"\n') -> Manifest:
    return parse_manifest(toml)


def declared(
    toml: str = '[launch]\ndomain = "example.org"\n', *, from_file: bool = True
) -> Declared:
    return Declared(subject=LAUNCH, at=AT, how="test", manifest=manifest(toml), from_file=from_file)


def exchange(
    url: str = "https://example.org/",
    *,
    status: int = 200,
    headers: Mapping[str, str] | tuple[tuple[str, str], ...] = (),
    body: bytes | str = b"",
    **more: object,
) -> Exchange:
    items = tuple(headers.items()) if isinstance(headers, Mapping) else headers
    raw = body.encode() if isinstance(body, str) else body
    values: dict[str, object] = {
        "method": "GET", "body_cut": False, "wire_bytes": len(raw), "http_version": "2",
        "address": "203.0.113.5", "verified": True, "timing": TIMING,
    }  # fmt: skip
    values |= more
    return Exchange(
        subject=url_subject(url, DOMAIN), at=AT, how=f"GET {url}", url=url, status=status,
        headers=Headers(items), body=raw, **values,  # type: ignore[arg-type]
    )  # fmt: skip


def walk(*hops: Exchange, end: WalkEnd = "answer", detail: str = "") -> Walk:
    return Walk(start=hops[0].url if hops else "", hops=hops, end=end, detail=detail)


def route(url: str, kind: RouteKind = "page", **more: Any) -> RouteEntry:
    return RouteEntry(url=url, kind=kind, **more)


def visit(
    *hops: Exchange, kind: RouteKind = "page", end: WalkEnd = "answer", **entry: object
) -> Visit:
    url = hops[0].url
    return Visit(
        subject=route_subject(url, DOMAIN), at=AT, how=f"GET {url}",
        route=route(url, kind, **entry), walk=walk(*hops, end=end),
    )  # fmt: skip


def gap(
    kind: type[Fact], subject: Subject, *, because: Key | None = None, ours: bool = False
) -> Gap:
    return Gap(
        key=Key(kind, subject), reason="no answer within 10 seconds", because=because, ours=ours
    )


def outcomes(check: Check, *found: Fact | Gap) -> list[Outcome]:
    """Judge one check on these facts and gaps; the manifest's default is there when none is given."""
    observed = {f.key: f for f in found}
    observed.setdefault(Key(Declared, LAUNCH), declared())
    return judge([check], observed)


def outcome(check: Check, *found: Fact | Gap) -> Outcome:
    """Judge one check that must come to exactly one outcome."""
    (only,) = outcomes(check, *found)
    return only
