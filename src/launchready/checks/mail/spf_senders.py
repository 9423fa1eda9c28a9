"""Whether the SPF record allows the services and servers that send for the domain."""

from __future__ import annotations

from launchready.checks.mail.spf import not_judged, not_whole
from launchready.checks.mail.wording import Words, change, dig, listed
from launchready.derive.mail.senders import included_domain, service
from launchready.derive.mail.spf_records import (
    sender_terms,
    undeclared_includes,
    with_terms,
    without_terms,
)
from launchready.facts.mail import Mx, Spf
from launchready.facts.spf_faults import own_problems
from launchready.finding import (
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    Unproven,
    check,
)
from launchready.mailauth.spf_client import LOOKUPS_MAX

_INCLUDE_MAY_TAKE = 4
"""Look-ups of the dearest includes that services ask for, their own one among them."""


@check(severity=Severity.RISK, impact=Impact.EMAIL, bar="mail")
def spf_sender_not_authorised(spf: Spf, mx: Mx) -> Result:
    """A service or server that sends for the domain is not in its SPF record.

    Why: What it sends fails SPF, and lands in spam or is refused where DKIM does not save it.

    Fix: Add its include or address to the record.
    """
    if (other := not_judged(spf)) is not None:
        return other
    if not spf.entry.senders:
        return NotApplicable(reason="no senders are declared")
    refused: list[str] = []
    unknown: list[str] = []
    ended: list[str] = []
    for sender, result in spf.senders:
        if result is not None:
            if result.result == "permerror":
                ended.append(f"{sender}: {result.problem}")
            elif result.result == "temperror":
                unknown.append(f"{sender}: {result.problem}")
            elif result.result != "pass":
                refused.append(f"{sender} gets {result.result}")
            continue
        match _service_allowed(sender, spf):
            case False if spf.audit.unseen:
                unknown.append(f"{sender} is not in the part of the record that was seen")
            case False:
                refused.append(f"{sender} is not included")
            case None:
                unknown.append(f"{sender} is no service or address that is known here")
            case _:
                pass
    name, record = spf.subject.name, spf.audit.records[0]
    if refused or ended:
        senders = [s for s in spf.entry.senders if any(r.startswith(f"{s} ") for r in refused)]
        terms = sender_terms(senders)
        values = [term.partition(":")[2] for term in terms]
        mistyped = any(value in p for value in values for p in own_problems(spf.audit))
        because = spf.key if mistyped or not refused or _redirects_to_nothing(spf) else None
        if because is None and _by_lost_mx(spf, mx, senders):
            because = mx.key
        return Words(
            means="Mail of a service that sends for you fails SPF and may land in spam.",
            observed=listed(refused or ended),
            wanted="every declared sender passes",
            fix=_added(spf, terms),
        ).failed(dig("TXT", name), evidence=record, because=because)
    if unknown:
        return Unproven(
            reason=listed(unknown),
            how_to_prove="Declare it under senders as include:DOMAIN or by its address, as its "
            "set-up page says.",
            because=spf.key if spf.fault else None,
        )
    if any(r is None for _, r in spf.senders) and spf.audit.unseen and spf.fault:
        return not_whole(spf)
    return Passed(evidence=", ".join(spf.entry.senders)[:200])


def _added(spf: Spf, terms: tuple[str, ...]) -> tuple[str, ...]:
    """Return the steps that add terms, none of which leads beyond ten look-ups (RFC 7208, 4.6.4)."""
    name, record, used = spf.subject.name, spf.audit.records[0], spf.audit.lookups
    step = change("TXT", name, with_terms(record, terms))
    new, room = sum(term.startswith("include:") for term in terms), LOOKUPS_MAX - used
    if not new or room < 0 or room >= new * _INCLUDE_MAY_TAKE:
        return (step,)
    if new <= room:
        return (
            (
                f"This takes {new} or more of the {room} look-ups that are left of {LOOKUPS_MAX}: see "
                "afterwards with `launchready recheck spf-too-many-lookups`."
            ),
            step,
        )
    full = f"the record uses {used} of {LOOKUPS_MAX} look-ups, and this takes {new} or more"
    gone = undeclared_includes(record, spf.entry.senders)
    if new <= room + sum(b.lookups for b in spf.audit.tree.branches if b.text in gone):
        step = change("TXT", name, with_terms(without_terms(record, gone), terms))
        return (f"Make room, as {full}. If nothing sends through {listed(gone, 10)}: {step}",)
    dear = [f"{b.text} costs {b.lookups}" for b in spf.audit.tree.branches if b.lookups]
    return (
        f"Make room first: {full}. Decide which of these {name} needs no more: {listed(dear, 8)}.",
        f"Then add {' '.join(terms)} in front of the end of the record.",
        f"Or let the service send from a subdomain such as news.{name} with its own record.",
    )


def _redirects_to_nothing(spf: Spf) -> bool:
    """Whether the record that may have named the sender is the one that is missing."""
    ends = [b.child for b in spf.audit.tree.branches if b.kind == "redirect"]
    return bool(spf.fault) and any(child is not None and child.found == "none" for child in ends)


def _by_lost_mx(spf: Spf, mx: Mx, senders: list[str]) -> bool:
    """Whether the record's mx would allow these addresses, had the domain the MX it should."""
    name = spf.subject.name
    by_mx = any(b.kind == "mx" and b.target == name for b in spf.audit.tree.branches)
    lost = mx.fault in {"missing", "lookup-fails", "unresolvable", "is-address"}
    services = any(service(s) is not None or included_domain(s) for s in senders)
    return by_mx and lost and not services


def _service_allowed(sender: str, spf: Spf) -> bool | None:
    """Return whether a service may send by the tree of includes; None when it is not known."""
    included = {name.rstrip(".") for name in spf.audit.includes}
    included |= {b.target for b in spf.audit.tree.branches if b.kind == "redirect"}
    if domain := included_domain(sender):
        return domain in included
    known = service(sender)
    if known is None:
        return None
    return not known.in_spf or bool(included & set(known.includes))
