"""What a readable SPF record says: who may send, who may not, and what it leaves open."""

from __future__ import annotations

from launchready.checks.mail.spf import not_judged, not_whole
from launchready.checks.mail.wording import Words, change, dig, listed
from launchready.derive.mail.spf_records import (
    TXT_WANTED_CHARS,
    allows_everyone,
    broad_terms,
    only_ends,
    opening_terms,
    repaired,
    sender_terms,
    with_all,
    with_terms,
    without_terms,
    without_what_follows_all,
)
from launchready.facts.mail import Spf
from launchready.facts.spf_faults import failed_lookups, own_problems
from launchready.finding import (
    Impact,
    Passed,
    Result,
    Severity,
    check,
)

_FORGED = (
    "Anybody can send mail in your name that passes as yours, and ask members to pay or log in."
)


_MEANT_AS_MECHANISM = ("include", "ip4", "ip6", "a", "mx", "exists", "ptr", "all")


@check(severity=Severity.BLOCKER, impact=Impact.EMAIL, bar="mail")
def spf_allows_everyone(spf: Spf) -> Result:
    """The SPF record lets the whole Internet send in the domain's name.

    Why: +all, or a network as large as the Internet, makes every forgery pass SPF and with it
    DMARC (RFC 7208 section 5.1). Receivers come to distrust the real mail as well.

    Fix: Name the senders and end the record with ~all or -all.
    """
    if (other := not_judged(spf)) is not None:
        return other
    where = allows_everyone(spf.audit)
    stranger = spf.stranger
    if not where and stranger is not None and stranger.result == "pass":
        where = f"{stranger.mechanism} lets an address pass that nobody has"
    name, record = spf.subject.name, spf.audit.records[0]
    if not where:
        refused = stranger is not None and stranger.result in {"fail", "softfail", "neutral"}
        if spf.audit.unseen and (failed_lookups(spf.audit) or not refused):
            return not_whole(spf)
        return Passed(
            evidence=f"{len(spf.audit.networks)} networks and {spf.audit.lookups} look-ups"
        )
    opened = opening_terms(spf.audit)
    mended = without_terms(record, (*broad_terms(record), *opened))
    steps: tuple[str, ...]
    if any(domain == name and q == "+" for domain, q in spf.audit.all_qualifiers):
        mended = with_all(mended)
    if mended != record:
        bare = repaired(mended, ()) if opened else mended
        declared = [t for t in sender_terms(spf.entry.senders) if t not in opened]
        steps = (change("TXT", name, with_terms(bare, declared)),)
        if opened:
            steps += (
                (
                    f"If the service behind {listed(opened)} is still used, ask it which include it "
                    "offers instead: a record that lets everybody pass protects no one."
                ),
            )
    else:
        steps = (
            f"Remove the term of the TXT record at {name} that leads to this: {where}.",
            (
                "If the service behind it is still used, ask it which include it offers instead: a "
                "record of everybody's addresses protects no one."
            ),
        )
    return Words(
        means=_FORGED, observed=where, wanted="only your senders may send", fix=steps
    ).failed(dig("TXT", name), evidence=record)


@check(severity=Severity.RISK, impact=Impact.EMAIL)
def spf_no_all(spf: Spf) -> Result:
    """The SPF record does not say what becomes of everybody else.

    Why: Without all or redirect at its end the answer for a forger is neutral (RFC 7208 section
    4.7), so the record refuses nobody.

    Fix: End the record with ~all, later with -all.
    """
    if (other := not_judged(spf)) is not None:
        return other
    if spf.audit.ends:
        return Passed(evidence=f"it ends with {spf.audit.all_qualifier}all")
    name, record = spf.subject.name, spf.audit.records[0]
    redirects = any(b.kind == "redirect" for b in spf.audit.tree.branches)
    if redirects and spf.audit.unseen:
        return not_whole(spf)
    # A misspelt end, or a redirect to nowhere, is mended there.
    misspelt = any("all" in p or "redirect" in p for p in own_problems(spf.audit))
    followed = redirects and spf.fault in {"include-broken", "includes-itself"}
    return Words(
        means="Forged mail in your name is not told apart from the real one.",
        observed="no all at the end",
        wanted="~all or -all at the end",
        fix=(change("TXT", name, with_all(record)),),
    ).failed(dig("TXT", name), evidence=record, because=spf.key if misspelt or followed else None)


@check(severity=Severity.ADVICE, impact=Impact.EMAIL)
def spf_neutral_all(spf: Spf) -> Result:
    """The SPF record ends with ?all, which refuses nobody.

    Why: Neutral is treated like no record at all (RFC 7208 section 8.2).

    Fix: End it with ~all once every sender is named.
    """
    if (other := not_judged(spf)) is not None:
        return other
    if spf.audit.all_qualifier != "?":
        return Passed(evidence=f"it ends with {spf.audit.all_qualifier or 'no '}all")
    name, record = spf.subject.name, spf.audit.records[0]
    return Words(
        means="Forged mail in your name is not told apart from the real one.",
        observed="?all",
        wanted="~all or -all",
        fix=(change("TXT", name, with_all(record)),),
    ).failed(dig("TXT", name), evidence=record)


