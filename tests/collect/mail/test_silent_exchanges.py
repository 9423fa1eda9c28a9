from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from launchready.collect.mail import exchanges as mail_server
from launchready.collect.mail.smtp import talk
from launchready.collect.world import World
from launchready.facts import Fact, Gap, Subject
from launchready.facts.mail import MailServer, MailTalk, Mx, MxRecord
from launchready.gather import Collector
from tests.collect.certificates import Leaf, server_context
from tests.collect.mail.postman import (
    AT_25,
    EXCHANGE,
    OTHER,
    WHERE,
    ask,
    exchanges,
    met,
    postman,
    record,
    world_with,
)
from tests.collect.worlds import loopback_world, serving


async def silence(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def test_an_exchange_that_does_not_greet_is_a_gap() -> None:
    found = await met(silence, request_s=0.5)
    assert isinstance(found, Gap)
    assert "does not greet" in found.reason
    assert not found.ours


def unanswered(monkeypatch: pytest.MonkeyPatch, *ports: int) -> None:
    """Let connections to these ports hang, as a firewall that drops packets does."""
    connect = asyncio.open_connection

    async def hang(host: str, port: int, **more: int) -> object:
        if port in ports:
            await asyncio.Event().wait()
        return await connect(host, port, **more)

    monkeypatch.setattr(asyncio, "open_connection", hang)


async def test_silence_of_the_only_exchange_may_be_our_own_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unanswered(monkeypatch, 9)
    async with world_with({AT_25: 9}, request_s=0.5) as here:
        found = await ask(here)
    assert isinstance(found, Gap)
    assert found.ours
    assert "openssl s_client -starttls smtp" in found.how_to_prove


async def test_silence_is_the_servers_own_when_another_exchange_answers(
    monkeypatch: pytest.MonkeyPatch, shown: Leaf
) -> None:
    unanswered(monkeypatch, 9)
    async with (
        serving(postman(server_context(shown))) as port,
        world_with(
            {AT_25: 9, "203.0.113.26:25": port},
            record(EXCHANGE, WHERE),
            record(OTHER, "203.0.113.26"),
            request_s=0.5,
        ) as here,
    ):
        found = await ask(here)
    assert isinstance(found, MailServer)
    assert not found.reachable
    assert "another mail server could be reached" in found.detail


async def test_an_address_that_this_machine_has_no_way_to_is_told_apart() -> None:
    # TCP to a multicast address has no route on any machine, as IPv6 has none on many.
    said = await talk(EXCHANGE, ("224.0.0.1", 25), 2.0)
    assert (said.end, said.no_route) == ("no connection", True)


async def test_an_exchange_by_ipv6_alone_is_not_at_fault_where_this_machine_has_no_ipv6() -> None:
    there = MxRecord(preference=20, exchange=OTHER, addresses=("198.51.100.25",))

    async def talks(subject: Subject, _world: World, _ask: object) -> MailTalk:
        other = subject.name == OTHER
        return MailTalk(
            subject=subject, at=datetime.now(UTC), how="test", address="2001:db8::25",
            end="talked" if other else "no connection", ours=not other,
            detail="no connection to port 25 (Network is unreachable)",
        )  # fmt: skip

    known: dict[type[Fact], Collector] = {
        **mail_server.COLLECTORS,
        Mx: exchanges(record(EXCHANGE, "2001:db8::25"), there),
        MailTalk: talks,
    }
    async with loopback_world({}, collectors=known) as here:
        found = await ask(here)
    assert isinstance(found, Gap)
    assert found.ours
    assert found.how_to_prove.startswith("From a machine with IPv6")


async def test_two_silent_exchanges_do_not_wait_for_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unanswered(monkeypatch, 9)
    async with world_with(
        {AT_25: 9, "203.0.113.26:25": 9},
        record(EXCHANGE, WHERE),
        record(OTHER, "203.0.113.26"),
        request_s=0.5,
    ) as here:
        found = await asyncio.gather(ask(here), ask(here, OTHER))
    assert all(isinstance(f, Gap) and f.ours for f in found)
