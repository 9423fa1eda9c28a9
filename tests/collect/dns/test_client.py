"""The client of the DNS: whom it asks, how often, and whom it gives up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dns.edns
import dns.flags
import dns.message
import pytest

from launchready.collect.dial import DialMap
from launchready.collect.dns import client as name_client
from launchready.collect.dns.client import FIRST_QUESTIONS, NameClient
from launchready.collect.dns.system import system_resolvers
from launchready.collect.dns.wire import exchange
from launchready.mailauth.lookups import Question
from tests.collect.nameserver import (
    ONE,
    SHORT_S,
    Transport,
    answering,
    client,
    knowing_the_root,
    reply_to,
    resolver,
    serving,
    silent,
    wire,
)


async def test_an_address_is_returned_with_its_ttl() -> None:
    async with serving(resolver(ONE, ttl=120)) as server:
        reply = await client(server.at).ask("www.example.test", "A")
    assert (reply.rcode, reply.records, reply.ttl_s) == ("NOERROR", ("192.0.2.1",), 120)


async def test_a_name_that_does_not_exist_is_an_answer_and_no_trouble() -> None:
    async with serving(resolver({})) as server:
        reply = await client(server.at).ask("nowhere.example.test", "A")
    assert (reply.rcode, reply.records, reply.trouble) == ("NXDOMAIN", (), "")


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED"])
async def test_a_failure_of_the_server_is_kept_as_its_rcode(rcode: str) -> None:
    async with serving(answering(rcode=rcode)) as server:
        reply = await client(server.at).ask("www.example.test", "A")
    assert (reply.rcode, reply.trouble) == (rcode, "")


async def test_silence_ends_as_trouble() -> None:
    async with serving(silent) as server:
        reply = await client(server.at, query_s=SHORT_S).ask("www.example.test", "A")
    assert reply.rcode is None
    assert reply.trouble == "no answer within 0.4 seconds"


async def test_the_same_question_is_sent_once() -> None:
    async with serving(resolver(ONE)) as server:
        names = client(server.at)
        await asyncio.gather(*(names.ask("www.example.test", "A") for _ in range(5)))
        await names.ask("WWW.EXAMPLE.TEST.", "A")
    assert [a for a in server.asked if not a[0].endswith(".invalid")] == [
        ("www.example.test", "A", "udp")
    ]


async def test_who_stops_waiting_does_not_take_the_answer_from_others() -> None:
    async with serving(resolver(ONE)) as server:
        names = client(server.at)
        hasty = asyncio.create_task(names.ask("www.example.test", "A", resolver=server.at))
        await asyncio.sleep(0)
        patient = asyncio.create_task(names.ask("www.example.test", "A", resolver=server.at))
        await asyncio.sleep(0)
        hasty.cancel()
        reply = await patient
    assert reply.texts == ("192.0.2.1",)


async def test_the_next_resolver_is_asked_when_the_first_is_silent() -> None:
    async with serving(silent) as dead, serving(resolver(ONE)) as alive:
        names = client(dead.at, alive.at, hedge_s=0.05)
        reply = await names.ask("www.example.test", "A")
        await names.close()
    assert reply.texts == ("192.0.2.1",)


async def test_a_resolver_that_answered_is_asked_before_one_that_did_not() -> None:
    records = {**ONE, "two.example.test": {"A": ["192.0.2.2"]}}
    async with serving(silent) as dead, serving(resolver(records)) as alive:
        names = client(dead.at, alive.at, hedge_s=0.05)
        await names.ask("www.example.test", "A")
        before = len(dead.asked)
        await names.ask("two.example.test", "A")
        await names.close()
        assert ("two.example.test", "A", "udp") not in dead.asked[before:]


async def test_a_failure_is_told_only_when_no_other_resolver_has_an_answer() -> None:
    async with serving(answering(rcode="SERVFAIL")) as bad, serving(resolver(ONE)) as good:
        reply = await client(bad.at, good.at).ask("www.example.test", "A")
    assert reply.rcode == "NOERROR"


async def test_the_dial_map_holds_for_udp_and_tcp() -> None:
    text = {"big.example.test": {"TXT": [" ".join(f'"{"x" * 250}"' for _ in range(40))]}}
    async with serving(resolver(text)) as server:
        dial = DialMap({("192.0.2.53", 53): server.at})
        names = NameClient(dial=dial, resolvers=(("192.0.2.53", 53),), query_s=4.0)
        reply = await names.ask("big.example.test", "TXT")
    assert len(reply.as_answer().texts[0]) == 10_000


async def test_an_authoritative_server_is_asked_without_recursion() -> None:
    flags = []

    def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        flags.append(bool(query.flags & dns.flags.RD))
        line = ["example.test 300 NS ns1.example.net."]
        return [wire(reply_to(query, answer=line, authoritative=True), transport)]

    async with serving(respond) as server:
        dial = DialMap({("ns1.example.net", 53): server.at})
        names = NameClient(dial=dial, resolvers=(server.at,), query_s=4.0)
        reply = await names.ask_server("192.0.2.9", "example.test", "NS", host="ns1.example.net")
    assert flags == [False]
    assert (reply.authoritative, reply.texts) == (True, ("ns1.example.net",))


async def test_checking_can_be_disabled() -> None:
    def validating(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        if query.flags & dns.flags.CD:
            return resolver(ONE)(query, transport)
        return [wire(reply_to(query, rcode="SERVFAIL"), transport)]

    async with serving(validating) as server:
        names = client(server.at)
        checked = await names.ask("www.example.test", "A")
        unchecked = await names.ask("www.example.test", "A", checking_disabled=True)
    assert (checked.rcode, unchecked.rcode) == ("SERVFAIL", "NOERROR")


@pytest.mark.parametrize(
    ("records", "kind", "status"),
    [
        ({"example.test": {"MX": ["10 mx.example.test."]}}, "MX", "answer"),
        ({"example.test": {"A": ["192.0.2.1"]}}, "MX", "nodata"),
        ({}, "MX", "nxdomain"),
    ],
)
async def test_an_evaluator_is_told_what_the_dns_says(
    records: dict[str, dict[str, list[str]]], kind: str, status: str
) -> None:
    async with serving(resolver(records)) as server:
        question = Question(name="example.test", rdtype=kind)  # type: ignore[arg-type]
        answer = await client(server.at).answer(question)
    assert answer.status == status
    assert answer.exchanges == (((10, "mx.example.test"),) if status == "answer" else ())


async def test_an_evaluator_is_told_that_a_failure_is_temporary() -> None:
    async with serving(silent) as server:
        names = client(server.at, query_s=SHORT_S)
        answer = await names.answer(Question(name="example.test", rdtype="TXT"))
    assert answer.failed
    assert answer.detail == "no answer within 0.4 seconds"


async def test_a_name_that_no_question_can_carry_is_trouble() -> None:
    reply = await client(("127.0.0.1", 9)).ask("x" * 64 + ".test", "A")
    assert reply.trouble == "no name of the DNS"


async def test_resolvers_work_when_they_answer_anything() -> None:
    async with serving(knowing_the_root(answering(rcode="REFUSED"))) as server:
        assert await client(server.at).works()


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED", "FORMERR"])
async def test_resolvers_that_only_refuse_do_not_work(rcode: str) -> None:
    async with serving(answering(rcode=rcode)) as server:
        assert not await client(server.at).works("example.test")


async def test_silent_resolvers_do_not_work() -> None:
    async with serving(silent) as server:
        assert not await client(server.at, query_s=SHORT_S).works()


async def test_a_server_that_never_answers_is_given_up_after_a_few_questions() -> None:
    async with serving(silent) as server:
        names = NameClient(resolvers=(server.at,), query_s=SHORT_S, at_once=10)
        replies = await asyncio.gather(*(names.ask(f"n{i}.test", "A") for i in range(300)))
    assert len({name for name, *_ in server.asked}) < 25
    assert replies[-1].trouble == "it answered none of the questions before"


async def test_a_blocked_resolver_for_comparison_gets_few_questions_at_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(silent) as blocked, serving(resolver({})) as alive:
        monkeypatch.setattr(name_client, "PUBLIC", (blocked.at,))
        monkeypatch.setattr(name_client, "system_resolvers", lambda: (alive.at,))
        names = NameClient(query_s=2.0)
        replies = await asyncio.gather(
            *(names.ask(f"n{i}.test", "A", resolver=r) for i in range(60) for r in names.resolvers)
        )
    assert len({name for name, *_ in blocked.asked}) == FIRST_QUESTIONS
    assert sum(r.rcode == "NXDOMAIN" for r in replies) == 60


async def test_a_server_that_answers_at_last_is_asked_everything() -> None:
    def slow_to_begin(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        name = query.question[0].name.to_text()
        return [] if name in {"n0.test.", "n1.test."} else resolver(ONE)(query, transport)

    async with serving(slow_to_begin) as server:
        names = client(server.at, query_s=2.0)
        replies = await asyncio.gather(*(names.ask(f"n{i}.test", "A") for i in range(100)))
    assert [r.rcode for r in replies] == [None, None] + ["NXDOMAIN"] * 98


async def test_a_silent_server_is_still_asked_whether_it_works_at_all() -> None:
    answers = answering()

    def only_root(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        return answers(query, transport) if query.question[0].name.to_text() == "." else []

    async with serving(only_root) as server:
        names = client(server.at, query_s=2.0)
        await asyncio.gather(*(names.ask(f"n{i}.test", "A") for i in range(20)))
        assert await names.works()


async def test_no_more_questions_than_allowed_are_under_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    under_way: list[int] = [0]

    async def counted(*asked: Any, **how: Any) -> dns.message.Message:
        under_way.append(under_way[-1] + 1)
        try:
            return await exchange(*asked, **how)
        finally:
            under_way.append(under_way[-1] - 1)

    monkeypatch.setattr(name_client, "exchange", counted)
    async with serving(resolver({})) as server:
        names = NameClient(resolvers=(server.at,), query_s=20.0, at_once=10)
        replies = await asyncio.gather(*(names.ask(f"n{i}.test", "A") for i in range(400)))
    assert {r.rcode for r in replies} == {"NXDOMAIN"}
    assert max(under_way) == 10


def test_without_named_resolvers_public_ones_are_asked_as_well() -> None:
    names = NameClient()
    assert {r[0] for r in names.resolvers} >= {"1.1.1.1", "8.8.8.8", "9.9.9.9"}
    assert not names.named


def test_resolv_conf_gives_three_resolvers_and_skips_what_it_does_not_know(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text("# x\nsearch a\nnameserver 192.0.2.1\nnameserver fe80::1%eth0\nnameserver no\n"
                    "nameserver\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n")  # fmt: skip
    found = system_resolvers(file)
    assert found == (("192.0.2.1", 53), ("fe80::1%eth0", 53), ("192.0.2.2", 53))
