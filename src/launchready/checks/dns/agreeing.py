"""Whether resolvers lead to the same place."""

from __future__ import annotations

from launchready.checks.dns.wording import dig, listed
from launchready.facts import Key
from launchready.facts.declared import Declared
from launchready.facts.dns import FLEETING_S, Resolution, ResolverAnswer
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


def wait(found: Resolution) -> str:
    """Return how long it takes until resolvers have forgotten what they were told."""
    times = [a.ttl_s for a in found.usable if a.ttl_s is not None]
    minutes = max(times, default=3600) // 60
    return f"within {max(minutes, 1)} minutes, when resolvers have forgotten the old answer"


@check(severity=Severity.RISK, impact=Impact.SIGN_IN)
def resolvers_disagree(found: Resolution, declared: Parent[Declared]) -> Result:
    """Resolvers answer differently for the same host.

    Resolvers that lead each to an address that the manifest declares agree, and so do networks with
    many machines that answer each with what is near it. Of single addresses that live for a minute or
    two nobody can tell whether they are steered or old.

    Why: Some members reach the launch and others do not, or reach another server. Nobody at the
    desk sees it, because their own resolver is right.

    Fix: Wait until the time to live of the old record has passed; then see that every
    authoritative server has the new record, and no second DNS host still answers.
    """
    host, usable = found.subject.name, found.usable
    if skip := _not_compared(found):
        return skip
    entry = declared.manifest.hosts.get(host)
    known = frozenset(entry.addresses) if entry else frozenset()
    without = [a for a in usable if not a.addresses]
    half = [a for a in usable if a.v6 and not a.v4 and a.rcode == "NOERROR"]
    if not any(a.v4 for a in usable):
        half = []
    groups = places(usable, known)
    if not without and not half and len(groups) < 2:
        return Passed(
            evidence=f"{len(usable)} resolvers lead {host} to the same place{left_out(found)}"
        )
    if not (without or half or known) and all(_fleeting(a) for a in groups):
        return _steered_or_old(host, groups)
    return _differing(found, without=bool(without), half=bool(half))


def _not_compared(found: Resolution) -> NotApplicable | Unproven | None:
    """Return why the answers cannot be compared; None when they can."""
    usable = found.usable
    if len(found.answers) < 2:
        # Whoever names one resolver alone asks what it answers, and not whether others agree.
        return NotApplicable(
            reason=f"only {found.answers[0].resolver} was asked, as named; name a second to compare"
            if found.answers
            else "no resolver was asked"
        )
    if len(usable) < 2:
        return Unproven(
            reason=f"only {len(usable)} of {len(found.answers)} resolvers answered{left_out(found)}",
            ours=True,
            how_to_prove="Name two resolvers or more with --resolver.",
        )
    return None if found.addresses else NotApplicable(reason="none of them has an address")


def _steered_or_old(host: str, groups: list[ResolverAnswer]) -> Unproven:
    given = "; ".join(f"{a.resolver}: {_gist(a)}" for a in groups)
    return Unproven(
        reason=f"the answers differ ({given}) and live for {FLEETING_S} seconds at most: those of a network "
        "that steers visitors by place look the same as an old record",
        how_to_prove="If it is steered, name the address of each place in launchready.toml: "
        f'[hosts."{host}"] addresses = […]. If not, ask again in some minutes.',
    )


def _differing(found: Resolution, *, without: bool, half: bool) -> Failed:
    host, usable, parent = found.subject.name, found.usable, found.subject.parent
    if without:
        means = f"Some members cannot open {host}, though it works for others."
    elif half:
        means = f"Some members without IPv6 cannot open {host}, though it works for others."
    else:
        means = f"Some members reach {host} at another server than the rest."
    return Failed(
        means=means,
        observed="; ".join(f"{a.resolver}: {_gist(a)}" for a in usable),
        wanted="the same place from every resolver",
        fix=(
            f"Compare the answers of each name server: {dig('NS', host, '+trace')}",
            "Remove the old record everywhere, also at a DNS host that you have left.",
            "Wait for its time to live, then recheck.",
        ),
        who="you",
        effort_min=20,
        takes_effect=wait(found),
        see="; ".join(dig("A", host, "+short", server=a.resolver) for a in usable[:3]),
        severity=Severity.BLOCKER if without else None,
        # A zone whose servers differ, or that validators refuse, explains it.
        because=Key(Zone, parent) if parent else None,
    )


def left_out(found: Resolution) -> str:
    """Return which resolvers were not heard, and which gave addresses that are none of the host's."""
    silent = [f"{a.resolver}: {a.trouble}" for a in found.answers if a.rcode is None]
    liars = [
        f"{a.resolver} makes up {listed(a.made_up)} for names that do not exist"
        for a in found.answers
        if a.made_up
    ]
    return f" ({'; '.join([*silent, *liars])})" if silent or liars else ""


def _gist(answer: ResolverAnswer) -> str:
    if answer.addresses:
        return listed(answer.addresses, 2)
    return "no address" if answer.rcode == "NOERROR" else str(answer.rcode)


def places(
    usable: tuple[ResolverAnswer, ...], known: frozenset[str] = frozenset()
) -> list[ResolverAnswer]:
    """Return one answer for each place that the resolvers lead to.

    Networks with many machines answer each resolver with what is near it: answers through the same
    last alias, with an address in common, or of several fleeting addresses each, are one place.
    So are those that lead to nothing but `known` addresses.
    """
    groups: list[ResolverAnswer] = []
    for answer in usable:
        if answer.addresses and not any(_same_place(answer, other, known) for other in groups):
            groups.append(answer)
    return groups


def _same_place(one: ResolverAnswer, other: ResolverAnswer, known: frozenset[str]) -> bool:
    if known.issuperset(one.addresses) and known.issuperset(other.addresses):
        return True
    if one.aliases and other.aliases and one.aliases[-1].target == other.aliases[-1].target:
        return True
    # A missing address family is no other place.
    shared = [(a, b) for a, b in ((one.v4, other.v4), (one.v6, other.v6)) if a and b]
    fleeting = _fleeting(one) and _fleeting(other)
    return not shared or all(
        set(a) & set(b) or (fleeting and len(a) > 1 and len(b) > 1) for a, b in shared
    )


def _fleeting(answer: ResolverAnswer) -> bool:
    """Return whether the answer, one of its aliases included, is forgotten within a minute or two."""
    times = [a.ttl_s for a in answer.aliases]
    times += [] if answer.ttl_s is None else [answer.ttl_s]
    return bool(times) and min(times) <= FLEETING_S
