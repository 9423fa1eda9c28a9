from __future__ import annotations

import pytest

from launchready.facts.mail import Mx
from tests.collect.mail.asking import (
    DOMAIN,
    asked,
    declaring,
)


async def test_mail_exchanges_come_with_addresses_and_aliases() -> None:
    records = {
        DOMAIN: {"MX": ["20 backup.example.org.", "10 mx.example.org."]},
        "mx.example.org": {"A": ["192.0.2.25"], "AAAA": ["2001:db8::25"]},
        "backup.example.org": {"CNAME": ["real.example.net."]},
        "real.example.net": {"A": ["192.0.2.26"]},
    }
    async with asked(records) as here:
        found = await here.fact(Mx)
    assert [(r.preference, r.exchange, r.addresses, r.alias) for r in found.records] == [
        (10, "mx.example.org", ("192.0.2.25", "2001:db8::25"), ""),
        (20, "backup.example.org", ("192.0.2.26",), "real.example.net"),
    ]


async def test_a_null_mx_has_no_records() -> None:
    async with asked({DOMAIN: {"MX": ["0 ."]}}, manifest=declaring("sends = false")) as here:
        found = await here.fact(Mx)
    assert (found.null, found.records, found.fault) == (True, (), "")


async def test_without_mx_mail_goes_to_the_names_own_address() -> None:
    async with asked({DOMAIN: {"A": ["192.0.2.1"]}}) as here:
        assert (await here.fact(Mx)).implicit_address


@pytest.mark.parametrize(
    ("exchange_name", "fault"),
    [("gone.example.org.", "unresolvable"), ("192.0.2.25.", "is-address")],
)
async def test_an_exchange_that_leads_nowhere_is_the_records_fault(
    exchange_name: str, fault: str
) -> None:
    async with asked({DOMAIN: {"MX": [f"10 {exchange_name}"]}}) as here:
        assert (await here.fact(Mx)).fault == fault
