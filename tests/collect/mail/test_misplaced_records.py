"""Records at names where nobody looks for them, as providers make them that add the domain."""

from __future__ import annotations

from collections.abc import Sequence

import dns.message
import pytest

from launchready.facts.mail import Dkim, Dmarc, Spf
from tests.collect.mail.asking import DOMAIN, KEY, asked, txt
from tests.collect.nameserver import Transport, resolver

POLICY = "v=DMARC1; p=reject"
RECORD = "v=spf1 mx -all"


async def test_an_spf_record_at_a_doubled_name_is_seen() -> None:
    async with asked({f"{DOMAIN}.{DOMAIN}": txt(RECORD)}) as here:
        found = await here.fact(Spf)
    assert (found.fault, found.misplaced) == ("missing", (f"{DOMAIN}.{DOMAIN}", RECORD))


@pytest.mark.parametrize("name", [f"_dmarc.{DOMAIN}.{DOMAIN}", DOMAIN, f"dmarc.{DOMAIN}"])
async def test_a_policy_beside_its_place_is_seen(name: str) -> None:
    async with asked({name: txt(POLICY)}) as here:
        found = await here.fact(Dmarc)
    assert (found.fault, found.misplaced) == ("missing", (name, POLICY))


@pytest.mark.parametrize("name", [f"s1._domainkey.{DOMAIN}.{DOMAIN}", f"s1.{DOMAIN}"])
async def test_a_key_beside_its_place_is_seen(name: str) -> None:
    async with asked({name: txt(KEY)}) as here:
        found = await here.key("s1")
    assert isinstance(found, Dkim)
    assert found.misplaced is not None
    assert found.misplaced[0] == name


async def test_an_alias_that_leads_nowhere_is_told() -> None:
    gone = {"CNAME": ["gone.example.net."]}
    async with asked({f"_dmarc.{DOMAIN}": gone, f"s1._domainkey.{DOMAIN}": gone}) as here:
        policy, key = await here.fact(Dmarc), await here.key("s1")
    assert isinstance(key, Dkim)
    assert (policy.alias, key.alias) == ("gone.example.net", "gone.example.net")


async def test_what_stands_in_its_place_is_looked_for_nowhere_else() -> None:
    records = {DOMAIN: txt(RECORD), f"{DOMAIN}.{DOMAIN}": txt(RECORD)}
    async with asked(records) as here:
        assert (await here.fact(Spf)).misplaced is None


async def test_what_a_wildcard_puts_everywhere_stands_nowhere_by_mistake() -> None:
    def wildcard(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        name = query.question[0].name.to_text(omit_final_dot=True)
        below = name.endswith(f".{DOMAIN}")
        records = {name: txt(RECORD)} if below else {DOMAIN: {"A": ["192.0.2.1"]}}
        return resolver(records)(query, transport)

    async with asked(wildcard) as here:
        found = await here.fact(Spf)
    assert (found.fault, found.misplaced) == ("missing", None)
