"""What an answer of the DNS says: aliases followed, records of the name alone, loops ended."""

from __future__ import annotations

from collections.abc import Sequence

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchready.collect.dns.reply import ALIASES_MAX, read
from tests.collect.nameserver import (
    Transport,
    answering,
    client,
    reply_to,
    resolver,
    serving,
    wire,
)


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


@pytest.mark.parametrize(
    "name", ["ann@sender.spf.test", '"ann lee".spf.test', "o'neil$(x);y.spf.test", "a\\b.spf.test"]
)
async def test_a_name_with_odd_characters_gets_its_own_answer(name: str) -> None:
    def wildcard(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        reply = reply_to(query)
        asked = query.question[0].name
        if not asked.is_subdomain(dns.name.from_text("spf.test")):
            reply.set_rcode(dns.rcode.NXDOMAIN)
            return [wire(reply, transport)]
        reply.answer = [dns.rrset.from_text(asked, 300, "IN", "A", "127.0.0.2")]
        return [wire(reply, transport)]

    async with serving(wildcard) as server:
        reply = await client(server.at).ask(name, "A")
    assert reply.texts == ("127.0.0.2",)


async def test_a_dot_within_a_label_is_told_from_one_between_labels() -> None:
    lines = ["www.example.test 300 CNAME edge\\.example.net."]
    async with serving(answering(answer=lines)) as server:
        reply = await client(server.at).ask("www.example.test", "CNAME")
    assert reply.texts == ("edge\\046example.net",)


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


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_any_graph_of_aliases_ends(edges: list[tuple[int, int]]) -> None:
    query = dns.message.make_query("n0.test", "A")
    lines = [f"n{a}.test 60 CNAME n{b}.test." for a, b in dict(edges).items()]
    reply = read("n0.test", "A", "test", reply_to(query, answer=lines))
    assert reply.loop or reply.last not in {a.owner for a in reply.aliases}
