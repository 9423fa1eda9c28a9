"""Willow, the demo's launch in good health."""

from __future__ import annotations

from launchready.demo.answers import Answer
from launchready.demo.app import from_app
from launchready.demo.certificates import CAA_DOMAIN
from launchready.demo.description import (
    Behaviour,
    CertificateOptions,
    DemoLaunch,
    Edge,
    Host,
    MailHost,
    Origin,
    Redirect,
    Route,
)
from launchready.demo.manifest import manifest
from launchready.demo.rdap import rdap
from launchready.demo.zone_data import NameServer, Resolver, Zone

DOMAIN = "willow.example"
SELECTOR = "willow2026"
TOKEN = "willow-7c1d4e90b2"  # noqa: S105 - public: it stands in the DNS
DKIM_KEY = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwvIaNf67OUVU6Ge/xfiR9H5MaGsmaWaXfmt5IL9kmp3f4yXu"
    "3Q+UWOGGOkMfJ736yTqVW5ezldg2hLff691ZIUZg78e6AKG5Pb0eLuoyI9M1uR2aiVrxaRMxdx0ph4R2qHUIfdM41iiD"
    "RQTdG+JSF+3xHjvW8VKN5Pc3UvKUpaI0roKOQ3jntVtyEzKJbyqOPrnADoTCeUgTtpbRxenYwYspIm911N4MIiTDr0lg"
    "TaYQRw0Z+jqacsY3l67gg5vPxcZU3JcLxGJNSDxpyxTnvw2rr2X1e73BIumO66EZGeecKFeY81Q5VKbrJcIFMQgeYMQw"
    "Xg/zCGVlt4ZVWsCuvwIDAQAB"
)
ORIGIN = "198.51.100.10"
EDGE_V4, EDGE_V6 = "203.0.113.{}", "2001:db8:e::{}"
HOST_NUMBERS = {
    "": 10,
    "www": 11,
    "app": 12,
    "community": 13,
    "api": 14,
    "static": 15,
    "mta-sts": 16,
}
MAIL_ADDRESSES = ["198.51.100.25", "2001:db8:25::25"]

BRIEFLY = "public, max-age=300"


def healthy() -> DemoLaunch:
    """Return Willow with nothing wrong: no check has anything to find."""
    return DemoLaunch(
        domain=DOMAIN,
        zones=_zones(),
        resolvers=[Resolver(), Resolver()],
        hosts=[
            _apex(), _www(), _host("app", "/door"), _host("community", "/community"), _host("api", "/interface"),
            _host("static", "/files"), _mta_sts(), _rdap(),
        ],
        mail_hosts=[
            MailHost(
                name=f"mx1.{DOMAIN}", addresses=list(MAIL_ADDRESSES),
                certificate=CertificateOptions(names=[f"mx1.{DOMAIN}"]),
            )
        ],
        manifest=manifest(),
        refused_addresses=["203.0.113.99"],
    )  # fmt: skip


def addresses(label: str) -> list[str]:
    """Return the published addresses of a host by its first label (empty: the domain's own)."""
    number = HOST_NUMBERS[label]
    return [EDGE_V4.format(number), EDGE_V6.format(number)]


def add_circles(launch: DemoLaunch, count: int) -> None:
    """Give the launch `count` (at most 120) further hosts, `circle-1` and so on, healthy too."""
    for number in range(1, count + 1):
        label = f"circle-{number}"
        v4, v6 = f"203.0.113.{100 + number}", f"2001:db8:c::{number}"
        host = _host(label, "/community", v4=v4, v6=v6)
        launch.hosts.append(host)
        launch.zone().add("A", label, host.addresses[0])
        launch.zone().add("AAAA", label, host.addresses[1])
        launch.manifest["hosts"][host.name] = {"addresses": host.addresses, "origin": [ORIGIN]}
        launch.manifest["routes"][f"{host.name}/"] = "page"


