"""Looking at a domain from outside, as a visitor and a mail server would."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

from launchready.collect.mail.signs import keys, silent
from launchready.collect.web.walks import walk
from launchready.derive.mail.senders import COMMON_SELECTORS, recognised
from launchready.derive.pages.page import site_name
from launchready.discover.found import Found, FoundHost
from launchready.discover.platforms import edge, platform
from launchready.discover.seen import SeenHost
from launchready.discover.ways import find_routes, is_within
from launchready.facts import Gap, host_subject
from launchready.facts.dns import Resolution
from launchready.facts.tls import Handshake
from launchready.gather import Gatherer
from launchready.manifest import SIGN_IN_KINDS

NEIGHBOURS = (
    "www", "app", "community", "members", "member", "my", "portal", "login", "account", "accounts",
    "auth", "id", "join", "chat", "forum", "hub", "club", "circle", "learn", "courses", "academy",
    "api", "blog", "shop", "store", "help", "support", "docs", "status", "dashboard", "platform",
)  # fmt: skip
BESIDE = {"blog", "shop", "store", "help", "support", "docs", "status"}
"""Names beside the community, commonly run by others."""
HOSTS_MAX = 12


async def look(
    gatherer: Gatherer, domain: str, *, say: Callable[[str], None] = lambda _line: None
) -> Found:
    """Return what can be seen of a domain: its hosts, its log-in page, its mail set-up.

    Nothing but what a visitor's browser and a mail server would ask is asked.
    """
    mail = asyncio.create_task(_mail(gatherer, domain))
    notes: list[str] = []
    resolving = await _resolving(gatherer, domain, notes)
    apex = resolving.get(domain)
    if apex is not None and apex.addresses:
        say(f"{domain} resolves to {', '.join(apex.addresses[:2])}")
    elif apex is not None:
        say(f"{domain} does not resolve to an address")
    else:
        say(f"{domain} could not be looked up")
    seen = await _hosts(gatherer, domain, resolving)
    answering = [s for s in seen if s.answered]
    doors = [s for s in seen if s.name in {domain, f"www.{domain}"} and s.leads_to]
    notes += [
        f"{s.name} leads visitors to {s.leads_to}; audit that domain as well."
        for s in doors
        if not is_within(s.leads_to, domain)
    ]
    if answering:
        say("answering: " + ", ".join(s.name for s in answering))
    routes = await find_routes(gatherer, domain, answering, notes)
    login = next((url for url, kind in routes if kind == "auth"), "")
    say(f"log-in page: {login}" if login else "no log-in page found")
    senders, selectors, sends = await mail
    if sends is None and any(kind in SIGN_IN_KINDS for _, kind in routes):
        sends = True  # codes, invitations and receipts are mail
    if sends is None:
        say("mail: nothing says whether any is sent")
    elif sends:
        say("mail: " + (", ".join(senders) if senders else "provider not recognised"))
    if not login:
        notes.append("No log-in page was found; name it under [routes].")
    if gatherer.crashes:
        failure = gatherer.crashes[0].strip().splitlines()[-1]
        notes.append(f"Launch Ready failed while it looked ({failure}); please report it.")
        say(notes[-1])
    return Found(
        domain=domain,
        name=next((title for s in answering if s.html and (title := site_name(s.html))), ""),
        hosts=tuple(_host(s, domain) for s in seen),
        routes=tuple(routes),
        senders=tuple(senders),
        selectors=tuple(selectors),
        sends=sends,
        notes=tuple(notes),
    )


async def _resolving(gatherer: Gatherer, domain: str, notes: list[str]) -> dict[str, Resolution]:
    """Return the hosts of the domain that resolve, the domain itself first and always."""
    wild = f"lr-{secrets.token_hex(6)}.{domain}"
    names = [domain, *(f"{n}.{domain}" for n in NEIGHBOURS), wild]
    found = await asyncio.gather(
        *(gatherer.ask(Resolution, host_subject(name, domain)) for name in names)
    )
    answers = {n: f for n, f in zip(names, found, strict=True) if isinstance(f, Resolution)}
    any_name = answers.pop(wild, None)
    everywhere = set(any_name.addresses) if any_name else set()
    if everywhere:
        notes.append(
            "Every name of the domain resolves (a wildcard), so that only hosts at addresses of "
            "their own were found; name the others under [hosts]."
        )
    resolving: dict[str, Resolution] = {}
    for name, resolution in answers.items():
        # Under a wildcard every name resolves; www is worth a look all the same.
        made_up = bool(everywhere) and set(resolution.addresses) <= everywhere
        there = bool(resolution.addresses) or bool(resolution.aliases)
        if name == domain or (there and (not made_up or name == f"www.{domain}")):
            if _is_somebody_elses(name, domain, resolution):
                notes.append(f"{name} is a service of others ({resolution.aliases[-1].target}).")
            else:
                resolving[name] = resolution
    return dict(list(resolving.items())[:HOSTS_MAX])


def _is_somebody_elses(name: str, domain: str, resolution: Resolution) -> bool:
    """Return whether a name beside the community, such as status, is an alias of another's service."""
    label = name.removesuffix(domain).rstrip(".")
    return label in BESIDE and any(
        not a.target.rstrip(".").endswith(f".{domain}") for a in resolution.aliases
    )


