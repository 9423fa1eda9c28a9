"""Whether a DMARC policy applies, and whether its reports arrive (RFC 9989, RFC 9990)."""

from __future__ import annotations

from launchready.checks.mail.wording import (
    NOT_SENDING,
    Words,
    change,
    dig,
    elsewhere,
    leads_nowhere,
    listed,
    never_sends,
    publish,
    unmove,
    untold,
)
from launchready.derive.mail.dmarc_records import (
    first_record,
    repaired,
    report_address,
    strictest,
    with_tags,
    without_tags,
)
from launchready.facts.mail import Dmarc
from launchready.finding import (
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)
from launchready.mailauth.dmarc_record import DmarcRecord

_SPAM = "Sign-in codes and invitations land in spam or are refused by Gmail, Yahoo and Outlook."
_BLIND = "Nobody tells you when mail in your name is forged, or when your own stops arriving."
# RFC 9989, 4.8 allows spaces and a capital V; OpenDMARC, Mail::DMARC and others do not find it.
_BEGIN = "v=DMARC1"
_MAILBOX = "Make sure that the mailbox {address} exists and somebody reads it, or use another one."


def policy_name(dmarc: Dmarc) -> str:
    """Return the name of the record that applies, or at which one is wanted."""
    parent = dmarc.subject.parent
    owner = dmarc.result.policy_domain
    if owner is None:
        owner = (
            parent.name if parent is not None and parent.kind == "domain" else dmarc.subject.name
        )
    return f"_dmarc.{owner}"


def applied(dmarc: Dmarc) -> DmarcRecord | NotApplicable | Unproven:
    """Return the record that applies to a sending domain, or the outcome where there is none."""
    if not dmarc.entry.sends:
        return NotApplicable(reason=NOT_SENDING)
    if dmarc.fault == "lookup-fails":
        return unread(dmarc)
    if dmarc.result.parsed is None:
        return NotApplicable(reason="no DMARC policy applies")
    return dmarc.result.parsed


def unread(dmarc: Dmarc) -> Unproven:
    """Return the outcome where the DNS failed."""
    reason = listed([p for p in dmarc.result.problems if "could not be asked" in p], 1)
    return Unproven(reason=reason or "the DMARC record could not be looked up", because=dmarc.key)


@check(severity=Severity.BLOCKER, impact=Impact.EMAIL, bar="mail", prevents=[(Dmarc, "missing")])
def dmarc_missing(dmarc: Dmarc) -> Result:
    """A domain that sends mail has no DMARC record.

    Why: Gmail, Yahoo and Outlook want one of everybody who sends to many, and without it anybody
    can write to members in your name (RFC 9989).

    Fix: Publish one that asks for reports, and tighten it once the reports look right.
    """
    if not dmarc.entry.sends:
        return NotApplicable(reason=NOT_SENDING)
    if dmarc.fault == "lookup-fails":
        return unread(dmarc)
    if dmarc.silent and dmarc.fault == "missing":
        return untold(dmarc.subject.name)
    if dmarc.fault != "missing":
        return Passed(evidence=dmarc.result.record or "a record exists")
    name = policy_name(dmarc)
    domain, own = name.removeprefix("_dmarc."), f"_dmarc.{dmarc.subject.name}"
    return Words(
        means=_SPAM,
        observed=f"no DMARC record{leads_nowhere(dmarc.alias)}{elsewhere(dmarc.misplaced)}",
        wanted="a DMARC record",
        fix=(
            *([f"At your DNS provider, delete the CNAME record at {own}."] if dmarc.alias else []),
            # A policy that was never in force begins with none, whatever it asked for elsewhere.
            publish("TXT", name, first_record(domain)),
            *unmove(dmarc.misplaced),
            _MAILBOX.format(address=report_address(domain).removeprefix("mailto:")),
            *never_sends(dmarc.subject.name, dmarc.entry),
        ),
    ).failed(dig("TXT", name))  # fmt: skip


