"""Whether validators accept a zone (RFC 4035): what resolvers say, and our own look at the keys."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from launchready.collect.dns.client import NameClient
from launchready.collect.dns.reply import GOOD, RecordSet, Reply
from launchready.facts.zone import Nameserver

if TYPE_CHECKING:
    import dns.name
    import dns.rrset

_KEYS_MAX = 16
_SIGNATURES_MAX = 8
"""More are not tried: a zone with colliding keys would keep us busy for ever (CVE-2023-50387)."""
_ALGORITHMS = frozenset({5, 7, 8, 10, 13, 14, 15, 16})
_DIGESTS = frozenset({1, 2, 4})
"""What resolvers verify (RFC 8624 section 3). A zone whose DS records all name others is insecure
to them, and not bogus (RFC 4035 section 5.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """What validation comes to. Times are those of the signatures that end first, UTC."""

    state: Literal["secure", "insecure", "bogus", "unknown"]
    problem: str = ""
    signatures_from: datetime | None = None
    signatures_until: datetime | None = None
    keys: tuple[Any, ...] = ()
    """The zone's keys where they were verified here, and no resolver validates."""


async def security_of(names: NameClient, apex: str, now: datetime) -> Security:
    """Return the DNSSEC state of a zone.

    A resolver that refuses the zone unless checking is disabled makes it bogus, one that sets AD
    makes it secure. Where none validates, the DS, DNSKEY and SOA records are verified here.
    """
    ds, keys, soa, *told = await asyncio.gather(
        names.ask(apex, "DS", checking_disabled=True, dnssec=True),
        names.ask(apex, "DNSKEY", checking_disabled=True, dnssec=True),
        names.ask(apex, "SOA", checking_disabled=True, dnssec=True),
        *(names.ask(apex, "SOA", resolver=r, dnssec=True) for r in names.resolvers),
        *(
            names.ask(apex, "SOA", resolver=r, dnssec=True, checking_disabled=True)
            for r in names.resolvers
        ),
    )
    checked, unchecked = told[: len(names.resolvers)], told[len(names.resolvers) :]
    refused = [
        c
        for r, c, u in zip(names.resolvers, checked, unchecked, strict=True)
        # One that verifies nothing at all, its clock or its trust anchor being wrong, tells nothing.
        if c.rcode == "SERVFAIL" and u.rcode == "NOERROR" and not await names.complaint(r)
    ]
    since, until = _span(keys, soa)
    if ds.rcode != "NOERROR" or not ds.found:
        state: Literal["insecure", "bogus", "unknown"] = "unknown"
        if refused:
            problem = next((r.said for r in refused if r.said), "a zone above it is broken")
            return Security(state="bogus", problem=problem)
        if ds.rcode in GOOD:
            state = "insecure"
        return Security(state=state, problem="" if state == "insecure" else ds.trouble)
    if not refused and not _verifiable(ds.found):
        return Security(state="insecure")
    problem_found = _problem(apex, ds, keys, soa, now)
    problem = problem_found or next((r.said for r in refused if r.said), "")
    if refused:
        problem = problem or "resolvers that validate refuse its answers"
        return Security(
            state="bogus", problem=problem, signatures_from=since, signatures_until=until
        )
    if any(r.authenticated for r in checked):
        return Security(state="secure", signatures_from=since, signatures_until=until)
    if problem_found is None:
        return Security(state="unknown", problem="no resolver here validates")
    return Security(
        state="bogus" if problem_found else "secure",
        problem=problem_found,
        signatures_from=since,
        signatures_until=until,
        keys=keys.found.rdatas[:_KEYS_MAX] if keys.found and not problem_found else (),
    )


async def as_served(
    names: NameClient, apex: str, server: Nameserver, security: Security, now: datetime
) -> Security:
    """Return the state of a zone whose signatures, as resolvers still have them, have ended.

    The zone's own server is asked for those that it has now: a resolver may remember old ones.
    """
    keys, soa = await asyncio.gather(
        *(
            names.ask_server(server.addresses[0], apex, kind, host=server.name, dnssec=True)
            for kind in ("DNSKEY", "SOA")
        )
    )
    since, until = _span(keys, soa)
    if until is None:
        return security
    if until >= now:
        return replace(security, signatures_from=since, signatures_until=until)
    return replace(
        security,
        state="bogus",
        problem=f"its signatures ended on {until:%Y-%m-%d}; some resolvers still answer from memory",
        signatures_from=since,
        signatures_until=until,
    )


async def verified_hosts(
    names: NameClient, apex: str, hosts: Sequence[str], security: Security, now: datetime
) -> tuple[tuple[str, str], ...]:
    """Return the hosts whose records were verified by the zone's keys, each with what is wrong.

    Empty words: all that was signed verifies. Left out are hosts without records, and those that
    lie in a zone further down.
    """
    if not security.keys:
        return ()
    questions = [(host, kind) for host in hosts for kind in ("A", "AAAA")]
    replies = await asyncio.gather(
        *(names.ask(host, kind, checking_disabled=True, dnssec=True) for host, kind in questions)
    )
    found: dict[str, str] = {}
    for (host, _), reply in zip(questions, replies, strict=True):
        for records in reply.answer:
            told = _host_problem(apex, records, reply, security.keys, now)
            if told is not None:
                found[host] = found.get(host) or told
    for (host, kind), reply in zip(questions, replies, strict=True):
        # Where one family's records are signed by the zone, those of the other are the zone's too.
        if host in found and reply.found and reply.found.owner == host and not _signatures(reply):
            found[host] = found[host] or f"its {kind} record has no signature"
    bare = {
        host
        for (host, _), reply in zip(questions, replies, strict=True)
        if host not in found and any(records.owner == host for records in reply.answer)
    }
    cuts = await asyncio.gather(*(names.ask(h, "SOA", checking_disabled=True) for h in bare))
    found |= {
        host: "it has no signature"
        for host, cut in zip(bare, cuts, strict=True)
        # The denial of a zone's beginning at the host names the zone that it lies in.
        if host == apex or (not cut.found and cut.denied_by == apex)
    }
    return tuple(sorted(found.items()))


def _host_problem(
    apex: str, records: RecordSet, reply: Reply, keys: Sequence[Any], now: datetime
) -> str | None:
    """Return what is wrong with the signatures over records of a zone; None when it has none."""
    import dns.name  # noqa: PLC0415

    zone = dns.name.from_text(apex)
    if records.rdtype == "RRSIG":
        return None
    kind = records.rdatas[0].rdtype
    signatures: list[Any] = [
        each
        for other in reply.answer
        if other.rdtype == "RRSIG" and other.owner == records.owner
        for each in other.rdatas
    ]
    own = [s for s in signatures if s.type_covered == kind and s.signer == zone][:_SIGNATURES_MAX]
    if not own:
        return None
    ended = max(s.expiration for s in own)
    if ended < now.timestamp():
        return f"its signature ended on {datetime.fromtimestamp(ended, UTC):%Y-%m-%d}"
    owner = dns.name.from_text(records.owner)
    verified = _verifies(_rrset(owner, records.rdatas), _rrset(owner, own), (zone, keys), now)
    if verified is None:
        return None
    return "" if verified else "its signature does not verify"


def _verifies(
    records: dns.rrset.RRset,
    signatures: dns.rrset.RRset,
    signer: tuple[dns.name.Name, Sequence[Any]],
    now: datetime,
) -> bool | None:
    """Return whether one of the signatures over a set verifies; None when its algorithm is unknown."""
    import dns.dnssec  # noqa: PLC0415
    import dns.exception  # noqa: PLC0415

    zone, keys = signer
    known: Any = {zone: _rrset(zone, keys).to_rdataset()}
    try:
        dns.dnssec.validate(records, signatures, known, now=now.timestamp())
    except dns.exception.UnsupportedAlgorithm:
        return None
    except (dns.exception.DNSException, ValueError):
        return False
    return True


def _verifiable(ds: RecordSet) -> bool:
    """Return whether one of the DS records is of a kind that resolvers verify."""
    records: list[Any] = list(ds.rdatas)
    return any(r.algorithm in _ALGORITHMS and r.digest_type in _DIGESTS for r in records)


def _problem(apex: str, ds: Reply, keys: Reply, soa: Reply, now: datetime) -> str | None:
    """Return what is wrong with the chain from DS to SOA; empty when right, None when untold."""
    if keys.rcode != "NOERROR" or soa.rcode != "NOERROR" or not soa.found or not ds.found:
        return None
    if not keys.found:
        return "the parent has a DS record, but the zone has no keys"
    signed_keys, signed_soa = _signatures(keys), _signatures(soa)
    if not signed_keys or not signed_soa:
        # A forwarder that knows no DNSSEC takes all signatures away: that proves nothing.
        passed_on = signed_keys or signed_soa or _signatures(ds)
        return (
            f"its {'SOA record has' if signed_keys else 'keys have'} no signature"
            if passed_on
            else None
        )
    _, until = _span(keys, soa)
    if until is not None and until < now:
        return f"its signatures ended on {until:%Y-%m-%d}"
    return _verified(apex, ds.found, (keys.found, signed_keys), (soa.found, signed_soa), now)


def _verified(
    apex: str,
    ds: RecordSet,
    keys: tuple[RecordSet, RecordSet],
    soa: tuple[RecordSet, RecordSet],
    now: datetime,
) -> str | None:
    import dns.dnssec  # noqa: PLC0415 - brings cryptography in, which only signed zones need
    import dns.exception  # noqa: PLC0415
    import dns.name  # noqa: PLC0415

    name = dns.name.from_text(apex)
    trusted: list[Any] = []
    supported = False
    for key in keys[0].rdatas[:_KEYS_MAX]:
        for signer in ds.rdatas[:_KEYS_MAX]:
            try:
                made = dns.dnssec.make_ds(name, key, signer.digest_type, validating=True)  # type: ignore[attr-defined]
            except (dns.exception.DNSException, ValueError):
                continue
            supported = True
            if made == signer:
                trusted.append(key)
    if not supported:
        return None
    if not trusted:
        return "the DS record at the parent matches none of the zone's keys"
    for (records, signatures), signers in ((keys, trusted), (soa, keys[0].rdatas[:_KEYS_MAX])):
        made_by = _rrset(name, signatures.rdatas[:_SIGNATURES_MAX])
        verified = _verifies(_rrset(name, records.rdatas), made_by, (name, signers), now)
        if not verified:
            return None if verified is None else "its signatures do not verify"
    return ""


def _rrset(name: dns.name.Name, rdatas: Any) -> dns.rrset.RRset:
    import dns.rrset  # noqa: PLC0415

    return dns.rrset.from_rdata_list(name, 300, list(rdatas))


def _signatures(reply: Reply) -> RecordSet | None:
    """Return the signatures over the records asked for."""
    for records in reply.answer:
        if records.rdtype == "RRSIG" and records.owner == reply.last:
            covered: Any = records.rdatas[0]
            if covered.type_covered == reply.found.rdatas[0].rdtype if reply.found else False:
                return records
    return None


def _span(*replies: Reply) -> tuple[datetime | None, datetime | None]:
    """Return when the signature that ends first was made and ends; of several over a set the last."""
    spans = []
    for reply in replies:
        signatures = _signatures(reply)
        if signatures is not None:
            every: list[Any] = list(signatures.rdatas)
            last = max(every, key=lambda s: s.expiration)
            spans.append((last.expiration, last.inception))
    if not spans:
        return None, None
    until, since = min(spans)
    return datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC)
