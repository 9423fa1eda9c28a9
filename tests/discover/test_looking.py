"""What is found of a domain, on sites as founders have them."""

from __future__ import annotations

import collections
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from urllib.parse import urlsplit

import dns.message
import dns.rdatatype
import pytest

from launchready.collect.opening import open_world
from launchready.collect.world import World
from launchready.discover import Found, FoundHost, look, manifest_text
from launchready.facts import Gap, Key, Subject
from launchready.facts.dns import Alias, Resolution, ResolverAnswer
from launchready.facts.http import Exchange
from launchready.facts.tls import Handshake
from launchready.gather import Gatherer
from launchready.mailauth.lookups import Answer
from launchready.manifest import parse_manifest
from tests.collect.mail.asking import asked
from tests.collect.nameserver import Transport, knowing_the_root, reply_to, wire
from tests.making import exchange

LOGIN_FORM = (
    "<title>Log in</title><form method=post><input name=e><input type=password name=p></form>"
)
MAGIC_LINK = "<title>Sign in</title><form method=post><input type=email name=email></form>"
HERE = "203.0.113.5"
HTML = {"Content-Type": "text/html"}


def page(url: str, body: str = "<p>Bread at home</p>", status: int = 200) -> Exchange:
    return exchange(url, status=status, headers=HTML, body=body)


def redirect(url: str, location: str, status: int = 301) -> Exchange:
    return exchange(url, status=status, headers={"Location": location})