@check(severity=Severity.ADVICE, impact=Impact.EMAIL)
def spf_uses_ptr(spf: Spf) -> Result:
    """The SPF record uses ptr.

    Why: It is slow, depends on somebody else's name servers and should not be used any more
    (RFC 7208 section 5.5); some receivers ignore it.

    Fix: Name the addresses with ip4: and ip6: instead.
    """
    if (other := not_judged(spf)) is not None:
        return other
    found = spf.audit.ptr_terms
    if not found:
        return not_whole(spf) if spf.audit.unseen else Passed(evidence="no ptr")
    name, record = spf.subject.name, spf.audit.records[0]
    own = [term.partition(": ")[2] for term in found if term.startswith(f"{name}: ")]
    steps = [f"Tell whoever publishes {found[0].partition(': ')[0]} that ptr should not be used."]
    if own:
        steps = [
            (
                "Find the addresses of the servers that ptr was meant for; those that send must be named "
                "in the record as ip4: or ip6: first."
            ),
            change("TXT", name, without_terms(record, own)),
        ]
    return Words(
        means="Some receivers ignore part of the record, and mail may land in spam.",
        observed=listed(found),
        wanted="ip4: and ip6:",
        fix=tuple(steps),
    ).failed(dig("TXT", name), evidence=record)


@check(severity=Severity.ADVICE, impact=Impact.EMAIL)
def spf_terms_after_all(spf: Spf) -> Result:
    """The SPF record names senders behind all.

    Why: Receivers stop at all (RFC 7208 section 5.1): whoever stands behind it is not allowed, and
    a redirect beside it is ignored.

    Fix: Move the terms in front of all.
    """
    if (other := not_judged(spf)) is not None:
        return other
    name, record = spf.subject.name, spf.audit.records[0]
    own = [t.partition(": ")[2] for t in spf.audit.after_all if t.startswith(f"{name}: ")]
    if not own:
        return Passed(evidence="nothing stands behind all")
    terms = [term for term in own if not only_ends([term])]
    return Words(
        means=(
            "Mail of senders that stand behind all fails SPF and may land in spam."
            if terms
            else "The record does not mean what it seems to say: its first all is the one that counts."
        ),
        observed=listed(own),
        wanted="all at the end",
        fix=(change("TXT", name, with_terms(without_what_follows_all(record), terms)),),
    ).failed(dig("TXT", name), evidence=record)


@check(severity=Severity.ADVICE, impact=Impact.EMAIL)
def spf_unknown_modifier(spf: Spf) -> Result:
    """The SPF record has a term that no receiver knows.

    Why: Terms with an equals sign that are neither redirect nor exp are ignored (RFC 7208 section
    6); often one was meant to be a mechanism, which is written with a colon.

    Fix: Write it with a colon, or remove it.
    """
    if (other := not_judged(spf)) is not None:
        return other
    name, record = spf.subject.name, spf.audit.records[0]
    own = [t.partition(": ")[2] for t in spf.audit.unknown_modifiers if t.startswith(f"{name}: ")]
    if not own:
        return Passed(evidence="every term is known")
    meant = [t for t in own if t.partition("=")[0].lower() in _MEANT_AS_MECHANISM]
    mended = without_terms(record, own)
    return Words(
        means="A sender that the record was meant to allow may not be allowed.",
        observed=listed(own),
        wanted="mechanisms with a colon, redirect= or exp=",
        fix=(change("TXT", name, with_terms(mended, [t.replace("=", ":", 1) for t in meant])),),
    ).failed(dig("TXT", name), evidence=record, severity=Severity.RISK if meant else None)


@check(severity=Severity.ADVICE, impact=Impact.EMAIL)
def spf_record_too_long(spf: Spf) -> Result:
    """The SPF record is longer than a plain DNS answer holds.

    Why: With other TXT records beside it the answer no longer fits into 512 bytes (RFC 7208
    section 3.4), and receivers behind old firewalls do not get it.

    Fix: Shorten it, by networks instead of single addresses or by an include of your own.
    """
    if (other := not_judged(spf)) is not None:
        return other
    name, record = spf.subject.name, spf.audit.records[0]
    if len(record) <= TXT_WANTED_CHARS:
        return Passed(evidence=f"{len(record)} characters")
    return Words(
        means="A few receivers cannot read the record, and mail to them may land in spam.",
        observed=f"{len(record)} characters",
        wanted=f"{TXT_WANTED_CHARS} or fewer",
        fix=(
            f"Move some of its ip4: and ip6: terms to a TXT record of their own at _spf.{name} that begins with v=spf1.",
            f"Put include:_spf.{name} in their place into the TXT record at {name}.",
        ),
    ).failed(dig("TXT", name), evidence=record)
