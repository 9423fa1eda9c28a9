"""Whether a zone validates: what resolvers say first, our own look at the keys where none does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import dns.dnssec
import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.zone
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from dns.dnssectypes import Algorithm
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from launchready.collect.dial import DialMap
from launchready.collect.dns.client import NameClient
from launchready.collect.dns.dnssec import Security, as_served, security_of
from tests.checks.dns.making import nameserver
from tests.collect.nameserver import (
    Respond,
    Transport,
    knowing_the_root,
    reply_to,
    serving,
    wire,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
APEX = dns.name.from_text("example.org.")


class Signed:
    """A signed zone as a resolver knows it. The DS belongs to `ds_of`, its own key by default."""

    def __init__(
        self,
        *,
        ends: timedelta = timedelta(days=14),
        ds: str = "own",
        keys: bool = True,
        signatures: bool = True,
        damaged: bool = False,
        unsigned: str = "",
    ) -> None:
        private, key = _key()
        self.zone = dns.zone.from_text(
            "@ 300 SOA ns1.example.net. hostmaster.example.net. 7 3600 600 1209600 300\n"
            "@ 300 NS ns1.example.net.\n",
            origin=APEX,
            relativize=False,
        )
        with self.zone.writer() as writer:
            dns.dnssec.sign_zone(
                self.zone, writer, keys=[(private, key)], inception=NOW - timedelta(days=20),
                expiration=NOW + ends,
            )  # fmt: skip
        self.keys, self.signatures, self.damaged = keys, signatures, damaged
        self.ds = {
            "own": [dns.dnssec.make_ds(APEX, key, "SHA256").to_text()],
            "other": [dns.dnssec.make_ds(APEX, _key()[1], "SHA256").to_text()],
            "none": [],
            "algorithm unknown": [f"12345 253 2 {'ab' * 32}"],
            "digest unknown": ["12345 13 77 abcdef"],
        }[ds]
        self.unsigned = unsigned

    def __call__(self, query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        kind = query.question[0].rdtype
        name = APEX.to_text()
        if kind == dns.rdatatype.DS:
            return [
                wire(reply_to(query, answer=[f"{name} 300 DS {d}" for d in self.ds]), transport)
            ]
        lines: list[str] = []
        found = self.zone.get_rdataset(APEX, kind)
        if found is not None and (self.keys or kind != dns.rdatatype.DNSKEY):
            text = dns.rdatatype.to_text(kind)
            lines = [f"{name} 300 {text} {rdata.to_text()}" for rdata in found]
            signed = self.zone.get_rdataset(APEX, dns.rdatatype.RRSIG, kind)
            if self.signatures and signed is not None and text != self.unsigned:
                for rdata in signed:
                    shown = rdata
                    if self.damaged and kind == dns.rdatatype.SOA:
                        shown = rdata.replace(signature=rdata.signature[:-1] + b"\x00")
                    lines.append(f"{name} 300 RRSIG {shown.to_text()}")
        return [wire(reply_to(query, answer=lines), transport)]


def _key() -> tuple[ec.EllipticCurvePrivateKey, DNSKEY]:
    private = ec.generate_private_key(ec.SECP256R1())
    return private, dns.dnssec.make_dnskey(
        private.public_key(), Algorithm.ECDSAP256SHA256, flags=257
    )


async def security(*responds: Respond) -> Security:
    if len(responds) == 2:
        async with serving(responds[0]) as one, serving(responds[1]) as two:
            return await security_of(NameClient(resolvers=(one.at, two.at)), "example.org", NOW)
    async with serving(responds[0]) as one:
        return await security_of(NameClient(resolvers=(one.at,)), "example.org", NOW)


def validating(usual: Respond, *, accepts: bool, said: dns.edns.EDECode | None = None) -> Respond:
    def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        if query.flags & dns.flags.CD:
            return usual(query, transport)
        if accepts:
            message = dns.message.from_wire(usual(query, transport)[0])
            message.flags |= dns.flags.AD
            return [message.to_wire()]
        message = reply_to(query, rcode="SERVFAIL")
        if said is not None:
            message.use_edns(0, options=[dns.edns.EDEOption(said)])
        return [message.to_wire()]

    return knowing_the_root(respond)


async def test_a_zone_without_ds_is_insecure() -> None:
    assert (await security(Signed(ds="none"))).state == "insecure"


@pytest.mark.parametrize("ds", ["algorithm unknown", "digest unknown"])
@pytest.mark.parametrize("keys", [True, False])
async def test_a_zone_whose_ds_records_no_resolver_can_verify_is_insecure(
    ds: str, *, keys: bool
) -> None:
    assert (await security(Signed(ds=ds, keys=keys))).state == "insecure"


async def test_a_chain_that_verifies_is_secure_without_a_validating_resolver() -> None:
    found = await security(Signed())
    assert (found.state, found.signatures_until) == ("secure", NOW + timedelta(days=14))


async def test_a_resolver_that_accepts_makes_the_zone_secure() -> None:
    assert (await security(validating(Signed(), accepts=True))).state == "secure"


@pytest.mark.parametrize(
    ("zone", "problem"),
    [
        (Signed(ends=timedelta(days=-2)), "its signatures ended on 2026-11-19"),
        (Signed(ds="other"), "the DS record at the parent matches none of the zone's keys"),
        (Signed(keys=False), "the parent has a DS record, but the zone has no keys"),
        (Signed(damaged=True), "its signatures do not verify"),
        (Signed(unsigned="SOA"), "its SOA record has no signature"),
        (Signed(unsigned="DNSKEY"), "its keys have no signature"),
    ],
    ids=["ended", "another key", "no keys", "damaged", "no signature", "unsigned keys"],
)
async def test_a_chain_that_breaks_is_bogus_and_the_place_is_named(
    zone: Signed, problem: str
) -> None:
    found = await security(zone)
    assert (found.state, found.problem) == ("bogus", problem)


@pytest.mark.parametrize(
    ("there", "state"),
    [(timedelta(days=-2), "bogus"), (timedelta(days=14), "secure")],
    ids=["ended there too", "renewed there"],
)
async def test_of_signatures_that_have_ended_at_a_resolver_the_zones_own_server_is_asked(
    there: timedelta, state: str
) -> None:
    zone = validating(Signed(ends=timedelta(days=-2)), accepts=True)
    async with serving(zone) as one, serving(Signed(ends=there)) as own:
        dial = DialMap.parse([f"192.0.2.1:53={own.address}:{own.port}"])
        names = NameClient(dial=dial, resolvers=(one.at,))
        known = await security_of(names, "example.org", NOW)
        server = nameserver(1, addresses=("192.0.2.1",))
        found = await as_served(names, "example.org", server, known, NOW)
    assert known.state == "secure"
    assert (found.state, found.signatures_until) == (state, NOW + there)


async def test_a_resolver_that_refuses_makes_the_zone_bogus() -> None:
    found = await security(validating(Signed(), accepts=False))
    assert (found.state, found.problem) == ("bogus", "resolvers that validate refuse its answers")


async def test_one_resolver_that_refuses_is_enough() -> None:
    found = await security(Signed(), validating(Signed(), accepts=False))
    assert found.state == "bogus"


async def test_the_resolvers_own_words_are_used_where_we_find_nothing() -> None:
    refusing = validating(Signed(), accepts=False, said=dns.edns.EDECode.DNSKEY_MISSING)
    assert (await security(refusing)).problem == "dnskey missing"


async def test_a_forwarder_that_takes_signatures_away_proves_nothing() -> None:
    assert (await security(Signed(signatures=False))).state == "unknown"


async def test_a_resolver_that_verifies_nothing_at_all_proves_nothing() -> None:
    usual = Signed()

    def respond(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        if query.flags & dns.flags.CD:
            return usual(query, transport)
        return [wire(reply_to(query, rcode="SERVFAIL"), transport)]

    assert (await security(respond)).state == "secure"


async def test_a_resolver_that_fails_for_everything_proves_nothing() -> None:
    def failing(query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        return [wire(reply_to(query, rcode="SERVFAIL"), transport)]

    assert (await security(failing)).state == "unknown"
