"""The signatures over the hosts' own records, verified here where no resolver does it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import dns.dnssec
import dns.message
import dns.name
import dns.rdatatype
import dns.zone
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from launchready.collect.dns.client import NameClient
from launchready.collect.dns.dnssec import security_of, verified_hosts
from tests.collect.dns.test_dnssec import APEX, NOW, _key, validating
from tests.collect.nameserver import Respond, Transport, reply_to, serving, wire

HOSTS = ["example.org", "www.example.org", "app.example.org", "below.sub.example.org"]
RECORDS = """
@ 300 SOA ns1.example.net. hostmaster.example.net. 7 3600 600 1209600 300
@ 300 NS ns1.example.net.
@ 300 A 203.0.113.5
www 300 A 203.0.113.5
www 300 AAAA 2001:db8::5
app 300 CNAME edge.example.net.
"""
BELOW = "below.sub.example.org"


class Signed:
    """A resolver that does not validate, before a signed zone with one host in an unsigned one below."""

    def __init__(
        self, *, damaged: str = "", ended: str = "", bare: str = "", bare_type: str = ""
    ) -> None:
        private, self.key = _key()
        self.damaged, self.bare, self.bare_type = damaged, bare, bare_type
        self.zone = self.signed(private, NOW + timedelta(days=14))
        self.old = self.signed(private, NOW - timedelta(days=2))
        self.ended = ended

    def signed(self, private: ec.EllipticCurvePrivateKey, until: datetime) -> dns.zone.Zone:
        zone = dns.zone.from_text(RECORDS, origin=APEX, relativize=False)
        with zone.writer() as writer:
            dns.dnssec.sign_zone(
                zone, writer, keys=[(private, self.key)], inception=NOW - timedelta(days=20),
                expiration=until,
            )  # fmt: skip
        return zone

    def __call__(self, query: dns.message.Message, transport: Transport) -> Sequence[bytes]:
        name, kind = query.question[0].name, query.question[0].rdtype
        return [wire(self.reply(query, name, kind), transport)]

    def reply(
        self, query: dns.message.Message, name: dns.name.Name, kind: dns.rdatatype.RdataType
    ) -> dns.message.Message:
        label = name.to_text(omit_final_dot=True)
        if kind == dns.rdatatype.DS and name == APEX:
            made = dns.dnssec.make_ds(APEX, self.key, "SHA256").to_text()
            return reply_to(query, answer=[f"{name} 300 DS {made}"])
        if label == BELOW:
            answer = [f"{name} 300 A 203.0.113.9"] if kind == dns.rdatatype.A else []
            above = "sub.example.org 300 SOA ns1.example.net. hostmaster.example.net. 1 1 1 1 300"
            return reply_to(query, answer=answer, authority=[] if answer else [above])
        lines: list[str] = []
        zone = self.old if label == self.ended else self.zone
        for type_ in (dns.rdatatype.CNAME, kind):
            found = zone.get_rdataset(name, type_)
            if found is None or lines:
                continue
            lines += [f"{name} 300 {dns.rdatatype.to_text(type_)} {r.to_text()}" for r in found]
            signed = zone.get_rdataset(name, dns.rdatatype.RRSIG, type_)
            address = type_ not in {dns.rdatatype.SOA, dns.rdatatype.DNSKEY}
            if signed is None or (address and label == self.bare):
                continue
            if dns.rdatatype.to_text(type_) == self.bare_type:
                continue
            for rdata in signed:
                shown = rdata
                if address and label == self.damaged:
                    shown = rdata.replace(signature=rdata.signature[:-1] + b"\x00")
                lines.append(f"{name} 300 RRSIG {shown.to_text()}")
        soa = "example.org 300 SOA ns1.example.net. hostmaster.example.net. 7 3600 600 1209600 300"
        return reply_to(query, answer=lines, authority=[] if lines else [soa])


async def verified(respond: Respond) -> dict[str, str]:
    async with serving(respond) as one:
        names = NameClient(resolvers=(one.at,))
        security = await security_of(names, "example.org", NOW)
        assert security.state == "secure"
        return dict(await verified_hosts(names, "example.org", HOSTS, security, NOW))


async def test_the_signatures_of_each_host_verify() -> None:
    assert await verified(Signed()) == dict.fromkeys(HOSTS[:3], "")


@pytest.mark.parametrize("host", HOSTS[:3])
async def test_a_damaged_signature_over_one_host_is_found(host: str) -> None:
    found = await verified(Signed(damaged=host))
    assert {h for h, problem in found.items() if problem} == {host}
    assert found[host] == "its signature does not verify"


async def test_a_signature_that_ended_over_one_host_is_found() -> None:
    found = await verified(Signed(ended="www.example.org"))
    assert found["www.example.org"] == "its signature ended on 2026-11-19"
    assert found["app.example.org"] == ""


@pytest.mark.parametrize("host", HOSTS[:3])
async def test_a_host_of_the_zone_that_is_not_signed_is_found(host: str) -> None:
    assert (await verified(Signed(bare=host)))[host] == "it has no signature"


async def test_the_addresses_of_one_family_that_are_not_signed_are_found() -> None:
    found = await verified(Signed(bare_type="AAAA"))
    assert found["www.example.org"] == "its AAAA record has no signature"
    assert found["example.org"] == ""


async def test_where_a_resolver_validates_nothing_is_verified_here() -> None:
    assert await verified(validating(Signed(), accepts=True)) == {}
