"""The conversation with mail exchanges on loopback: good, bad and hostile."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from launchready.collect.mail import exchanges as mail_server
from launchready.collect.mail.smtp import ReplyError, _reply, talk
from launchready.collect.world import World
from launchready.expected import mail_domain
from launchready.facts import Fact, Gap, Subject
from launchready.facts.mail import MailServer, MailTalk, Mx, MxRecord
from launchready.gather import Collector
from tests.collect.certificates import Leaf, authority, leaf, server_context
from tests.collect.worlds import Loopback, loopback_world, serving

EXCHANGE = "mx.example.org"
OTHER = "mx2.example.org"
WHERE = "203.0.113.25"
AT_25 = f"{WHERE}:25"
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(scope="module")
def shown() -> Leaf:
    return leaf(EXCHANGE, by=authority("Harbour Root"))


def exchanges(*records: MxRecord) -> Callable[..., Awaitable[Mx]]:
    async def mx(subject: Subject, world: World, _ask: object) -> Mx:
        entry = world.manifest.mail_domains["example.org"]
        return Mx(
            subject=subject, at=datetime.now(UTC), how="test", entry=entry,
            records=records, null=False, implicit_address=False,
        )  # fmt: skip

    return mx


def record(name: str = EXCHANGE, *addresses: str) -> MxRecord:
    return MxRecord(preference=10, exchange=name, addresses=addresses)


@asynccontextmanager
async def world_with(
    servers: Mapping[str, int],
    *records: MxRecord,
    request_s: float = 5.0,
) -> AsyncIterator[Loopback]:
    known: dict[type[Fact], Collector] = {
        **mail_server.COLLECTORS,
        Mx: exchanges(*(records or (record(EXCHANGE, WHERE),))),
    }
    async with loopback_world(servers, request_s=request_s, collectors=known) as here:
        yield here


async def ask(here: Loopback, name: str = EXCHANGE) -> MailServer | Gap:
    domain = mail_domain(here.world.manifest, "example.org")
    return await here.gatherer.ask(MailServer, Subject("mail server", name, domain))


async def met(handler: Handler, *, request_s: float = 5.0) -> MailServer | Gap:
    async with (
        serving(handler) as port,
        world_with({AT_25: port}, request_s=request_s) as here,
    ):
        return await ask(here)


async def fact(handler: Handler) -> MailServer:
    found = await met(handler)
    assert isinstance(found, MailServer), found
    return found


def postman(
    context: ssl.SSLContext | None = None,
    *,
    greeting: bytes = b"220 mx.example.org ESMTP\r\n",
    offers: bytes = b"250-mx.example.org\r\n250-SIZE 1000\r\n250 STARTTLS\r\n",
    ready: bytes = b"220 go ahead\r\n",
    heard: list[bytes] | None = None,
) -> Handler:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        while line := await reader.readline():
            if heard is not None:
                heard.append(line)
            if line.startswith(b"EHLO"):
                writer.write(offers)
            elif line.startswith(b"STARTTLS"):
                writer.write(ready)
                if context is not None:
                    await writer.start_tls(context)
            elif line.startswith(b"QUIT"):
                writer.write(b"221 bye\r\n")
                await writer.drain()
                return

    return serve


async def test_a_good_exchange_is_talked_to_up_to_its_certificate(shown: Leaf) -> None:
    found = await fact(postman(server_context(shown)))
    assert (found.reachable, found.starttls, found.tls_accepted) == (True, True, True)
    assert found.name_matches is True
    assert found.banner == "mx.example.org ESMTP"
    assert found.tls_detail == "TLSv1.3, the certificate names it"
    assert found.address == WHERE


async def test_no_mail_is_begun(shown: Leaf) -> None:
    heard: list[bytes] = []
    await fact(postman(server_context(shown), heard=heard))
    assert {h.split()[0] for h in heard} == {b"EHLO", b"STARTTLS", b"QUIT"}


async def test_a_certificate_of_another_name_is_told() -> None:
    found = await fact(postman(server_context(leaf("other.example.net", by=None))))
    assert found.tls_accepted
    assert found.name_matches is False
    assert "other.example.net" in found.tls_detail


async def test_an_exchange_without_starttls_is_told() -> None:
    found = await fact(postman(offers=b"250-mx.example.org\r\n250 SIZE 1000\r\n"))
    assert (found.reachable, found.starttls, found.tls_accepted) == (True, False, False)


async def test_the_word_starttls_counts_in_any_case(shown: Leaf) -> None:
    found = await fact(
        postman(server_context(shown), offers=b"250-mx.example.org\r\n250 starttls\r\n")
    )
    assert found.starttls


async def test_a_host_name_that_contains_starttls_is_no_offer() -> None:
    found = await fact(postman(offers=b"250 STARTTLS.example.org\r\n"))
    assert not found.starttls


async def test_starttls_that_is_offered_and_then_refused_is_told() -> None:
    found = await fact(postman(ready=b"454 TLS not available\r\n"))
    assert (found.starttls, found.tls_accepted) == (True, False)
    assert "454" in found.tls_detail


async def test_a_failing_handshake_is_told() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx\r\n")
        await reader.readline()
        writer.write(b"250-mx\r\n250 STARTTLS\r\n")
        await reader.readline()
        writer.write(b"220 go\r\n")
        await reader.read(100)
        writer.write(b"\x00" * 200)
        await writer.drain()

    found = await fact(serve)
    assert (found.reachable, found.starttls, found.tls_accepted) == (True, True, False)
    assert found.tls_detail.startswith("the TLS handshake fails")


async def test_a_handshake_that_never_comes_ends_within_the_deadline() -> None:
    found = await met(postman(), request_s=0.6)
    assert isinstance(found, MailServer)
    assert (found.starttls, found.tls_accepted) == (True, False)
    assert "no TLS handshake within" in found.tls_detail


async def test_a_server_from_before_ehlo_is_reachable_without_starttls() -> None:
    found = await fact(postman(offers=b"502 Command not implemented\r\n"))
    assert (found.reachable, found.starttls) == (True, False)


async def test_a_greeting_over_several_lines_is_read(shown: Leaf) -> None:
    found = await fact(
        postman(server_context(shown), greeting=b"220-mx.example.org\r\n220 hello\r\n")
    )
    assert found.reachable


async def test_an_exchange_that_takes_no_mail_is_not_reachable() -> None:
    found = await fact(postman(greeting=b"554 No SMTP service here\r\n"))
    assert not found.reachable
    assert "554 No SMTP service here" in found.detail


async def test_an_exchange_that_is_busy_is_a_gap() -> None:
    found = await met(postman(greeting=b"421 Too many connections\r\n"))
    assert isinstance(found, Gap)
    assert not found.ours
    assert "421" in found.reason


async def test_an_exchange_that_turns_our_network_away_is_a_gap_of_ours() -> None:
    found = await met(postman(greeting=b"554 5.7.1 Your IP is listed by zen.spamhaus.org\r\n"))
    assert isinstance(found, Gap)
    assert found.ours


async def test_a_closed_port_is_not_reachable() -> None:
    async with world_with({AT_25: 1}) as here:
        found = await ask(here)
    assert isinstance(found, MailServer)
    assert not found.reachable
    assert found.detail == "nothing listens on port 25"


async def test_the_second_address_is_tried_when_the_first_refuses(shown: Leaf) -> None:
    async with (
        serving(postman(server_context(shown))) as port,
        world_with(
            {"203.0.113.24:25": 1, AT_25: port}, record(EXCHANGE, "203.0.113.24", WHERE)
        ) as here,
    ):
        found = await ask(here)
    assert isinstance(found, MailServer)
    assert (found.reachable, found.address) == (True, WHERE)


async def test_a_private_address_is_not_dialled() -> None:
    async with world_with({}, record(EXCHANGE, "10.0.0.25")) as here:
        found = await ask(here)
    assert isinstance(found, MailServer)
    assert not found.reachable
    assert "10.0.0.25" in found.detail


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


@pytest.mark.parametrize(
    "noise",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x28\n",
        b"x" * 100_000,
        b"220-never ends\r\n" * 1000,
        b"220-one\r\n250 another\r\n",
        b"22\r\n",
        b"\xff\xfe\xfd\xfc\n",
        b"",
    ],
    ids=[
        "http",
        "tls",
        "no end of line",
        "no last line",
        "two codes",
        "two digits",
        "binary",
        "eof",
    ],
)
async def test_what_is_not_smtp_is_not_reachable(noise: bytes) -> None:
    async def babble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(noise)
        await writer.drain()

    found = await fact(babble)
    assert not found.reachable
    assert found.detail


async def test_a_flood_ends_without_being_kept() -> None:
    async def flood(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"220-still talking\r\n" * 1000)
            await writer.drain()

    found = await fact(flood)
    assert found.detail == "its reply never ends"


async def test_control_characters_of_a_banner_are_not_kept() -> None:
    found = await fact(postman(greeting=b"220 \x1b[31mred\x07\r\n", offers=b"250 mx\r\n"))
    assert found.banner == "�[31mred�"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=3000))
async def test_any_bytes_are_a_reply_or_an_error(data: bytes) -> None:
    reader = asyncio.StreamReader(limit=4096)
    reader.feed_data(data)
    reader.feed_eof()
    try:
        reply = await _reply(reader)
    except ReplyError:
        return
    assert 0 <= reply.code <= 999
    assert len(reply.lines) <= 100


async def test_a_certificate_of_no_authority_is_told_and_still_read() -> None:
    found = await fact(postman(server_context(leaf("mx.example.org", by=None))))
    assert (found.tls_accepted, found.trusted, found.name_matches) == (True, False, True)
    assert "self-signed" in found.trust_detail.replace(" ", "-")


async def test_a_plain_certificate_of_a_known_authority_is_trusted_on_every_python(
    tmp_path: Path,
) -> None:
    root = authority("Mail Root")
    (tmp_path / "ca.pem").write_bytes(root.pem)
    context = server_context(leaf(EXCHANGE, by=root))
    async with serving(postman(context)) as port:
        said = await talk(EXCHANGE, ("127.0.0.1", port), 10, str(tmp_path / "ca.pem"))
    assert said.trusted, said.trust_detail
