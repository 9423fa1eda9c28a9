from __future__ import annotations

import pytest

from launchready.checks.mail.spf_meaning import spf_allows_everyone
from launchready.facts import Fact, Gap, Key
from launchready.facts.mail import Dkim, Dmarc, MtaSts, Mx, Selectors, Spf, TlsRpt
from launchready.facts.zone import Zone
from tests.collect.mail.asking import (
    DOMAIN,
    INCLUDED,
    MANIFEST,
    SPF,
    asked,
    declaring,
    txt,
)
from tests.collect.nameserver import Respond, resolver
from tests.making import outcome


async def test_an_spf_record_comes_with_its_tree() -> None:
    async with asked({DOMAIN: SPF, "_spf.example.net": INCLUDED}) as here:
        found = await here.fact(Spf)
    assert (found.audit.lookups, found.audit.includes, found.fault) == (
        1,
        ("_spf.example.net",),
        "",
    )


async def test_what_was_meant_as_spf_is_told_in_its_own_letters() -> None:
    quoted = {"TXT": [r'"\226\128\156v=spf1 mx -all\226\128\157"']}
    async with asked({DOMAIN: quoted}) as here:
        found = await here.fact(Spf)
    assert found.lookalikes == (
        "\N{LEFT DOUBLE QUOTATION MARK}v=spf1 mx -all\N{RIGHT DOUBLE QUOTATION MARK}",
    )


async def test_without_a_record_the_mx_tells_who_holds_the_mailboxes() -> None:
    async with asked({DOMAIN: {"MX": ["1 smtp.google.com."]}}) as here:
        found = await here.fact(Spf)
    assert found.exchanges == ("smtp.google.com",)


async def test_declared_addresses_and_networks_are_evaluated_and_services_are_not() -> None:
    senders = 'senders = ["192.0.2.25", "198.51.100.0/27", "google"]'
    records = {DOMAIN: SPF, "_spf.example.net": INCLUDED}
    async with asked(records, manifest=declaring(senders)) as here:
        found = await here.fact(Spf)
    assert [(s, r.result if r else None) for s, r in found.senders] == [
        ("192.0.2.25", "pass"),
        ("198.51.100.0/27", "pass"),
        ("198.51.100.0/27", "fail"),
        ("google", None),
    ]


async def test_an_include_that_depends_on_the_sender_is_tried_with_an_address_that_nobody_has() -> (
    None
):
    records = {
        DOMAIN: txt("v=spf1 include:%{i}.s.example.net -all"),
        "240.0.0.1.s.example.net": txt("v=spf1 -all"),
    }
    async with asked(records) as here:
        found = await here.fact(Spf)
    assert found.stranger is not None
    assert found.stranger.result == "fail"


@pytest.mark.parametrize("term", ["exists:always.example.net", "exists:%{ir}.by.example.net"])
async def test_an_exists_that_matches_whoever_sends_is_seen(term: str) -> None:
    records = {
        DOMAIN: txt(f"v=spf1 {term} -all"),
        "always.example.net": {"A": ["127.0.0.2"]},
        "1.0.0.240.by.example.net": {"A": ["127.0.0.2"]},
    }
    async with asked(records) as here:
        found = await here.fact(Spf)
    assert outcome(spf_allows_everyone, found).status == "failed"


async def test_a_domain_without_spf_is_a_fact() -> None:
    async with asked({DOMAIN: {"A": ["192.0.2.1"]}}) as here:
        assert (await here.fact(Spf)).fault == "missing"


@pytest.mark.parametrize("text", ["spf1 mx -all", "v=spf1;mx", " v=spf1 mx", "v=spf2.0/pra mx"])
async def test_a_record_that_was_meant_as_spf_is_kept(text: str) -> None:
    async with asked({DOMAIN: txt(text)}) as here:
        found = await here.fact(Spf)
    assert (found.fault, found.lookalikes) == ("missing", (text,))


@pytest.mark.parametrize(
    ("zone", "records"),
    [("absent", resolver({})), ("bogus", resolver({}, rcodes={DOMAIN: "SERVFAIL"}))],
)
async def test_a_zone_that_cannot_be_looked_up_explains_what_is_missing(
    zone: str, records: Respond
) -> None:
    async with asked(records, zone=zone) as here:
        for kind in (Spf, Mx):
            found = await here.ask(kind)
            assert isinstance(found, Gap)
            assert found.because is not None
            assert found.because.kind is Zone


async def test_a_domain_that_does_nothing_and_does_not_exist_is_a_fact() -> None:
    silent = f'{MANIFEST}[mail.domains."{DOMAIN}"]\nsends = false\n'
    async with asked(resolver({}), manifest=silent, zone="absent") as here:
        spf = await here.fact(Spf)
        assert spf.because == Key(Zone, here.domain(DOMAIN))
        assert (await here.fact(Mx)).records == ()
        assert (await here.fact(Dmarc)).result.policy is None


async def test_a_server_that_fails_in_a_good_zone_is_a_fact() -> None:
    names = [DOMAIN, f"_dmarc.{DOMAIN}", f"s1._domainkey.{DOMAIN}"]
    async with asked(resolver({}, rcodes=dict.fromkeys(names, "SERVFAIL"))) as here:
        assert (await here.fact(Spf)).fault == "lookup-fails"
        assert (await here.fact(Dmarc)).fault == "lookup-fails"
        assert (await here.fact(Mx)).fault == "lookup-fails"
        key = await here.key("s1")
        assert isinstance(key, Dkim)
        assert key.fault == "lookup-fails"


@pytest.mark.parametrize("kind", [Spf, Selectors, Dmarc, Mx, MtaSts, TlsRpt])
async def test_resolvers_that_never_answer_are_our_own_limit(kind: type[Fact]) -> None:
    async with asked(lambda _query, _transport: [], query_s=0.2) as here:
        found = await here.ask(kind)
    assert isinstance(found, Gap)
    assert found.ours
