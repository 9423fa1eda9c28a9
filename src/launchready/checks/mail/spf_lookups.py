"""What it costs receivers to follow an SPF record, and where its includes lead (RFC 7208)."""

from __future__ import annotations

from launchready.checks.mail.spf import IGNORED, SPAM, not_judged, not_whole
from launchready.checks.mail.wording import (
    NOT_SENDING,
    Words,
    change,
    dig,
    listed,
)
from launchready.derive.mail.spf_records import (
    repaired,
    sender_terms,
    tree_lines,
    undeclared_includes,
    with_terms,
    without_terms,
)
from launchready.facts.mail import Mx, Spf
from launchready.facts.spf_faults import (
    failed_lookups,
    include_problems,
    sender_dependent,
    void_lookups,
)
from launchready.finding import (
    Impact,
    NotApplicable,
    Passed,
    Result,
    Severity,
    check,
)
from launchready.mailauth.spf_client import LOOKUPS_MAX, VOID_LOOKUPS_MAX
from launchready.mailauth.spf_result import SpfBranch


@check(
    severity=Severity.BLOCKER, impact=Impact.EMAIL, bar="mail", prevents=[(Spf, "includes-itself")]
)
def spf_includes_itself(spf: Spf) -> Result:
    """The SPF record leads back to itself.

    Why: Receivers follow the circle until they give up with an error (RFC 7208 section 4.6.4).

    Fix: Take the include or redirect that closes the circle out.
    """
    if (other := not_judged(spf)) is not None:
        return other
    if not spf.audit.loops:
        return Passed(evidence="no include leads back") if _followed(spf) else not_whole(spf)
    name = spf.subject.name
    circle = spf.audit.loops[0].split(" > ")
    holder, target = circle[-2], circle[-1]
    step = f"In the SPF record of {holder}, remove include:{target} (or redirect={target})."
    if holder == name:
        record = repaired(_without_target(spf, spf.audit.records[0], target), ())
        step = change("TXT", name, record)
    return Words(
        means=IGNORED,
        observed=listed(spf.audit.loops, 2),
        wanted="no circle",
        fix=(step,),
    ).failed(dig("TXT", holder), evidence="\n".join(tree_lines(spf.audit.tree)))


def _declared(spf: Spf, broken: list[str]) -> list[str]:
    """Return the terms of the declared senders that lead somewhere, if ten look-ups may do."""
    terms = sender_terms(spf.entry.senders)
    found = [term for term in terms if term.partition(":")[2] not in broken]
    kept = [b for b in spf.audit.tree.branches if b.target not in broken]
    had = {b.target for b in kept if b.kind == "include"}
    new = [t for t in found if t.startswith("include:") and t.partition(":")[2] not in had]
    return found if sum(b.lookups for b in kept) + len(new) <= LOOKUPS_MAX else []


@check(
    severity=Severity.BLOCKER, impact=Impact.EMAIL, bar="mail", prevents=[(Spf, "include-broken")]
)
def spf_include_broken(spf: Spf) -> Result:
    """The SPF record includes a domain whose own record is missing or not valid.

    Why: An include without a good record behind it makes the whole evaluation end with an error
    (RFC 7208 section 5.2), as soon as a receiver comes to it.

    Fix: Remove the include, or write it as the service's set-up page says today.
    """
    if (other := not_judged(spf)) is not None:
        return other
    problems = include_problems(spf.audit)
    if not problems:
        count = len(spf.audit.includes)
        return (
            Passed(evidence=f"{count} included records are valid")
            if _followed(spf)
            else not_whole(spf)
        )
    name, broken = spf.subject.name, [p.partition(": ")[0] for p in problems]
    record = spf.audit.records[0]
    mended = record
    for target in broken:
        mended = _without_target(spf, mended, target)
    steps = [
        "Look up what the service asks for today; it may have a new name for the include.",
        change("TXT", name, with_terms(repaired(mended, ()), _declared(spf, broken))),
    ]
    if mended == record:
        way = next((b.text for b in spf.audit.tree.branches if _leads_to(b, broken[0])), "")
        steps[1] = (
            f"{broken[0]} is included further down: tell the service that publishes the record, or "
            f"take {way or 'the term that leads there'} out of the TXT record at {name}."
        )
    return Words(
        means=IGNORED, observed=listed(problems), wanted="only includes that have a valid record",
        fix=tuple(steps),
    ).failed(dig("TXT", broken[0]), evidence="\n".join(tree_lines(spf.audit.tree)))  # fmt: skip


