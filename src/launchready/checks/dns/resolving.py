"""Whether hosts lead to the right addresses, from everywhere."""

from __future__ import annotations

from launchready.checks.dns.agreeing import left_out, places, wait
from launchready.checks.dns.wording import dig, listed, records_wanted
from launchready.facts import Key
from launchready.facts.declared import Declared
from launchready.facts.dns import Resolution
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


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="sign-in",
    prevents=[(Resolution, "unresolved"), (Resolution, "bogus")],
)
def does_not_resolve(found: Resolution, declared: Parent[Declared]) -> Result:
    """A host of the launch has no address in the DNS.

    Why: Browsers cannot open the host at all; members see "server not found", and everything
    behind the name (log-in, payments, chat) is gone with it.

    Fix: Publish an A record (and AAAA), or a CNAME, for the host where the domain's DNS is
    managed. If a record is there, look whether it stands in the zone that the world asks.
    """
    host, parent = found.subject.name, found.subject.parent
    if found.addresses:
        return Passed(evidence=f"{host} is at {listed(found.addresses)}")
    if found.fault not in {"unresolved", "bogus"}:
        return _explained(found)
    bogus = found.fault == "bogus"
    record = records_wanted(host, declared.manifest.hosts.get(host))
    publish = (f"Publish this record: {record}", "Wait until every resolver has it, then recheck.")
    if bogus:
        fix: tuple[str, ...] = (_sign_again(found),)
    else:
        fix = _bring_back(found) if _unanswered(found) else publish
    return Failed(
        means=f"Nobody can open {host}: the name leads nowhere.",
        observed="validating resolvers refuse the answer" if bogus else _absence(found),
        wanted="an A, AAAA or CNAME record",
        fix=fix,
        who="your host" if bogus or _unanswered(found) else "you",
        effort_min=30 if bogus or _unanswered(found) else 10,
        takes_effect="within minutes; an hour where the absence was remembered",
        see=dig("A", host),
        evidence="; ".join(f"{a.resolver}: {a.rcode or a.trouble}" for a in found.answers)
        + (left_out(found) if any(a.made_up for a in found.answers) else ""),
        because=Key(Zone, parent) if parent and found.servers_differ else None,
    )


def _sign_again(found: Resolution) -> str:
    if not found.aliases:
        return (
            "Ask who runs the DNS to sign the record again: its DNSSEC signature does not verify."
        )
    return (
        f"Ask who runs the DNS of {found.subject.name}, and who runs that of its alias "
        f"{found.aliases[-1].target}, to sign again: a DNSSEC signature of one of them does not verify."
    )


def _unanswered(found: Resolution) -> bool:
    """Return whether no resolver was told that there is no record: each of them got no answer."""
    return not {a.rcode for a in found.usable} & {"NXDOMAIN", "NOERROR"}


def _bring_back(found: Resolution) -> tuple[str, ...]:
    name = found.aliases[-1].target if found.aliases else found.subject.name
    return (
        f"Resolvers get no answer about {name}: see which name servers it is left to: `{dig('NS', name)}`.",
        f"If NS records at {name} hand it over to servers that are gone, delete them, and publish its address where the domain's DNS is managed.",
        "Else ask who runs those servers why they do not answer.",
        "Wait until resolvers answer again, then recheck.",
    )


def _absence(found: Resolution) -> str:
    rcodes = {a.rcode for a in found.usable}
    if rcodes == {"NXDOMAIN"}:
        return "the name does not exist (NXDOMAIN)"
    if rcodes == {"NOERROR"}:
        return "the name exists, without an address"
    through = f" for {found.aliases[-1].target}, its alias" if found.aliases else ""
    return "resolvers get no answer" + through + f" ({listed(sorted(str(r) for r in rcodes))})"


