"""A name server that answers as a test wants, and what is collected of a domain's mail from it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from launchready.collect.mail import records as mail
from launchready.collect.opening import open_world
from launchready.collect.world import World
from launchready.expected import mail_domain
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.http import Exchange
from launchready.facts.mail import Dkim
from launchready.facts.zone import Zone
from launchready.gather import Gatherer
from launchready.manifest import parse_manifest
from tests.collect.nameserver import Respond, resolver, serving

F = TypeVar("F", bound=Fact)
DOMAIN = "example.org"
MANIFEST = '[launch]\ndomain = "example.org"\n'
Records = Mapping[str, Mapping[str, list[str]]]


@dataclass(slots=True)
class Asked:
    gatherer: Gatherer
    world: World

    async def ask(self, kind: type[F], name: str = DOMAIN) -> F | Gap:
        return await self.gatherer.ask(kind, self.domain(name))

    async def fact(self, kind: type[F], name: str = DOMAIN) -> F:
        found = await self.ask(kind, name)
        assert isinstance(found, kind), found
        assert not self.gatherer.crashes
        return found

    async def key(self, selector: str) -> Dkim | Gap:
        name = f"{selector}._domainkey.{DOMAIN}"
        return await self.gatherer.ask(Dkim, Subject("selector", name, self.domain(DOMAIN)))

    def domain(self, name: str) -> Subject:
        return mail_domain(self.world.manifest, name)


@asynccontextmanager
async def asked(
    respond: Respond | Records,
    *,
    manifest: str = MANIFEST,
    zone: str = "",
    page: Exchange | str = "nothing listens",
    query_s: float = 4.0,
) -> AsyncIterator[Asked]:
    """Yield what collects from this server; `zone` is the fault of the zone, `page` the policy."""

    async def zones(subject: Subject, world: World, _ask: object) -> Zone:
        return Zone(
            subject=subject, at=world.now(), how="test", apex=subject.name, nameservers=(),
            parent_ns=(), child_ns=(), absent="org" if zone == "absent" else "",
            dnssec="bogus" if zone == "bogus" else "secure",
        )  # fmt: skip

    async def pages(subject: Subject, _world: World, _ask: object) -> Exchange | Gap:
        if isinstance(page, Exchange):
            return page
        return Gap(key=Key(Exchange, subject), reason=page, ours=page == "offline")

    answers = respond if callable(respond) else resolver(respond)
    async with (
        serving(answers) as server,
        open_world(
            parse_manifest(manifest),
            resolvers=[f"{server.address}:{server.port}"],
            query_s=query_s,
        ) as world,
    ):
        known = {**mail.COLLECTORS, Zone: zones, Exchange: pages}
        yield Asked(Gatherer(world=world, collectors=known), world)


def txt(text: str) -> dict[str, list[str]]:
    return {"TXT": [f'"{text}"']}


def declaring(line: str) -> str:
    return f'{MANIFEST}[mail.domains."{DOMAIN}"]\n{line}\n'


SPF = txt("v=spf1 ip4:192.0.2.25 include:_spf.example.net -all")
INCLUDED = txt("v=spf1 ip4:198.51.100.0/28 -all")
KEY = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
