"""Facts of the DNS made by hand: healthy unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from launchready.facts import domain_subject, host_subject
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
from launchready.facts.tls import Certificate, Handshake
from launchready.facts.zone import Nameserver, Zone
from tests.making import AT, DOMAIN

APP = host_subject("app.example.org", DOMAIN)
ZONE = domain_subject(DOMAIN)
HERE, OLD = "203.0.113.5", "203.0.113.9"
HERE_V6 = "2001:db8::5"


def aliases(*names: str) -> tuple[Alias, ...]:
    """Return the chain app.example.org → each name in turn."""
    owners = (APP.name, *names)
    return tuple(Alias(owner=a, target=b, ttl_s=300) for a, b in pairwise(owners))


def answer(*addresses: str, rcode: Rcode | None = "NOERROR", **more: Any) -> ResolverAnswer:
    values: dict[str, Any] = {"resolver": "192.0.2.201", "ttl_s": 300 if addresses else None}
    values |= {"v6_rcode": rcode} | more
    return ResolverAnswer(
        rcode=rcode,
        v4=tuple(a for a in addresses if ":" not in a),
        v6=tuple(a for a in addresses if ":" in a),
        **values,
    )


def resolution(*answers: ResolverAnswer, **more: Any) -> Resolution:
    told = answers or (answer(HERE, HERE_V6), answer(HERE, HERE_V6, resolver="192.0.2.202"))
    return Resolution(subject=APP, at=AT, how="test", answers=told, **more)


def nameserver(number: int = 1, **more: Any) -> Nameserver:
    values: dict[str, Any] = {
        "name": f"ns{number}.example.net",
        "addresses": (f"192.0.2.{number}",),
        "at_parent": True,
        "at_child": True,
        "serial": 2026112101,
        "authoritative": True,
        "rcode": "NOERROR",
        "host_answers": ((DOMAIN, (HERE,)), (APP.name, (HERE,))),
        "host_ttls": ((DOMAIN, 300), (APP.name, 300)),
    }
    return Nameserver(**(values | more))


def lame(number: int = 2, rcode: Rcode = "REFUSED") -> Nameserver:
    return nameserver(
        number, serial=None, authoritative=False, rcode=rcode, host_answers=(), host_ttls=()
    )


def silent(number: int = 2, *, ours: bool = False) -> Nameserver:
    return nameserver(
        number, serial=None, authoritative=False, rcode=None, host_answers=(), host_ttls=(),
        trouble="no answer within 4 seconds", ours=ours,
    )  # fmt: skip


def zone(*servers: Nameserver, **more: Any) -> Zone:
    told = servers or (nameserver(1), nameserver(2))
    names = tuple(n.name for n in told)
    values: dict[str, Any] = {
        "subject": ZONE,
        "apex": DOMAIN,
        "nameservers": told,
        "parent_ns": names,
        "child_ns": names,
        "dnssec": "secure",
        "signatures_from": AT - timedelta(days=7),
        "signatures_until": AT + timedelta(days=14),
    }
    return Zone(at=AT, how="test", **(values | more))


def absent() -> Zone:
    return zone(
        nameservers=(), parent_ns=None, child_ns=(), dnssec="unknown", absent="org",
        signatures_from=None, signatures_until=None,
    )  # fmt: skip


def unreachable() -> Zone:
    return zone(silent(1, ours=True), silent(2, ours=True), parent_ns=None, reachable=False)


def caa(*records: tuple[str, str] | tuple[int, str, str], trouble: str = "") -> Caa:
    return Caa(
        subject=APP,
        at=AT,
        how="test",
        trouble=trouble,
        records=tuple(
            CaaRecord(owner=DOMAIN, flags=r[0], tag=r[1], value=r[2])
            if len(r) == 3
            else CaaRecord(owner=DOMAIN, flags=0, tag=r[0], value=r[1])
            for r in records
        ),
    )


def handshake(
    organization: str = "Let's Encrypt", *, names: Sequence[str] = (APP.name,), logged: bool = True
) -> Handshake:
    certificate = Certificate(
        subject=f"CN={APP.name}", issuer="CN=R12", issuer_organization=organization,
        names=tuple(names), names_total=len(names), not_before=AT - timedelta(days=30),
        not_after=AT + timedelta(days=60), key_type="EC", key_bits=256, signature_hash="sha256",
        self_signed=False, fingerprint_sha256="00", logged=logged,
    )  # fmt: skip
    return Handshake(
        subject=APP, at=AT, how="test", accepted=True, trust="trusted", chain=(certificate,)
    )


def neighbours(*dangling: tuple[str, str]) -> NeighbourNames:
    return NeighbourNames(
        subject=ZONE,
        at=AT,
        how="test",
        addresses=(),
        dangling=tuple(Alias(owner=o, target=t, ttl_s=300) for o, t in dangling),
    )


def registration(expires: date | None, **more: Any) -> Registration:
    return Registration(subject=ZONE, at=AT, how="test", expires=expires, **more)
