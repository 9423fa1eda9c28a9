"""The edge: whether the declared CDN stands in front, and what it gives away."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from launchready.derive.caching.edge import EDGE_TITLES, in_ranges, sign_of
from launchready.derive.commands import headers_of
from launchready.facts.declared import Declared
from launchready.facts.dns import NeighbourNames, Resolution
from launchready.facts.exposure import Reach
from launchready.facts.hops import host
from launchready.facts.http import Exchange, Repeat
from launchready.facts.mail import Spf
from launchready.facts.tls import Handshake
from launchready.facts.ways import Entrance, Visit
from launchready.finding import (
    Below,
    Every,
    Failed,
    Impact,
    NotApplicable,
    Parent,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)


@check(severity=Severity.RISK, impact=Impact.SPEED)
def edge_not_in_front(
    entrance: Entrance, resolution: Parent[Resolution], launch: Parent[Declared]
) -> Result:
    """The declared CDN does not stand in front of the host.

    Why: Without it every visitor of launch day reaches your server directly: no cache, no protection against floods, and the server's address is public.

    Fix: Turn the CDN on for the host (at Cloudflare: the orange cloud in DNS, elsewhere the CNAME that the CDN gives you), or correct `edge` in launchready.toml.
    """
    name = entrance.subject.name
    edge = launch.manifest.edge_of(name)
    if edge is None:
        return NotApplicable(reason="no edge is declared for this host")
    title = EDGE_TITLES[edge]
    own = _own_answers(entrance, name)
    for answer in own:
        if sign := sign_of(edge, answer.headers):
            return Passed(evidence=f"{title} answers ({sign})")
    inside = [a for a in resolution.addresses if in_ranges(edge, a)]
    if inside:
        return Passed(evidence=f"{inside[0]} belongs to {title}")
    if not own:
        return Unproven(reason=f"the host gave no answer that could show {title}")
    addresses = ", ".join(resolution.addresses[:3]) or own[0].address
    return Failed(
        means=f"Visitors reach your server directly: {title} neither protects nor speeds up {name}.",
        observed=f"no sign of {title} in the answer from {addresses}",
        wanted=f"{title} in front",
        fix=(
            f"Log in to {title} and add {name} there, if it is not there yet."
            if edge != "cloudflare"
            else f"In Cloudflare open DNS and find the record of {name}.",
            f"Point the DNS record of {name} to the name that {title} shows for it."
            if edge != "cloudflare"
            else "Switch its proxy status from “DNS only” to “Proxied” (the orange cloud).",
            f'If it is meant to be reached directly: edge = "none" under [hosts."{name}"].',
        ),
        who="you",
        effort_min=10,
        takes_effect="when the old record's TTL has passed",
        see=headers_of(own[0].url),
    )


def _own_answers(entrance: Entrance, name: str) -> list[Exchange]:
    """Return the answers that the host itself gave, HTTPS first; a CDN is not seen in another's."""
    return [hop for walk in entrance.walks for hop in walk.hops if host(hop.url) == name]


@check(severity=Severity.RISK, impact=Impact.EXPOSURE)
def origin_reachable_directly(reach: Reach, launch: Parent[Declared]) -> Result:
    """The server behind the edge answers everyone who asks it directly.

    Why: Whoever finds its address goes around the CDN's protection: floods, password guessing and scraping hit the server unhindered, however well the CDN is set up.

    Fix: Let the server's firewall accept web connections from the CDN's published addresses only, or connect it to the CDN by a tunnel.
    """
    name, origin = reach.subject.name, reach.origin
    if not reach.same_site:
        return Passed(evidence=f"{origin}: {reach.detail}"[:200])
    edge = launch.manifest.edge_of(name)
    title = EDGE_TITLES[edge] if edge else "the CDN"
    return Failed(
        means=f"Attackers can go around {title} and overload your server directly.",
        observed=f"{origin} answers {reach.status} with the site: {reach.detail}"[:200],
        wanted=f"answers to {title} only",
        fix=(
            f"In the firewall of {origin} allow ports 80 and 443 from the addresses of {title} only."
            + (" They stand at https://www.cloudflare.com/ips/" if edge == "cloudflare" else ""),
            "Or connect the server by a tunnel (cloudflared) and close both ports.",
            "Or let the web server demand the CDN's client certificate or a secret header.",
        ),
        who="your host",
        effort_min=30,
        takes_effect="at once",
        see=reach.how,
    )


