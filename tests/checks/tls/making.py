"""What the tests of TLS make: certificates, handshakes and answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from launchready.checks.tls.certificate import (
    certificate_chain_incomplete,
    certificate_expired,
    certificate_expires_soon,
    certificate_not_yet_valid,
    certificate_untrusted,
    certificate_wrong_host,
)
from launchready.checks.tls.hsts import (
    hsts_breaks_subdomain,
    hsts_missing,
)
from launchready.checks.tls.stapling import certificate_staple_missing
from launchready.checks.tls.strength import (
    certificate_unsupported_algorithm,
    certificate_weak_key,
    certificate_weak_signature,
)
from launchready.checks.tls.versions import https_refused, old_tls_accepted
from launchready.facts import Fact, Gap
from launchready.facts.http import Exchange
from launchready.facts.tls import (
    Certificate,
    Handshake,
    OldProtocols,
    Trust,
)
from launchready.facts.ways import Entrance
from launchready.finding import Check
from launchready.judge import judge
from launchready.verdict import decide
from tests.making import AT, HOST, declared, exchange, walk

DAY = timedelta(days=1)

OF_TRUST: dict[Trust, Check] = {
    "untrusted": certificate_untrusted,
    "wrong-host": certificate_wrong_host,
    "expired": certificate_expired,
    "not-yet-valid": certificate_not_yet_valid,
    "incomplete": certificate_chain_incomplete,
    "weak-key": certificate_weak_key,
    "weak-signature": certificate_weak_signature,
    "unsupported-algorithm": certificate_unsupported_algorithm,
}
EVERY = [
    *OF_TRUST.values(), https_refused, certificate_expires_soon, certificate_staple_missing,
]  # fmt: skip


def certificate(*, days_left: float = 60, lifetime_days: float = 90, **more: object) -> Certificate:
    values: dict[str, object] = {
        "subject": "CN=example.org", "issuer": "CN=R11,O=Let's Encrypt",
        "issuer_organization": "Let's Encrypt", "names": ("example.org",), "names_total": 1,
        "key_type": "EC", "key_bits": 256, "signature_hash": "sha256", "self_signed": False,
        "fingerprint_sha256": "00",
    }  # fmt: skip
    values |= more
    end = AT + days_left * DAY
    return Certificate(not_before=end - lifetime_days * DAY, not_after=end, **values)  # type: ignore[arg-type]


def handshake(trust: Trust | None = "trusted", **more: object) -> Handshake:
    values: dict[str, object] = {
        "accepted": True, "trust": trust, "chain": (certificate(), issuer()),
        "protocol": "TLSv1.3", "address": "203.0.113.5",
        "trust_detail": "" if trust == "trusted" else f"it is {trust}",
    }  # fmt: skip
    values |= more
    return Handshake(subject=HOST, at=AT, how="test", **values)  # type: ignore[arg-type]


def issuer(**more: Any) -> Certificate:
    return certificate(subject="CN=R11", issuer="CN=ISRG Root X1", names=(), **more)


def refused(refusal: str = "nothing listens on port 443") -> Handshake:
    return handshake(None, accepted=False, refusal=refusal, chain=())


def answer(
    value: str | tuple[str, ...] | None, url: str = "https://example.org/", **more: object
) -> Exchange:
    values = (value,) if isinstance(value, str) else value or ()
    return exchange(url, headers=tuple(("Strict-Transport-Security", v) for v in values), **more)  # type: ignore[arg-type]


def entrance(*https: Exchange, http: Exchange | None = None, **more: object) -> Entrance:
    values: dict[str, object] = {
        "https_root": walk(*https) if https else None,
        "http_root": walk(http) if http else None, "http_deep": None, "https_deep": None,
        "deep_path": "/x", "deep_query": "", "http_closed": False,
    }  # fmt: skip
    values |= more
    return Entrance(subject=HOST, at=AT, how="test", **values)  # type: ignore[arg-type]


def root_ids(*found: Fact | Gap) -> list[str]:
    observed = {f.key: f for f in (declared(), *found)}
    checks = [*EVERY, old_tls_accepted, hsts_missing, hsts_breaks_subdomain]
    verdict = decide(observed, observed, judge(checks, observed))
    return [f.check.id for f in verdict.findings]


def old(tls10: bool | None, tls11: bool | None) -> OldProtocols:
    return OldProtocols(subject=HOST, at=AT, how="test", tls10=tls10, tls11=tls11)
