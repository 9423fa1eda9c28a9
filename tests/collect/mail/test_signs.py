from __future__ import annotations

import dns.message
import dns.rcode
import pytest

from launchready.collect.mail.signs import meant_as_spf
from launchready.facts.mail import Dmarc, Mx, Selectors, Spf
from tests.collect.mail.asking import (
    DOMAIN,
    KEY,
    MANIFEST,
    SPF,
    Records,
    asked,
    declaring,
    txt,
)
from tests.collect.nameserver import resolver
from tests.hostile import at_once, repeated

LOGIN = MANIFEST + f'[routes]\n"{DOMAIN}/login" = "auth"\n'


@pytest.mark.parametrize("kind", [Spf, Selectors, Dmarc, Mx])
@pytest.mark.parametrize("records", [{}, {DOMAIN: txt("google-site-verification=x")}])
async def test_a_domain_without_any_record_for_mail_is_silent(
    kind: type[Spf | Selectors | Dmarc | Mx], records: Records
) -> None:
    async with asked({DOMAIN: {"A": ["192.0.2.80"]}, **records}) as here:
        assert (await here.fact(kind)).silent


@pytest.mark.parametrize(
    "records",
    [
        {DOMAIN: {"MX": ["10 mx.example.org."]}},
        {DOMAIN: SPF},
        {DOMAIN: txt("spf2.0/pra -all")},
        {f"_dmarc.{DOMAIN}": txt("v=DMARC1; p=none")},
        {f"x9z._domainkey.{DOMAIN}": txt(KEY)},
    ],
    ids=["MX", "SPF", "meant as SPF", "DMARC", "DKIM"],
)
async def test_any_record_for_mail_says_that_the_domain_may_send(records: Records) -> None:
    async with asked({DOMAIN: {"A": ["192.0.2.80"]}, **records}) as here:
        assert not (await here.fact(Mx)).silent


@pytest.mark.parametrize("manifest", [declaring(""), LOGIN], ids=["mail domain", "log-in page"])
async def test_a_manifest_that_tells_of_mail_is_taken_at_its_word(manifest: str) -> None:
    async with asked({DOMAIN: {"A": ["192.0.2.80"]}}, manifest=manifest) as here:
        assert not (await here.fact(Spf)).silent


async def test_a_wildcard_for_hosts_is_no_sign_of_mail() -> None:
    plain = resolver({DOMAIN: {"A": ["192.0.2.80"]}})

    def respond(query: object, transport: object) -> object:
        name = str(query.question[0].name).lower().rstrip(".")  # type: ignore[attr-defined]
        known = resolver({name: {"A": ["192.0.2.80"]}}) if name.endswith(f".{DOMAIN}") else plain
        return known(query, transport)  # type: ignore[arg-type]

    async with asked(respond) as here:  # type: ignore[arg-type]
        assert (await here.fact(Mx)).silent


async def test_a_failing_look_up_is_no_silence() -> None:
    plain = resolver({DOMAIN: {"A": ["192.0.2.80"]}})

    def respond(query: dns.message.Message, transport: str) -> object:
        if str(query.question[0].name).startswith("_dmarc."):
            reply = dns.message.make_response(query)
            reply.set_rcode(dns.rcode.SERVFAIL)
            return [reply.to_wire()]
        return plain(query, transport)  # type: ignore[arg-type]

    async with asked(respond) as here:  # type: ignore[arg-type]
        assert not (await here.fact(Mx)).silent


@pytest.mark.parametrize("of", [" ", "=", "v ", " ="])
def test_a_record_of_nothing_but_spaces_is_read_at_once(of: str) -> None:
    with at_once():
        assert not meant_as_spf(f"{repeated(of, 60_000)}x".encode())


@pytest.mark.parametrize("text", [b"v=spf1", b' "v = spf1', b"=spf1", b"v=spf 2", b"spf2.0/pra"])
def test_what_was_meant_as_spf_is_known_by_its_beginning(text: bytes) -> None:
    assert meant_as_spf(text)