@check(severity=Severity.RISK, impact=Impact.EXPOSURE)
def origin_address_given_away(
    neighbours: NeighbourNames,
    resolutions: Every[Resolution],
    spfs: Every[Spf],
    launch: Parent[Declared],
) -> Result:
    """A DNS record publishes the address of the server behind the edge.

    Why: The CDN hides the server only as long as nobody knows its address; one record beside it (mail, ftp, direct, an ip4 term of SPF) tells everyone where to attack.

    Fix: Delete the record, or send it through the CDN too; move mail to another server; then give the server a new address, as the old one is known.
    """
    manifest = launch.manifest
    edged = [h for h in manifest.all_hosts.values() if h.web and manifest.edge_of(h.name)]
    if not edged:
        return NotApplicable(reason="no edge is declared, so nothing is hidden")
    origins = {a for h in manifest.all_hosts.values() for a in h.origin}
    if not origins:
        if all(manifest.edge_of(h.name) in {"vercel", "netlify"} for h in edged):
            return NotApplicable(reason="the edge is the host as well; there is no origin")
        return Unproven(
            reason="no origin is declared, so nobody can tell its address",
            how_to_prove=f'Under [hosts."{edged[0].name}"] in launchready.toml add: '
            'origin = "the address of your server"',
        )
    named = list(neighbours.addresses)
    named += [(r.subject.name, r.addresses) for r in resolutions if _below(r, neighbours)]
    named += [(f"SPF of {s.subject.name}", _senders(s)) for s in spfs]
    given = {n: sorted(origins & set(addresses)) for n, addresses in named}
    given = {n: found for n, found in given.items() if found}
    if not given:
        return Passed(evidence=f"none of {len(named)} names publishes {', '.join(sorted(origins))}")
    names = sorted(given)
    first = names[0]
    texts = [n.removeprefix("SPF of ") for n in names if n.startswith("SPF of ")]
    records = [n for n in names if not n.startswith("SPF of ")]
    steps = []
    if records:
        steps = [
            f"Delete the A or AAAA record of {', '.join(records[:5])}, or let it go through the CDN.",
            "If mail goes to that server, move it to another one: a mail record cannot be hidden.",
        ]
    if texts:
        steps.append(
            f"Send the letters of that server by a mail service, and take its address out of the SPF record of {', '.join(texts[:5])}."
        )
    return Failed(
        means="Your server's address is public: attackers can go around the CDN.",
        observed=f"{', '.join(names[:5])}: {given[first][0]}",
        wanted="the origin's address in no public record",
        fix=(
            *steps,
            "Then let your host give the server a new address, and declare it as origin.",
        ),
        who="you",
        effort_min=30,
        takes_effect="when the old record's TTL has passed; old records are archived publicly",
        see=f"dig +short {quote(records[0])} A {quote(records[0])} AAAA"
        if records
        else f"dig +short {quote(texts[0])} TXT",
    )


def _senders(spf: Spf) -> tuple[str, ...]:
    """Return the single addresses that the domain's own SPF record lets send."""
    return tuple(
        branch.text.lstrip("+-~?")
        .partition(":")[2]
        .removesuffix("/32")
        .removesuffix("/128")
        .lower()
        for branch in spf.audit.tree.branches
        if branch.kind in {"ip4", "ip6"}
    )


def _below(resolution: Resolution, neighbours: NeighbourNames) -> bool:
    """Return whether the host lies in the domain whose neighbours were asked for."""
    return neighbours.subject in resolution.subject.lineage()


_COMPRESSIBLE = (
    "text/", "application/javascript", "application/json", "application/xml", "image/svg+xml",
    "application/manifest+json", "application/xhtml+xml", "application/ld+json",
    "application/x-javascript", "application/rss+xml", "application/atom+xml",
)  # fmt: skip
_COMPRESSED = frozenset({"gzip", "x-gzip", "br", "zstd", "deflate", "compress"})
COMPRESS_FROM_BYTES = 1_024
HEAVY_BYTES = 100_000
"""So much that could have been spared is more than advice."""


