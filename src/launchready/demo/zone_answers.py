"""Answers from zones: signed copies for the authoritative servers, and what resolvers make of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

import dns.dnssec
import dns.dnssectypes
import dns.flags
import dns.message
import dns.name
import dns.node
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset
import dns.zone
from cryptography.hazmat.primitives.asymmetric import ec
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.dnskeybase import Flag

from launchready.demo.zone_data import NameServer, RecordSet, Zone

_IN = dns.rdataclass.IN
_CNAME, _NS, _SOA, _DS = (
    dns.rdatatype.CNAME, dns.rdatatype.NS, dns.rdatatype.SOA, dns.rdatatype.DS,
)  # fmt: skip
_RRSIG, _NSEC, _ANY = dns.rdatatype.RRSIG, dns.rdatatype.NSEC, dns.rdatatype.ANY
NEGATIVE_TTL_S = 300


@dataclass(slots=True)
class Found:
    """What a zone says of a question. `cut` is the child zone that it refers to, if it does."""

    rcode: dns.rcode.Rcode = dns.rcode.NOERROR
    answer: list[dns.rrset.RRset] = field(default_factory=list)
    authority: list[dns.rrset.RRset] = field(default_factory=list)
    additional: list[dns.rrset.RRset] = field(default_factory=list)
    cut: dns.name.Name | None = None
    alias: dns.name.Name | None = None
    """The name that the answer's last alias leads to, when it leads out of the zone."""


@cache
def zone_key(origin: str) -> tuple[ec.EllipticCurvePrivateKey, DNSKEY]:
    """Return the key that signs a zone, and its DNSKEY record: one a zone and process."""
    key = ec.generate_private_key(ec.SECP256R1())
    dnskey = dns.dnssec.make_dnskey(
        key.public_key(),
        dns.dnssectypes.Algorithm.ECDSAP256SHA256,
        # One combined signing key: the secure entry point bit makes it the DS's target.
        flags=Flag.ZONE | Flag.SEP,
    )
    assert origin.endswith(".")  # noqa: S101 - the cache's key must be one spelling of the name
    return key, dnskey


def ds_text(zone: Zone) -> str:
    """Return the DS record, in zone-file form, that the parent publishes for the zone."""
    _, dnskey = zone_key(zone.origin)
    ds = dns.dnssec.make_ds(dns.name.from_text(zone.origin), dnskey, "SHA256")
    text = ds.to_text()
    if zone.ds == "other":
        # The digest of a key that the zone no longer has, as after a move to another DNS host.
        tag, algorithm, kind, digest = text.split(maxsplit=3)
        return f"{tag} {algorithm} {kind} {digest[::-1]}"
    return text


def build(zone: Zone, server: NameServer, children: list[Zone]) -> dns.zone.Zone:
    """Return the zone as one server holds it, signed when the zone is.

    `children` are the zones that it delegates. Records that are no records (a bad address, a
    CNAME beside others) raise ValueError or dns.exception.DNSException: a defect's mistake.
    """
    origin = dns.name.from_text(zone.origin)
    built = dns.zone.Zone(origin, relativize=False)
    records = RecordSet(origin=zone.origin, records=list((server.own or zone).records))
    serial = zone.serial if server.serial is None else server.serial
    soa = f"{zone.servers[0].name}. hostmaster.{zone.origin.lstrip('.')} {serial} 7200 3600 1209600 {NEGATIVE_TTL_S}"
    records.add("SOA", "@", soa, ttl=3600)
    names = zone.child_ns if zone.child_ns is not None else [s.name for s in zone.servers]
    records.add("NS", "@", *(f"{name}." for name in names), ttl=3600)
    for child in children:
        at_parent = child.delegated or [s.name for s in child.servers]
        records.add("NS", child.origin, *(f"{n}." for n in at_parent), ttl=3600)
        if child.ds != "none":
            records.add("DS", child.origin, ds_text(child), ttl=3600)
        for glue in (s for s in child.servers if f"{s.name}.".endswith(child.origin)):
            for address in glue.addresses:
                records.add("AAAA" if ":" in address else "A", f"{glue.name}.", address, ttl=3600)
    with built.writer() as writer:
        for record in records.records:
            rdata = dns.rdata.from_text(
                _IN,
                dns.rdatatype.from_text(record.type),
                record.text,
                origin=origin,
                relativize=False,
            )
            writer.add(dns.name.from_text(record.name), record.ttl, rdata)
    if zone.signed:
        _sign(built, zone)
    return built


def _sign(built: dns.zone.Zone, zone: Zone) -> None:
    ends = datetime.now(UTC) + timedelta(days=zone.signatures_days)
    begins = min(datetime.now(UTC), ends) - timedelta(days=7)
    with built.writer() as writer:
        dns.dnssec.sign_zone(
            built, writer, keys=[zone_key(zone.origin)], inception=begins, expiration=ends,
            dnskey_ttl=3600,
        )  # fmt: skip
    for name in zone.damaged:
        _damage(built.nodes[dns.name.from_text(zone.absolute(name))])


def _damage(node: dns.node.Node) -> None:
    """Flip the last bit of the signatures over addresses, as a damaged copy of the zone has them."""
    for type_ in (dns.rdatatype.A, dns.rdatatype.AAAA):
        signed = node.get_rdataset(_IN, _RRSIG, type_)
        if signed is not None:
            wrong = [
                s.replace(signature=s.signature[:-1] + bytes([s.signature[-1] ^ 1])) for s in signed
            ]
            node.replace_rdataset(dns.rdataset.from_rdata_list(signed.ttl, wrong))


_Rrsets = tuple[dns.rrset.RRset, ...]


