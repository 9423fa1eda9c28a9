"""A limit that counts what the audit asks, against a real server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import monotonic

import pytest

from launchready.collect.web import waiting
from launchready.facts import Gap, route_subject
from launchready.facts.exposure import Cors
from tests.collect.web.test_cors import CORS
from tests.collect.web.test_exchange import Site, page
from tests.collect.web.test_probes import https_world, root
from tests.collect.worlds import loopback_world, serving

__all__ = ["root"]

SHUT = page(b"Slow down", status="429 Too Many Requests")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PAUSES_S", (0.1, 0.2))


class Opening(Site):
    """Shut for two requests."""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"))
            writer.write(SHUT if len(self.heads) < 3 else page(b"Welcome"))
            await writer.drain()


async def test_a_page_is_asked_again_once_its_limit_has_opened() -> None:
    opening = Opening({})
    async with serving(opening) as port, loopback_world({"203.0.113.5:80": port}) as loopback:
        answer = await loopback.answer("http://example.org/")
    assert (answer.status, len(opening.heads)) == (200, 3)


async def test_a_limit_that_stays_shut_is_the_answer() -> None:
    site = Site({"/": SHUT})
    async with serving(site) as port, loopback_world({"203.0.113.5:80": port}) as loopback:
        answer = await loopback.answer("http://example.org/")
    assert (answer.status, len(site.heads)) == (429, 3)


async def test_a_limit_that_asks_for_minutes_is_not_waited_for() -> None:
    long = page(b"", "Retry-After: 600", status="429 Too Many Requests")
    site = Site({"/": long})
    async with serving(site) as port, loopback_world({"203.0.113.5:80": port}) as loopback:
        answer = await loopback.answer("http://example.org/")
    assert (answer.status, len(site.heads)) == (429, 1)


async def test_origins_that_a_limit_did_not_hear_are_asked_about_once_more(root: Path) -> None:
    times: list[float] = []

    def four_in_200_ms(_method: str, _target: str, _fields: dict[str, str]) -> bytes:
        now = monotonic()
        if sum(now - at < 0.2 for at in times) >= 4:
            return SHUT
        times.append(now)
        return page(b"{}")

    async with https_world(four_in_200_ms, root, more=CORS) as (loopback, _):
        subject = route_subject("https://example.org/api", "example.org")
        found = await loopback.gatherer.ask(Cors, subject)
    assert isinstance(found, Cors)


async def test_origins_are_given_up_where_the_limit_stays_shut(root: Path) -> None:
    asked: list[str] = []

    def shut(method: str, _target: str, _fields: dict[str, str]) -> bytes:
        asked.append(method)
        return SHUT

    async with https_world(shut, root, more=CORS) as (loopback, _):
        subject = route_subject("https://example.org/api", "example.org")
        found = await loopback.gatherer.ask(Cors, subject)
    assert isinstance(found, Gap)
    # Each once, then the first of them as `answer_in_time` does: thrice.
    assert len(asked) < 20
