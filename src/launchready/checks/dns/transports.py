"""Whether the zone's own servers answer over TCP as they do over UDP."""

from __future__ import annotations

from launchready.checks.dns.wording import ELSEWHERE, dig, listed, not_judged
from launchready.facts.zone import Zone
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


@check(severity=Severity.ADVICE, impact=Impact.SIGN_IN)
def nameserver_without_tcp(zone: Zone) -> Result:
    """A name server of the domain answers over UDP, and not over TCP.

    What does not fit into one packet of 1,232 bytes, a resolver fetches over TCP (RFC 7766): long SPF
    and DKIM records, many addresses, signatures. A server under attack sends everybody there.

    Why: Such records cannot be looked up at this server at all: letters are refused, or a service no
    longer finds its proof, and it depends on which server a resolver asks.

    Fix: Open TCP port 53 in the firewall before the server, beside UDP.
    """
    skip = not_judged(zone)
    if skip is not None:
        return skip
    if not zone.told:
        return NotApplicable(reason="none of its servers serves it; see lame-delegation")
    without = [n for n in zone.told if n.tcp_trouble]
    if not without:
        return Passed(evidence=f"{listed(n.name for n in zone.told)} answer over TCP as well")
    if not zone.tcp_open:
        return Unproven(
            reason="no name server at all can be reached over TCP from this network",
            ours=True,
            how_to_prove=ELSEWHERE,
        )
    cut = list(dict.fromkeys(label for n in without for label in n.cut))
    names = listed(n.name for n in without)
    return Failed(
        means=f"What {zone.apex} publishes in long records is not found, by chance or by everybody."
        if cut
        else f"When {zone.apex} publishes a longer record, some members and mail servers will not find it.",
        observed="; ".join(f"{n.name} over TCP: {n.tcp_trouble}" for n in without[:4]),
        wanted="the same answers over TCP as over UDP",
        fix=(
            f"Ask the operator of {names} to let TCP port 53 through, beside UDP.",
            "Look into the firewall of the machine and into that of its hosting provider.",
        ),
        who="your host",
        effort_min=15,
        takes_effect="at once",
        see=dig("SOA", zone.apex, "+tcp", "+norecurse", server=without[0].name),
        evidence=f"too long for UDP already: {listed(cut)}" if cut else "",
        severity=Severity.RISK if cut else None,
    )
