"""What the routing of the samples shows: a redirect, an edge, a dead host, and what was not seen."""

from __future__ import annotations

from datetime import timedelta

from launchready.facts import Fact, Gap, Key, host_subject
from launchready.facts.dns import Alias, Resolution, ResolverAnswer
from launchready.facts.exposure import Reach
from launchready.facts.tls import Certificate, Handshake
from launchready.facts.ways import Entrance, Walk
from tests.making import AT, DOMAIN, exchange, walk


def resolution(name: str, *addresses: str, alias: str = "") -> Resolution:
    aliases = (Alias(owner=name, target=alias, ttl_s=300),) if alias else ()
    answer = ResolverAnswer(
        resolver="203.0.113.53",
        rcode="NOERROR" if addresses else "NXDOMAIN",
        v4=addresses,
        aliases=aliases,
    )
    return Resolution(subject=host_subject(name, DOMAIN), at=AT, how="dig", answers=(answer,))


def handshake(name: str, *, days: int = 63) -> Handshake:
    certificate = Certificate(
        subject=f"CN={name}", issuer="CN=An Issuer", issuer_organization="Issuer", names=(name,),
        names_total=1, not_before=AT - timedelta(days=20), not_after=AT + timedelta(days=days),
        key_type="EC", key_bits=256, signature_hash="sha256", self_signed=False,
        fingerprint_sha256="00" * 32,
    )  # fmt: skip
    return Handshake(
        subject=host_subject(name, DOMAIN), at=AT, how="TLS", accepted=True,
        trust="expired" if days < 0 else "trusted", chain=(certificate,),
    )  # fmt: skip


def hop(
    url: str, to: str = "", status: int = 301, **headers: str
) -> tuple[str, int, dict[str, str]]:
    fields = {k.replace("_", "-"): v for k, v in headers.items()}
    return url, status, fields | ({"location": to} if to else {})


def a_walk(*hops: tuple[str, int, dict[str, str]], end: str = "answer") -> Walk:
    made = [exchange(url, status=status, headers=fields) for url, status, fields in hops]
    return walk(*made, end=end)  # type: ignore[arg-type]


def entrance(name: str, http: Walk | None, https: Walk | None) -> Entrance:
    return Entrance(
        subject=host_subject(name, DOMAIN), at=AT, how="GET", http_root=http, https_root=https,
        http_deep=None, https_deep=None, deep_path="/x", deep_query="y=1", http_closed=False,
    )  # fmt: skip


def world_facts() -> list[Fact | Gap]:
    """Return what routing shows: a redirect, an edge, an origin around it, a dead host, a gap."""
    apex, www, app = "example.org", "www.example.org", "app.example.org"
    community, docs = "community.example.org", "docs.example.org"
    cloud = {"cf_ray": "8a1", "server": "cloudflare"}
    at_apex = hop(f"https://{apex}/", status=200, **cloud)
    found: list[Fact | Gap] = [
        resolution(apex, "203.0.113.5", "203.0.113.6"),
        resolution(www, "203.0.113.5", alias=apex),
        resolution(app, "203.0.113.7"),
        resolution(community),
        resolution(docs, "203.0.113.90"),
        handshake(apex),
        handshake(www),
        handshake(app, days=-2),
        entrance(apex, a_walk(hop(f"http://{apex}/", f"https://{apex}/"), at_apex), a_walk(at_apex)),
        entrance(
            www,
            a_walk(
                hop(f"http://{www}/", f"https://{www}/"),
                hop(f"https://{www}/", f"https://{apex}/"),
                at_apex,
            ),
            a_walk(hop(f"https://{www}/", f"https://{apex}/"), at_apex),
        ),
        entrance(
            app,
            a_walk(hop(f"http://{app}/", f"http://{app}/login"), hop(f"http://{app}/login", f"http://{app}/"), end="loop"),
            a_walk(hop(f"https://{app}/", status=200, **cloud)),
        ),
        Reach(
            subject=host_subject(app, DOMAIN), at=AT, how="GET", origin="203.0.113.80",
            reachable=True, status=200, same_site=True, detail="answers with the site itself",
        ),
    ]  # fmt: skip
    resolved = Key(Resolution, host_subject(community, DOMAIN))
    for kind in (Handshake, Entrance):
        key = Key(kind, host_subject(community, DOMAIN))
        found.append(Gap(key=key, reason="the name does not resolve", because=resolved))
    docs_key = host_subject(docs, DOMAIN)
    found += [
        Gap(key=Key(Handshake, docs_key), reason="no answer within 10 seconds"),
        Gap(key=Key(Entrance, docs_key), reason="no answer within 10 seconds"),
    ]
    return found
