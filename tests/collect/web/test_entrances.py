"""The ways into a host, by HTTP and by HTTPS, of a real server."""

from __future__ import annotations

import asyncio
from pathlib import Path

from launchready.collect.web import exchange as http
from launchready.collect.web import walks
from launchready.facts import Gap, Key, route_subject
from launchready.facts.exposure import ErrorAnswers, Probe
from launchready.facts.http import HostAnswers
from launchready.facts.ways import Entrance, Visit
from tests.collect.web.test_exchange import page
from tests.collect.web.test_probes import (
    HTML,
    Answer,
    Https,
    context,
    https_world,
    only,
    root,
)
from tests.collect.worlds import Peer, loopback_world, serving

__all__ = ["root"]
HOME = page(b"<title>Our community</title>Welcome to all members", HTML)


def moved(_method: str, target: str, _fields: dict[str, str]) -> bytes:
    return page(b"", f"Location: https://example.org{target}", status="301 Moved Permanently")


async def entered(root: Path, plain: Answer | None) -> Entrance:
    async with https_world(only({"/": HOME}), root, plain=plain) as (loopback, _):
        found = await loopback.gatherer.ask(Entrance, loopback.host())
    assert isinstance(found, Entrance), found
    return found


async def entered_by(peer: Peer, root: Path, *, request_s: float) -> Entrance:
    async with (
        serving(peer) as http_port,
        serving(Https(only({"/": HOME})), tls=context()) as https_port,
        loopback_world(
            {"203.0.113.5:80": http_port, "203.0.113.5:443": https_port},
            ca=root, request_s=request_s, collectors={**http.COLLECTORS, **walks.COLLECTORS},
        ) as loopback,
    ):  # fmt: skip
        found = await loopback.gatherer.ask(Entrance, loopback.host())
    assert isinstance(found, Entrance), found
    return found


async def test_an_entrance_leads_from_http_to_https_with_path_and_query(root: Path) -> None:
    found = await entered(root, moved)
    deep = f"https://example.org{found.deep_path}?{found.deep_query}"
    assert found.http_deep is not None
    assert found.http_deep.urls[-1] == deep
    assert found.http_root is not None
    assert found.http_root.redirects == 1
    assert not found.http_closed


async def test_the_https_walks_are_the_ends_of_the_http_walks(root: Path) -> None:
    found = await entered(root, moved)
    assert found.http_root is not None
    assert found.https_root is not None
    assert found.http_root.last is found.https_root.last


async def test_a_closed_port_80_is_noted_and_no_trouble(root: Path) -> None:
    found = await entered(root, None)
    assert (found.http_closed, found.http_root, found.trouble) == (True, None, "")
    assert found.https_root is not None


async def test_a_port_80_that_hangs_up_at_once_is_as_good_as_closed(root: Path) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    found = await entered_by(hang_up, root, request_s=10.0)
    assert (found.http_closed, found.http_root, found.trouble) == (True, None, "")
    assert found.https_root is not None


async def test_a_silent_port_80_is_trouble_and_not_closed(root: Path) -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    found = await entered_by(silent, root, request_s=0.5)
    assert (found.http_closed, found.http_root) == (False, None)
    assert "http_root: no answer within 0.5 seconds" in found.trouble


async def test_what_hangs_on_a_garbled_host_is_explained_by_its_answers(root: Path) -> None:
    garbage = only({}, b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n")
    async with https_world(garbage, root, plain=moved) as (loopback, _):
        host = Key(HostAnswers, loopback.host())
        page_key = Key(Visit, route_subject("https://example.org/", "example.org"))
        for key in (Key(kind, host.subject) for kind in (Entrance, Probe, ErrorAnswers)):
            found = await loopback.gatherer.ask(key.kind, key.subject)
            assert isinstance(found, Gap)
            assert found.because == host
        visit = await loopback.gatherer.ask(page_key.kind, page_key.subject)
        answers = loopback.gatherer.observed[host]
    assert answers.fault == visit.fault == "garbled"  # type: ignore[union-attr]
    assert visit.because == host