class Contents:
    """One server's copy of a zone, answering as RFC 1034 section 4.3.2 says."""

    def __init__(self, built: dns.zone.Zone) -> None:
        self.zone = built
        assert built.origin is not None  # noqa: S101 - build() gives every zone its origin
        self.origin: dns.name.Name = built.origin
        self._above = {
            above for name in built.nodes for above in _ancestors(name) if name != self.origin
        }
        self._nsec_owners = sorted(
            name for name, node in built.nodes.items() if node.get_rdataset(_IN, _NSEC) is not None
        )
        self._rrsets: dict[tuple[dns.name.Name, dns.rdatatype.RdataType, bool], _Rrsets] = {}

    def ask(self, name: dns.name.Name, type_: dns.rdatatype.RdataType, *, secure: bool) -> Found:
        """Return the answer, referral or negative answer; with signatures when `secure` (DO)."""
        found = Found()
        seen: set[dns.name.Name] = set()
        while name.is_subdomain(self.origin):
            cut = self._cut(name, type_)
            if cut is not None:
                if found.answer:
                    found.alias = name
                else:
                    self._refer(found, cut, secure=secure)
                return found
            node, wild = self._node(name)
            if node is None:
                self._negative(found, name, secure=secure, exists=self._has_below(name))
                return found
            alias = node.get_rdataset(_IN, _CNAME)
            if alias is not None and type_ not in {_CNAME, _ANY, _RRSIG, _NSEC}:
                self._put(found.answer, node, name, _CNAME, secure=secure)
                target = alias[0].target
                if target in seen or len(seen) > 16:
                    found.alias = target
                    return found
                seen.add(target)
                name = target
                found.alias = None if name.is_subdomain(self.origin) else name
                continue
            types = [r.rdtype for r in node.rdatasets] if type_ == _ANY else [type_]
            before = len(found.answer)
            for each in types:
                self._put(found.answer, node, name, each, secure=secure)
            if len(found.answer) == before:
                self._negative(found, name, secure=secure, exists=True, wild=wild)
            return found
        return found

    def _cut(self, name: dns.name.Name, type_: dns.rdatatype.RdataType) -> dns.name.Name | None:
        here = name
        cuts = []
        while here != self.origin:
            if here in self.zone.nodes and self.zone.get_rdataset(here, _NS) is not None:
                cuts.append(here)
            here = here.parent()
        # The parent itself answers for the DS of its child (RFC 4035 section 3.1.4.1).
        if cuts and not (cuts[-1] == name and type_ == _DS):
            return cuts[-1]
        return None

    def _refer(self, found: Found, cut: dns.name.Name, *, secure: bool) -> None:
        node = self.zone.nodes[cut]
        found.cut = cut
        self._put(found.authority, node, cut, _NS, secure=False)
        if secure:
            kind = _DS if node.get_rdataset(_IN, _DS) is not None else _NSEC
            self._put(found.authority, node, cut, kind, secure=True)
        for server in self.zone.get_rdataset(cut, _NS) or ():
            glue = self.zone.nodes.get(server.target)
            if glue is not None and server.target.is_subdomain(cut):
                for type_ in (dns.rdatatype.A, dns.rdatatype.AAAA):
                    self._put(found.additional, glue, server.target, type_, secure=False)

    def _node(self, name: dns.name.Name) -> tuple[dns.node.Node | None, bool]:
        node = self.zone.nodes.get(name)
        if node is not None:
            return node, False
        here = name
        while here != self.origin:
            if self._has_below(here):
                return None, False
            here = here.parent()
            wild = self.zone.nodes.get(dns.name.Name((b"*", *here.labels)))
            if wild is not None:
                return wild, True
            if here in self.zone.nodes:
                return None, False
        return None, False

    def _has_below(self, name: dns.name.Name) -> bool:
        return name in self._above

    def _negative(
        self, found: Found, name: dns.name.Name, *, secure: bool, exists: bool, wild: bool = False
    ) -> None:
        found.rcode = dns.rcode.NOERROR if exists else dns.rcode.NXDOMAIN
        apex = self.zone.nodes[self.origin]
        self._put(found.authority, apex, self.origin, _SOA, secure=secure)
        # RFC 2308 section 5: the negative TTL is the lesser of the SOA's own and its minimum.
        soa = found.authority[0]
        ttl = min(soa.ttl, NEGATIVE_TTL_S)
        found.authority[0] = dns.rrset.from_rdata_list(soa.name, ttl, list(soa))
        if not secure:
            return
        proofs = {name if name in self.zone.nodes else self._before(name)}
        if not exists or wild:
            proofs.add(self._before(dns.name.Name((b"*", *name.parent().labels))))
        for proof in sorted(proofs):
            self._put(found.authority, self.zone.nodes[proof], proof, _NSEC, secure=True)

    def _before(self, name: dns.name.Name) -> dns.name.Name:
        place = bisect_right(self._nsec_owners, name)
        return self._nsec_owners[place - 1] if place else self.origin

    def _put(
        self,
        section: list[dns.rrset.RRset],
        node: dns.node.Node,
        name: dns.name.Name,
        type_: dns.rdatatype.RdataType,
        *,
        secure: bool,
    ) -> None:
        known = self._rrsets.get((name, type_, secure))
        if known is None:
            wanted = [node.get_rdataset(_IN, type_)]
            if secure:
                wanted.append(node.get_rdataset(_IN, _RRSIG, type_))
            known = tuple(
                dns.rrset.from_rdata_list(name, found.ttl, list(found))
                for found in wanted
                if found is not None
            )
            if name in self.zone.nodes:
                self._rrsets[name, type_, secure] = known
        section += known


def _ancestors(name: dns.name.Name) -> Iterator[dns.name.Name]:
    while name != dns.name.root:
        name = name.parent()
        yield name
