from __future__ import annotations

import pytest

from launchready.facts.mail import Dkim, Dmarc, Selectors
from tests.collect.mail.asking import (
    DOMAIN,
    KEY,
    SPF,
    asked,
    declaring,
    txt,
)
from tests.collect.nameserver import resolver


async def test_a_key_is_read() -> None:
    async with asked({f"s1._domainkey.{DOMAIN}": txt(KEY)}) as here:
        found = await here.key("s1")
        missing = await here.key("s2")
    assert isinstance(found, Dkim)
    assert isinstance(missing, Dkim)
    assert (found.result.status, missing.fault) == ("found", "missing")


async def test_a_key_behind_an_alias_is_read() -> None:
    records = {
        f"s1._domainkey.{DOMAIN}": {"CNAME": ["s1.example.net."]},
        "s1.example.net": txt(KEY),
    }
    async with asked(records) as here:
        found = await here.key("s1")
    assert isinstance(found, Dkim)
    assert found.result.key is not None


async def test_declared_selectors_are_taken_as_they_are() -> None:
    async with asked({}, manifest=declaring('selectors = ["own"]')) as here:
        assert (await here.fact(Selectors)).names == ("own",)


async def test_usual_selectors_are_tried_where_none_is_declared() -> None:
    async with asked({f"google._domainkey.{DOMAIN}": txt(KEY)}) as here:
        found = await here.fact(Selectors)
    assert (found.names, found.none_exist) == (("google",), False)


async def test_the_selectors_of_a_declared_service_are_tried() -> None:
    records = {f"zendesk1._domainkey.{DOMAIN}": txt(KEY)}
    async with asked(records, manifest=declaring('senders = ["zendesk"]')) as here:
        assert (await here.fact(Selectors)).names == ("zendesk1",)


async def test_keys_of_unusual_names_are_neither_found_nor_denied() -> None:
    async with asked({f"x9z._domainkey.{DOMAIN}": txt(KEY)}) as here:
        found = await here.fact(Selectors)
    assert (found.names, found.none_exist) == ((), False)


async def test_a_name_that_does_not_exist_proves_that_no_key_does() -> None:
    async with asked({DOMAIN: SPF}) as here:
        assert (await here.fact(Selectors)).none_exist


async def test_a_wildcard_that_revokes_every_selector_names_none() -> None:
    plain = resolver({})
    revoked = resolver({f"any._domainkey.{DOMAIN}": txt("v=DKIM1; p=")})

    def respond(query: object, transport: object) -> object:
        name = str(query.question[0].name).lower()  # type: ignore[attr-defined]
        if name.endswith(f"._domainkey.{DOMAIN}."):
            known = resolver({name.rstrip("."): txt("v=DKIM1; p=")})
            return known(query, transport)  # type: ignore[arg-type]
        chosen = revoked if name.startswith("_domainkey") else plain
        return chosen(query, transport)  # type: ignore[arg-type]

    async with asked(respond) as here:  # type: ignore[arg-type]
        assert (await here.fact(Selectors)).names == ()


async def test_a_policy_comes_with_the_consent_of_its_report_addresses() -> None:
    records = {
        f"_dmarc.{DOMAIN}": txt("v=DMARC1; p=reject; rua=mailto:a@reports.example,mailto:b@example.org"),
        f"{DOMAIN}._report._dmarc.reports.example": txt("v=DMARC1"),
    }  # fmt: skip
    async with asked(records) as here:
        found = await here.fact(Dmarc)
    assert (found.result.policy, [a.consent for a in found.report_addresses]) == (
        "reject", ["given", "not needed"],
    )  # fmt: skip


async def test_the_brands_domain_is_the_one_that_holds_the_record_above() -> None:
    manifest = '[launch]\ndomain = "app.example.org"\n[mail.domains."mail.example.org"]\n'
    records = {f"_dmarc.{DOMAIN}": txt("v=DMARC1; p=reject")}
    async with asked(records, manifest=manifest) as here:
        found = await here.fact(Dmarc, "mail.example.org")
    assert (found.brand_domain, found.result.organizational_domain) == (DOMAIN, DOMAIN)


@pytest.mark.parametrize(
    ("text", "fault"),
    [("v=DMARC1; p=x", "broken"), ("v=dmarc1; p=reject", "broken"), ("yes", "missing")],
)
async def test_what_is_no_policy_is_told_from_what_was_meant_as_one(text: str, fault: str) -> None:
    async with asked({f"_dmarc.{DOMAIN}": txt(text)}) as here:
        assert (await here.fact(Dmarc)).fault == fault
