"""Whether the certificate can be renewed: CAA records (RFC 8659)."""

from __future__ import annotations

from launchready.checks.dns.wording import dig, listed
from launchready.derive.tls.authorities import allowed_issuers, caa_names
from launchready.facts.dns import Caa
from launchready.facts.tls import Certificate, Handshake
from launchready.finding import (
    Failed,
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)


@check(severity=Severity.RISK, impact=Impact.SIGN_IN)
def caa_forbids_issuer(caa: Caa, handshake: Handshake) -> Result:
    """The DNS forbids the authority that issued the host's certificate.

    Why: All is well today, but the next renewal is refused; on that day browsers warn every
    member away, and nobody remembers the record.

    Fix: Add a CAA record for the authority, or remove the one that forbids it.
    """
    host = caa.subject.name
    if caa.trouble:
        return NotApplicable(reason="the CAA records cannot be looked up")
    if not caa.records:
        return Passed(evidence="no CAA record: every authority may issue")
    if not handshake.chain:
        return NotApplicable(reason="the host shows no certificate")
    certificate = handshake.chain[0]
    issuer = certificate.issuer_organization or certificate.issuer
    allowed = allowed_issuers(caa.records, wildcard=_by_wildcard(certificate, host))
    if allowed is None:
        return Passed(evidence="no CAA record limits who may issue")
    names = caa_names(issuer)
    if set(names) & set(allowed):
        return Passed(evidence=f"{issuer} may issue ({listed(allowed)})")
    owner = caa.records[0].owner
    if allowed and not names:
        if not certificate.logged:
            return NotApplicable(reason=f"{issuer} is no public authority, CAA does not bind it")
        return Unproven(
            reason=f"which CAA name {issuer} goes by is not known here",
            how_to_prove=f"Look whether its documentation names one of {listed(allowed)}.",
        )
    name = names[0] if names else "NAME-OF-YOUR-AUTHORITY"
    return Failed(
        means=f"The certificate of {host} cannot be renewed: browsers will warn members away.",
        observed=f"only {listed(allowed)} may issue" if allowed else "nobody may issue",
        wanted=f"{issuer}, which issued the certificate",
        fix=(
            f'Publish this record: {owner}. 3600 IN CAA 0 issue "{name}"',
            "Remove CAA records that name no authority you use.",
            f"Have the certificate renewed once now (it ends on {certificate.not_after:%Y-%m-%d}).",
        ),
        who="you",
        effort_min=10,
        takes_effect="within the hour; authorities look at most 8 hours back",
        see=dig("CAA", owner, "+short"),
        evidence="; ".join(f'{r.owner} CAA {r.flags} {r.tag} "{r.value}"' for r in caa.records[:6]),
    )


def _by_wildcard(certificate: Certificate, host: str) -> bool:
    return host not in certificate.names and f"*.{host.partition('.')[2]}" in certificate.names


@check(severity=Severity.RISK, impact=Impact.SIGN_IN)
def caa_broken(caa: Caa) -> Result:
    """The CAA records of a host cannot be looked up.

    Why: An authority that gets an error for CAA must not issue, so that the next renewal of the
    certificate is refused although all records look right.

    Fix: Have the DNS host answer questions for CAA records, be it by an empty answer.
    """
    if not caa.trouble:
        return Passed(evidence=f"{len(caa.records)} CAA records apply")
    host = caa.subject.name
    return Failed(
        means=f"The certificate of {host} cannot be renewed: browsers will warn members away.",
        observed=caa.trouble,
        wanted="CAA records, or an empty answer",
        fix=(
            "Ask your DNS host why questions for CAA records fail (RFC 8659).",
            "If the zone is signed, have its signatures renewed.",
        ),
        who="your host",
        effort_min=20,
        takes_effect="within the hour",
        see=dig("CAA", host),
    )
