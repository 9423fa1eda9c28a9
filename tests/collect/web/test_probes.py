"""Sensitive paths, failing requests, foreign origins and the way around the edge."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path
from ssl import SSLContext

import pytest

from launchready.collect.web import cors, host_answers, nowhere, probes, reach, walks
from launchready.collect.web import exchange as http
from launchready.derive.exposure.exposed_paths import asked_paths, exposed
from launchready.facts import Gap, Key
from launchready.facts.dns import Resolution
from launchready.facts.exposure import ErrorAnswers, Probe
from tests.collect.certificates import Authority, authority, leaf, server_context
from tests.collect.web.test_exchange import page
from tests.collect.worlds import Loopback, loopback_world, serving

Answer = Callable[[str, str, dict[str, str]], bytes]
HTML = "Content-Type: text/html; charset=utf-8"
NOT_FOUND = page(b"<h1>not here</h1>", HTML, status="404 Not Found")


@cache
def issuer() -> Authority:
    return authority("Test Root")


@cache
def context() -> SSLContext:
    return server_context(leaf("example.org", "api.example.org", "cdn.files.example", by=issuer()))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    file = tmp_path / "root.pem"
    file.write_bytes(issuer().pem)
    return file


class Https:
    """Answers by a function of method, target and fields; remembers what was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.strip().split("\r\n")
            method, target, _ = first.split()
            fields = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
            await reader.readexactly(int(fields.get("content-length", 0)))
            self.asked.append(f"{method} {target}")
            writer.write(self.answer(method, target, fields))
            await writer.drain()


@asynccontextmanager
async def https_world(
    answer: Answer,
    root: Path,
    *,
    more: str = "",
    origins: Mapping[str, Answer | None] | None = None,
    addresses: Mapping[str, tuple[str, ...]] | None = None,
    plain: Answer | None = None,
    active: bool = False,
) -> AsyncIterator[tuple[Loopback, Https]]:
    """Yield a world whose example.org is served over TLS, beside servers at further addresses."""
    async with AsyncExitStack() as stack:
        site = Https(answer)
        ports = {"203.0.113.5:443": await stack.enter_async_context(serving(site, tls=context()))}
        ports["203.0.113.5:80"] = 1
        if plain is not None:
            ports["203.0.113.5:80"] = await stack.enter_async_context(serving(Https(plain)))
        for address, other in (origins or {}).items():
            ports |= {f"{address}:443": 1, f"{address}:80": 1}
            if other is not None:
                serve = serving(Https(other), tls=context())
                ports[f"{address}:443"] = await stack.enter_async_context(serve)
        loopback = await stack.enter_async_context(
            loopback_world(
                ports,
                manifest=f'[launch]\ndomain = "example.org"\n{more}',
                addresses=addresses,
                ca=root,
                active=active,
                collectors={
                    **http.COLLECTORS, **walks.COLLECTORS, **probes.COLLECTORS,
                    **host_answers.COLLECTORS,
                    **cors.COLLECTORS, **reach.COLLECTORS,
                },
            )
        )  # fmt: skip
        yield loopback, site


async def probed(answer: Answer, root: Path, *, active: bool = False) -> tuple[Probe, Https]:
    async with https_world(answer, root, active=active) as (loopback, site):
        found = await loopback.gatherer.ask(Probe, loopback.host())
    assert isinstance(found, Probe), found
    return found, site


def only(files: Mapping[str, bytes], otherwise: bytes = NOT_FOUND) -> Answer:
    return lambda _method, target, _fields: files.get(target, otherwise)


async def test_a_public_env_file_is_found_and_no_value_of_it_is_kept(root: Path) -> None:
    secret = b"DEBUG=0\nDB_PASSWORD=hunter2hunter2\nSTRIPE_KEY=sk_live_abcdef\n"
    found, _ = await probed(only({"/.env": page(secret)}), root)
    ((path, answer),) = exposed(found)
    assert path.path == "/.env"
    assert path.grade == "secret"
    assert b"DB_PASSWORD=" in answer.body
    assert b"hunter2" not in answer.body
    assert b"sk_live" not in answer.body


async def test_a_site_without_exposed_paths_shows_none(root: Path) -> None:
    found, site = await probed(only({}), root)
    assert exposed(found) == ()
    assert found.asked == asked_paths("example.org")
    assert found.unanswered == ()
    assert len(site.asked) == len(asked_paths("example.org")) + 2


async def test_a_single_page_app_that_answers_every_path_exposes_nothing(root: Path) -> None:
    def shell(_method: str, target: str, _fields: dict[str, str]) -> bytes:
        body = f"<!doctype html><title>Community</title><script nonce='{hash(target):x}'></script>"
        return page(f"{body}<div id=root data-path='{target}'></div>".encode(), HTML)

    found, _ = await probed(shell, root)
    assert exposed(found) == ()
    assert found.found == ()


async def test_api_docs_behind_a_slash_are_found(root: Path) -> None:
    docs = page(b"<!doctype html><link href=/swagger-ui.css><div id=swagger-ui></div>", HTML)
    moved = page(b"", "Location: https://example.org/docs/", status="307 Temporary Redirect")
    found, _ = await probed(only({"/docs": moved, "/docs/": docs}), root)
    assert [path.path for path, _ in exposed(found)] == ["/docs"]


