from __future__ import annotations

from pathlib import Path

from launchready.collect.mail.smtp import talk
from launchready.facts import Gap
from launchready.facts.mail import MailServer
from tests.collect.certificates import Leaf, authority, leaf, server_context
from tests.collect.mail.postman import (
    AT_25,
    EXCHANGE,
    WHERE,
    ask,
    fact,
    met,
    postman,
    record,
    world_with,
)
from tests.collect.worlds import serving


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