def _zones() -> list[Zone]:
    root = Zone(origin=".", servers=[NameServer(name="a.root.example", addresses=["192.0.2.1"])])
    top = Zone(
        origin="example.", servers=[NameServer(name="a.nic.example", addresses=["192.0.2.2"])]
    )
    top.add("A", "a.root.example.", "192.0.2.1", ttl=86400)
    top.add("A", "a.nic.example.", "192.0.2.2", ttl=86400)
    willow = Zone(
        origin=f"{DOMAIN}.",
        servers=[
            NameServer(name=f"ns1.{DOMAIN}", addresses=["192.0.2.53", "2001:db8:53::1"]),
            NameServer(name=f"ns2.{DOMAIN}", addresses=["192.0.2.54", "2001:db8:53::2"]),
        ],
    )
    for server in willow.servers:
        willow.add("A", server.name, server.addresses[0], ttl=3600)
        willow.add("AAAA", server.name, server.addresses[1], ttl=3600)
    for label in HOST_NUMBERS:
        v4, v6 = addresses(label)
        willow.add("A", label or "@", v4)
        willow.add("AAAA", label or "@", v6)
    willow.add(
        "CAA", "@", f'0 issue "{CAA_DOMAIN}"', f'0 iodef "mailto:security@{DOMAIN}"', ttl=3600
    )
    v4, v6 = addresses("app")
    willow.add("HTTPS", "app", f"1 . alpn=h2 ipv4hint={v4} ipv6hint={v6}")
    willow.add("TXT", "_launchready", TOKEN)
    _mail(willow)
    post = Zone(
        origin="post.example.",
        servers=[
            NameServer(name="ns1.post.example", addresses=["192.0.2.60"]),
            NameServer(name="ns2.post.example", addresses=["192.0.2.62"]),
        ],
    )
    for server in post.servers:
        post.add("A", server.name.partition(".")[0], server.addresses[0], ttl=3600)
    post.add("TXT", "_spf", "v=spf1 ip4:198.51.100.64/28 -all", ttl=3600)
    rdap = Zone(
        origin="rdap.org.", servers=[NameServer(name="ns1.rdap.org", addresses=["192.0.2.61"])]
    )
    rdap.add("A", "ns1", "192.0.2.61", ttl=3600)
    rdap.add("A", "@", "192.0.2.80", ttl=3600)
    return [root, top, willow, post, rdap]


def _mail(zone: Zone) -> None:
    zone.add("MX", "@", f"10 mx1.{DOMAIN}.", ttl=3600)
    zone.add("A", "mx1", MAIL_ADDRESSES[0], ttl=3600)
    zone.add("AAAA", "mx1", MAIL_ADDRESSES[1], ttl=3600)
    zone.add("TXT", "@", "v=spf1 mx include:_spf.post.example -all", ttl=3600)
    zone.add("TXT", f"{SELECTOR}._domainkey", f"v=DKIM1; k=rsa; p={DKIM_KEY}", ttl=3600)
    zone.add("TXT", "_dmarc", f"v=DMARC1; p=reject; rua=mailto:dmarc@{DOMAIN}", ttl=3600)
    zone.add("TXT", "_mta-sts", "v=STSv1; id=20261101T120000", ttl=3600)
    zone.add("TXT", "_smtp._tls", f"v=TLSRPTv1; rua=mailto:tls@{DOMAIN}", ttl=3600)


def _host(label: str, front: str = "/", *, origin: bool = True, v4: str = "", v6: str = "") -> Host:
    name = f"{label}.{DOMAIN}" if label else DOMAIN
    return Host(
        name=name,
        addresses=[v4, v6] if v4 else addresses(label),
        certificate=CertificateOptions(names=[name]),
        edge=Edge(),
        origin=Origin(address=ORIGIN) if origin else None,
        front=front,
        otherwise=from_app,
    )


def _get(path: str, answer: Answer | Behaviour) -> Route:
    return Route(path=path, answers={"GET": answer})


def _moved(path: str, to: str, status: int = 301) -> Route:
    headers: dict[str, str | None] = {"location": to, "cache-control": BRIEFLY}
    return _get(path, Answer(status=status, headers=headers))


def _text(path: str, body: str) -> Route:
    return _get(path, Answer(body=body, headers={"cache-control": BRIEFLY}))


def _apex() -> Host:
    host = _host("")
    host.routes = [
        _moved("/blog/first-evening", f"https://{DOMAIN}/journal/first-evening"),
        _moved("/join", f"https://app.{DOMAIN}/signup"),
        _moved("/login", f"https://app.{DOMAIN}/login", 302),
        _text("/.well-known/launchready.txt", f"{TOKEN}\n"),
    ]
    return host


def _www() -> Host:
    host = _host("www", origin=False)
    host.redirect = Redirect(to=f"https://{DOMAIN}{{path}}{{query}}")
    return host


def _mta_sts() -> Host:
    policy = f"version: STSv1\r\nmode: enforce\r\nmx: mx1.{DOMAIN}\r\nmax_age: 604800\r\n"
    host = _host("mta-sts", origin=False)
    host.routes = [_text("/.well-known/mta-sts.txt", policy)]
    return host


def _rdap() -> Host:
    return Host(
        name="rdap.org",
        guarded=False,
        addresses=["192.0.2.80"],
        certificate=CertificateOptions(names=["rdap.org"]),
        routes=[_get("/domain/*", rdap)],
    )
