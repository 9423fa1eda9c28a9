"""Whether the zone's own servers answer, and answer alike."""

from __future__ import annotations

from launchready.checks.dns.wording import dig, listed, not_judged
from launchready.facts.declared import Declared
from launchready.facts.zone import Nameserver, Zone
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

TTL_BEFORE_SWITCH_S = 3600
TTL_NEAR_LAUNCH_S = 86_400
NEAR_DAYS = 14


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    prevents=[(Zone, "lame")],
)
def lame_delegation(zone: Zone) -> Result:
    """A name server that the domain is delegated to does not serve it.

    Why: Resolvers that ask this server get no answer and try again elsewhere, slowly; when all
    of them are lame, the domain is off the Internet.

    Fix: Set the domain up at that server, or take the server out of the name servers at the
    registrar.
    """
    skip = not_judged(zone)
    if skip is not None:
        return skip
    lame = [n for n in zone.nameservers if n.lame]
    every = zone.fault == "lame"
    if not lame and not every:
        return Passed(evidence=f"{listed(n.name for n in zone.told)} serve {zone.apex}")
    named = lame or list(zone.nameservers)
    free = sorted({n.unregistered for n in lame if n.unregistered})
    if free:
        return _for_the_taking(zone, named, free)
    return Failed(
        means=f"Nothing under {zone.apex} can be found: no site, no mail."
        if every
        else f"Members wait longer for {zone.apex}, and now and then do not find it.",
        observed="; ".join(f"{n.name}: {_lameness(n)}" for n in named[:4]),
        wanted=f"an authoritative answer for {zone.apex}",
        fix=(
            f"Ask the operator of {listed(n.name for n in named)} to serve {zone.apex},",
            "or name only servers that do at the registrar.",
        ),
        who="you",
        effort_min=20,
        takes_effect="within two days, as long as the delegation is remembered",
        see=dig("SOA", zone.apex, "+norecurse", server=named[0].name),
        severity=None if every else Severity.RISK,
    )


def _for_the_taking(zone: Zone, lame: list[Nameserver], free: list[str]) -> Failed:
    return Failed(
        means=f"Whoever registers {listed(free)} takes over {zone.apex}: its site, its mail, its certificates.",
        observed="; ".join(f"{n.name}: {_lameness(n)}" for n in lame[:4]),
        wanted="only name servers whose domains are registered by somebody whom you trust",
        fix=(
            f"At the registrar, take out {listed(n.name for n in lame if n.unregistered)} today.",
            "Delete the NS record in the zone as well, or enter the name that was meant.",
            f"If that takes days, register {listed(free)} yourself until then.",
        ),
        who="you",
        effort_min=15,
        takes_effect="within two days, as long as the delegation is remembered",
        see=dig("NS", free[0]),
    )


def _lameness(server: Nameserver) -> str:
    if server.unregistered:
        return f"nobody has registered {server.unregistered}"
    if server.rcode == "NOERROR":
        return "does not answer for this domain"
    return server.rcode or server.trouble


@check(severity=Severity.RISK, impact=Impact.SIGN_IN)
def nameserver_silent(zone: Zone) -> Result:
    """A name server of the domain does not answer at all.

    Why: Every resolver that tries it first waits for seconds; when the others fail too, there
    is no one left.

    Fix: Bring the server back, or take it out of the name servers at the registrar and in the
    zone.
    """
    skip = not_judged(zone)
    if skip is not None:
        return skip
    silent = [n for n in zone.nameservers if n.silent]
    untold = [n for n in zone.nameservers if n.ours]
    if not silent:
        if untold:
            names = listed(n.name for n in untold)
            return Unproven(reason=f"this network cannot reach {names}", ours=True)
        return Passed(evidence=f"{len(zone.nameservers)} name servers answer")
    every = zone.fault == "lame"
    return Failed(
        means=f"The first visit to {zone.apex} takes seconds for some members.",
        observed="; ".join(f"{n.name} ({n.addresses[0]}): {n.trouble}" for n in silent[:4]),
        wanted="an answer from every name server",
        fix=(
            f"Ask the operator of {listed(n.name for n in silent)} why port 53 is closed,",
            "or take the server out at the registrar and delete its NS record in the zone.",
        ),
        who="your host",
        effort_min=20,
        takes_effect="within two days, as long as the delegation is remembered",
        see=dig("SOA", zone.apex, "+norecurse", server=silent[0].name),
        because=zone.key if every else None,
    )


