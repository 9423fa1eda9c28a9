"""Whether receivers can read the SPF record at all (RFC 7208)."""

from __future__ import annotations

from launchready.checks.mail.wording import (
    NOT_SENDING,
    Words,
    change,
    dig,
    elsewhere,
    listed,
    never_sends,
    publish,
    unmove,
    untold,
)
from launchready.derive.mail.spf_records import (
    merged,
    new_record,
    repaired,
    sender_terms,
    with_terms,
    without_terms,
)
from launchready.derive.mail.spf_slips import mended
from launchready.facts.mail import Spf
from launchready.facts.spf_faults import (
    failed_lookups,
    own_problems,
)
from launchready.finding import (
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)
from launchready.mailauth.spf_record import parse_spf

SPAM = "Sign-in codes and invitations land in spam or are refused, because receivers "
IGNORED = SPAM + "cannot use the SPF record."
_NOWHERE = " does not lead to a domain name"
_ONE_ADDRESS = (
    "`launchready mail spf {domain} --ip ADDRESS` with the address of a server that sends for you "
    "says what its mail gets."
)


def not_judged(spf: Spf) -> NotApplicable | Unproven | None:
    """Return the outcome where there is no single record to judge; None where there is."""
    if not spf.entry.sends:
        return NotApplicable(reason=NOT_SENDING)
    match spf.audit.tree.found:
        case "record":
            return None
        case "none":
            return NotApplicable(reason="there is no SPF record")
        case "several":
            return NotApplicable(reason="there are several SPF records and none of them counts")
        case _:
            reason = f"the SPF record could not be looked up ({listed(spf.audit.unseen, 1)})"
            return Unproven(reason=reason, because=spf.key)


def not_whole(spf: Spf) -> Unproven:
    """Return the outcome where the tree was not seen whole."""
    return Unproven(
        reason=f"part of the SPF record was not seen: {listed(spf.audit.unseen, 2)}",
        because=spf.key if failed_lookups(spf.audit) else None,
        how_to_prove=_ONE_ADDRESS.format(domain=spf.subject.name),
    )


@check(severity=Severity.BLOCKER, impact=Impact.EMAIL, bar="mail", prevents=[(Spf, "missing")])
def spf_missing(spf: Spf) -> Result:
    """A domain that sends mail has no SPF record.

    Why: Gmail, Yahoo and Outlook refuse or hide mail of a domain that does not say which servers
    may send for it (RFC 7208). Sign-in codes, invitations and receipts do not arrive.

    Fix: Publish one TXT record that names every service that sends for the domain.
    """
    if not spf.entry.sends:
        return NotApplicable(reason=NOT_SENDING)
    if spf.silent:
        return untold(spf.subject.name)
    if spf.audit.tree.found == "error":
        return not_judged(spf) or NotApplicable(reason="")
    if spf.audit.tree.found != "none":
        return Passed(evidence=listed(spf.audit.records, 1))
    name = spf.subject.name
    record = new_record(spf.entry.senders, spf.exchanges)
    if spf.misplaced is not None and not parse_spf(spf.misplaced[1]).problems:
        record = with_terms(spf.misplaced[1], sender_terms(spf.entry.senders))
    steps = [publish("TXT", name, record), *unmove(spf.misplaced)]
    if not spf.entry.senders and spf.misplaced is None:
        steps.append(
            "Add what each service that sends for you asks for (such as include:_spf.google.com) in "
            "front of ~all, and name the services under senders in launchready.toml."
        )
    observed = f"no SPF record{elsewhere(spf.misplaced)}"
    if spf.lookalikes:
        observed += f"; what does not begin with v=spf1 and a space is none: {spf.lookalikes[0]}"
        steps.append(f"Delete the TXT record at {name} that reads: {spf.lookalikes[0][:200]}")
    steps += never_sends(name, spf.entry)
    return Words(
        means=SPAM + f"cannot tell who may send for {name}.",
        observed=observed,
        wanted="one SPF record",
        fix=tuple(steps),
    ).failed(dig("TXT", name))


@check(severity=Severity.BLOCKER, impact=Impact.EMAIL, bar="mail", prevents=[(Spf, "several")])
def spf_several_records(spf: Spf) -> Result:
    """The domain has more than one SPF record.

    Why: With two records neither counts: receivers end with an error (RFC 7208 section 4.5), and
    mail is treated as if there were none. It happens when a second service is set up.

    Fix: Merge them into one record.
    """
    if spf.audit.tree.found != "several":
        return not_judged(spf) or Passed(evidence="one SPF record")
    name, records = spf.subject.name, spf.audit.records
    return Words(
        means=IGNORED,
        observed=f"{len(records)} SPF records",
        wanted="one SPF record",
        fix=(
            f"At your DNS provider, delete all TXT records at {name} that begin with v=spf1.",
            publish("TXT", name, merged(records)),
        ),
    ).failed(dig("TXT", name), evidence="\n".join(records))


@check(severity=Severity.BLOCKER, impact=Impact.EMAIL, bar="mail", prevents=[(Spf, "syntax-error")])
def spf_syntax_error(spf: Spf) -> Result:
    """The SPF record is not valid.

    Why: One mistake anywhere makes receivers discard the whole record (permerror, RFC 7208
    section 4.6), also the parts that are right.

    Fix: Correct or remove the terms named here.
    """
    if (other := not_judged(spf)) is not None:
        return other
    problems = own_problems(spf.audit)
    if not problems:
        return Passed(evidence="every term is valid")
    name, record = spf.subject.name, spf.audit.records[0]
    # What leads to no domain name is written as terms are, so that only the walk tells.
    aimless = [p.removesuffix(_NOWHERE) for p in problems if p.endswith(_NOWHERE)]
    lost = (*mended(record)[1], *aimless)
    mistyped = [
        sender
        for sender in spf.entry.senders
        for term in sender_terms([sender])
        if any(term.partition(":")[2] in problem for problem in problems)
    ]
    return Words(
        means=IGNORED,
        observed=listed(problems),
        wanted="a valid record",
        fix=(
            change("TXT", name, repaired(without_terms(record, lost), mistyped)),
            *_left_out(lost),
        ),
    ).failed(dig("TXT", name), evidence=record)


def _left_out(lost: tuple[str, ...]) -> tuple[str, ...]:
    """Return the step for the terms that nobody can guess, if there are any."""
    if not lost:
        return ()
    step = (
        f"Left out above, as it is not valid: {listed(lost)}. If that was meant to name a sender, "
        "write it correctly in front of the end."
    )
    return (step,)