async def _hosts(
    gatherer: Gatherer, domain: str, resolving: dict[str, Resolution]
) -> list[SeenHost]:
    """Return what the hosts showed, and those of the domain that they lead to."""
    seen: dict[str, SeenHost] = {}
    names = dict(resolving)
    while names and len(seen) < HOSTS_MAX:
        looked = await asyncio.gather(
            *(_see(gatherer, domain, name, resolution) for name, resolution in names.items())
        )
        seen |= {s.name: s for s in looked}
        further = {s.leads_to for s in looked if is_within(s.leads_to, domain)} - set(seen)
        found = await asyncio.gather(
            *(gatherer.ask(Resolution, host_subject(name, domain)) for name in sorted(further))
        )
        names = {f.subject.name: f for f in found if isinstance(f, Resolution)}
    return list(seen.values())


async def _see(gatherer: Gatherer, domain: str, name: str, resolution: Resolution) -> SeenHost:
    seen = SeenHost(name=name, resolution=resolution)
    if not resolution.addresses:
        return seen
    walked = await walk(f"https://{name}/", gatherer.world, gatherer.ask)
    if not walked.walk.hops:
        walked = await walk(f"http://{name}/", gatherer.world, gatherer.ask)
    seen.walk = walked.walk
    if not seen.answered and name not in {domain, f"www.{domain}"}:
        # Only a host that plainly has no port open is left out: with a bad certificate it counts.
        shake = await gatherer.ask(Handshake, host_subject(name, domain))
        seen.web = isinstance(shake, Gap) or shake.fault != "refused"
    return seen


def _host(seen: SeenHost, domain: str) -> FoundHost:
    to = seen.leads_to
    # A community app may lead visitors to a log-in service of others: that is no redirecting host.
    doorstep = seen.name in {domain, f"www.{domain}"} or is_within(to, domain)
    return FoundHost(
        name=seen.name,
        redirects_to=to if seen.sends_on and doorstep else "",
        edge=edge(seen.headers),
        platform=platform([a.target for a in seen.resolution.aliases], seen.headers),
        web=seen.web,
    )


async def _mail(gatherer: Gatherer, domain: str) -> tuple[list[str], list[str], bool | None]:
    """Return (senders, DKIM selectors, whether the domain sends), as the DNS tells; None: it does not."""
    if await silent(domain, gatherer.world):
        return [], [], None
    names = gatherer.world.names
    mx, txt, selectors = await asyncio.gather(
        names.ask(domain, "MX"),
        names.ask(domain, "TXT"),
        keys(domain, COMMON_SELECTORS, gatherer.world),
    )
    exchanges = [exchange.lower() for _, exchange in mx.as_answer().exchanges]
    texts = [t.decode("utf-8", "replace").lower() for t in txt.as_answer().texts]
    spf = [t for t in texts if t.startswith("v=spf1")]
    never = any(t.split() == ["v=spf1", "-all"] for t in spf)
    included = [word.partition(":")[2] for t in spf for word in t.split() if "include:" in word]
    senders = [service.name for service in recognised([*exchanges, *included])]
    return senders, list(selectors), not never
