"""Aliases (CNAME) that lead nowhere, in a circle, or stand where none may stand."""

from __future__ import annotations

from launchready.checks.dns.wording import dig, listed, not_judged
from launchready.derive.takeover import service_of
from launchready.facts.dns import NeighbourNames, Resolution
from launchready.facts.zone import Zone
from launchready.finding import (
    Failed,
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    check,
)


@check(
    severity=Severity.BLOCKER,
    impact=Impact.EXPOSURE,
    bar="sign-in",
    prevents=[(Resolution, "dangling")],
)
def dangling_alias(found: Resolution) -> Result:
    """A host is an alias of a name that does not exist.

    Why: The host is down, and whoever registers the missing name (at many hosting services
    anybody can) owns your host: its pages, its cookies, certificates for it.

    Fix: Delete the alias today, or point it at a name that exists and is yours.
    """
    host = found.subject.name
    if found.fault != "dangling":
        if not found.aliases:
            return NotApplicable(reason="the host is no alias")
        if found.addresses:
            return Passed(evidence=f"{host} → {listed(a.target for a in found.aliases)} exists")
        return NotApplicable(reason="the alias fails in another way")
    target = found.aliases[-1].target
    denied_by = next((a.denied_by for a in found.answers if a.denied_by), "")
    return Failed(
        means=f"{host} is down, and a stranger can take it over.",
        observed=f"an alias of {target}, which does not exist",
        wanted="an alias of a name that exists, or none",
        fix=_removal(host, target),
        who="you",
        effort_min=10,
        takes_effect="within minutes",
        see=dig("A", host),
        evidence=_danger(target, denied_by),
    )


def _danger(target: str, denied_by: str = "") -> str:
    service = service_of(target)
    if service:
        return f"anybody can claim {target} at {service}"
    if denied_by and "." not in denied_by:
        return f"the domain of {target} is not registered: anybody can register it"
    return f"the zone of {target} says that it does not exist"


def _removal(owner: str, target: str) -> tuple[str, ...]:
    return (
        f"Delete this record: {owner}. CNAME {target}.",
        "If the service is still wanted, set it up there again first, then publish its new name.",
    )


@check(severity=Severity.RISK, impact=Impact.EXPOSURE)
def forgotten_alias_dangles(names: NeighbourNames) -> Result:
    """A name beside the launch is an alias of a name that does not exist.

    Why: Whoever claims the missing name speaks as a part of your domain: pages that members
    trust, cookies of the whole domain, certificates.

    Fix: Delete the alias. Nobody misses it, it already leads nowhere.
    """
    if not names.dangling:
        return Passed(evidence="none of the common names is an alias of a missing name")
    takeable = [a for a in names.dangling if service_of(a.target)]
    worst = (takeable or list(names.dangling))[0]
    return Failed(
        means=f"A stranger can put pages of his own at {worst.owner}.",
        observed=f"{listed(f'{a.owner} → {a.target}' for a in names.dangling)}: not there",
        wanted="no alias that leads nowhere",
        fix=tuple(step for a in names.dangling[:5] for step in _removal(a.owner, a.target)[:1]),
        who="you",
        effort_min=10,
        takes_effect="within the hour",
        see=dig("A", worst.owner),
        evidence=_danger(worst.target),
        severity=Severity.BLOCKER if takeable else None,
    )


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="sign-in",
    prevents=[(Resolution, "loop")],
)
def alias_loop(found: Resolution) -> Result:
    """The aliases of a host lead in a circle, or are too many to follow.

    Why: Resolvers give up, so that nobody can open the host.

    Fix: Let the host's CNAME lead, in one step if possible, to the name that has addresses.
    """
    host = found.subject.name
    looping = [a for a in found.answers if a.loop]
    if not looping:
        if not found.aliases:
            return NotApplicable(reason="the host is no alias")
        return Passed(evidence=f"{len(found.aliases)} aliases, which end")
    chain = [looping[0].aliases[0].owner, *(a.target for a in looping[0].aliases)] if looping[0].aliases else [host]  # fmt: skip
    circle = len(set(chain)) < len(chain)
    return Failed(
        means=f"Nobody can open {host}: its name leads in a circle."
        if circle
        else f"Nobody can open {host}: resolvers give up after some of its {len(chain) - 1} aliases.",
        observed=" → ".join(chain[:6]) + (" → …" if len(chain) > 6 else ""),
        wanted="one alias, of a name that has addresses",
        fix=(
            f"Point {host} straight at its server: {host}. 300 IN CNAME NAME-OF-YOUR-SERVER.",
            "Delete the aliases between.",
        ),
        who="you",
        effort_min=10,
        takes_effect="within minutes",
        see=dig("CNAME", host, "+short"),
        evidence="the chain comes back to itself" if circle else "the chain is too long",
    )


@check(severity=Severity.BLOCKER, impact=Impact.EMAIL)
def alias_at_apex(zone: Zone) -> Result:
    """The domain itself is an alias.

    Why: A CNAME excludes every other record (RFC 1034 section 3.6.2), so that mail to the
    domain, its name servers and its proofs are found by chance or not at all.

    Fix: Replace the CNAME by A and AAAA records, or by the ALIAS or flattened record that your
    DNS host offers.
    """
    if zone.absent:
        return NotApplicable(reason="the domain does not exist")
    if zone.apex != zone.subject.name:
        return NotApplicable(reason=f"it is a name in the zone {zone.apex}")
    target = zone.apex_alias
    if not target:
        told = [dict(n.host_answers).get(zone.apex, ()) for n in zone.told]
        target = next((t[0] for t in told if t and not _is_address(t[0])), "")
    if not target:
        return not_judged(zone) or Passed(evidence=f"{zone.apex} is no alias")
    return Failed(
        means=f"Mail to {zone.apex} gets lost, and some visitors do not find the site.",
        observed=f"{zone.apex} is an alias of {target}",
        wanted="A and AAAA records at the domain itself",
        fix=(
            f"Delete this record: {zone.apex}. CNAME {target}.",
            f"Publish the addresses of {target} instead, or the ALIAS record of your DNS host.",
        ),
        who="you",
        effort_min=15,
        takes_effect="within the hour",
        see=dig("CNAME", zone.apex, "+short"),
    )


def _is_address(text: str) -> bool:
    return text.replace(".", "").isdigit() or ":" in text


@check(severity=Severity.ADVICE, impact=Impact.EXPOSURE)
def wildcard_record(zone: Zone) -> Result:
    """Every name below the domain resolves.

    Why: A mistyped or old name opens something instead of failing, and whoever gets hold of the
    wildcard's target gets every name of the domain.

    Fix: Publish the names that you use, and delete the record that begins with an asterisk.
    """
    if zone.absent:
        return NotApplicable(reason="the domain does not exist")
    domain = zone.subject.name
    if not zone.wildcard:
        return Passed(evidence="a random name does not resolve")
    return Failed(
        means="Any misspelt address of your domain opens something.",
        observed=f"a random name leads to {listed(zone.wildcard)}",
        wanted="NXDOMAIN for names that you do not use",
        fix=(
            "List the names that you use and publish each of them.",
            f"Delete the record *.{domain}.",
        ),
        who="you",
        effort_min=20,
        takes_effect="within the hour",
        see=dig("A", f"any-name.{domain}", "+short"),
    )
