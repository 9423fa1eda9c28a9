"""Whether validating resolvers accept the zone, and for how long (DNSSEC, RFC 4035)."""

from __future__ import annotations

from datetime import timedelta

from launchready.checks.dns.wording import dig, listed
from launchready.facts.declared import Declared
from launchready.facts.zone import Zone
from launchready.finding import (
    Failed,
    Impact,
    NotApplicable,
    Parent,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)

ENDS_SOON = timedelta(days=2)
SHARE_LEFT = 0.1
"""Signers renew with a tenth or more of the validity left; online signers use short ones."""


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="sign-in",
    prevents=[(Zone, "bogus")],
)
def dnssec_bogus(zone: Zone) -> Result:
    """The domain's DNSSEC signatures are broken.

    Why: Resolvers that check signatures, those of most large providers among them, refuse every
    answer: no site and no mail for their users, while it works at your desk.

    Fix: Make the DS record at the registrar match the zone's key, or renew the signatures; if
    that takes long, remove the DS record, which turns DNSSEC off.
    """
    if zone.absent:
        return NotApplicable(reason="the domain does not exist")
    if zone.dnssec == "unknown":
        return Unproven(
            reason=zone.dnssec_problem or "no resolver tells whether the zone is signed",
            because=zone.key if zone.fault else None,
            how_to_prove="Name a resolver that validates: --resolver 9.9.9.9",
        )
    if zone.dnssec == "insecure":
        return NotApplicable(reason="the zone is not signed")
    if zone.dnssec == "secure":
        return Passed(evidence=f"resolvers that validate accept {zone.apex}")
    return Failed(
        means=f"A large part of your members finds neither the site nor the mail of {zone.apex}.",
        observed=zone.dnssec_problem or "validating resolvers refuse the zone",
        wanted="signatures that verify, or no DS record",
        fix=(
            "Compare the DS record at the registrar with the one that your DNS host shows; enter that.",
            "If the signatures have ended, ask the DNS host to sign the zone again.",
            "To get members back at once: delete the DS record at the registrar.",
        ),
        who="you",
        effort_min=20,
        takes_effect="within a day, as long as resolvers remember the DS record",
        see=f"{dig('SOA', zone.apex, server='9.9.9.9')}; "
        + dig("SOA", zone.apex, "+cd", server="9.9.9.9"),
    )


@check(severity=Severity.BLOCKER, impact=Impact.SIGN_IN, bar="sign-in")
def dnssec_host_bogus(zone: Zone) -> Result:
    """The DNSSEC signature over one host's records is broken, while the domain's own is right.

    Why: Resolvers that check signatures, those of most large providers among them, refuse this host:
    for their users it does not exist, while it works at your desk.

    Fix: Have the zone signed again; where records are signed by hand or copied between two DNS hosts,
    sign after every change.
    """
    if zone.absent:
        return NotApplicable(reason="the domain does not exist")
    if zone.dnssec == "insecure":
        return NotApplicable(reason="the zone is not signed")
    if zone.dnssec == "bogus":
        return NotApplicable(
            reason="the signatures of the whole domain are broken; see dnssec-bogus"
        )
    if zone.dnssec == "secure" and zone.hosts_verified is None:
        reason = "a resolver that validates was asked for each host; see does-not-resolve"
        return NotApplicable(reason=reason)
    if zone.hosts_verified is None:
        return Unproven(
            reason=zone.dnssec_problem or "no resolver passes signatures on",
            because=zone.key if zone.fault else None,
            how_to_prove="Name a resolver that validates: --resolver 9.9.9.9",
        )
    if not zone.hosts_verified:
        return NotApplicable(reason="no signed record of a declared host lies in this zone")
    if not zone.hosts_bogus:
        return Passed(evidence=f"the signatures of {listed(zone.hosts_verified)} verify")
    names = [host for host, _ in zone.hosts_bogus]
    return Failed(
        means=f"A large part of your members does not find {listed(names)}.",
        observed="; ".join(f"{host}: {problem}" for host, problem in zone.hosts_bogus[:4]),
        wanted="signatures that verify",
        fix=(
            f"Ask your DNS host to sign {listed(names)} again, with the whole zone.",
            "If two DNS hosts hold the zone, let one sign it and the other take the signed copy.",
            "To get members back at once: delete the DS record at the registrar.",
        ),
        who="your host",
        effort_min=30,
        takes_effect="as soon as the zone is signed again",
        see=f"{dig('A', names[0], server='9.9.9.9')}; "
        + dig("A", names[0], "+cd", "+dnssec", server="9.9.9.9"),
    )


@check(severity=Severity.RISK, impact=Impact.SIGN_IN)
def dnssec_signatures_expire_soon(zone: Zone, declared: Parent[Declared]) -> Result:
    """The domain's DNSSEC signatures end soon and are not being renewed.

    Why: When they end, resolvers that validate refuse the whole domain at once, site and mail.

    Fix: Find out why the signer no longer runs; renew the signatures before they end.
    """
    if zone.absent:
        return NotApplicable(reason="the domain does not exist")
    if zone.dnssec == "insecure":
        return NotApplicable(reason="the zone is not signed")
    since, until = zone.signatures_from, zone.signatures_until
    if since is None or until is None:
        return Unproven(
            reason="no resolver here passes signatures on",
            because=zone.key if zone.fault else None,
            how_to_prove=f"Run `{dig('SOA', zone.apex, '+dnssec')}` and read the RRSIG's dates.",
        )
    left = until - declared.now
    enough = min(ENDS_SOON, (until - since) * SHARE_LEFT)
    if left > enough:
        return Passed(evidence=f"signed until {until:%Y-%m-%d %H:%M} UTC")
    hours = max(0, int(left.total_seconds() // 3600))
    return Failed(
        means=f"The whole domain {zone.apex} vanishes for many members when they end.",
        observed=f"{hours} hours left",
        wanted=f"{int(enough.total_seconds() // 3600)} hours or more",
        fix=(
            "Ask your DNS host why the zone is not signed again.",
            "If it cannot be mended in time, delete the DS record at the registrar now.",
        ),
        who="your host",
        effort_min=30,
        takes_effect="within the hour",
        see=dig("SOA", zone.apex, "+dnssec", "+multiline"),
        because=zone.key if zone.fault == "bogus" else None,
    )
