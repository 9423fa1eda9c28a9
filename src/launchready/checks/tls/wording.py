"""What the checks of certificates share: one fault judged, and the words for it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace

from launchready.facts.tls import Certificate, Handshake, Trust
from launchready.finding import Failed, NotApplicable, Passed, Result, Severity, Unproven

NO_CERTIFICATE = "HTTPS is refused, so that no certificate is shown"
Weakness = Callable[[Certificate], str]


def judge_trust(
    handshake: Handshake,
    fault: Trust,
    *,
    means: str,
    wanted: str,
    fix: tuple[str, ...],
    effort_min: int,
    passed: str,
    alone: set[Trust] | None = None,
) -> Result:
    """Judge one fault of a certificate.

    It is folded under the handshake's main fault, which a new certificate mends together with
    it, unless that is one of those beside which it stands `alone`.
    """
    if not handshake.accepted:
        return NotApplicable(reason=NO_CERTIFICATE)
    if handshake.trust is None:
        return Unproven(reason="it could not be told whether browsers accept the certificate")
    if handshake.trust != fault and fault not in handshake.further:
        leaf = handshake.chain[0] if handshake.chain else None
        evidence = passed.format(
            issuer=leaf.issuer if leaf else "",
            until=f"{leaf.not_after:%Y-%m-%d}" if leaf else "",
            since=f"{leaf.not_before:%Y-%m-%d}" if leaf else "",
            count=len(handshake.chain),
        )
        return Passed(evidence=evidence)
    main = handshake.trust in (fault, "trusted")
    folded = not main and handshake.trust not in (alone or ())
    return Failed(
        means=means,
        observed=handshake.trust_detail or fault,
        wanted=wanted,
        fix=fix,
        who="your developer",
        effort_min=effort_min,
        takes_effect="at once",
        see=_see(handshake, fault),
        evidence=where(handshake),
        because=handshake.key if folded else None,
    )


def judge_weak(
    handshake: Handshake,
    fault: Trust,
    weakness: Weakness,
    *,
    means: str,
    wanted: str,
    fix: tuple[str, ...],
) -> Result:
    """Judge one weakness: as a fault that OpenSSL refuses, or as one that it passes over."""
    result = judge_trust(
        handshake, fault, means=means, wanted=wanted, fix=fix, effort_min=20, passed="{count}"
    )
    if isinstance(result, Failed):
        return replace(result, see=chain_command(handshake.subject.name))
    if not isinstance(result, Passed):
        return result
    # OpenSSL accepts the chain by another way, but not everybody's software will.
    weak = [
        f"{c.subject}: {found}"
        for c in handshake.chain
        if not c.self_signed and (found := weakness(c))
    ]
    if not weak:
        leaf = handshake.chain[0] if handshake.chain else None
        shown = f"{leaf.key_type} {leaf.key_bits}, {leaf.signature_hash}" if leaf else ""
        return Passed(evidence=shown.strip(", ") or "accepted by OpenSSL")
    return Failed(
        means="Some members' browsers and apps refuse the site.",
        observed="; ".join(weak[:3]),
        wanted=wanted,
        fix=fix,
        who="your developer",
        effort_min=20,
        takes_effect="at once",
        see=chain_command(handshake.subject.name),
        severity=Severity.RISK,
        because=handshake.key if handshake.fault else None,
    )


def _see(handshake: Handshake, fault: Trust) -> str:
    """Return the command that shows the fault: in the host's own certificate, or in those above it."""
    host, leaf = handshake.subject.name, handshake.chain[0] if handshake.chain else None
    own = leaf is None or {
        "wrong-host": True,
        "expired": leaf.not_after <= handshake.at,
        "not-yet-valid": leaf.not_before > handshake.at,
    }.get(fault, False)
    if own:
        return certificate_command(host, "-subject -issuer -dates -ext subjectAltName")
    return chain_command(host)


def where(handshake: Handshake) -> str:
    """Return the address that the answer came from, and at how many others it is the same."""
    total = 1 + len(handshake.others)
    if total == 1:
        return handshake.address
    if any(o.address == handshake.address for o in handshake.others):
        return f"at {handshake.address}, behind which several servers show different certificates"
    same = sum(
        o.trust == handshake.trust and o.accepted == handshake.accepted for o in handshake.others
    )
    return f"at {handshake.address} ({1 + same} of {total} addresses)"


def days_shown(days: float) -> str:
    """Return days as people say them; hours when fewer than two days."""
    if days < 2:
        hours = int(days * 24)
        if hours < 1:
            return "less than an hour"
        return "1 hour" if hours == 1 else f"{hours} hours"
    return f"{int(days)} days"


def connect_command(host: str) -> str:
    """Return a command that shows the handshake with a host."""
    name = shlex.quote(host)
    return f"openssl s_client -connect {name}:443 -servername {name} </dev/null"


def certificate_command(host: str, shown: str) -> str:
    """Return a command that shows fields of a host's certificate."""
    return f"{connect_command(host)} 2>/dev/null | openssl x509 -noout {shown}"


def chain_command(host: str) -> str:
    """Return a command that shows every certificate that a host sends: who issued it, its dates, its key."""
    return (
        f"{connect_command(host)} -showcerts 2>/dev/null | "
        "openssl crl2pkcs7 -nocrl -certfile /dev/stdin | openssl pkcs7 -print_certs -noout -text | "
        "grep -E 'Subject:|Issuer:|Not (Before|After)|Signature Algorithm|Public-Key|OID:|Digital Sign'"
    )
