"""Whatever was observed, each check of the family comes to an outcome."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchready.checks import catalogue
from launchready.facts import Fact
from launchready.facts.dns import (
    Alias,
    Caa,
    CaaRecord,
    NeighbourNames,
    Rcode,
    Registration,
    Resolution,
    ResolverAnswer,
)
from launchready.facts.services import Endpoint, HttpsRecord, ServiceRecord
from launchready.facts.tls import Handshake
from launchready.facts.zone import Nameserver, Zone
from launchready.finding import Check
from tests.checks.dns.making import APP, ZONE, handshake
from tests.making import AT, declared, outcome

CHECKS = [c for c in catalogue() if c.family == "dns"]
MANIFEST = declared(
    '[launch]\ndomain = "example.org"\ndate = 2026-11-30\nswitches_dns = true\n'
    '[hosts."app.example.org"]\naddresses = ["203.0.113.5"]\ncname = "edge.example.net"\n'
)

names = st.sampled_from(["app.example.org", "edge.example.net", "left.github.io", ".", "org", ""])
v4 = st.lists(st.sampled_from(["203.0.113.5", "198.51.100.7", "10.0.0.1"]), max_size=3).map(tuple)
v6 = st.lists(st.sampled_from(["2001:db8::5", "fe80::1"]), max_size=2).map(tuple)
rcodes = st.sampled_from([None, *get_args(Rcode)])
aliases = st.lists(
    st.builds(Alias, owner=names, target=names, ttl_s=st.integers(0, 2**31)), max_size=3
).map(tuple)
answers = st.lists(
    st.builds(
        ResolverAnswer, resolver=names, rcode=rcodes, v4=v4, v6=v6, aliases=aliases,
        ttl_s=st.none() | st.integers(0, 2**31), v6_rcode=rcodes, bogus=st.booleans(),
        loop=st.booleans(), trouble=names, denied_by=names,
    ),
    min_size=1, max_size=4,
).map(tuple)  # fmt: skip
servers = st.lists(
    st.builds(
        Nameserver, name=names, addresses=v4, at_parent=st.booleans(), at_child=st.booleans(),
        serial=st.none() | st.integers(0, 2**32 - 1), authoritative=st.booleans(), rcode=rcodes,
        host_answers=st.lists(st.tuples(names, v4), max_size=3).map(tuple),
        host_ttls=st.lists(st.tuples(names, st.integers(0, 2**31)), max_size=3).map(tuple),
        trouble=names, ours=st.booleans(),
    ),
    max_size=3,
).map(tuple)  # fmt: skip
moments = st.none() | st.integers(-100, 100).map(lambda days: AT + timedelta(days=days))
texts = st.lists(names, max_size=3).map(tuple)
facts: dict[type[Fact], st.SearchStrategy[Fact]] = {
    Resolution: st.builds(
        Resolution, subject=st.just(APP), at=st.just(AT), how=st.just(""), answers=answers,
        private=v4, private_dialled=st.booleans(), target_addresses=st.none() | v4,
    ),
    Zone: st.builds(
        Zone, subject=st.just(ZONE), at=st.just(AT), how=st.just(""), apex=names,
        nameservers=servers, parent_ns=st.none() | texts, child_ns=texts, apex_alias=names,
        wildcard=texts, dnssec=st.sampled_from(["secure", "insecure", "bogus", "unknown"]),
        dnssec_problem=names, signatures_from=moments, signatures_until=moments, absent=names,
        reachable=st.booleans(),
    ),
    Caa: st.builds(
        Caa, subject=st.just(APP), at=st.just(AT), how=st.just(""), trouble=names,
        records=st.lists(
            st.builds(
                CaaRecord, owner=names, flags=st.integers(0, 255),
                tag=st.sampled_from(["issue", "issuewild", "x"]), value=st.text(max_size=9),
            ),
            max_size=3,
        ).map(tuple),
    ),
    NeighbourNames: st.builds(
        NeighbourNames, subject=st.just(ZONE), at=st.just(AT), how=st.just(""),
        addresses=st.just(()), dangling=aliases,
    ),
    Registration: st.builds(
        Registration, subject=st.just(ZONE), at=st.just(AT), how=st.just(""),
        expires=moments.map(lambda moment: moment.date() if moment else None), status=texts,
        registrar=names,
    ),
    HttpsRecord: st.builds(
        HttpsRecord, subject=st.just(APP), at=st.just(AT), how=st.just(""), nowhere=texts,
        services=st.just((ServiceRecord(priority=1, target=APP.name),)),
        endpoints=st.lists(
            st.builds(
                Endpoint, address=names, port=st.integers(0, 65535), name=names,
                answer=st.sampled_from(["verified", "rejected", "refused", "silent", "private"]),
                ours=st.booleans(),
            ),
            max_size=3,
        ).map(tuple),
    ),
    Handshake: st.sampled_from(["", "Let's Encrypt", "Novel"]).map(handshake),
}  # fmt: skip


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.id)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_fact_comes_to_an_outcome(check: Check, data: st.DataObject) -> None:
    given_facts = [data.draw(facts[n.kind]) for n in check.needs if n.kind in facts]
    found = outcome(check, MANIFEST, *given_facts)
    assert found.detail
    if found.failure is not None:
        assert found.failure.fix
        assert found.failure.see
