"""Upkeep: who owns what, and what would be missed if one person were ill. Read from the manifest."""

from __future__ import annotations

from launchready.facts.declared import Declared
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
from launchready.manifest import Manifest

_MANIFEST_UNKNOWN = "without a launchready.toml nobody has said"
_WRITE_ONE = "Write a manifest with `launchready init`, then fill in this part."

_THINGS = {
    "domain": "the registrar, where the domain is renewed",
    "dns": "the DNS records",
    "hosting": "the hosting, where the app is deployed",
    "mail": "the mail provider",
    "payments": "the payment provider",
}


def _needed_things(manifest: Manifest) -> list[str]:
    kinds = {r.kind for r in manifest.routes.values()}
    things = ["domain", "dns", "hosting"]
    if any(d.sends for d in manifest.mail_domains.values()):
        things.append("mail")
    if kinds & {"checkout", "webhook"}:
        things.append("payments")
    return things


@check(severity=Severity.RISK, impact=Impact.UPKEEP)
def nobody_named(launch: Declared) -> Result:
    """Nobody is named for something that the launch depends on.

    Why: On launch day a thing that nobody owns is fixed by nobody, and the first hour goes into finding out who has the password.

    Fix: Name at least one person for the domain, DNS, hosting, mail and payments under [people] in launchready.toml, and have each of them log in once before launch.
    """
    if not launch.from_file:
        return Unproven(reason=_MANIFEST_UNKNOWN, ours=True, how_to_prove=_WRITE_ONE)
    people = launch.manifest.people
    needed = _needed_things(launch.manifest)
    missing = [t for t in needed if not getattr(people, t)]
    if not missing:
        return Passed(evidence="named for " + ", ".join(needed))
    return Failed(
        means="If one of these breaks on launch day, nobody knows whose job it is: "
        + ", ".join(_THINGS[t] for t in missing)
        + ".",
        observed=f"nobody named for {', '.join(missing)}",
        wanted="one person for each, two where members depend on it",
        fix=(
            *(f'Under [people] in launchready.toml add: {t} = ["Name <address>"]' for t in missing),
            "Ask each of them to log in once today.",
        ),
        who="you",
        effort_min=5 + 5 * len(missing),
        takes_effect="at once",
        see="grep -A8 '^\\[people\\]' launchready.toml",
    )


@check(severity=Severity.ADVICE, impact=Impact.UPKEEP)
def only_one_person_can_reach(launch: Declared) -> Result:
    """Something can be reached by one person only.

    Why: A lost phone, a flight or a fever on launch day then locks everybody out of the thing that needs fixing.

    Fix: Give a second person their own log-in, with their own second factor, and name them under [people].
    """
    if not launch.from_file:
        return Unproven(reason=_MANIFEST_UNKNOWN, ours=True, how_to_prove=_WRITE_ONE)
    people = launch.manifest.people
    named = [t for t in _needed_things(launch.manifest) if getattr(people, t)]
    if not named:
        return NotApplicable(reason="nobody is named at all, which is a finding of its own")
    alone = [t for t in named if len(set(getattr(people, t))) == 1]
    if not alone:
        return Passed(evidence="two or more people for " + ", ".join(named))
    return Failed(
        means="If that one person cannot be reached, nobody can mend it: "
        + ", ".join(_THINGS[t] for t in alone)
        + ".",
        observed=f"one person for {', '.join(alone)}",
        wanted="two people, each with their own log-in",
        fix=(
            "Invite a second person as an administrator of: " + ", ".join(alone) + ".",
            "Name them under [people] in launchready.toml.",
        ),
        who="you",
        effort_min=10 * len(alone),
        takes_effect="at once",
        see="grep -A8 '^\\[people\\]' launchready.toml",
    )


@check(severity=Severity.RISK, impact=Impact.UPKEEP)
def no_rollback_named(launch: Declared) -> Result:
    """No way back to the last working version is named.

    Why: A deploy that breaks log-in is mended in one minute by going back, and in an hour by finding out how to go back.

    Fix: Write the command or the steps under [deployment] as rollback, and try them once before launch.
    """
    if not launch.from_file:
        return Unproven(reason=_MANIFEST_UNKNOWN, ours=True, how_to_prove=_WRITE_ONE)
    rollback = launch.manifest.deployment.rollback
    if rollback:
        return Passed(evidence=f"rollback: {rollback}")
    return Failed(
        means="When a new version breaks the community, members wait until somebody finds out how to go back.",
        observed="no rollback under [deployment]",
        wanted="the command or the steps that bring back the last version",
        fix=(
            'Under [deployment] in launchready.toml add: rollback = "…", the command or page that does it.',
            "Try it once before launch.",
        ),
        who="your developer",
        effort_min=20,
        takes_effect="at once",
        see="grep rollback launchready.toml",
    )


@check(severity=Severity.RISK, impact=Impact.PAYMENTS)
def no_ai_spending_limit(launch: Declared) -> Result:
    """An AI provider is used without a declared spending limit.

    Why: One script that talks to the chatbot all night can cost more than a month of memberships.

    Fix: Set a monthly limit in the AI provider's billing settings and write the same figure under [budgets] as ai_monthly.
    """
    manifest = launch.manifest
    chats = [r.url for r in manifest.routes.values() if r.kind == "chat"]
    provider = manifest.deployment.ai_provider
    if not chats and not provider:
        return NotApplicable(reason="no chat route and no AI provider is declared")
    if not launch.from_file:
        return Unproven(reason=_MANIFEST_UNKNOWN, ours=True, how_to_prove=_WRITE_ONE)
    limit = manifest.budgets.ai_monthly
    if limit:
        return Passed(evidence=f"limit of {limit:g} a month at {provider or 'the AI provider'}")
    return Failed(
        means="One night of abuse of the chatbot can cost more than the community earns in a month.",
        observed="no ai_monthly under [budgets]",
        wanted="a monthly spending limit, set at the provider and declared",
        fix=(
            f"Open the billing settings of {provider or 'your AI provider'} and set a monthly limit.",
            "Under [budgets] in launchready.toml add: ai_monthly = 200",
        ),
        who="you",
        effort_min=10,
        takes_effect="at once",
        see="grep ai_monthly launchready.toml",
    )


@check(severity=Severity.ADVICE, impact=Impact.UPKEEP)
def more_than_a_launch_needs(launch: Declared) -> Result:
    """The set-up is more than a launch needs.

    Why: Several regions, a split database or a second cache make every fault harder to find, and no community needs them in its first weeks.

    Fix: Launch on one region, one database and the edge's cache; add more when a measurement asks for it.
    """
    if not launch.from_file:
        return Unproven(reason=_MANIFEST_UNKNOWN, ours=True, how_to_prove=_WRITE_ONE)
    deployment = launch.manifest.deployment
    extra = []
    if deployment.regions > 1:
        extra.append(f"{deployment.regions} regions")
    if deployment.shards > 1:
        extra.append(f"a database in {deployment.shards} pieces")
    if len(deployment.caches) > 1:
        extra.append(f"{len(deployment.caches)} caches ({', '.join(deployment.caches)})")
    if not extra:
        return Passed(evidence="one region, one database, at most one cache")
    return Failed(
        means="More parts mean more that can break on launch day, and more places to look when it does.",
        observed=", ".join(extra),
        wanted="one region, one database, at most one cache",
        fix=("Launch with one of each; write down the figure at which you would add another.",),
        who="your developer",
        effort_min=60,
        takes_effect="at the next deploy",
        see="grep -A6 '^\\[deployment\\]' launchready.toml",
    )