@check(severity=Severity.RISK, impact=Impact.SPEED)
def compression_missing(entrance: Entrance, visits: Below[Visit], assets: Below[Repeat]) -> Result:
    """Pages, scripts or styles are sent uncompressed.

    Why: Text shrinks to a quarter or less; without it everything takes longest for those on slow phones, and traffic costs four times as much.

    Fix: Switch on gzip or Brotli at the CDN or the web server, for all text types.
    """
    name = entrance.subject.name
    answers = [v.answer for v in visits if v.answer and host(v.answer.url) == name]
    answers += [a.first for a in assets]
    judged = [a for a in answers if _should_be_compressed(a)]
    if not judged:
        return NotApplicable(reason=f"no text of more than {COMPRESS_FROM_BYTES} bytes was seen")
    bare = {a.url: a for a in judged if not _compressed(a)}
    if not bare:
        return Passed(evidence=f"{len(judged)} answers, all compressed")
    size = sum(len(a.body) for a in bare.values())
    worst = max(bare.values(), key=lambda a: len(a.body))
    types = sorted({a.content_type for a in bare.values()})
    return Failed(
        severity=None if size >= HEAVY_BYTES else Severity.ADVICE,
        means="Pages load slower than they need to, most of all on phones.",
        observed=f"{len(bare)} of {len(judged)} uncompressed, {size // 1024} KB: {worst.url[:100]}",
        wanted="Content-Encoding: gzip, br or zstd",
        fix=(
            f"On {name} compress these types: {', '.join(types)}",
            f"nginx: gzip on; gzip_proxied any;{_gzip_types(types)}",
            "Let no answer of text say Cache-Control: no-transform, which keeps a CDN from compressing it.",
        ),
        who="your host",
        effort_min=10,
        takes_effect="at once",
        see=f"curl -sS -o /dev/null -D - -H 'Accept-Encoding: gzip, br' {quote(worst.url)}",
    )


def _gzip_types(types: Sequence[str]) -> str:
    """Return nginx' line for these types; HTML needs none, and is warned of where it stands in it."""
    further = " ".join(t for t in types if t != "text/html")
    return f" gzip_types {further};" if further else ""


def _compressed(answer: Exchange) -> bool:
    """Return whether an answer was compressed; `identity` says that it was not."""
    said = (answer.headers.get("content-encoding") or "").lower()
    return any(coding.strip() in _COMPRESSED for coding in said.split(","))


def _should_be_compressed(answer: Exchange) -> bool:
    text = answer.content_type.startswith(_COMPRESSIBLE)
    usable = answer.status == 200 and not answer.challenge and not answer.trouble
    return usable and text and len(answer.body) > COMPRESS_FROM_BYTES


@check(severity=Severity.ADVICE, impact=Impact.SPEED)
def http2_missing(handshake: Handshake, launch: Parent[Declared]) -> Result:
    """The host speaks no HTTP/2.

    Why: Over HTTP/1.1 a browser fetches six files at a time; a page of many small files opens noticeably later on phones.

    Fix: Switch HTTP/2 on at the CDN or web server; it costs nothing.
    """
    name = handshake.subject.name
    entry = launch.manifest.all_hosts.get(name)
    if entry is not None and entry.redirects_to:
        return NotApplicable(reason="this host only redirects")
    if not handshake.accepted:
        return NotApplicable(reason="HTTPS gives no answer; see https-refused")
    if handshake.alpn == "h2":
        return Passed(evidence="the handshake settles on h2")
    return Failed(
        means="Pages of many files open slower than they need to.",
        observed=f"the handshake settles on {handshake.alpn or 'no protocol'}",
        wanted="h2",
        fix=(
            f"On {name} switch HTTP/2 on.",
            "nginx 1.25.1 and newer: http2 on; before: listen 443 ssl http2;",
            "Cloudflare: Speed, Protocol, HTTP/2.",
        ),
        who="your host",
        effort_min=5,
        takes_effect="at once",
        see=f"curl -sSo /dev/null -w '%{{http_version}}\\n' https://{name}/",
    )