@check(
    severity=Severity.BLOCKER, impact=Impact.EMAIL, bar="mail", prevents=[(Spf, "too-many-lookups")]
)
def spf_too_many_lookups(spf: Spf) -> Result:
    """The SPF record needs more than ten DNS look-ups.

    Why: Receivers stop after ten (RFC 7208 section 4.6.4) with an error: everybody who is named
    behind the tenth, and every forgery, is neither allowed nor refused.

    Fix: Remove services that send no more, or let a service send from a subdomain of its own.
    """
    if (other := not_judged(spf)) is not None:
        return other
    lookups = max(spf.audit.lookups, spf.stranger.lookups if spf.stranger is not None else 0)
    if lookups <= LOOKUPS_MAX:
        if not _seen(spf):
            return not_whole(spf)
        return Passed(evidence=f"{lookups} of {LOOKUPS_MAX} look-ups")
    name = spf.subject.name
    costs = sorted(spf.audit.tree.branches, key=lambda b: -b.lookups)
    dear = [f"{b.text} costs {b.lookups}" for b in costs if b.lookups]
    return Words(
        means=IGNORED,
        observed=f"{lookups} look-ups",
        wanted=f"{LOOKUPS_MAX} or fewer",
        fix=(
            f"Decide which of these {name} needs no more: {listed(dear, 8)}.",
            (
                f"Make it at least {lookups - LOOKUPS_MAX} fewer, in the TXT record at {name} that "
                "begins with v=spf1; mx and a may become ip4: and ip6: terms, which cost nothing."
            ),
            *_fewer(spf, lookups),
            "Let newsletters send from a subdomain such as news." + name + " with its own record.",
        ),
        effort_min=30,
    ).failed(
        f"launchready mail spf {name} --ip 192.0.2.1",
        evidence="\n".join(tree_lines(spf.audit.tree)),
    )


def _fewer(spf: Spf, lookups: int) -> tuple[str, ...]:
    """Return the record without what no declared sender needs, where that is enough."""
    if not spf.entry.senders:
        return ()
    name, record = spf.subject.name, spf.audit.records[0]
    gone = undeclared_includes(record, spf.entry.senders)
    saved = sum(b.lookups for b in spf.audit.tree.branches if b.text in gone)
    if not saved or lookups - saved > LOOKUPS_MAX:
        return ()
    step = change("TXT", name, without_terms(record, gone))
    # The record stands last: what is behind it would be pasted with it.
    return (f"Or, if nothing sends through {listed(gone)}, which no declared sender needs: {step}",)


