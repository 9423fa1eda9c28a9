"""Exchanges with ordinary servers."""

from __future__ import annotations

import asyncio
import gzip

from launchready.collect.dial import DialMap
from launchready.collect.web.client import HttpClient
from launchready.collect.web.exchange import Asking, command
from launchready.collect.web.message import MEDIA_MAX_BYTES, Failure, Request, Response
from launchready.facts import Gap, Key
from launchready.facts.dns import Resolution
from launchready.facts.http import Exchange, Repeat
from tests.collect.worlds import loopback_world, serving


class Site:
    """Answers every request with the bytes for its path, and remembers what was asked."""

    def __init__(self, answers: dict[str, bytes]) -> None:
        self.answers = answers
        self.heads: list[str] = []
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.heads.append(head)
            missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
            writer.write(self.answers.get(head.split()[1], missing))
            await writer.drain()


def page(body: bytes, *fields: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def test_a_command_keeps_cookies_and_signatures_back() -> None:
    kept_back = ("Cookie", "Authorization", "Stripe-Signature", "Webhook-Signature")
    headers = (("Accept", "text/plain"), *((name, "7f3a91") for name in kept_back))
    shown = command(Asking(url="https://example.org/", method="POST", headers=headers))
    assert "7f3a91" not in shown
    assert all(f"{name}: …" in shown for name in kept_back)
    assert "Accept: text/plain" in shown


async def test_an_answer_is_recorded_with_the_published_address() -> None:
    site = Site({"/": page(b"hello", "Content-Type: text/plain")})
    async with serving(site) as port, loopback_world({"203.0.113.5:80": port}) as loopback:
        answer = await loopback.answer("http://example.org/")
    assert (answer.status, answer.body, answer.http_version) == (200, b"hello", "1.1")
    assert answer.address == "203.0.113.5"
    assert answer.content_type == "text/plain"


async def test_a_compressed_body_is_decoded_and_its_wire_size_kept() -> None:
    packed = gzip.compress(b"x" * 5000)
    site = Site({"/": page(packed, "Content-Encoding: gzip")})
    async with serving(site) as port, loopback_world({"203.0.113.5:80": port}) as loopback:
        answer = await loopback.answer("http://example.org/")
    assert answer.body == b"x" * 5000
    assert answer.wire_bytes == len(packed)


async def test_the_visitor_says_who_it_is_and_brings_no_cookies() -> None:
    site = Site({"/": page(b"", "Set-Cookie: a=b"), "/two": page(b"")})
    async with serving(site) as port, loopback_world({"203.0.113.5:80": port}) as loopback:
        await loopback.answer("http://example.org/")
        await loopback.answer("http://example.org/two")
    assert "User-Agent: LaunchReady/" in site.heads[1]
    assert "cookie" not in site.heads[1].lower()


async def test_further_requests_use_the_open_connection() -> None:
    site = Site({})
    async with serving(site) as port, loopback_world({"203.0.113.5:80": port}) as loopback:
        for path in "abc":
            await loopback.answer(f"http://example.org/{path}")
    assert site.connections == 1


async def test_a_url_is_fetched_once_however_many_ask() -> None:
    site = Site({})
    async with serving(site) as port, loopback_world({"203.0.113.5:80": port}) as loopback:
        await asyncio.gather(*(loopback.answer("http://example.org/") for _ in range(5)))
    assert len(site.heads) == 1


async def test_a_host_that_does_not_resolve_is_explained_by_its_resolution() -> None:
    async with loopback_world({}, addresses={"example.org": ()}) as loopback:
        found = await loopback.get("https://example.org/")
        assert isinstance(found, Gap)
        assert found.because == Key(Resolution, loopback.host())


async def test_a_host_in_the_dial_map_needs_no_dns() -> None:
    site = Site({"/": page(b"here")})
    async with (
        serving(site) as port,
        loopback_world({"example.org:80": port}, addresses={"example.org": ()}) as loopback,
    ):
        assert (await loopback.answer("http://example.org/")).body == b"here"


async def test_an_address_that_answers_is_found_beside_one_that_refuses() -> None:
    site = Site({"/": page(b"here")})
    both = {"example.org": ("127.9.8.7", "203.0.113.6")}
    async with serving(site) as port:
        client = HttpClient(dial=DialMap({("203.0.113.6", port): ("127.0.0.1", port)}))
        request = Request(url=f"http://example.org:{port}/", addresses=both["example.org"])
        found = await client.send(request)
        await client.aclose()
    assert isinstance(found, Response)
    assert (found.body, found.address) == (b"here", "203.0.113.6")


async def test_a_repeat_is_a_second_request_after_the_first() -> None:
    site = Site({"/": page(b"", "Age: 3")})
    async with serving(site) as port, loopback_world({"203.0.113.5:80": port}) as loopback:
        found = await loopback.gatherer.ask(Repeat, loopback.url("http://example.org/"))
        assert isinstance(found, Repeat)
        assert found.first is await loopback.get("http://example.org/")
    assert isinstance(found.second, Exchange)
    assert len(site.heads) == 2


async def test_of_an_image_only_the_beginning_is_kept() -> None:
    site = Site({"/a.png": page(b"x" * 1_000_000, "Content-Type: image/png")})
    async with serving(site) as port, loopback_world({"203.0.113.5:80": port}) as loopback:
        answer = await loopback.answer("http://example.org/a.png")
    assert answer.body_cut
    assert len(answer.body) == MEDIA_MAX_BYTES


async def test_a_connection_closed_by_chance_is_tried_once_more() -> None:
    site = Site({"/": page(b"here")})
    opened = iter(range(10))

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if next(opened) == 0:
            await reader.readuntil(b"\r\n\r\n")
            return
        await site(reader, writer)

    async with serving(peer) as port, loopback_world({"203.0.113.5:80": port}) as loopback:
        assert (await loopback.answer("http://example.org/")).body == b"here"


async def test_addresses_at_different_ports_are_tried_in_turn() -> None:
    site = Site({"/": page(b"here")})
    both = {"example.org": ("203.0.113.5", "203.0.113.6")}
    async with (
        serving(site) as port,
        loopback_world({"203.0.113.5:80": 1, "203.0.113.6:80": port}, addresses=both) as loopback,
    ):
        assert (await loopback.answer("http://example.org/")).address == "203.0.113.6"


async def test_an_address_without_a_route_is_our_own_limit() -> None:
    client = HttpClient()
    client._routes["2001:db8::1"] = False
    found = await client.send(Request(url="https://example.org/", addresses=("2001:db8::1",)))
    await client.aclose()
    assert isinstance(found, Failure)
    assert found.ours
    assert "IPv6" in found.reason


async def test_a_port_where_nothing_listens_is_told_apart_by_more_than_words() -> None:
    async with loopback_world({"203.0.113.5:80": 1}) as loopback:
        found = await loopback.gatherer.ask(Exchange, loopback.url("http://example.org/"))
    assert isinstance(found, Gap)
    assert found.nature == "closed"
    assert found.reason.startswith("nothing listens: ")
