"""Whether the zone above names the servers of a zone as the zone itself does."""

from __future__ import annotations

from launchready.checks.dns.wording import dig, listed, not_judged
from launchready.facts.zone import Nameserver, Zone
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
def delegation_mismatch(zone: Zone) -> Result:
    """The registrar names other name servers than the zone itself, or other addresses of them.

    Why: It depends on chance which servers are asked; after a move, the old ones still answer
    for a part of the world, with old records.

    Fix: Make both the same: the list at the registrar and the NS records in the zone; a server's
    address at the registrar (its glue or host record) and its A and AAAA records.
    """
    skip = not_judged(zone)
    if skip is not None:
        return skip
    if zone.parent_ns is None:
        return Unproven(
            reason="the servers of the zone above do not tell its name servers",
            how_to_prove=f"Run `{dig('NS', zone.apex, '+trace')}` and compare the last two lists.",
        )
    if not zone.child_ns:
        return NotApplicable(reason="no server of the zone tells its own list")
    parent, child = set(zone.parent_ns), set(zone.child_ns)
    if parent == child:
        return _other_addresses(zone) or Passed(evidence=f"both name {listed(sorted(child))}")
    only_parent, only_child = sorted(parent - child), sorted(child - parent)
    observed = [f"only at the registrar: {listed(only_parent)}"] if only_parent else []
    observed += [f"only in the zone: {listed(only_child)}"] if only_child else []
    return Failed(
        means="Members may be sent by old name servers to old places.",
        observed="; ".join(observed),
        wanted="the same name servers in both",
        fix=(
            f"Decide which servers are right. In the zone: {listed(sorted(child), 8)}.",
            "Enter exactly these at the registrar, and the same as NS records in the zone.",
        ),
        who="you",
        effort_min=15,
        takes_effect="within two days, as long as the delegation is remembered",
        see=dig("NS", zone.apex, "+trace"),
    )


def _without_glue(zone: Zone, servers: list[Nameserver]) -> Failed:
    names = listed(n.name for n in servers)
    return Failed(
        means=f"Nobody finds {names} unless another name server answers first: as a reserve it is none.",
        observed=f"the zone above tells no address of {names}, which lies below {zone.apex}",
        wanted="an address at the registrar (glue) for every server named below the domain itself",
        fix=tuple(
            f"Enter {n.name} with {listed(n.addresses)} as a host (or glue) record at the registrar."
            for n in servers[:4]
        ),
        who="you",
        effort_min=15,
        takes_effect="within two days, as long as the delegation is remembered",
        see=dig("NS", zone.apex, "+trace", "+additional"),
    )


def _other_addresses(zone: Zone) -> Failed | None:
    """Judge the addresses that the registrar holds for servers named below the domain itself."""
    below = [n for n in zone.nameservers if n.at_parent and n.name.endswith(f".{zone.apex}")]
    without = [n for n in below if n.addresses and not n.glue]
    if without and len(without) < len(below):
        # Of a zone above that tells no glue at all, it was asked in vain.
        return _without_glue(zone, without)
    for server in zone.nameservers:
        old = sorted(set(server.glue) - set(server.addresses))
        if not old or not server.addresses or not server.name.endswith(f".{zone.apex}"):
            continue
        return Failed(
            means="Members may be sent by an old name server to old places.",
            observed=f"{server.name} is at {listed(old)} at the registrar, and at "
            f"{listed(server.addresses)} in the zone",
            wanted="the same address in both",
            fix=(
                f"Decide which address of {server.name} is right; in the zone it is {listed(server.addresses)}.",
                f"Enter it at the registrar, where {server.name} is a host (or glue) record, and in the zone.",
            ),
            who="you",
            effort_min=15,
            takes_effect="within two days, as long as the delegation is remembered",
            see=dig("NS", zone.apex, "+trace", "+additional"),
        )
    return None