def _explained(found: Resolution) -> Failed:
    """Return a failure that the owner of the resolution's fault explains."""
    host = found.subject.name
    return Failed(
        means=f"{host} leads to no usable address.",
        observed=f"no usable address ({found.fault})",
        wanted="an address that members can reach",
        fix=("Mend the fault above this.",),
        who="you",
        effort_min=0,
        takes_effect="with the fault above",
        see=dig("A", host),
        because=found.key,
    )


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="sign-in",
    prevents=[(Resolution, "elsewhere")],
)
def points_elsewhere(found: Resolution, declared: Parent[Declared]) -> Result:
    """A host leads to another place than the manifest declares.

    Why: Visitors land on an old server, a parking page or somebody else's machine; log-ins and
    payments go to a place that is not the launch.

    Fix: Change the record to the declared address or alias, or correct the manifest when the
    declaration is out of date.
    """
    host = found.subject.name
    entry = declared.manifest.hosts.get(host)
    if entry is None or not (entry.addresses or entry.cname):
        return NotApplicable(reason="the manifest declares neither addresses nor cname")
    if found.fault:
        return _explained(found)
    known = frozenset(entry.addresses)
    if len(places(found.usable, known)) > 1 and any(
        a.addresses and known.issuperset(a.addresses) for a in found.usable
    ):
        return NotApplicable(reason="resolvers differ, which is a finding of its own")
    wanted = listed(filter(None, (entry.cname, *entry.addresses)))
    if entry.cname:
        problem = _off_alias(found, entry.cname)
        if problem is None:
            return Unproven(reason=f"the addresses do not tell whether it leads to {entry.cname}")
    else:
        problem = _off_addresses(found, entry.addresses)
    failing = {a.failing_type for a in found.half_failing}
    # Where each resolver is led to another of them, the rest may be for other places.
    steered = len(places(found.usable)) > 1
    missing = [
        a
        for a in entry.addresses
        # What cannot be asked for is a finding of its own.
        if not steered and a not in found.addresses and ("AAAA" if ":" in a else "A") not in failing
    ]
    if not problem and not (missing and not entry.cname):
        return Passed(evidence=f"{host} leads to {wanted}, as declared")
    return Failed(
        means=f"Visitors of {host} are sent to another place than you declared."
        if problem
        else f"Not every server that you declared for {host} gets visitors.",
        observed=problem or f"{listed(missing)} is not published",
        wanted=wanted,
        fix=(
            f"Publish exactly this: {records_wanted(host, entry)}",
            f"Remove the other A, AAAA and CNAME records of {host}.",
            f'If the new place is right, change [hosts."{host}"] in launchready.toml.',
        ),
        who="you",
        effort_min=10,
        takes_effect=wait(found),
        see=dig("A", host),
        evidence="; ".join(f"{a.resolver}: {listed(a.addresses)}" for a in found.usable),
        severity=None if problem else Severity.RISK,
    )


def _off_addresses(found: Resolution, declared: tuple[str, ...]) -> str:
    # A private address among public ones is a finding of its own.
    stray = [a for a in found.addresses if a not in declared and a not in found.private]
    return f"leads to {listed(stray)}" if stray else ""


def _off_alias(found: Resolution, cname: str) -> str | None:
    """Return how the host misses its declared alias; empty when it does not, None when untold."""
    targets = [alias.target for alias in found.aliases]
    if targets:
        return "" if cname in targets else f"is an alias of {targets[-1]}"
    if not found.target_addresses:
        return None
    if set(found.addresses) & set(found.target_addresses):
        return ""
    v4 = [[a for a in many if ":" not in a] for many in (found.addresses, found.target_addresses)]
    if all(len(addresses) > 1 for addresses in v4):
        # A large network hands out others each time: two disjoint samples tell nothing.
        return None
    return f"leads to {listed(found.addresses)}, where {cname} is not"


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="sign-in",
    prevents=[(Resolution, "private")],
)
def private_address_published(found: Resolution) -> Result:
    """A host publishes an address that only exists inside a private network.

    Why: Members' browsers try an address in their own home or office and find nothing, or
    somebody else's device. It also tells the world how the inside is numbered.

    Fix: Publish the public address of the server, or of the load balancer or edge before it.
    Keep internal names in an internal DNS.
    """
    host = found.subject.name
    if not found.addresses:
        return NotApplicable(reason="the host has no address")
    if not found.private:
        return Passed(evidence=f"{listed(found.addresses)} can be reached by everybody")
    every = len(found.private) == len(found.addresses)
    whom = "Nobody outside your network" if every else "A part of your members"
    verb = "can" if every else "cannot"
    return Failed(
        means=f"{whom} {verb} open {host}.",
        observed=f"publishes {listed(found.private)}",
        wanted="only addresses that everybody can reach",
        fix=(
            f"Remove the records of {host} with {listed(found.private)}.",
            f"Publish the public address instead: {host}. 300 IN A ADDRESS-OF-YOUR-SERVER",
        ),
        who="you",
        effort_min=10,
        takes_effect=wait(found),
        see=dig("A", host, "+short"),
    )


@check(severity=Severity.ADVICE, impact=Impact.SPEED)
def no_ipv6(found: Resolution) -> Result:
    """A host has no IPv6 address.

    Why: Many phones have only IPv6 and reach IPv4 through their provider's translation, which is
    slower and shared with strangers, so that one of them can use up a rate limit for all.

    Fix: Turn IPv6 on at the host or the edge and publish an AAAA record.
    """
    if not found.addresses:
        return NotApplicable(reason="the host has no address")
    v6 = [a for a in found.addresses if ":" in a]
    if v6:
        return Passed(evidence=f"at {listed(v6)}")
    if any(a.failing_type == "AAAA" for a in found.answers):
        return NotApplicable(reason="the question for it fails; see address-lookup-fails")
    if not any(a.v6_rcode in {"NOERROR", "NXDOMAIN"} for a in found.answers):
        return Unproven(reason="no resolver answered the question for an AAAA record")
    return Failed(
        means="Members on phones with only IPv6 reach you by a detour.",
        observed="no AAAA record",
        wanted="an AAAA record",
        fix=(
            "Turn IPv6 on at your hosting or edge provider.",
            "Publish the AAAA record that it names, beside the A record.",
        ),
        who="your host",
        effort_min=15,
        takes_effect="within the hour",
        see=dig("AAAA", found.subject.name, "+short"),
    )