@dataclass(kw_only=True)
class Web:
    """A web made by hand: the addresses and aliases of names, the answers of URLs."""

    answers: tuple[Exchange, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    untrusted: frozenset[str] = frozenset()
    wildcard: str = ""
    broken: bool = False
    asked: collections.Counter[str] = field(default_factory=collections.Counter)

    async def resolution(self, subject: Subject, world: World, _ask: object) -> Resolution:
        name = subject.name
        address = self.addresses.get(name, self.wildcard)
        alias = self.aliases.get(name)
        answer = ResolverAnswer(
            resolver="192.0.2.1",
            rcode="NOERROR" if address else "NXDOMAIN",
            v4=(address,) if address else (),
            aliases=(Alias(owner=name, target=alias, ttl_s=300),) if alias else (),
        )
        return Resolution(subject=subject, at=world.now(), how="test", answers=(answer,))

    async def exchange(self, subject: Subject, _world: World, _ask: object) -> Exchange | Gap:
        url = subject.name
        self.asked[url] += 1
        host = urlsplit(url).hostname or ""
        if host in self.refused:
            return Gap(key=Key(Exchange, subject), reason="nothing listens: connection refused")
        if host in self.untrusted and url.startswith("https"):
            return Gap(key=Key(Exchange, subject), reason="the certificate is for another host")
        known = {a.url: a for a in self.answers}
        return known.get(url) or page(url, "<p>Not found</p>", 404)

    async def handshake(self, subject: Subject, _world: World, _ask: object) -> Handshake:
        return Handshake(
            subject=subject,
            at=datetime(2026, 11, 21, tzinfo=UTC),
            how="test",
            accepted=subject.name not in self.refused,
            trust="wrong-host" if subject.name in self.untrusted else "trusted",
        )

    def gatherer(self, world: World) -> Gatherer:
        return Gatherer(
            world=world,
            collectors={
                Resolution: self.resolution,
                Exchange: self.exchange,
                Handshake: self.handshake,
            },
        )

    async def found(self, domain: str = "example.org") -> Found:
        async def no_records(*_: object) -> SimpleNamespace:
            return SimpleNamespace(as_answer=lambda: Answer(status="nxdomain"), rcode="NXDOMAIN")

        async with open_world(
            parse_manifest(f'[launch]\ndomain = "{domain}"\n'),
            from_file=False,
            resolvers=("127.0.0.1:1",),
        ) as world:
            kept, world.names = world.names, SimpleNamespace(ask=no_records)  # type: ignore[assignment]
            gatherer = self.gatherer(world)
            found = await look(gatherer, domain)
            await kept.close()
            assert bool(gatherer.crashes) is self.broken
        parse_manifest(manifest_text(found))
        return found


def host(found: Found, name: str) -> FoundHost:
    return next(h for h in found.hosts if h.name == name)


async def test_an_apex_that_leads_to_www_is_a_redirecting_host() -> None:
    web = Web(
        addresses={"example.org": HERE, "www.example.org": HERE},
        answers=(
            redirect("https://example.org/", "https://www.example.org/"),
            page("https://www.example.org/", '<title>Bread</title><a href="/sign-in">Sign in</a>'),
            page("https://www.example.org/sign-in", LOGIN_FORM),
        ),
    )
    found = await web.found()
    assert host(found, "example.org").redirects_to == "www.example.org"
    assert host(found, "www.example.org").redirects_to == ""
    assert found.routes == (("www.example.org/sign-in", "auth"),)
    assert found.name == "Bread"


async def test_an_apex_that_does_not_resolve_is_still_to_be_audited() -> None:
    web = Web(addresses={"www.example.org": HERE}, answers=(page("https://www.example.org/"),))
    found = await web.found()
    assert host(found, "example.org").web
    assert host(found, "www.example.org").web


async def test_a_host_beyond_the_usual_names_is_found_by_the_redirect_to_it() -> None:
    web = Web(
        addresses={"example.org": HERE, "bakers.example.org": HERE},
        answers=(
            redirect("https://example.org/", "https://bakers.example.org/"),
            page("https://bakers.example.org/"),
        ),
    )
    found = await web.found()
    assert [h.name for h in found.hosts] == ["example.org", "bakers.example.org"]
    assert host(found, "example.org").redirects_to == "bakers.example.org"


async def test_an_app_that_leads_visitors_to_its_log_in_is_no_redirecting_host() -> None:
    web = Web(
        addresses=dict.fromkeys(("example.org", "app.example.org", "id.example.org"), HERE),
        answers=(
            page("https://example.org/"),
            redirect("https://app.example.org/", "https://id.example.org/login?next=/", 302),
            page("https://id.example.org/login?next=/", LOGIN_FORM),
            page("https://id.example.org/login", LOGIN_FORM),
        ),
    )
    found = await web.found()
    assert host(found, "app.example.org").redirects_to == ""
    assert ("id.example.org/login", "auth") in found.routes


async def test_a_log_in_at_another_company_is_noted_and_no_route() -> None:
    link = '<a href="https://bread.memberful.example/auth/sign_in">Sign in</a>'
    web = Web(addresses={"example.org": HERE}, answers=(page("https://example.org/", link),))
    found = await web.found()
    assert found.routes == ()
    assert any("bread.memberful.example" in note for note in found.notes)


async def test_a_log_in_page_that_leads_to_another_company_is_audited_as_a_page() -> None:
    home = page("https://example.org/", "<a href=/login>Log in</a>")
    away = redirect("https://example.org/login", "https://tenant.auth0.com/authorize?x=1", 302)
    there = page("https://tenant.auth0.com/authorize?x=1", LOGIN_FORM)
    web = Web(
        answers=(home, away, there), addresses={"example.org": HERE, "tenant.auth0.com": HERE}
    )
    found = await web.found()
    assert found.routes == (("example.org/login", "page"),)
    assert any("tenant.auth0.com" in note for note in found.notes)


async def test_a_wildcard_makes_no_hosts() -> None:
    web = Web(wildcard=HERE, answers=(page("https://example.org/"),))
    found = await web.found()
    assert [h.name for h in found.hosts] == ["example.org", "www.example.org"]
    assert any("wildcard" in note for note in found.notes)


async def test_a_host_at_an_address_of_its_own_is_found_beside_a_wildcard() -> None:
    web = Web(
        wildcard=HERE,
        addresses={"app.example.org": "203.0.113.77"},
        answers=(page("https://example.org/"), page("https://app.example.org/")),
    )
    assert "app.example.org" in [h.name for h in (await web.found()).hosts]


async def test_a_status_page_at_another_company_is_noted_and_not_audited() -> None:
    web = Web(
        addresses={"example.org": HERE, "status.example.org": "198.51.100.9"},
        aliases={"status.example.org": "pages.status.example"},
        answers=(page("https://example.org/"),),
    )
    found = await web.found()
    assert [h.name for h in found.hosts] == ["example.org"]
    assert any("status.example.org" in note for note in found.notes)


async def test_a_community_at_another_company_is_audited() -> None:
    web = Web(
        addresses={"example.org": HERE, "community.example.org": "198.51.100.9"},
        aliases={"community.example.org": "custom.circle.so"},
        answers=(page("https://example.org/"), page("https://community.example.org/")),
    )
    community = host(await web.found(), "community.example.org")
    assert (community.platform, community.web) == ("Circle", True)


async def test_a_host_with_a_bad_certificate_is_audited() -> None:
    web = Web(
        addresses={"example.org": HERE, "app.example.org": HERE},
        answers=(page("https://example.org/"),),
        untrusted=frozenset({"app.example.org"}),
    )
    assert host(await web.found(), "app.example.org").web


async def test_a_name_without_any_open_port_serves_no_pages() -> None:
    web = Web(
        addresses={"example.org": HERE, "api.example.org": "203.0.113.9"},
        answers=(page("https://example.org/"),),
        refused=frozenset({"api.example.org"}),
    )
    assert not host(await web.found(), "api.example.org").web


async def test_www_and_the_apex_are_audited_even_when_nothing_listens() -> None:
    web = Web(
        addresses={"example.org": HERE, "www.example.org": HERE},
        refused=frozenset({"example.org", "www.example.org"}),
    )
    found = await web.found()
    assert [h.web for h in found.hosts] == [True, True]


@pytest.mark.parametrize("path", ["wp-login.php", "auth/signin", "users/sign_in"])
async def test_a_usual_log_in_path_is_found_without_a_link(path: str) -> None:
    web = Web(
        addresses={"example.org": HERE},
        answers=(
            page("https://example.org/"),
            page(f"https://example.org/{path}", LOGIN_FORM),
        ),
    )
    assert (await web.found()).routes == ((f"example.org/{path}", "auth"),)


async def test_without_mail_records_a_site_sends_mail_only_if_members_sign_in_there() -> None:
    plain = (page("https://example.org/"),)
    web = Web(addresses={"example.org": HERE}, answers=plain)
    assert (await web.found()).sends is None
    web = Web(
        addresses={"example.org": HERE},
        answers=(*plain, page("https://example.org/signin", MAGIC_LINK)),
    )
    assert (await web.found()).sends is True


async def test_a_log_in_by_mail_link_is_found() -> None:
    web = Web(
        addresses={"example.org": HERE},
        answers=(page("https://example.org/"), page("https://example.org/signin", MAGIC_LINK)),
    )
    assert (await web.found()).routes == (("example.org/signin", "auth"),)


async def test_a_single_page_app_that_answers_every_path_alike_has_no_known_log_in() -> None:
    class Everywhere(Web):
        async def exchange(self, subject: Subject, _world: World, _ask: object) -> Exchange:
            return page(subject.name, "<div id=app></div><script src=/app.js></script>")

    found = await Everywhere(addresses={"example.org": HERE}).found()
    assert found.routes == ()
    assert any("No log-in page" in note for note in found.notes)


async def test_a_site_that_shows_its_log_in_to_every_visitor_signs_in_at_its_root() -> None:
    class Everywhere(Web):
        async def exchange(self, subject: Subject, _world: World, _ask: object) -> Exchange:
            return page(subject.name, LOGIN_FORM)

    found = await Everywhere(addresses={"example.org": HERE}).found()
    assert found.routes == (("example.org/", "auth"),)


async def test_no_page_is_fetched_twice() -> None:
    web = Web(
        addresses={"example.org": HERE, "www.example.org": HERE},
        answers=(
            redirect("https://example.org/", "https://www.example.org/"),
            page("https://www.example.org/"),
        ),
    )
    await web.found()
    assert set(web.asked.values()) == {1}


async def test_a_domain_that_resolves_to_nothing_is_found_as_itself() -> None:
    found = await Web().found()
    assert [h.name for h in found.hosts] == ["example.org"]


async def test_a_domain_whose_community_lives_at_another_is_said_so() -> None:
    web = Web(
        addresses={"example.org": HERE, "bread.circle.so": HERE},
        answers=(
            redirect("https://example.org/", "https://bread.circle.so/"),
            page("https://bread.circle.so/", LOGIN_FORM),
        ),
    )
    found = await web.found()
    assert host(found, "example.org").redirects_to == "bread.circle.so"
    assert found.routes == ()
    assert any("leads visitors to bread.circle.so" in note for note in found.notes)


async def test_a_bug_of_ours_while_looking_is_told() -> None:
    class Broken(Web):
        async def exchange(self, subject: Subject, _world: World, _ask: object) -> Exchange:
            raise ZeroDivisionError(subject.name)

    found = await Broken(addresses={"example.org": HERE}, broken=True).found()
    assert any("ZeroDivisionError" in note for note in found.notes)


async def test_what_a_wildcard_says_at_every_name_is_no_dkim_key() -> None:
    def wild(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        name, kind = query.question[0].name, dns.rdatatype.to_text(query.question[0].rdtype)
        texts = [f'{name} 300 TXT "v=DMARC1; p=none"'] if kind == "TXT" else []
        return [wire(reply_to(query, answer=texts), transport)]

    web = Web(addresses={"example.org": HERE}, answers=(page("https://example.org/"),))
    async with asked(knowing_the_root(wild)) as here:
        found = await look(web.gatherer(here.world), "example.org")
    assert (found.sends, found.selectors) == (True, ())