@check(severity=Severity.ADVICE, impact=Impact.SIGN_IN, prevents=[(Zone, "disagree")])
def nameservers_disagree(zone: Zone) -> Result:
    """The name servers of the domain give different answers.

    Why: Which server a resolver asks is chance, so a part of your members gets old or other
    records, and it changes from hour to hour.

    Fix: Make the servers transfer the zone again from the primary, or enter the same records at
    both DNS hosts.
    """
    skip = not_judged(zone)
    if skip is not None:
        return skip
    told = zone.told
    if len(told) < 2:
        return NotApplicable(reason="fewer than two name servers answer")
    differing = zone.differing
    # Two DNS hosts count their changes each by itself: only copies of one primary can be compared.
    serials = {(n.primary, n.serial) for n in told if n.serial is not None}
    if not differing and len(serials) == len({primary for primary, _ in serials}):
        serial = (
            f", serial {listed(str(number) for _, number in sorted(serials))}" if serials else ""
        )
        return Passed(evidence=f"{len(told)} name servers answer alike{serial}")
    if differing:
        name = _gravest(differing)
        given = {n.name: dict(n.host_answers).get(name, ()) for n in told}
        observed = f"{name}: " + "; ".join(
            f"{listed(answer, 2) or 'nothing'} at {server}" for server, answer in given.items()
        )
    else:
        observed = "; ".join(f"{n.name} has serial {n.serial}" for n in told[:4])
    behind = min(told, key=lambda n: n.serial or 0)
    return Failed(
        means=_chance(zone, _gravest(differing))
        if differing
        else "The copies of your DNS records are not of the same age.",
        observed=observed,
        wanted="the same answer from every name server",
        fix=(
            f"Look at the transfer log of {behind.name}: it may not reach its primary.",
            "Where two DNS hosts are used on purpose, enter the same records at both.",
        ),
        who="your host",
        effort_min=30,
        takes_effect="within the hour",
        see="; ".join(dig(*_question(differing, zone), "+short", server=n.name) for n in told[:2]),
        evidence=f"different answers for {listed(differing)}" if differing else "",
        severity=_how_grave(differing),
    )


def _gravest(differing: tuple[str, ...]) -> str:
    """Return the label of what costs most: addresses, then mail and texts, then CAA records."""
    return min(
        differing, key=lambda label: (label.endswith(" CAA"), label.endswith((" MX", " TXT")))
    )


def _how_grave(differing: tuple[str, ...]) -> Severity | None:
    if not differing:
        return None
    return Severity.RISK if _gravest(differing).endswith(" CAA") else Severity.BLOCKER


def _chance(zone: Zone, label: str) -> str:
    """Return what it means for members that servers differ about a label."""
    name, _, kind = label.partition(" ")
    match kind:
        case "CAA":
            return f"Whether the certificate of {name} can be renewed is a matter of chance."
        case "MX":
            return f"Some mail to {name} goes to another server than the rest, by chance."
        case "TXT":
            return f"What mail servers and services find about {name} is a matter of chance."
    if any(not dict(server.host_answers).get(label, (name,)) for server in zone.told):
        return f"Some members do not find {name}, by chance."
    return "Some members are sent to an old place, by chance."


def _question(differing: tuple[str, ...], zone: Zone) -> tuple[str, str]:
    if not differing:
        return "SOA", zone.apex
    name, _, kind = _gravest(differing).partition(" ")
    return kind or "A", name


@check(severity=Severity.RISK, impact=Impact.UPKEEP)
def ttl_too_long(zone: Zone, declared: Parent[Declared]) -> Result:
    """Records that are about to change are remembered for too long.

    Why: After the switch, resolvers go on sending members to the old place for as long as the
    time to live (TTL) says; a mistake lasts as long.

    Fix: Set the TTL of the records that will change to 300 seconds, at least one old TTL before
    the switch.
    """
    launch = declared.manifest.launch
    days = (launch.date - declared.now.date()).days if launch.date else None
    near = days is not None and 0 <= days <= NEAR_DAYS
    if not launch.switches_dns and not near:
        return NotApplicable(reason="no switch of the DNS is declared and no launch is near")
    skip = not_judged(zone)
    if skip is not None:
        return skip
    limit = TTL_BEFORE_SWITCH_S if launch.switches_dns else TTL_NEAR_LAUNCH_S
    published: dict[str, int] = {}
    for server in zone.told:
        for name, ttl in server.host_ttls:
            if not name.endswith((" MX", " TXT", " CAA")):
                published[name] = max(ttl, published.get(name, 0))
    if not published:
        return Unproven(
            reason="no name server told a time to live", because=zone.key if zone.fault else None
        )
    long = {name: ttl for name, ttl in sorted(published.items()) if ttl > limit}
    if not long:
        return Passed(evidence=f"the longest is {max(published.values())} seconds")
    name, ttl = max(long.items(), key=lambda item: item[1])
    hosts = list(dict.fromkeys(label.partition(" ")[0] for label in long))
    return Failed(
        means=f"After a change, members go to the old place for up to {_hours(ttl)}.",
        observed=f"{ttl} seconds for {listed(hosts)}",
        wanted=f"{limit} seconds or less",
        fix=(
            f"Set the TTL of {listed(hosts, 8)} to 300 seconds.",
            f"Wait {_hours(ttl)} before you switch.",
            f"If you cannot wait, keep the old server for {_hours(ttl)} after the switch, and let it pass on what it gets.",
        ),
        who="you",
        effort_min=10,
        takes_effect=f"after {_hours(ttl)}",
        see=dig(*_question((name,), zone), "+noall", "+answer", server=zone.told[0].name),
        severity=None if launch.switches_dns else Severity.ADVICE,
    )


def _hours(seconds: int) -> str:
    if seconds >= 172_800:
        return f"{seconds // 86_400} days"
    return f"{max(1, seconds // 3600)} hours" if seconds >= 7200 else f"{seconds // 60} minutes"