@check(severity=Severity.BLOCKER, impact=Impact.EMAIL, bar="mail", prevents=[(Dmarc, "several")])
def dmarc_several_records(dmarc: Dmarc) -> Result:
    """The domain has more than one DMARC record.

    Why: Receivers then ignore all of them (RFC 9989 section 4.10).

    Fix: Keep one.
    """
    if not dmarc.entry.sends:
        return NotApplicable(reason=NOT_SENDING)
    if dmarc.fault == "lookup-fails":
        return unread(dmarc)
    if dmarc.fault != "several":
        return Passed(evidence="at most one record")
    stop = next(stop for stop in dmarc.result.walked if stop.found == "several")
    name = f"_dmarc.{stop.domain}"
    return Words(
        means=_SPAM, observed=f"{len(stop.lookalikes)} DMARC records", wanted="one DMARC record",
        fix=(
            f"At your DNS provider, delete all TXT records at {name}.",
            publish("TXT", name, strictest(stop.lookalikes, stop.domain)),
        ),
    ).failed(dig("TXT", name), evidence="\n".join(stop.lookalikes))  # fmt: skip


@check(severity=Severity.BLOCKER, impact=Impact.EMAIL, bar="mail", prevents=[(Dmarc, "broken")])
def dmarc_broken(dmarc: Dmarc) -> Result:
    """The DMARC record is not valid.

    Why: Receivers ignore the record or the part that is wrong (RFC 9989 sections 4.7 and 4.10.1),
    so that the policy or the reports that you count on do not exist.

    Fix: Correct what is named here.
    """
    if not dmarc.entry.sends:
        return NotApplicable(reason=NOT_SENDING)
    if dmarc.fault == "lookup-fails":
        return unread(dmarc)
    problems = _syntax_problems(dmarc)
    if dmarc.fault in {"missing", "several"}:
        return NotApplicable(reason="no single DMARC record applies")
    if not problems:
        return Passed(evidence=dmarc.result.record)
    name = policy_name(dmarc)
    domain, record = name.removeprefix("_dmarc."), dmarc.result.parsed
    lookalike = next((t for s in dmarc.result.walked for t in s.lookalikes), "")
    mended = repaired(record, domain) if record is not None else first_record(domain)
    useless = dmarc.result.published_policy is None or dmarc.fault == "broken"
    return Words(
        means=_SPAM if useless else "Receivers ignore part of what the DMARC record asks for.",
        observed=listed(problems),
        wanted="a valid record",
        fix=(change("TXT", name, mended),),
    ).failed(
        dig("TXT", name),
        evidence=dmarc.result.record or lookalike,
        severity=None if useless else Severity.RISK,
    )


def _syntax_problems(dmarc: Dmarc) -> tuple[str, ...]:
    parsed = dmarc.result.parsed
    own = parsed.problems if parsed is not None else ()
    if parsed is not None and not parsed.text.startswith(_BEGIN):
        begin = parsed.text.partition("1")[0] + "1"
        own = (f"it begins with {begin}: receivers that look for {_BEGIN} find no record", *own)
    meant = [
        f"_dmarc.{stop.domain} holds what is no policy record: {text[:80]}"
        for stop in dmarc.result.walked
        if stop.found != "several"
        for text in stop.lookalikes
    ]
    if dmarc.result.result == "permerror":
        meant += dmarc.result.problems
    return (*own, *meant)


@check(severity=Severity.RISK, impact=Impact.EMAIL, bar="mail", prevents=[(Dmarc, "lookup-fails")])
def dmarc_lookup_fails(dmarc: Dmarc) -> Result:
    """The DMARC record cannot be looked up.

    Why: Receivers put the mail off or apply no policy.

    Fix: Mend the name servers that fail.
    """
    if dmarc.fault != "lookup-fails":
        return Passed(evidence="_dmarc answers")
    name = f"_dmarc.{dmarc.subject.name}"
    return Words(
        means="Receivers cannot tell forged mail from yours, and mail may be late.",
        observed=unread(dmarc).reason,
        wanted="an answer",
        fix=(f"Ask your DNS provider why its servers fail for TXT at {name}.",),
    ).failed(dig("TXT", name))


