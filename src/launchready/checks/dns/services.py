"""Whether HTTPS records lead browsers where the host is (RFC 9460)."""

from __future__ import annotations

from launchready.checks.dns.wording import OTHERS, dig, listed
from launchready.facts.services import Endpoint, HttpsRecord
from launchready.facts.tls import Handshake
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

_SEEN = {
    "rejected": "shows no certificate for",
    "refused": "refuses TLS for",
    "silent": "does not answer for",
    "private": "is an address of a private network, given for",
}


@check(severity=Severity.RISK, impact=Impact.SIGN_IN)
def https_record_misleads(record: HttpsRecord, handshake: Handshake) -> Result:
    """An HTTPS record leads browsers to a place that does not serve the host.

    Browsers look for an HTTPS record (RFC 9460) beside the addresses: Safari and Firefox connect to the
    port, target and addresses in it, Chrome and Firefox encrypt their hello with the key in it (ECH).
    curl and most monitors read none of it.

    Why: Members with such a browser wait, reach an old server or see an error, while everything works
    for everybody who tests it by other means.

    Fix: Delete the HTTPS record, or enter the host's addresses, port and key as they are now.
    """
    host = record.subject.name
    if record.trouble:
        reason = f"no resolver tells whether there is an HTTPS record ({record.trouble})"
        return Unproven(reason=reason, ours=True, how_to_prove=OTHERS)
    if not record.services:
        return NotApplicable(reason="there is no HTTPS record: browsers go by the addresses")
    if handshake.fault:
        return NotApplicable(reason="HTTPS does not work at the host's own addresses either")
    wrong = [e for e in record.endpoints if e.answer != "verified" and not e.ours]
    if not wrong and not record.nowhere:
        if untold := [e for e in record.endpoints if e.ours]:
            return Unproven(
                reason=f"{untold[0].address} cannot be reached from this network",
                ours=True,
                how_to_prove="Run it from a network with IPv4 and IPv6.",
            )
        return Passed(evidence="what the HTTPS record names serves the host")
    outer = [e for e in wrong if e.name != host]
    seen = [_seen(e, host) for e in (*outer, *(e for e in wrong if e.name == host))]
    seen += [f"its target {name} has no address" for name in record.nowhere]
    return Failed(
        means=f"Members with Chrome or Firefox see a certificate error in the place of {host}."
        if outer
        else f"Members with Safari or Firefox wait, or reach another server, when they open {host}.",
        observed="; ".join(seen[:4]),
        wanted="an HTTPS record that names where the host is, or none",
        fix=(
            f"Delete the HTTPS record of {host} at your DNS host: without one, browsers go by the addresses.",
            "If it came with a CDN that you have left, it is of no use any more.",
            "If it is wanted, enter the port, the addresses and the ECH key that the server has now.",
        ),
        who="you",
        effort_min=10,
        takes_effect="when the record's TTL has passed",
        see=dig("HTTPS", host),
        evidence=listed(_shown(e) for e in wrong),
        severity=Severity.BLOCKER if outer else None,
    )


def _seen(endpoint: Endpoint, host: str) -> str:
    what = f"{_shown(endpoint)} {_SEEN[endpoint.answer]} {endpoint.name}"
    return what if endpoint.name == host else f"{what}, for which hellos are encrypted (ech)"


def _shown(endpoint: Endpoint) -> str:
    address = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
    return f"{address}:{endpoint.port}"
