"""Looking at a domain from outside, as a visitor and a mail server would."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from launchready.derive.senders import COMMON_SELECTORS, recognised
from launchready.derive.sign_in_links import asks_for_password, sign_in_links, title_of
from launchready.discover.found import Found, FoundHost
from launchready.discover.platforms import edge, platform
from launchready.facts import host_subject, route_subject
from launchready.facts.dns import Resolution
from launchready.facts.http import Headers, Visit, Walk
from launchready.gather import Gatherer
from launchready.manifest import RouteKind

NEIGHBOURS = (
    "www", "app", "community", "members", "member", "my", "portal", "login", "account", "accounts",
    "auth", "id", "join", "chat", "forum", "hub", "club", "circle", "learn", "courses", "academy",
    "api", "blog", "shop", "store", "help", "support", "docs", "status", "dashboard", "platform",
)  # fmt: skip
LOGIN_PATHS = (
    "/login", "/signin", "/sign-in", "/sign_in", "/users/sign_in", "/auth/login", "/account/login",
    "/accounts/login/", "/wp-login.php", "/members/login", "/session/new", "/log-in",
)  # fmt: skip
HOSTS_MAX = 12


@dataclass(slots=True)
class _Seen:
    """What one host showed."""

    name: str
    resolution: Resolution
    walk: Walk | None = None

    @property
    def leads_to(self) -> str:
        last = self.walk.last if self.walk else None
        return (urlsplit(last.url).hostname or "") if last else ""

    @property
    def html(self) -> str:
        last = self.walk.last if self.walk else None
        return last.text if last is not None and "html" in last.content_type else ""

    @property
    def headers(self) -> Headers:
        return self.walk.hops[0].headers if self.walk and self.walk.hops else Headers()


async def look(
    gatherer: Gatherer, domain: str, *, say: Callable[[str], None] = lambda _line: None
) -> Found:
    """Return what can be seen of a domain: its hosts, its log-in page, its mail set-up.

    Nothing but what a visitor's browser and a mail server would ask is asked.
    """
    mail = asyncio.create_task(_mail(gatherer, domain))
    resolving = await _resolving(gatherer, domain)
    apex = resolving.get(domain)
    if apex is not None and apex.addresses:
        say(f"{domain} resolves to {', '.join(apex.addresses[:2])}")
    else:
        say(f"{domain} does not resolve to an address")
    seen = await asyncio.gather(
        *(_see(gatherer, domain, name, resolution) for name, resolution in resolving.items())
    )
    web = [s for s in seen if s.walk is not None and s.walk.hops]
    names = {s.name for s in seen}
    hosts = [_host(s, names) for s in seen]
    if web:
        say("answering: " + ", ".join(s.name for s in web))
    routes = await _routes(gatherer, domain, web)
    login = next((url for url, kind in routes if kind == "auth"), "")
    say(f"log-in page: {login}" if login else "no log-in page found")
    senders, selectors, sends = await mail
    if sends:
        say("mail: " + (", ".join(senders) if senders else "provider not recognised"))
    notes = [] if login else ["No log-in page was found; name it under [routes]."]
    title = next((title_of(s.html) for s in web if s.html and title_of(s.html)), "")
    return Found(
        domain=domain,
        name=title,
        hosts=tuple(hosts),
        routes=tuple(routes),
        senders=tuple(senders),
        selectors=tuple(selectors),
        sends=sends,
        notes=tuple(notes),
    )


async def _resolving(gatherer: Gatherer, domain: str) -> dict[str, Resolution]:
    """Return the hosts of the domain that resolve, the domain itself first and always."""
    wild = f"lr-{secrets.token_hex(6)}.{domain}"
    names = [domain, *(f"{n}.{domain}" for n in NEIGHBOURS), wild]
    found = await asyncio.gather(
        *(gatherer.ask(Resolution, host_subject(name, domain)) for name in names)
    )
    answers = {n: f for n, f in zip(names, found, strict=True) if isinstance(f, Resolution)}
    any_name = answers.pop(wild, None)
    everywhere = set(any_name.addresses) if any_name else set()
    resolving: dict[str, Resolution] = {}
    for name, resolution in answers.items():
        # Under a wildcard every name resolves; www is worth a look all the same.
        made_up = bool(everywhere) and set(resolution.addresses) <= everywhere
        if name == domain or (resolution.addresses and (not made_up or name == f"www.{domain}")):
            resolving[name] = resolution
    return dict(list(resolving.items())[:HOSTS_MAX])


async def _see(gatherer: Gatherer, domain: str, name: str, resolution: Resolution) -> _Seen:
    seen = _Seen(name=name, resolution=resolution)
    if resolution.addresses:
        visit = await gatherer.ask(Visit, route_subject(f"https://{name}/", domain))
        if isinstance(visit, Visit):
            seen.walk = visit.walk
    return seen


def _host(seen: _Seen, names: set[str]) -> FoundHost:
    to = seen.leads_to
    answers = bool(seen.walk and seen.walk.hops)
    return FoundHost(
        name=seen.name,
        redirects_to=to if to in names and to != seen.name else "",
        edge=edge(seen.headers),
        platform=platform([a.target for a in seen.resolution.aliases], seen.headers),
        web=answers or not seen.resolution.addresses,
    )


async def _routes(
    gatherer: Gatherer, domain: str, web: Iterable[_Seen]
) -> list[tuple[str, RouteKind]]:
    """Return the routes that the pages lead to; where no log-in is linked, the usual paths are tried."""
    kinds: dict[str, RouteKind] = {}
    own = [s for s in web if s.leads_to == domain or s.leads_to.endswith(f".{domain}")]
    for seen in own:
        assert seen.walk is not None  # noqa: S101 - hosts without a walk are not in web
        last = seen.walk.last
        if last is None or not seen.html:
            continue
        if asks_for_password(seen.html):
            kinds.setdefault(_strip(last.url), "auth")
        for link in sign_in_links(seen.html, base=last.url):
            host = urlsplit(link.url).hostname or ""
            if host == domain or host.endswith(f".{domain}"):
                kinds.setdefault(_strip(link.url), link.kind)
    one_a_kind: dict[RouteKind, str] = {}
    for url, kind in kinds.items():
        one_a_kind.setdefault(kind, url)
    if "auth" not in one_a_kind:
        for seen in own[:3]:
            url = await _usual_login(gatherer, domain, seen)
            if url:
                one_a_kind["auth"] = url
                break
    order: tuple[RouteKind, ...] = ("auth", "signup", "reset", "checkout")
    return [(one_a_kind[kind], kind) for kind in order if kind in one_a_kind]


async def _usual_login(gatherer: Gatherer, domain: str, seen: _Seen) -> str:
    host = seen.leads_to or seen.name
    urls = [f"https://{host}{path}" for path in LOGIN_PATHS]
    visits = await asyncio.gather(
        *(gatherer.ask(Visit, route_subject(url, domain)) for url in urls)
    )
    for url, visit in zip(urls, visits, strict=True):
        if not isinstance(visit, Visit) or visit.answer is None or visit.fault:
            continue
        answer = visit.answer
        # A single-page app answers every path with the same page: only a form proves a log-in.
        if answer.status == 200 and answer.text != seen.html and asks_for_password(answer.text):
            return _strip(url)
    return ""


def _strip(url: str) -> str:
    return url.removeprefix("https://").split("?", 1)[0]


async def _mail(gatherer: Gatherer, domain: str) -> tuple[list[str], list[str], bool]:
    """Return (senders, DKIM selectors, whether the domain sends), as the DNS tells."""
    names = gatherer.world.names
    mx, txt, *keys = await asyncio.gather(
        names.ask(domain, "MX"),
        names.ask(domain, "TXT"),
        *(names.ask(f"{s}._domainkey.{domain}", "TXT") for s in COMMON_SELECTORS),
    )
    exchanges = [exchange.lower() for _, exchange in mx.as_answer().exchanges]
    texts = [t.decode("utf-8", "replace").lower() for t in txt.as_answer().texts]
    spf = [t for t in texts if t.startswith("v=spf1")]
    never = any(t.split() == ["v=spf1", "-all"] for t in spf)
    included = [word.partition(":")[2] for t in spf for word in t.split() if "include:" in word]
    senders = [service.name for service in recognised([*exchanges, *included])]
    selectors = [
        s
        for s, reply in zip(COMMON_SELECTORS, keys, strict=True)
        if any(b"p=" in text for text in reply.as_answer().texts)
    ]
    return senders, selectors, not never
