from __future__ import annotations

import pytest

from launchready.facts import Gap
from launchready.facts.http import Exchange
from launchready.facts.mail import MtaSts, TlsRpt
from tests.collect.mail.asking import (
    DOMAIN,
    SPF,
    asked,
    txt,
)
from tests.making import exchange

STS = {f"_mta-sts.{DOMAIN}": {"TXT": ['"v=STSv1; id=20261101"']}}
URL = f"https://mta-sts.{DOMAIN}/.well-known/mta-sts.txt"
POLICY = "version: STSv1\r\nmode: enforce\r\nmx: mx.example.org\r\nmax_age: 604800\r\n"
PLAIN = {"content-type": "text/plain; charset=utf-8"}


def policy(body: str = POLICY, **more: object) -> Exchange:
    return exchange(URL, body=body, **({"headers": PLAIN} | more))  # type: ignore[arg-type]


async def test_a_policy_is_read() -> None:
    async with asked(STS, page=policy()) as here:
        found = await here.fact(MtaSts)
    assert (found.mode, found.mx_patterns, found.max_age_s, found.problem) == (
        "enforce", ("mx.example.org",), 604800, "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        (policy(verified=False), "certificate"),
        (policy(status=301), "redirects"),
        (policy(status=404), "status 404"),
        (policy(headers={"content-type": "text/html"}), "text/html"),
        (policy(challenge="Cloudflare"), "bot protection"),
        (policy("version: STSv1\nmode: enforce\nmax_age: 1\n"), "names no mx"),
        ("nothing listens", "cannot be fetched: nothing listens"),
    ],
)
async def test_a_policy_that_senders_do_not_take_is_a_problem(
    page: Exchange | str, problem: str
) -> None:
    async with asked(STS, page=page) as here:
        assert problem in (await here.fact(MtaSts)).problem


async def test_a_policy_that_only_our_network_hides_is_our_own_limit() -> None:
    async with asked(STS, page="offline") as here:
        found = await here.ask(MtaSts)
    assert isinstance(found, Gap)
    assert found.ours


async def test_without_a_record_no_policy_is_fetched() -> None:
    async with asked({DOMAIN: SPF}) as here:
        found = await here.fact(MtaSts)
        assert (found.record, found.problem) == ("", "")
        assert Exchange not in {key.kind for key in here.gatherer.observed}


async def test_a_tls_reporting_record_is_collected() -> None:
    async with asked({f"_smtp._tls.{DOMAIN}": txt("v=TLSRPTv1; rua=mailto:t@example.org")}) as here:
        assert (await here.fact(TlsRpt)).problem == ""