@check(severity=Severity.RISK, impact=Impact.EMAIL, bar="mail")
def dmarc_without_reports(dmarc: Dmarc) -> Result:
    """The DMARC record names no address for reports.

    Why: With p=none the record then does nothing at all; with a stricter policy nobody notices when
    a service that was forgotten loses its mail (RFC 9990).

    Fix: Add rua= with a mailbox that somebody reads, or that of a reporting service.
    """
    record = applied(dmarc)
    if not isinstance(record, DmarcRecord):
        return record
    if record.rua and not record.reports and not dmarc.fault:
        return NotApplicable(reason="no address in rua= is valid, which is a fault of the record")
    if record.reports:
        return Passed(evidence=", ".join(u.text for u in record.rua if u.valid)[:200])
    name = policy_name(dmarc)
    domain = name.removeprefix("_dmarc.")
    enforced = dmarc.result.published_policy in {"quarantine", "reject"}
    return Words(
        means=_BLIND,
        observed="no rua=" if not record.rua else "no valid address in rua=",
        wanted="rua= with a mailbox",
        fix=(
            change("TXT", name, with_tags(record.text, {"rua": report_address(domain)})),
            _MAILBOX.format(address=report_address(domain).removeprefix("mailto:")),
        ),
    ).failed(
        dig("TXT", name),
        evidence=record.text,
        severity=Severity.ADVICE if enforced else None,
        # Without a valid policy the record is mended first.
        because=dmarc.key if dmarc.fault else None,
    )


@check(severity=Severity.RISK, impact=Impact.EMAIL)
def dmarc_report_address_not_authorised(dmarc: Dmarc) -> Result:
    """DMARC reports go to a domain that has not agreed to receive them.

    Why: Receivers send reports to another domain only when that domain says in its DNS that it wants
    them (RFC 9990 section 4).

    Fix: Let the other domain publish its consent, or use an address in your own domain.
    """
    record = applied(dmarc)
    if not isinstance(record, DmarcRecord):
        return record
    if not dmarc.report_addresses:
        return NotApplicable(reason="no address for reports")
    missing = [a for a in dmarc.report_addresses if a.consent == "missing"]
    if not missing:
        unknown = [a for a in dmarc.report_addresses if a.consent == "unknown"]
        if unknown:
            return Unproven(reason=f"{unknown[0].asked} could not be looked up")
        return Passed(evidence=f"{len(dmarc.report_addresses)} addresses may get reports")
    name = policy_name(dmarc)
    return Words(
        means=_BLIND,
        observed=listed([f"no consent at {a.asked}" for a in missing]),
        wanted="consent of every domain that gets reports",
        fix=(
            *(
                f"Let the owner of {a.uri.domain} add this TXT record at {a.asked}: v=DMARC1"
                for a in missing[:3]
            ),
            f"Or use a mailbox in your own domain in rua= and ruf= of the TXT record at {name}.",
        ),
        effort_min=15,
        who="you",
    ).failed(dig("TXT", missing[0].asked), evidence=record.text)


@check(severity=Severity.ADVICE, impact=Impact.EMAIL)
def dmarc_leftovers(dmarc: Dmarc) -> Result:
    """The DMARC record has tags that mean nothing.

    Why: RFC 9989 took pct, rf and ri out, and receivers ignore what no RFC defines: a policy that
    was meant for a part of the mail applies to all of it.

    Fix: Remove them.
    """
    record = applied(dmarc)
    if not isinstance(record, DmarcRecord):
        return record
    gone = [*record.leftovers, *record.unknown]
    if not gone:
        return Passed(evidence="every tag has a meaning")
    name = policy_name(dmarc)
    return Words(
        means="The policy may apply to more of your mail than you meant.",
        observed=listed([f"{n}={v}" for n, v in gone]),
        wanted="only tags of RFC 9989",
        fix=(change("TXT", name, without_tags(record.text, [n for n, _ in gone])),),
        effort_min=5,
    ).failed(dig("TXT", name), evidence=record.text)