async def test_a_host_that_throttles_is_asked_no_further(root: Path) -> None:
    asked = iter(range(1000))

    def throttling(_method: str, _target: str, _fields: dict[str, str]) -> bytes:
        return NOT_FOUND if next(asked) < 10 else page(b"", status="429 Too Many Requests")

    found, site = await probed(throttling, root)
    assert found.unanswered
    assert len(site.asked) < len(asked_paths("example.org"))


async def test_a_path_that_got_no_answer_is_asked_once_more(root: Path) -> None:
    seen = list[str]()

    def faltering(_method: str, target: str, _fields: dict[str, str]) -> bytes:
        seen.append(target)
        if target != "/.env":
            return NOT_FOUND
        return b"busy\r\n\r\n" if seen.count(target) == 1 else page(b"DB_PASSWORD=hunter2hunter2\n")

    found, _ = await probed(faltering, root)
    assert found.unanswered == ()
    assert [path.path for path, _ in exposed(found)] == ["/.env"]


async def test_paths_that_a_limit_answers_with_503_are_unanswered(root: Path) -> None:
    asked = iter(range(1000))

    def limiting(_method: str, _target: str, _fields: dict[str, str]) -> bytes:
        return NOT_FOUND if next(asked) < 10 else page(b"", status="503 Service Unavailable")

    found, _ = await probed(limiting, root)
    assert len(found.unanswered) > len(found.asked) / 2


async def test_a_graphql_endpoint_behind_a_slash_keeps_its_query(root: Path) -> None:
    schema = page(b'{"data":{"__schema":{"queryType":{"name":"Query"}}}}')

    def mounted(_method: str, target: str, _fields: dict[str, str]) -> bytes:
        path, _, query = target.partition("?")
        if path == "/graphql":
            return page(b"", f"Location: http://example.org/graphql/?{query}", status="307 Moved")
        return schema if path == "/graphql/" and "__schema" in query else NOT_FOUND

    found, _ = await probed(mounted, root)
    assert [answer.url for _, answer in exposed(found)] == [
        "https://example.org/graphql/?query=%7B__schema%7BqueryType%7Bname%7D%7D%7D"
    ]


def posts_only(method: str, target: str, _fields: dict[str, str]) -> bytes:
    if not target.startswith("/graphql"):
        return NOT_FOUND
    schema = page(b'{"data":{"__schema":{"queryType":{"name":"Query"}}}}')
    return schema if method == "POST" else page(b"", status="405 Method Not Allowed")


async def test_a_graphql_endpoint_that_takes_only_posts_is_asked_by_post(root: Path) -> None:
    found, _ = await probed(posts_only, root, active=True)
    ((_, answer),) = exposed(found)
    assert (answer.method, answer.url) == ("POST", "https://example.org/graphql")


async def test_a_run_that_only_looks_posts_nothing(root: Path) -> None:
    found, site = await probed(posts_only, root)
    assert exposed(found) == ()
    assert not [line for line in site.asked if line.startswith("POST")]


async def test_a_path_with_nothing_at_it_is_asked_by_no_post(root: Path) -> None:
    _, site = await probed(only({}), root)
    assert not [line for line in site.asked if line.startswith("POST")]


async def test_probes_of_a_host_that_does_not_resolve_lead_back_to_its_resolution(
    root: Path,
) -> None:
    nowhere: dict[str, tuple[str, ...]] = {"example.org": ()}
    async with https_world(only({}), root, addresses=nowhere) as (loopback, _):
        found = await loopback.gatherer.ask(Probe, loopback.host())
        assert isinstance(found, Gap)
        assert found.because is not None
        behind = loopback.gatherer.observed[found.because]
        assert isinstance(behind, Gap)
        assert behind.because == Key(Resolution, loopback.host())


async def test_error_answers_hold_what_each_failing_request_got(root: Path) -> None:
    def answer(method: str, target: str, _fields: dict[str, str]) -> bytes:
        if method == "POST":
            return page(b"method", status="405 Method Not Allowed")
        return page(b"broken", status="500 Oops") if "?id" in target else NOT_FOUND

    async with https_world(answer, root) as (loopback, _):
        found = await loopback.gatherer.ask(ErrorAnswers, loopback.host())
    assert isinstance(found, ErrorAnswers)
    assert [a.status for a in found.answers] == [404, 500, 404, 405]


async def test_the_missing_page_is_fetched_once_for_all_who_want_it(root: Path) -> None:
    async with https_world(only({}), root) as (loopback, site):
        host = loopback.host()
        await loopback.gatherer.ask(Probe, host)
        await loopback.gatherer.ask(ErrorAnswers, host)
    assert sum(nowhere.DEEP_QUERY in asked for asked in site.asked) == 1


async def test_hosts_are_asked_in_turn_so_that_each_has_its_time_for_itself(root: Path) -> None:
    names = ["example.org", "api.example.org"]
    asked: list[str] = []

    def noting(_method: str, target: str, fields: dict[str, str]) -> bytes:
        if target in asked_paths(fields["host"]):
            asked.append(fields["host"])
        return NOT_FOUND

    more = f'[hosts."{names[1]}"]\n'
    async with https_world(noting, root, more=more) as (loopback, _):
        loopback.world.probing = asyncio.Semaphore(1)
        found = await asyncio.gather(
            *(loopback.gatherer.ask(Probe, loopback.host(name)) for name in names)
        )
    assert [f.unanswered for f in found if isinstance(f, Probe)] == [(), ()]
    changes = sum(here != before for before, here in pairwise(asked))
    assert changes == 1
