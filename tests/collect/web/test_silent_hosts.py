"""Hosts that take connections and answer nothing: one fact, which explains every gap behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from launchready.collect.web import host_answers, reach, walks
from launchready.facts import Gap, Key, Subject, route_subject
from launchready.facts.http import Exchange, HostAnswers
from launchready.facts.ways import Entrance, Visit
from tests.collect.web.test_exchange import page
from tests.collect.web.test_probes import HTML, context, root
from tests.collect.worlds import Loopback, loopback_world, serving

__all__ = ["root"]

NAMES = [f"/{n}" for n in range(12)]
FINE = page(b"<h1>fine</h1>", HTML)


@asynccontextmanager
async def quiet(
    root: Path, *, answers: Collection[str] = (), routes: Collection[str] = ("/a", "/b"),
    kind: str = "page",
) -> AsyncIterator[Loopback]:  # fmt: skip
    """Yield a world whose example.org does TLS, takes every request and answers only these paths."""

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            if head.split()[1] in answers:
                writer.write(FINE)
                await writer.drain()

    lines = "".join(f"'https://example.org{path}' = '{kind}'\n" for path in routes)
    async with (
        serving(peer, tls=context()) as port,
        loopback_world(
            {"203.0.113.5:443": port, "203.0.113.5:80": 1},
            manifest=f'[launch]\ndomain = "example.org"\n[routes]\n{lines}',
            ca=root,
            request_s=1.5,
            collectors={**walks.COLLECTORS, **host_answers.COLLECTORS, **reach.COLLECTORS},
        ) as loopback,
    ):
        yield loopback


async def host(loopback: Loopback) -> HostAnswers | Gap:
    return await loopback.gatherer.ask(HostAnswers, loopback.host())


def route(path: str) -> Subject:
    return route_subject(f"https://example.org{path}", "example.org")


async def test_a_host_that_answers_nothing_is_silent(root: Path) -> None:
    async with quiet(root) as loopback:
        found = await host(loopback)
    assert isinstance(found, HostAnswers), found
    assert (found.fault, found.answers) == ("silent", ())
    assert found.silence == "no answer within 1.5 seconds"
    assert {"https://example.org/", "https://example.org/a"} < set(found.unanswered)


async def test_every_page_of_a_silent_host_is_owed_to_it(root: Path) -> None:
    async with quiet(root) as loopback:
        ask = loopback.gatherer.ask
        visit, entrance = await asyncio.gather(
            ask(Visit, route("/a")), ask(Entrance, loopback.host())
        )
        page_gap = loopback.gatherer.observed[Key(Exchange, loopback.url("https://example.org/a"))]
    silent = Key(HostAnswers, loopback.host())
    assert isinstance(page_gap, Gap) and page_gap.because == silent  # noqa: PT018 - one claim
    assert isinstance(visit, Gap) and visit.because == page_gap.key  # noqa: PT018
    assert isinstance(entrance, Gap) and entrance.because is not None  # noqa: PT018


@pytest.mark.parametrize("one", ["/", "/a", "/b"])
async def test_a_host_that_answers_anything_in_time_is_not_silent(root: Path, one: str) -> None:
    async with quiet(root, answers={one}) as loopback:
        found = await host(loopback)
    assert isinstance(found, HostAnswers), found
    assert (found.fault, len(found.answers)) == ("", 1)


async def test_one_slow_page_of_a_host_is_owed_to_nothing_else(root: Path) -> None:
    async with quiet(root, answers={"/"}) as loopback:
        found = await loopback.gatherer.ask(Visit, route("/a"))
    assert isinstance(found, Gap)
    assert (found.reason, found.because) == ("no answer within 1.5 seconds", None)


async def test_a_page_that_was_not_asked_because_others_were_slow_is_asked_before_a_host_is_silent(
    root: Path,
) -> None:
    # The last of many: by its turn the client has ceased to wait for each of them.
    async with quiet(root, answers={NAMES[-1]}, routes=NAMES) as loopback:
        pages = [loopback.gatherer.ask(Visit, route(path)) for path in NAMES]
        found, *_ = await asyncio.gather(host(loopback), *pages)
    assert isinstance(found, HostAnswers), found
    assert found.fault == ""


async def test_a_static_file_is_asked_before_pages_to_hear_whether_anybody_is_there(
    root: Path,
) -> None:
    async with quiet(root, answers={"/app.css"}, routes=["/app.css"], kind="static") as loopback:
        found = await host(loopback)
    assert isinstance(found, HostAnswers), found
    assert found.fault == ""


async def test_a_closed_port_is_no_silence(root: Path) -> None:
    async with loopback_world(
        {"203.0.113.5:443": 1}, ca=root, collectors=host_answers.COLLECTORS
    ) as loopback:
        assert isinstance(await host(loopback), Gap)


async def test_a_page_beside_a_silent_one_is_asked_on_a_connection_of_its_own(root: Path) -> None:
    async with quiet(root, answers={"/b"}) as loopback:
        slow, quick = await asyncio.gather(
            loopback.get("https://example.org/a"), loopback.get("https://example.org/b")
        )
    assert isinstance(slow, Gap)
    assert isinstance(quick, Exchange), quick
