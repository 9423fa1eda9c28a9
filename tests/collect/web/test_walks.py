"""Walks along redirects, as a browser would go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from launchready.collect.web import exchange as http
from launchready.collect.web import walks
from launchready.facts import Gap, Key, Subject, route_subject
from launchready.facts.dns import Resolution
from launchready.facts.http import Exchange
from launchready.facts.ways import Entrance, OldUrl, Visit, Walk
from tests.collect.web.test_exchange import page
from tests.collect.worlds import Loopback, loopback_world, serving

Answer = Callable[[str, dict[str, str]], bytes]


def to(location: str, *fields: str) -> bytes:
    return page(b"", f"Location: {location}", *fields, status="302 Found")


class Hosts:
    """Answers by host and path; remembers every request."""

    def __init__(self, answers: Mapping[str, bytes | Answer]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.strip().split("\r\n")
            fields = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
            where = fields["host"] + first.split()[1]
            self.asked.append(where)
            answer = self.answers.get(where.partition("?")[0], page(b"", status="404 Not Found"))
            writer.write(answer if isinstance(answer, bytes) else answer(where, fields))
            await writer.drain()


@asynccontextmanager
async def world_of(
    answers: Mapping[str, bytes | Answer],
    *,
    addresses: Mapping[str, tuple[str, ...]] | None = None,
    more: str = "",
) -> AsyncIterator[tuple[Loopback, Hosts]]:
    hosts = Hosts(answers)
    async with (
        serving(hosts) as port,
        loopback_world(
            {"203.0.113.5:80": port},
            manifest=f'[launch]\ndomain = "example.org"\n{more}',
            addresses=addresses,
            collectors={**http.COLLECTORS, **walks.COLLECTORS},
        ) as loopback,
    ):
        yield loopback, hosts


async def walked(loopback: Loopback, url: str) -> Walk:
    return (await walks.walk(url, loopback.world, loopback.gatherer.ask)).walk


async def test_a_walk_ends_at_the_answer_behind_the_redirects() -> None:
    answers = {"example.org/": to("/b?x=1"), "example.org/b": to("//www.example.org/c")}
    async with world_of({**answers, "www.example.org/c": page(b"end")}) as (loopback, _):
        walk = await walked(loopback, "http://example.org/")
    assert walk.urls == (
        "http://example.org/", "http://example.org/b?x=1", "http://www.example.org/c",
    )  # fmt: skip
    assert (walk.end, walk.redirects) == ("answer", 2)


async def test_hops_are_the_exchanges_that_other_facts_share() -> None:
    answers = {"example.org/": to("/b"), "example.org/b": page(b"end")}
    async with world_of(answers) as (loopback, hosts):
        walk = await walked(loopback, "http://example.org/")
        assert walk.last is await loopback.answer("http://example.org/b")
    assert len(hosts.asked) == 2


async def test_a_redirect_to_itself_is_a_loop() -> None:
    async with world_of({"example.org/": to("/b"), "example.org/b": to("/")}) as (loopback, hosts):
        walk = await walked(loopback, "http://example.org/")
    assert walk.end == "loop"
    assert len(hosts.asked) == 2


async def test_endless_redirects_end_after_twenty() -> None:
    def on(where: str, _fields: dict[str, str]) -> bytes:
        return to(f"/?{int(where.partition('?')[2] or 0) + 1}")

    async with world_of({"example.org/": on}) as (loopback, hosts):
        walk = await walked(loopback, "http://example.org/")
    assert walk.end == "too many hops"
    assert walk.redirects == 20
    assert len(hosts.asked) == 21


async def test_a_site_that_redirects_until_its_cookie_comes_back_is_no_loop() -> None:
    def gate(_where: str, fields: dict[str, str]) -> bytes:
        if fields.get("cookie") == "seen=1":
            return page(b"welcome")
        return to("/", "Set-Cookie: seen=1; Path=/; HttpOnly")

    async with world_of({"example.org/": gate}) as (loopback, _):
        walk = await walked(loopback, "http://example.org/")
    assert walk.end == "answer"
    assert walk.last is not None
    assert walk.last.body == b"welcome"
    assert "seen=1" not in walk.last.how


async def test_a_cookie_set_on_the_way_goes_with_the_next_hop() -> None:
    def page_of(_where: str, fields: dict[str, str]) -> bytes:
        return page(fields.get("cookie", "none").encode())

    start = to("/in", "Set-Cookie: a=b")
    async with world_of({"example.org/": start, "example.org/in": page_of}) as (loopback, _):
        walk = await walked(loopback, "http://example.org/")
    assert walk.last is not None
    assert walk.last.body == b"a=b"


async def test_a_load_balancers_cookie_makes_no_second_request() -> None:
    answers = {
        "example.org/": to("/in", "Set-Cookie: AWSALB=abc; Path=/"),
        "example.org/in": page(b"in"),
    }
    async with world_of(answers) as (loopback, hosts):
        await loopback.answer("http://example.org/in")
        await walked(loopback, "http://example.org/")
    assert hosts.asked.count("example.org/in") == 1


async def test_a_new_cookie_every_time_round_is_still_a_loop() -> None:
    count = iter(range(100))

    def gate(_where: str, _fields: dict[str, str]) -> bytes:
        return to("/", f"Set-Cookie: session={next(count)}")

    async with world_of({"example.org/": gate}) as (loopback, _):
        walk = await walked(loopback, "http://example.org/")
    assert walk.end == "loop"


async def test_cookies_do_not_reach_other_hosts() -> None:
    def page_of(_where: str, fields: dict[str, str]) -> bytes:
        return page(fields.get("cookie", "none").encode())

    start = to("http://other.example.net/", "Set-Cookie: a=b")
    async with world_of({"example.org/": start, "other.example.net/": page_of}) as (loopback, _):
        walk = await walked(loopback, "http://example.org/")
    assert walk.last is not None
    assert walk.last.body == b"none"


async def test_a_public_hosts_redirect_to_the_metadata_address_is_not_followed() -> None:
    for address in ("169.254.169.254", "127.0.0.1", "10.0.0.1", "[::1]", "2130706433", "0x7f.1"):
        answers = {"example.org/": to(f"http://{address}/latest/")}
        async with world_of(answers) as (loopback, hosts):
            walk = await walked(loopback, "http://example.org/")
        assert walk.end == "private address", address
        assert hosts.asked == ["example.org/"]


async def test_a_public_hosts_redirect_to_a_host_at_a_private_address_is_not_followed() -> None:
    answers = {"example.org/": to("http://inside.example.org/")}
    async with world_of(
        answers,
        addresses={"inside.example.org": ("10.1.2.3",)},
        more="[hosts.'inside.example.org']",
    ) as (loopback, hosts):
        walk = await walked(loopback, "http://example.org/")
    assert walk.end == "private address"
    assert hosts.asked == ["example.org/"]


async def test_a_location_that_leads_nowhere_is_named() -> None:
    for location in (
        "http://[::1",
        "http://:80/",
        "app://open",
        "http://x y/",
        "//",
        "http://a:99999/",
    ):
        async with world_of({"example.org/": to(location)}) as (loopback, _):
            walk = await walked(loopback, "http://example.org/")
        assert walk.end == "bad location", location


async def test_two_different_locations_lead_nowhere() -> None:
    async with world_of({"example.org/": to("/a", "Location: /b")}) as (loopback, _):
        walk = await walked(loopback, "http://example.org/")
    assert walk.end == "bad location"


async def test_a_redirect_to_a_port_that_speaks_no_tls_leads_nowhere() -> None:
    """So it comes where $scheme is put in front of the port that the app itself listens on."""

    async def no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(200)
        writer.write(page(b"", status="400 Bad Request"))
        await writer.drain()

    hosts = Hosts({"example.org/": to("https://example.org:8443/")})
    async with (
        serving(hosts) as port,
        serving(no_tls) as other,
        loopback_world(
            {"203.0.113.5:80": port, "203.0.113.5:8443": other},
            manifest='[launch]\ndomain = "example.org"\n',
            collectors={**http.COLLECTORS, **walks.COLLECTORS},
        ) as loopback,
    ):
        walked = await walks.walk("http://example.org/", loopback.world, loopback.gatherer.ask)
    assert (walked.walk.end, walked.plain) == ("gap", True)
    assert walked.gap is not None
    assert walked.gap.nature == "no-tls"


async def test_a_redirect_without_location_leads_nowhere() -> None:
    async with world_of({"example.org/": page(b"", status="301 Moved")}) as (loopback, _):
        walk = await walked(loopback, "http://example.org/")
    assert walk.end == "bad location"


async def test_a_location_beyond_ascii_is_sent_as_browsers_send_it() -> None:
    location = "/ä b".encode().decode("latin-1")
    answers = {"example.org/": to(location), "example.org/%C3%A4%20b": page(b"found")}
    async with world_of(answers) as (loopback, _):
        walk = await walked(loopback, "http://example.org/")
    assert walk.last is not None
    assert walk.last.body == b"found"


async def test_a_visit_behind_an_unresolved_host_of_the_launch_is_explained_by_it() -> None:
    more = "[hosts.'app.example.org']\n[routes]\n'http://example.org/in' = 'page'"
    answers = {"example.org/in": to("http://app.example.org/")}
    async with world_of(answers, addresses={"app.example.org": ()}, more=more) as (loopback, _):
        subject = route_subject("http://example.org/in", "example.org")
        found = await loopback.gatherer.ask(Visit, subject)
        assert isinstance(found, Gap)
        assert found.because is not None
        assert found.because.kind is Exchange
        hop = loopback.gatherer.observed[found.because]
        assert isinstance(hop, Gap)
        assert hop.because == Key(Resolution, loopback.host("app.example.org"))


async def test_an_old_url_that_leads_to_a_dead_domain_is_a_fact() -> None:
    more = "[redirects]\n'http://example.org/old' = 'http://example.org/new'"
    answers = {"example.org/old": to("http://gone.example.net/")}
    async with world_of(answers, addresses={"gone.example.net": ()}, more=more) as (loopback, _):
        subject = Subject("redirect", "http://example.org/old", loopback.host())
        found = await loopback.gatherer.ask(OldUrl, subject)
    assert isinstance(found, OldUrl)
    assert found.walk.end == "gap"
    assert "gone.example.net does not resolve" in found.walk.detail


async def test_a_challenge_on_the_way_is_a_gap() -> None:
    answers = {"example.org/": page(b"", "cf-mitigated: challenge", status="403 Forbidden")}
    async with world_of(answers) as (loopback, _):
        subject = route_subject("https://example.org/", "example.org")
        walked = await walks.walk("http://example.org/", loopback.world, loopback.gatherer.ask)
        assert walked.gap is not None
        assert walked.gap.because == Key(Exchange, loopback.url("http://example.org/"))
        assert subject.name.startswith("https")


async def test_an_entrance_with_a_closed_https_port_is_explained_by_the_handshake() -> None:
    async with world_of({}) as (loopback, _):
        loopback.world.dial.routes["203.0.113.5", 443] = ("127.0.0.1", 1)  # type: ignore[index]
        found = await loopback.gatherer.ask(Entrance, loopback.host())
    assert isinstance(found, Gap)
    assert found.because is not None
    assert found.because.kind is Exchange


async def test_an_old_url_and_a_page_are_followed_where_their_markup_sends_a_browser() -> None:
    alias = page(
        b'<meta http-equiv="refresh" content="0; url=http://example.org/new/">',
        "Content-Type: text/html",
    )
    answers = {"example.org/old": alias, "example.org/new/": page(b"new")}
    more = '[routes]\n"http://example.org/old" = "page"\n'
    more += '[redirects]\n"http://example.org/old" = "http://example.org/new/"\n'
    async with world_of(answers, more=more) as (loopback, _):
        subject = route_subject("http://example.org/old", "example.org")
        for kind in (Visit, OldUrl):
            found = await loopback.gatherer.ask(kind, subject)
            assert isinstance(found, (Visit, OldUrl)), found
            assert found.walk.urls == ("http://example.org/old", "http://example.org/new/")


async def test_a_page_is_followed_where_a_script_does_nothing_but_leave() -> None:
    alias = page(b"<script>location.href = '/new/'</script>", "Content-Type: text/html")
    answers = {"example.org/old": alias, "example.org/new/": page(b"new")}
    async with world_of(answers, more='[routes]\n"http://example.org/old" = "page"\n') as (
        loopback,
        _,
    ):
        found = await loopback.gatherer.ask(
            Visit, route_subject("http://example.org/old", "example.org")
        )
    assert isinstance(found, Visit), found
    assert found.walk.urls == ("http://example.org/old", "http://example.org/new/")


async def test_a_page_whose_markup_sends_to_a_private_address_is_told() -> None:
    alias = page(
        b'<meta http-equiv="refresh" content="0; url=http://10.1.2.3/">', "Content-Type: text/html"
    )
    more = '[routes]\n"http://example.org/old" = "page"\n'
    async with world_of({"example.org/old": alias}, more=more) as (loopback, _):
        found = await loopback.gatherer.ask(
            Visit, route_subject("http://example.org/old", "example.org")
        )
    assert isinstance(found, Visit)
    assert found.fault == "private-address"
