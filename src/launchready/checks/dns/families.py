"""Whether a host has an IPv4 address, and both kinds can be asked for."""

from __future__ import annotations

from launchready.checks.dns.wording import dig, listed
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


@check(severity=Severity.RISK, impact=Impact.SIGN_IN)
def address_lookup_fails(found: Resolution) -> Result:
    """The look-up of a host's IPv4 or IPv6 addresses fails, while the other one works.

    Browsers ask for both. An error for one of them, or the answer that the name does not exist, is
    not the same as an empty answer (RFC 4074 section 4.2).

    Why: Programs that get an error for one family give up on the host, or retry for seconds; where
    IPv4 fails, all members without IPv6 are shut out. The site works at a desk that has both.

    Fix: Let the DNS host answer for both types, with an empty answer where there is no such record,
    and sign again what is signed wrongly.
    """
    host, parent = found.subject.name, found.subject.parent
    if not found.addresses:
        return NotApplicable(reason="the host has no address")
    bad = found.half_failing
    if not bad:
        return Passed(evidence="the questions for A and for AAAA are both answered")
    kind = bad[0].failing_type
    shut_out = kind == "A" and (bad[0].bogus or len(bad) == len(found.usable))
    bogus = any(a.bogus for a in bad)
    return Failed(
        means=f"Members without IPv6 cannot open {host}."
        if shut_out
        else f"Some members wait for {host}, or cannot open it.",
        observed="; ".join(
            f"{a.resolver} answers {a.failing_rcode} for {a.failing_type}, "
            f"{'whose DNSSEC signature does not verify, ' if a.bogus else ''}"
            f"and has {a.addresses[0]}"
            for a in bad[:3]
        ),
        wanted="an answer for A and for AAAA, be it an empty one",
        fix=(
            f"Ask your DNS host to sign the zone again: what it answers for {kind} of {host} does "
            "not verify."
            if bogus
            else f"Ask your DNS host why the question for {kind} of {host} fails; without such a "
            "record the answer is NOERROR, and empty.",
            "Compare what each name server answers, and mend the one that differs.",
        ),
        who="your host",
        effort_min=20,
        takes_effect="within the hour",
        see="; ".join(dig(a.failing_type, host, server=a.resolver) for a in bad[:3]),
        severity=Severity.BLOCKER if shut_out else None,
        # A zone whose servers differ, or that validators refuse, explains it.
        because=Key(Zone, parent) if parent else None,
    )


@check(severity=Severity.BLOCKER, impact=Impact.SIGN_IN)
def no_ipv4(found: Resolution, declared: Parent[Declared]) -> Result:
    """A host has IPv6 addresses alone.

    Why: Many networks that people come from, at home and in offices, have no IPv6: there the
    host cannot be opened, while it works at a desk that has both.

    Fix: Publish an A record beside the AAAA record. Where the server has no IPv4 address, put an edge
    in front that has both.
    """
    host = found.subject.name
    if not found.addresses:
        return NotApplicable(reason="the host has no address")
    v4 = [a for a in found.addresses if ":" not in a]
    if v4:
        return Passed(evidence=f"at {listed(v4)}")
    if any(a.failing_type == "A" for a in found.answers):
        return NotApplicable(reason="the question for it fails; see address-lookup-fails")
    if not any(a.rcode == "NOERROR" for a in found.answers):
        return Unproven(reason="no resolver answered the question for an A record")
    entry = declared.manifest.hosts.get(host)
    return Failed(
        means=f"Members without IPv6 cannot open {host}.",
        observed=f"at {listed(found.addresses)}, no A record",
        wanted="an A record",
        fix=(
            f"Publish this record: {host}. 300 IN A ADDRESS-OF-YOUR-SERVER",
            "If your server has no IPv4 address, ask your host for one, or put an edge in front.",
        ),
        who="your host",
        effort_min=20,
        takes_effect="within the hour",
        see=dig("A", host, "+short"),
        severity=Severity.RISK if entry is not None and not entry.web else None,
    )
