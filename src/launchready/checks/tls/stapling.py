"""Whether the server staples its authority's word on the certificate where the certificate demands it."""

from __future__ import annotations

from launchready.checks.tls.wording import NO_CERTIFICATE, connect_command
from launchready.facts.tls import Handshake, Staple
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

_SEEN: dict[Staple, str] = {
    "missing": "no OCSP answer is stapled, which the certificate demands (must-staple)",
    "unusable": "the stapled OCSP answer is out of date or not for this certificate",
}


@check(severity=Severity.RISK, impact=Impact.SIGN_IN, bar="https")
def certificate_staple_missing(handshake: Handshake) -> Result:
    """The certificate demands a stapled answer of its authority, and the server sends none.

    Such a certificate says “must staple” (RFC 7633): the server has to bring along, with every
    handshake, its authority's word that the certificate was not revoked (OCSP).

    Why: Firefox shows an error page that nobody can pass, while other browsers open the site, so that
    a part of the members is locked out and nobody else sees why.

    Fix: Have the certificate issued anew without must-staple, or switch OCSP stapling on.
    """
    if not handshake.chain:
        return NotApplicable(reason=NO_CERTIFICATE)
    if not handshake.chain[0].must_staple:
        return NotApplicable(reason="the certificate does not demand it")
    if handshake.fault:
        return NotApplicable(reason="browsers refuse the certificate already")
    seen = _SEEN.get(handshake.staple)
    if handshake.staple == "good":
        return Passed(evidence="an OCSP answer is stapled")
    if seen is None:
        return Unproven(reason="it could not be told what the server staples")
    return Failed(
        means="Members who use Firefox see an error page in the place of the site.",
        observed=seen,
        wanted="a certificate without must-staple, or a stapled answer",
        fix=(
            (
                "Have the certificate issued anew without must-staple: without the option `--must-staple` of "
                "certbot, or `must_staple` of the tool that you use. Few authorities answer by OCSP any more."
            ),
            (
                "Or switch stapling on: nginx `ssl_stapling on;` with a `resolver`, Apache "
                "`SSLUseStapling on` with `SSLStaplingCache`."
            ),
        ),
        who="your developer",
        effort_min=20,
        takes_effect="at once",
        see=f"{connect_command(handshake.subject.name)} -status 2>/dev/null | grep -A2 'OCSP response'",
    )
