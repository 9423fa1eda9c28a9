"""The client of the DNS against servers that answer well, badly or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import dns.edns
import dns.flags
import dns.message
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchready.collect import name_client
from launchready.collect.dial import DialMap
from launchready.collect.name_client import FIRST_QUESTIONS, NameClient, system_resolvers
from launchready.collect.name_reply import ALIASES_MAX, read
from launchready.collect.name_wire import _parsed
from launchready.mailauth.lookups import Question
from tests.collect.nameserver import Respond, Transport, reply_to, resolver, serving, wire

SHORT_S = 0.4
ONE = {"www.example.test": {"A": ["192.0.2.1"]}}


def client(*at: tuple[str, int], query_s: float = 4.0, hedge_s: float = 1.0) -> NameClient:
    return NameClient(dial=DialMap(), resolvers=at, query_s=query_s, hedge_s=hedge_s)


def silent(_query: dns.message.Message, _transport: Transport) -> Sequence[bytes]:
    return []


def answering(**parts: object) -> Respond:
    def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        return [wire(reply_to(query, **parts), transport)]  # type: ignore[arg-type]

    return respond


async def test_an_address_is_returned_with_its_ttl() -> None:
    async with serving(resolver(ONE, ttl=120)) as server:
        reply = await client(server.at).ask("www.example.test", "A")
    assert (reply.rcode, reply.records, reply.ttl_s) == ("NOERROR", ("192.0.2.1",), 120)


async def test_aliases_are_followed_and_kept() -> None:
    records = {
        "www.example.test": {"CNAME": ["edge.example.net."]},
        "edge.example.net": {"A": ["192.0.2.7"]},
    }
    async with serving(resolver(records)) as server:
        reply = await client(server.at).ask("WWW.example.test.", "A")
    assert reply.texts == ("192.0.2.7",)
    assert [(a.owner, a.target) for a in reply.aliases] == [
        ("www.example.test", "edge.example.net")
    ]


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


async def test_a_lost_packet_is_sent_again() -> None:
    heard = []

    def lossy(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        heard.append(query.id)
        return resolver(ONE)(query, transport) if len(heard) > 2 else []

    async with serving(lossy) as server:
        reply = await client(server.at, query_s=2.0).ask("www.example.test", "A")
    assert reply.texts == ("192.0.2.1",)


async def test_a_closed_port_is_trouble_and_not_ours() -> None:
    async with serving(silent) as server:
        port = server.at
    reply = await client(port).ask("www.example.test", "A")
    assert (reply.trouble, reply.ours) == ("connection refused", False)


async def test_a_truncated_answer_is_asked_again_over_tcp() -> None:
    text = {"big.example.test": {"TXT": [" ".join(f'"{"x" * 250}"' for _ in range(40))]}}
    async with serving(resolver(text)) as server:
        reply = await client(server.at).ask("big.example.test", "TXT")
    assert [transport for *_, transport in server.asked] == ["udp", "tcp"]
    assert reply.as_answer().texts == (b"x" * 10_000,)


async def test_an_answer_cut_in_the_middle_of_a_record_is_asked_again_over_tcp() -> None:
    def cut(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        packet = resolver(ONE)(query, transport)[0]
        if transport == "tcp":
            return [packet]
        return [packet[:2] + bytes([packet[2] | 0x02]) + packet[3:-17]]

    async with serving(cut) as server:
        reply = await client(server.at).ask("www.example.test", "A")
    assert reply.texts == ("192.0.2.1",)


async def test_64_kilobytes_of_text_are_read_whole() -> None:
    strings = " ".join(f'"{"x" * 255}"' for _ in range(252))
    text = {"huge.example.test": {"TXT": [strings]}}
    async with serving(resolver(text)) as server:
        reply = await client(server.at).ask("huge.example.test", "TXT")
    assert len(reply.as_answer().texts[0]) == 252 * 255


async def test_a_tcp_answer_that_ends_early_is_trouble() -> None:
    def early(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        if transport == "tcp":
            return [b""]
        message = reply_to(query)
        message.flags |= dns.flags.TC
        return [message.to_wire()]

    async with serving(early) as server:
        reply = await client(server.at, query_s=SHORT_S).ask("www.example.test", "A")
    assert reply.rcode is None
    assert reply.trouble


async def test_packets_with_a_wrong_id_are_ignored() -> None:
    def spoofed(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        forged = reply_to(query, answer=["www.example.test 300 A 203.0.113.66"])
        forged.id = query.id ^ 1
        return [forged.to_wire(), *resolver(ONE)(query, transport)]

    async with serving(spoofed) as server:
        reply = await client(server.at).ask("www.example.test", "A")
    assert reply.texts == ("192.0.2.1",)


async def test_an_answer_to_another_question_is_ignored() -> None:
    def other(query: dns.message.Message, _transport: Transport) -> Sequence[bytes]:
        asked = dns.message.make_query("other.example.test", "A", id=query.id)
        return [reply_to(asked, answer=["other.example.test 300 A 203.0.113.66"]).to_wire()]

    async with serving(other) as server:
        reply = await client(server.at, query_s=SHORT_S).ask("www.example.test", "A")
    assert reply.rcode is None
    assert reply.trouble == "only packets that answer another question came back"


async def test_garbage_before_the_answer_is_ignored() -> None:
    def noisy(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        head = query.id.to_bytes(2, "big") + b"\x80\x00"
        garbage = [b"", b"\x00", b"\xff" * 600, head + b"\xff" * 40]
        return [*garbage, *resolver(ONE)(query, transport)]

    async with serving(noisy) as server:
        reply = await client(server.at).ask("www.example.test", "A")
    assert reply.texts == ("192.0.2.1",)


async def test_a_compression_loop_is_trouble() -> None:
    def looping(query: dns.message.Message, _transport: Transport) -> Sequence[bytes]:
        head = query.to_wire()
        packet = bytearray(head[:2] + b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00")
        question = query.question[0].name.to_wire() or b""
        packet += question + b"\x00\x01\x00\x01"
        here = len(packet)
        packet += (
            bytes([0xC0 | here >> 8, here & 0xFF]) + b"\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04"
        )
        return [bytes(packet + b"\xc0\x00\x02\x01")]

    async with serving(looping) as server:
        reply = await client(server.at, query_s=SHORT_S).ask("www.example.test", "A")
    assert reply.rcode is None
    assert "malformed" in reply.trouble


async def test_aliases_that_lead_back_are_a_loop_without_records() -> None:
    lines = ["a.example.test 300 CNAME b.example.test.", "b.example.test 300 CNAME a.example.test."]
    async with serving(answering(answer=lines)) as server:
        reply = await client(server.at).ask("a.example.test", "A")
    assert (reply.loop, reply.found) == (True, None)


async def test_more_aliases_than_resolvers_follow_are_a_loop() -> None:
    lines = [f"n{i}.example.test 300 CNAME n{i + 1}.example.test." for i in range(ALIASES_MAX + 5)]
    async with serving(answering(answer=lines)) as server:
        reply = await client(server.at).ask("n0.example.test", "A")
    assert reply.loop
    assert len(reply.aliases) == ALIASES_MAX + 1


async def test_aliases_are_followed_where_the_server_stops_at_the_first() -> None:
    steps = {
        "a.example.test": ["a.example.test 300 CNAME b.example.net."],
        "b.example.net": ["b.example.net 300 CNAME c.example.net."],
        "c.example.net": ["c.example.net 300 A 192.0.2.3"],
    }

    def plain(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        name = query.question[0].name.to_text(omit_final_dot=True)
        return [wire(reply_to(query, answer=steps[name]), transport)]

    async with serving(plain) as server:
        reply = await client(server.at).ask("a.example.test", "A")
    assert reply.texts == ("192.0.2.3",)
    assert [a.target for a in reply.aliases] == ["b.example.net", "c.example.net"]


async def test_aliases_that_lead_back_over_several_answers_are_a_loop() -> None:
    steps = {"a.test": ["a.test 300 CNAME b.test."], "b.test": ["b.test 300 CNAME a.test."]}

    def plain(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        name = query.question[0].name.to_text(omit_final_dot=True)
        return [wire(reply_to(query, answer=steps[name]), transport)]

    async with serving(plain) as server:
        reply = await client(server.at).ask("a.test", "A")
    assert (reply.loop, reply.found) == (True, None)
    assert len(server.asked) == 2


async def test_a_servers_own_words_about_its_failure_are_kept() -> None:
    def failing(query: dns.message.Message, _transport: Transport) -> Sequence[bytes]:
        message = reply_to(query, rcode="SERVFAIL")
        message.use_edns(0, options=[dns.edns.EDEOption(dns.edns.EDECode.SIGNATURE_EXPIRED)])
        return [message.to_wire()]

    async with serving(failing) as server:
        reply = await client(server.at).ask("www.example.test", "A")
    assert reply.said == "signature expired"


async def test_records_of_another_name_are_not_taken_for_the_answer() -> None:
    lines = ["evil.example.net 300 A 203.0.113.66"]
    async with serving(answering(answer=lines)) as server:
        reply = await client(server.at).ask("www.example.test", "A")
    assert reply.records == ()


async def test_a_server_without_edns_is_asked_again_without_it() -> None:
    def old(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        if query.edns >= 0:
            query.use_edns(edns=False)
            return [wire(reply_to(query, rcode="FORMERR"), transport)]
        return resolver(ONE)(query, transport)

    async with serving(old) as server:
        reply = await client(server.at).ask("www.example.test", "A")
    assert reply.texts == ("192.0.2.1",)


async def test_the_same_question_is_sent_once() -> None:
    async with serving(resolver(ONE)) as server:
        names = client(server.at)
        await asyncio.gather(*(names.ask("www.example.test", "A") for _ in range(5)))
        await names.ask("WWW.EXAMPLE.TEST.", "A")
    assert server.asked == [("www.example.test", "A", "udp")]


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
        reply = await names.ask_server(
            "192.0.2.9", 53, "example.test", "NS", host="ns1.example.net"
        )
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
    async with serving(answering(rcode="REFUSED")) as server:
        assert await client(server.at).works()


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
        names = NameClient(query_s=SHORT_S)
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
        names = client(server.at, query_s=SHORT_S)
        replies = await asyncio.gather(*(names.ask(f"n{i}.test", "A") for i in range(100)))
    assert [r.rcode for r in replies] == [None, None] + ["NXDOMAIN"] * 98


async def test_a_silent_server_is_still_asked_whether_it_works_at_all() -> None:
    answers = answering(rcode="REFUSED")

    def only_root(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        return answers(query, transport) if query.question[0].name.to_text() == "." else []

    async with serving(only_root) as server:
        names = client(server.at, query_s=SHORT_S)
        await asyncio.gather(*(names.ask(f"n{i}.test", "A") for i in range(20)))
        assert await names.works()


async def test_no_more_questions_than_allowed_are_under_way() -> None:
    async with serving(resolver({})) as server:
        names = NameClient(resolvers=(server.at,), query_s=20.0, at_once=10)
        replies = await asyncio.gather(*(names.ask(f"n{i}.test", "A") for i in range(400)))
    assert {r.rcode for r in replies} == {"NXDOMAIN"}


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


@settings(deadline=None)
@given(st.binary(max_size=600))
def test_any_packet_is_an_answer_or_refused_with_a_reason(packet: bytes) -> None:
    query = dns.message.make_query("www.example.test", "A", id=7)
    try:
        message = _parsed(b"\x00\x07\x80\x00" + packet, query)
    except ValueError as error:
        assert str(error)
        return
    reply = read("www.example.test", "A", "test", message)
    assert len(reply.aliases) <= ALIASES_MAX + 1


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_any_graph_of_aliases_ends(edges: list[tuple[int, int]]) -> None:
    query = dns.message.make_query("n0.test", "A")
    lines = [f"n{a}.test 60 CNAME n{b}.test." for a, b in dict(edges).items()]
    reply = read("n0.test", "A", "test", reply_to(query, answer=lines))
    assert reply.loop or reply.last not in {a.owner for a in reply.aliases}
