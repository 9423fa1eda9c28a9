"""Whether validators accept a zone (RFC 4035): what resolvers say, and our own look at the keys."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from launchready.collect.name_client import NameClient
from launchready.collect.name_reply import RecordSet, Reply

if TYPE_CHECKING:
    import dns.name
    import dns.rrset

_KEYS_MAX = 16
_SIGNATURES_MAX = 8
"""More are not tried: a zone with colliding keys would keep us busy for ever (CVE-2023-50387)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """What validation comes to. Times are those of the signatures that end first, UTC."""

    state: Literal["secure", "insecure", "bogus", "unknown"]
    problem: str = ""
    signatures_from: datetime | None = None
    signatures_until: datetime | None = None


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
        for c, u in zip(checked, unchecked, strict=True)
        if c.rcode == "SERVFAIL" and u.rcode == "NOERROR"
    ]
    since, until = _span(keys, soa)
    if ds.rcode != "NOERROR" or not ds.found:
        state: Literal["insecure", "bogus", "unknown"] = "unknown"
        if refused:
            problem = next((r.said for r in refused if r.said), "a zone above it is broken")
            return Security(state="bogus", problem=problem)
        if ds.rcode in {"NOERROR", "NXDOMAIN"}:
            state = "insecure"
        return Security(state=state, problem="" if state == "insecure" else ds.trouble)
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
    )


def _problem(apex: str, ds: Reply, keys: Reply, soa: Reply, now: datetime) -> str | None:
    """Return what is wrong with the chain from DS to SOA; empty when right, None when untold."""
    if keys.rcode != "NOERROR" or soa.rcode != "NOERROR" or not soa.found or not ds.found:
        return None
    if not keys.found:
        return "the parent has a DS record, but the zone has no keys"
    signed_keys, signed_soa = _signatures(keys), _signatures(soa)
    if not signed_keys or not signed_soa:
        # A forwarder that knows no DNSSEC takes signatures away: that proves nothing.
        return None
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
    try:
        for (records, signatures), signers in ((keys, trusted), (soa, keys[0].rdatas[:_KEYS_MAX])):
            dns.dnssec.validate(
                _rrset(name, records.rdatas),
                _rrset(name, signatures.rdatas[:_SIGNATURES_MAX]),
                {name: _rrset(name, signers).to_rdataset()},
                now=now.timestamp(),
            )
    except dns.exception.UnsupportedAlgorithm:
        return None
    except (dns.exception.DNSException, ValueError):
        return "its signatures do not verify"
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
