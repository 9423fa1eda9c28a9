"""Which CAA records hold for a host, and what keeps them from being read."""

from __future__ import annotations

from collections.abc import Sequence

import dns.flags
import dns.message
import dns.rdatatype
import pytest

from launchready.facts import Gap, Key
from launchready.facts.dns import Caa, Resolution
from tests.collect.dns.test_hosts import APP, HEALTHY, failing_for, gathering
from tests.collect.nameserver import (
    Transport,
    reply_to,
    resolver,
    serving,
    wire,
)


@pytest.mark.parametrize("owner", ["app.example.org", "example.org", "org"])
async def test_caa_is_found_by_climbing(owner: str) -> None:
    records = {**HEALTHY, owner: {"A": ["203.0.113.5"], "CAA": ['0 issue "letsencrypt.org"']}}
    async with serving(resolver(records)) as one, gathering(one) as gatherer:
        found = await gatherer.ask(Caa, APP)
    assert isinstance(found, Caa)
    assert [(r.owner, r.tag, r.value) for r in found.records] == [
        (owner, "issue", "letsencrypt.org")
    ]


async def test_the_nearest_caa_set_wins() -> None:
    records = {
        "app.example.org": {"CAA": ['0 issue ";"']},
        "example.org": {"CAA": ['0 issue "letsencrypt.org"']},
    }
    async with serving(resolver(records)) as one, gathering(one) as gatherer:
        found = await gatherer.ask(Caa, APP)
    assert isinstance(found, Caa)
    assert [r.value for r in found.records] == [";"]


async def test_control_characters_in_caa_are_not_kept() -> None:
    records = {"app.example.org": {"CAA": ['0 issue "a\\027[31mb"']}}
    async with serving(resolver(records)) as one, gathering(one) as gatherer:
        found = await gatherer.ask(Caa, APP)
    assert isinstance(found, Caa)
    assert [r.value for r in found.records] == ["a?[31mb"]


async def test_a_caa_look_up_that_fails_is_kept() -> None:
    def broken(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        if query.question[0].rdtype == dns.rdatatype.CAA:
            return [wire(reply_to(query, rcode="SERVFAIL"), transport)]
        return resolver(HEALTHY)(query, transport)

    async with serving(broken) as one, gathering(one) as gatherer:
        found = await gatherer.ask(Caa, APP)
    assert isinstance(found, Caa)
    assert found.trouble == "app.example.org: SERVFAIL"


async def test_caa_that_fails_because_the_host_does_not_resolve_is_a_gap() -> None:
    async with serving(failing_for({}, validating=False)) as one, gathering(one) as gatherer:
        found = await gatherer.ask(Caa, APP)
    assert isinstance(found, Gap)
    assert found.because == Key(Resolution, APP)
