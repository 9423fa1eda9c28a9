"""Whether mail to the launch finds its servers, and reaches them over TLS (RFC 5321, RFC 3207)."""

from __future__ import annotations

from launchready.checks.mail.wording import Words, change, dig, listed, publish, untold
from launchready.facts.mail import Mx
from launchready.finding import (
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)

BOUNCES = "Answers and questions of members bounce, and so do reports of undelivered mail."


def _unread(mx: Mx) -> Unproven:
    reason = mx.trouble or next((r.trouble for r in mx.records if r.trouble), "")
    return Unproven(reason=f"MX records could not be looked up ({reason})", because=mx.key)


@check(severity=Severity.RISK, impact=Impact.EMAIL, prevents=[(Mx, "missing")])
def mx_missing(mx: Mx) -> Result:
    """The domain has no MX record.

    Why: Answers of members and reports of undelivered mail go to the web server or nowhere (RFC
    5321 section 5.1), and some receivers refuse mail of a domain that cannot be answered.

    Fix: Publish the MX records of the mail provider.
    """
    if not mx.entry.sends or mx.entry.receives is False:
        return NotApplicable(reason="nobody reads mail here")
    if mx.silent:
        return untold(mx.subject.name)
    if mx.trouble:
        return _unread(mx)
    if mx.records:
        return Passed(evidence=", ".join(r.exchange for r in mx.records)[:200])
    name = mx.subject.name
    observed = "no MX record"
    if mx.null:
        observed = "a null MX, which says that the domain takes no mail (RFC 7505)"
    elif mx.implicit_address:
        observed = "no MX record; mail goes to the web server's address"
    steps = (
        f"In the settings of the service that holds your mailboxes, look up the MX records for {name}.",
        f"At your DNS provider, publish exactly those at {name}.",
        f'If nobody reads mail at {name}, say so: receives = false under [mail.domains."{name}"].',
    )
    if mx.null:
        steps = (
            steps[0],
            f"At your DNS provider, put them in the place of the MX record 0 . at {name}.",
            steps[2],
        )
    return Words(
        means=BOUNCES, observed=observed, wanted="an MX record", fix=steps, effort_min=15
    ).failed(dig("MX", name))


@check(severity=Severity.RISK, impact=Impact.EMAIL)
def mx_null_beside_others(mx: Mx) -> Result:
    """A null MX stands beside other MX records.

    Why: It says that the domain takes no mail, the others say that it does; senders may refuse (RFC
    7505 section 3).

    Fix: Delete the one that is not true.
    """
    if mx.trouble:
        return _unread(mx)
    if not (mx.null and mx.records):
        return Passed(evidence="no contradiction")
    name = mx.subject.name
    return Words(
        means=BOUNCES,
        observed=f"0 . beside {', '.join(r.exchange for r in mx.records)}",
        wanted="either a null MX or others",
        fix=(f"At your DNS provider, delete the MX record 0 . at {name}.",),
        effort_min=5,
    ).failed(dig("MX", name))


@check(severity=Severity.RISK, impact=Impact.EMAIL, prevents=[(Mx, "is-address")])
def mx_is_address(mx: Mx) -> Result:
    """An MX record holds an address instead of a name.

    Why: An MX must name a host (RFC 1035 section 3.3.9); senders look the numbers up as a name and
    find nothing.

    Fix: Give the mail server a name, and point the MX at it.
    """
    if mx.trouble:
        return _unread(mx)
    wrong = [r for r in mx.records if r.numeric]
    if not wrong:
        return Passed(evidence="names only") if mx.records else NotApplicable(reason="no MX")
    name, record = mx.subject.name, wrong[0]
    kind = "AAAA" if ":" in record.exchange else "A"
    return Words(
        means=BOUNCES,
        observed=", ".join(r.exchange for r in wrong),
        wanted="the name of a host",
        fix=(
            publish(kind, f"mail.{name}", record.exchange),
            change("MX", name, f"{record.preference} mail.{name}."),
        ),
    ).failed(dig("MX", name))


@check(
    severity=Severity.RISK,
    impact=Impact.EMAIL,
    prevents=[(Mx, "unresolvable")],
)
def mx_unresolvable(mx: Mx) -> Result:
    """An MX record leads to a name without an address.

    Why: Senders find no server there; if it is the only one, every mail to you bounces.

    Fix: Correct the name, or give it an address.
    """
    if mx.trouble:
        return _unread(mx)
    gone = mx.unresolved
    if not gone:
        if all(r.numeric for r in mx.records):
            return NotApplicable(reason="no MX that names a host")
        return _unread(mx) if any(r.trouble for r in mx.records) else Passed(evidence="all resolve")
    name = mx.subject.name
    record = gone[0]
    steps = (
        f"Look up at your mail provider what the MX records for {name} should be.",
        f"At your DNS provider, correct or delete the MX record {record.preference} {record.exchange} at {name}.",
    )
    verb = "has" if len(gone) == 1 else "have"
    return Words(
        means=BOUNCES if len(gone) == len(mx.records) else "Some mail to you is late or lost.",
        observed=f"{', '.join(r.exchange for r in gone)} {verb} no address",
        wanted="an address for every mail server",
        fix=steps,
    ).failed(dig("MX", name))


@check(severity=Severity.ADVICE, impact=Impact.EMAIL, prevents=[(Mx, "is-alias")])
def mx_is_alias(mx: Mx) -> Result:
    """An MX record leads to an alias.

    Why: A mail server's name must not be a CNAME (RFC 2181 section 10.3); some senders refuse it.

    Fix: Put the name that the alias leads to into the MX record.
    """
    if mx.trouble:
        return _unread(mx)
    aliases = [r for r in mx.records if r.alias and r.addresses]
    if not aliases:
        return Passed(evidence="no alias") if mx.records else NotApplicable(reason="no MX")
    name = mx.subject.name
    return Words(
        means="Some senders refuse to deliver, and mail to you is lost.",
        observed=listed([f"{r.exchange} is an alias of {r.alias}" for r in aliases]),
        wanted="the server's own name",
        fix=tuple(change("MX", name, f"{r.preference} {r.alias}.") for r in aliases),
        effort_min=5,
    ).failed(dig("CNAME", aliases[0].exchange))


@check(severity=Severity.RISK, impact=Impact.EMAIL, prevents=[(Mx, "lookup-fails")])
def mx_lookup_fails(mx: Mx) -> Result:
    """The MX records of the domain cannot be looked up.

    Why: Senders put their mail off for days, then give up.

    Fix: Mend the name servers that fail.
    """
    if mx.fault != "lookup-fails":
        return Passed(evidence="the MX records answer")
    where = mx.subject.name if mx.trouble else mx.records[0].exchange
    trouble = mx.trouble or mx.records[0].trouble
    return Words(
        means=BOUNCES,
        observed=f"{where}: {trouble}",
        wanted="an answer",
        fix=(f"Ask the DNS provider of {where} why its servers fail.",),
    ).failed(dig("MX", mx.subject.name))
