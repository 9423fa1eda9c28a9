"""Which servers a zone is delegated to: more than one, and by their own names."""

from __future__ import annotations

from collections.abc import Sequence

from launchready.checks.dns.wording import dig, listed, not_judged
from launchready.facts.zone import Nameserver, Zone
from launchready.finding import (
    Failed,
    Impact,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)


@check(severity=Severity.RISK, impact=Impact.SIGN_IN)
def single_nameserver(zone: Zone) -> Result:
    """The domain depends on a single name server.

    A zone has at least two servers (RFC 1034 section 4.1), three are better (RFC 2182 section 5).
    Several names at one address are one server.

    Why: When this one server or its network is down, the domain is off the Internet: no site, no
    log-in, no mail, and nobody else who could answer for it.

    Fix: Have a second server hold the zone, at another address, better in another network; most
    DNS hosts give two or more at no cost.
    """
    skip = not_judged(zone)
    if skip is not None:
        return skip
    placed = [n for n in zone.nameservers if n.addresses]
    if _several(placed):
        return Passed(evidence=f"{len(zone.nameservers)} name servers: {listed(_names(placed))}")
    nowhere = [n for n in zone.nameservers if not n.addresses]
    if nowhere:
        verb = "has" if len(nowhere) == 1 else "have"
        return Unproven(
            reason=f"{listed(_names(nowhere))} {verb} no address",
            because=zone.key if zone.fault == "lame" else None,
            how_to_prove="See lame-delegation: a name server without an address answers nobody.",
        )
    address = placed[0].addresses[0]
    alone = len(placed) == 1
    return Failed(
        means=f"When one server is down, nobody finds {zone.apex}: neither the site nor its mail.",
        observed=f"{placed[0].name} alone ({address})"
        if alone
        else f"{listed(_names(placed))} all at {address}",
        wanted="two name servers or more, at addresses of their own",
        fix=(
            f"Ask your DNS host for a second name server for {zone.apex}, in another network;",
            "if it has none, move the zone to a DNS host that gives two or more.",
            "Enter all of them at the registrar, and as NS records in the zone.",
        ),
        who="you",
        effort_min=30,
        takes_effect="within two days, as long as the delegation is remembered",
        see=dig("NS", zone.apex, "+short")
        if alone
        else "; ".join(dig("A", n.name, "+short") for n in placed[:3]),
        # What is done about servers that all refuse the zone changes how many there are.
        because=zone.key if zone.fault == "lame" else None,
    )


def _several(servers: Sequence[Nameserver]) -> bool:
    """Return whether these can be more than one machine: an address of each family is one."""
    addresses = {a for n in servers for a in n.addresses}
    families = [":" in a for a in addresses]
    if len(families) > len(set(families)):
        return True
    return any(set(n.addresses).isdisjoint(m.addresses) for n in servers for m in servers)


def _names(servers: Sequence[Nameserver]) -> list[str]:
    return [n.name for n in servers]


@check(severity=Severity.ADVICE, impact=Impact.SIGN_IN)
def nameserver_is_alias(zone: Zone) -> Result:
    """A name server of the domain is named by an alias.

    Why: The name of a name server must not be a CNAME (RFC 2181 section 10.3); some resolvers,
    BIND among them, pass over such a server. When all are named so, those resolvers find nothing.

    Fix: Put the name that the alias leads to into the NS records and at the registrar, or give
    the server's name an address of its own.
    """
    skip = not_judged(zone)
    if skip is not None:
        return skip
    # One that leads nowhere has no address: that is for lame-delegation to say.
    aliases = [n for n in zone.nameservers if n.alias and n.addresses]
    if not aliases:
        return Passed(evidence=f"{listed(_names(zone.nameservers))} are no aliases")
    every = len(aliases) == len(zone.nameservers)
    return Failed(
        means=f"Some members do not find {zone.apex} at all: their resolvers pass over its servers."
        if every
        else f"Some members wait longer for {zone.apex}: their resolvers pass over a server.",
        observed="; ".join(f"{n.name} is an alias of {n.alias}" for n in aliases[:4]),
        wanted="the server's own name",
        fix=tuple(
            f"Put {n.alias} in the place of {n.name}, at the registrar and in the zone's NS "
            f"records, or give {n.name} the address {n.addresses[0]} in the place of the alias."
            for n in aliases[:5]
        ),
        who="you",
        effort_min=15,
        takes_effect="within two days, as long as the delegation is remembered",
        see=dig("CNAME", aliases[0].name),
        severity=Severity.RISK if every else None,
    )
