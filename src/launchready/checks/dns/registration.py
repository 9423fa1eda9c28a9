"""Whether the domain is registered, and will stay so."""

from __future__ import annotations

from launchready.checks.dns.wording import dig, listed
from launchready.facts.declared import Declared
from launchready.facts.dns import Registration
from launchready.facts.zone import Zone
from launchready.finding import (
    Failed,
    Impact,
    Parent,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)

SOON_DAYS = 30
VERY_SOON_DAYS = 7
# RFC 8056: how RDAP spells the EPP states in which a domain leaves the DNS or is about to.
LEAVING = {"client hold", "server hold", "redemption period", "pending delete"}


@check(
    severity=Severity.BLOCKER,
    impact=Impact.SIGN_IN,
    bar="sign-in",
    prevents=[(Zone, "absent")],
)
def domain_does_not_exist(zone: Zone) -> Result:
    """The domain does not exist.

    Why: Nothing below it can be found: no site, no log-in, no mail. If it was never registered,
    or has lapsed, anybody else can register it now.

    Fix: Register or renew the domain, or have it put back into the zone above it.
    """
    domain = zone.subject.name
    if not zone.absent:
        return Passed(evidence=f"{domain} is in the DNS")
    registry = "." not in zone.absent or zone.absent == "."
    return Failed(
        means=f"Nothing under {domain} can be found, neither site nor mail.",
        observed=f"the zone {zone.absent} says that {domain} does not exist",
        wanted="a domain that is registered and delegated",
        fix=(
            f"Look up {domain} at your registrar: renew it, or register it.",
            "Enter the name servers of your DNS host there.",
        )
        if registry
        else (f"Publish {domain} in the zone {zone.absent}, or delegate it there.",),
        who="you",
        effort_min=20,
        takes_effect="within hours",
        see=dig("SOA", domain),
    )


@check(severity=Severity.RISK, impact=Impact.SIGN_IN)
def registration_lapses_soon(found: Registration, declared: Parent[Declared]) -> Result:
    """The domain's registration ends soon.

    Why: When it ends, site and mail stop within a day; a month later anybody can buy the name
    and receive your members' mail.

    Fix: Renew it for several years, turn automatic renewal on and check the card on file.
    """
    domain = found.subject.name
    leaving = sorted(LEAVING & set(found.status))
    if found.expires is None and not leaving:
        return Unproven(
            reason="the registry does not publish the end of the registration",
            how_to_prove="Look it up in your registrar's account.",
        )
    left = (found.expires - declared.now.date()).days if found.expires else 0
    if left > SOON_DAYS and not leaving:
        return Passed(evidence=f"registered until {found.expires}")
    if leaving:
        observed = f"the registry has it as: {listed(leaving)}"
    else:
        observed = f"{left} days left" if left >= 0 else f"ended {-left} days ago"
    return Failed(
        means=f"{domain} and all its mail stop when the registration ends.",
        observed=observed,
        wanted=f"more than {SOON_DAYS} days",
        fix=(
            f"Renew {domain} at {found.registrar or 'your registrar'}, for several years.",
            "Turn automatic renewal on, and see that the payment card is valid.",
        ),
        who="you",
        effort_min=15,
        takes_effect="within the hour",
        see=f"curl -sSL https://rdap.org/domain/{domain}",
        severity=Severity.BLOCKER if leaving or left <= VERY_SOON_DAYS else None,
    )
