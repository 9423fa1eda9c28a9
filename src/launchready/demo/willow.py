"""Willow, the demo's launch in good health."""

from __future__ import annotations

from launchready.demo import members, pages
from launchready.demo.answers import Answer, page
from launchready.demo.certificates import CAA_DOMAIN
from launchready.demo.description import (
    Behaviour,
    CertificateOptions,
    Cors,
    DemoLaunch,
    Edge,
    Host,
    Limit,
    MailHost,
    Origin,
    Redirect,
    Route,
)
from launchready.demo.manifest import manifest
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

FOREVER = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=300"
CSP = (
    f"default-src 'none'; script-src {pages.STATIC}; style-src {pages.STATIC}; img-src {pages.STATIC}; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: dict[str, str | None] = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


def healthy() -> DemoLaunch:
    """Return Willow with nothing wrong: no check has anything to find."""
    return DemoLaunch(
        domain=DOMAIN,
        zones=_zones(),
        resolvers=[Resolver(), Resolver()],
        hosts=[_apex(), _www(), _app(), _community(), _api(), _static(), _mta_sts(), _rdap()],
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
        host = _host(
            label,
            [_public("/", pages.COMMUNITY)],
            v4=f"203.0.113.{100 + number}",
            v6=f"2001:db8:c::{number}",
        )
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
    willow.add("TXT", "_launchready", TOKEN)
    _mail(willow)
    post = Zone(
        origin="post.example.",
        servers=[NameServer(name="ns1.post.example", addresses=["192.0.2.60"])],
    )
    post.add("A", "ns1", "192.0.2.60", ttl=3600)
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


def _host(
    label: str, routes: list[Route], *, origin: bool = True, v4: str = "", v6: str = ""
) -> Host:
    name = f"{label}.{DOMAIN}" if label else DOMAIN
    return Host(
        name=name,
        addresses=[v4, v6] if v4 else addresses(label),
        certificate=CertificateOptions(names=[name]),
        edge=Edge(),
        origin=Origin(address=ORIGIN) if origin else None,
        headers=dict(HEADERS),
        routes=routes,
        not_found=page(pages.NOT_FOUND, status=404, cache_control="no-store"),
    )


def _get(path: str, answer: Answer | Behaviour) -> Route:
    return Route(path=path, answers={"GET": answer})


def _public(path: str, html: str) -> Route:
    return _get(path, page(html, cache_control=BRIEFLY))


def _both(path: str, show: Behaviour, take: Behaviour, requests: int = 0) -> Route:
    limit = Limit(requests=requests) if requests else None
    return Route(path=path, answers={"GET": show, "POST": take}, limit=limit)


def _moved(path: str, to: str) -> Route:
    return _get(path, Answer(status=301, headers={"location": to, "cache-control": BRIEFLY}))


def _text(path: str, body: str) -> Route:
    return _get(path, Answer(body=body, headers={"cache-control": BRIEFLY}))


def _apex() -> Host:
    app = f"https://app.{DOMAIN}"
    return _host(
        "",
        [
            _public("/", pages.LANDING),
            _public("/pricing", pages.PRICING),
            _public("/journal/first-evening", pages.JOURNAL),
            _moved("/blog/first-evening", f"https://{DOMAIN}/journal/first-evening"),
            _moved("/join", f"{app}/signup"),
            _get(
                "/login",
                Answer(
                    status=302,
                    headers={"location": f"{app}/login", "cache-control": members.PRIVATE},
                ),
            ),
            _get(
                "/favicon.ico",
                Answer(status=302, headers={"location": pages.STATIC + pages.PICTURE}),
            ),
            _text("/robots.txt", "User-agent: *\nAllow: /\n"),
            _text("/.well-known/launchready.txt", f"{TOKEN}\n"),
        ],
    )


def _www() -> Host:
    host = _host("www", [], origin=False)
    host.redirect = Redirect(to=f"https://{DOMAIN}{{path}}{{query}}")
    return host


def _app() -> Host:
    webhook = Route(path="/webhooks/payments", answers={"POST": members.webhook})
    webhook.limit = Limit(requests=20)
    chat = Route(path="/chat", answers={"POST": members.chat}, limit=Limit(requests=12))
    room = Route(path="/members", answers={"GET": members.members_room}, private=True)
    return _host(
        "app",
        [
            _get("/", members.doorstep),
            _both("/login", members.login_page, members.log_in, 8),
            _both("/logout", members.log_out, members.log_out),
            _both("/reset", members.reset_page, members.reset, 5),
            _both("/signup", members.signup_page, members.sign_up, 6),
            _both("/invite", members.invite_page, members.invite, 6),
            _both("/checkout", members.checkout_page, members.check_out),
            _get("/welcome", page(pages.THANKS, cache_control=members.PRIVATE)),
            _get("/health", members.health),
            room,
            chat,
            webhook,
        ],
    )


def _community() -> Host:
    return _host("community", [_public("/", pages.COMMUNITY)])


def _api() -> Host:
    circles = _get("/v1/circles", members.circles)
    circles.cors = Cors(origins=(f"https://app.{DOMAIN}",))
    return _host("api", [_public("/", pages.API), circles])


def _static() -> Host:
    files = {
        pages.STYLE: ("text/css; charset=utf-8", pages.CSS),
        pages.SCRIPT: ("text/javascript; charset=utf-8", pages.JAVASCRIPT),
        pages.PICTURE: ("image/svg+xml", pages.SVG),
    }
    routes = [_public("/", pages.FILES)]
    routes += [
        _get(path, Answer(body=body, headers={"content-type": kind, "cache-control": FOREVER}))
        for path, (kind, body) in files.items()
    ]
    return _host("static", routes)


def _mta_sts() -> Host:
    policy = f"version: STSv1\r\nmode: enforce\r\nmx: mx1.{DOMAIN}\r\nmax_age: 604800\r\n"
    return _host("mta-sts", [_text("/.well-known/mta-sts.txt", policy)], origin=False)


def _rdap() -> Host:
    return Host(
        name="rdap.org",
        addresses=["192.0.2.80"],
        certificate=CertificateOptions(names=["rdap.org"]),
        routes=[_get("/domain/*", members.rdap)],
    )