@check(
    severity=Severity.RISK,
    impact=Impact.EMAIL,
    bar="mail",
    prevents=[(Spf, "too-many-void-lookups")],
)
def spf_too_many_void_lookups(spf: Spf) -> Result:
    """The SPF record makes receivers look up more than two names that do not exist.

    Why: After two such look-ups many receivers end with an error (RFC 7208 section 4.6.4), and
    anybody who registers one of the names may send in yours.

    Fix: Remove the terms that lead nowhere.
    """
    if (other := not_judged(spf)) is not None:
        return other
    voids = void_lookups(spf.audit)
    if voids <= VOID_LOOKUPS_MAX:
        if not _seen(spf):
            return not_whole(spf)
        return Passed(evidence=f"{voids} of {VOID_LOOKUPS_MAX} void look-ups")
    name = spf.subject.name
    empty = [b.text for b in spf.audit.tree.branches if b.void_lookups and b.kind != "include"]
    led = [b.text for b in spf.audit.tree.branches if b.void_lookups and b.kind == "include"]
    step = (
        f"Behind {listed(led)} stand names that do not exist: tell the service that publishes it, or "
        "stop including it."
    )
    if empty:
        words = [w for w in spf.audit.records[0].split() if w not in empty]
        step = change("TXT", name, " ".join(words))
    return Words(
        means=IGNORED, observed=f"{voids} look-ups that find nothing",
        wanted=f"{VOID_LOOKUPS_MAX} or fewer", fix=(step,),
    ).failed(dig("TXT", name), evidence="\n".join(tree_lines(spf.audit.tree)))  # fmt: skip


@check(severity=Severity.RISK, impact=Impact.EMAIL, bar="mail", prevents=[(Spf, "lookup-fails")])
def spf_lookup_fails(spf: Spf, mx: Mx) -> Result:
    """A name that the SPF record needs cannot be looked up.

    Why: Receivers end with a temporary error (RFC 7208 section 2.6.6): they put the mail off, or
    treat it as if there were no record.

    Fix: Mend the name servers that fail, or remove the term that needs them.
    """
    if not spf.entry.sends:
        return NotApplicable(reason=NOT_SENDING)
    failing = failed_lookups(spf.audit)
    if not failing:
        return Passed(evidence="every name of the record answers")
    name = spf.subject.name
    own = spf.audit.tree.found == "error"
    where = failing[0].partition(": ")[0]
    step = (
        f"Ask your DNS provider why its servers fail for the TXT records of {name}."
        if own
        else f"Ask the service behind {where} whether its name servers work; if it is no longer "
        f"used, remove its include from the TXT record at {name}."
    )
    return Words(
        means=SPAM + "cannot look up who may send.",
        observed=listed(failing, 2),
        wanted="an answer to every look-up",
        fix=(step,),
    ).failed(
        dig("TXT", where),
        evidence="\n".join(tree_lines(spf.audit.tree)),
        severity=Severity.BLOCKER if own else None,
        because=mx.key if mx.fault == "lookup-fails" and _only_own_mx(spf) else None,
    )


def _only_own_mx(spf: Spf) -> bool:
    """Whether the domain's own MX records are all that could not be looked up."""
    name = spf.subject.name
    terms = [b.text for b in spf.audit.tree.branches if b.kind == "mx" and b.target == name]
    return all(
        any(each.startswith(f"{name}: {term} could") for term in terms)
        for each in failed_lookups(spf.audit)
    )


def _seen(spf: Spf) -> bool:
    """Whether the whole tree was seen; what depends on the sender is judged by examples."""
    if len(spf.audit.unseen) > len(sender_dependent(spf.audit)):
        return False
    judged = [result for _, result in spf.senders if result is not None]
    judged += [spf.stranger] if spf.stranger is not None else []
    known = bool(judged) and all(r.result not in {"permerror", "temperror"} for r in judged)
    return known or not sender_dependent(spf.audit)


def _followed(spf: Spf) -> bool:
    """Whether every record that is included was seen."""
    missed = [u for u in failed_lookups(spf.audit) if ": TXT could not" in u]
    others = len(spf.audit.unseen) - len(failed_lookups(spf.audit))
    return not missed and (not others or _seen(spf))


def _without_target(spf: Spf, record: str, target: str) -> str:
    """Return the record without the includes and the redirect that lead to a domain."""
    led = [b for b in spf.audit.tree.branches if b.kind in {"include", "redirect"}]
    return without_terms(record, [b.text for b in led if b.target == target])


def _leads_to(branch: SpfBranch, target: str) -> bool:
    nodes = branch.child.branches if branch.child is not None else ()
    return branch.target == target or any(_leads_to(each, target) for each in nodes)
