"""Evaluate DMARC (RFC 9989): which policy applies to a domain, and whether a message passes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from launchready.mailauth.dmarc_record import DmarcRecord, Policy
from launchready.mailauth.dmarc_walk import Walk, WalkStop, walk_questions, walk_tree
from launchready.mailauth.lookups import Answer, Asking, Question
from launchready.mailauth.names import host_domain, is_at_or_below, printable

DmarcOutcome: TypeAlias = Literal["pass", "fail", "none", "permerror", "temperror"]

_LOWERED: dict[Policy, Policy] = {"reject": "quarantine", "quarantine": "none", "none": "none"}
_IDENTIFIERS_MAX = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Whether one authenticated domain speaks for the author; None where the DNS did not say."""

    method: Literal["spf", "dkim"]
    domain: str
    mode: Literal["strict", "relaxed"]
    organizational_domain: str | None
    aligned: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcResult:
    """The policy for mail from a domain and, with authenticated domains, the result.

    `policy` is what a receiver is asked to do with mail that fails, after sp, np and t=y;
    `published_policy` the same before t=y; both are None where DMARC does not apply. `result`
    is none without a usable record, fail without an aligned domain. `spf_aligned` and
    `dkim_aligned` are None where no such domain was given or the DNS did not say.
    """

    from_domain: str
    policy_domain: str | None
    organizational_domain: str | None
    policy: Policy | None
    published_policy: Policy | None
    policy_tag: Literal["p", "sp", "np", ""]
    testing: bool
    record: str
    result: DmarcOutcome
    spf_aligned: bool | None
    dkim_aligned: bool | None
    alignments: tuple[Alignment, ...]
    tags: tuple[tuple[str, str], ...]
    leftovers: tuple[tuple[str, str], ...]
    parsed: DmarcRecord | None
    walked: tuple[WalkStop, ...]
    problems: tuple[str, ...]
    steps: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class _Notes:
    steps: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def fault(self, problem: str) -> None:
        self.problems.append(problem)
        self.steps.append(problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Applied:
    """The policy record that applies, and how it was read."""

    domain: str
    record: DmarcRecord
    published: Policy | None
    tag: Literal["p", "sp", "np", ""]


def evaluate_dmarc(
    from_domain: str,
    *,
    spf_domain: str | None = None,
    dkim_domains: Sequence[str] = (),
) -> Asking[DmarcResult]:
    """Return the DMARC policy of an author domain and the result after alignment.

    `spf_domain` is the MAIL FROM domain that SPF passed, `dkim_domains` the d= of signatures that
    verified: at most the first 16 different ones count. Asks at most eight names for each domain.
    """
    notes = _Notes()
    author = host_domain(from_domain)
    if author is None:
        notes.fault(f"{from_domain!r} is not a domain name that mail can come from")
        return _result(printable(from_domain), None, None, "permerror", notes)
    # Whether the author domain exists matters for np (RFC 9989, 3.2.13); any type will tell.
    *answers, existence = yield (
        *walk_questions(author),
        Question(name=author, rdtype="A"),
    )
    walk = walk_tree(author, tuple(answers))
    _tell_walk(walk, notes)
    applied = _applied(walk, existence, notes)
    if applied is None or applied.published is None:
        unsettled = applied is None and not walk.settled
        return _result(author, walk, applied, "temperror" if unsettled else "none", notes)
    alignments = yield from _alignments(walk, applied.record, spf_domain, dkim_domains, notes)
    outcome: DmarcOutcome = "fail"
    if any(each.aligned for each in alignments):
        outcome = "pass"
    elif any(each.aligned is None for each in alignments) or _open(walk, applied):
        outcome = "temperror"
    notes.steps.append(f"Result: {outcome}.")
    return _result(author, walk, applied, outcome, notes, alignments=alignments)


def _open(walk: Walk, applied: _Applied) -> bool:
    """Whether a name that did not answer might hold the record that applies instead."""
    return not walk.settled and applied.domain != walk.start


def _tell_walk(walk: Walk, notes: _Notes) -> None:
    for stop in walk.stops:
        name = f"_dmarc.{stop.domain}"
        match stop.found:
            case "record" if stop.record is not None:
                notes.steps.append(f"{name} has the record: {stop.record.text}")
                if stop.record.psd != "u":
                    notes.steps.append(f"psd={stop.record.psd} ends the walk")
            case "several":
                notes.fault(f"{name} has {len(stop.lookalikes)} records, so all are ignored")
            case "error":
                notes.fault(f"{name} could not be asked for ({stop.detail})")
            case _:
                notes.steps.append(f"{name} has no record")
        if stop.found != "several":
            for text in stop.lookalikes:
                notes.fault(f"{name} has what is no policy record: {text[:80]}")
    notes.steps.append(f"The organizational domain is {walk.organizational_domain}")


def _applied(walk: Walk, existence: Answer, notes: _Notes) -> _Applied | None:
    """Find the record that applies and read its policy (RFC 9989, 4.10.1)."""
    suffix = walk.public_suffix
    places = [walk.start, walk.organizational_domain, *([suffix.domain] if suffix else [])]
    for place in places:
        record = walk.at(place)
        if record is not None:
            break
    else:
        notes.steps.append("No policy record applies")
        return None
    notes.steps.append(f"The policy record of {place} applies")
    notes.problems.extend(record.problems)
    if not record.sound:
        if record.reports:
            notes.fault("the policy is missing or not valid, so p=none is assumed")
            return _Applied(domain=place, record=record, published="none", tag="p")
        notes.fault(
            "the policy is missing or not valid and no address takes reports, "
            "so receivers ignore the record"
        )
        return _Applied(domain=place, record=record, published=None, tag="")
    published, tag = _published(record, place == walk.start, existence, notes)
    notes.steps.append(f"{tag}={published} is the policy for {walk.start}")
    return _Applied(domain=place, record=record, published=published, tag=tag)


def _published(
    record: DmarcRecord, own: bool, existence: Answer, notes: _Notes
) -> tuple[Policy | None, Literal["p", "sp", "np"]]:
    if own:
        return record.p, "p"
    if existence.failed and record.np is not None and record.np != (record.sp or record.p):
        notes.fault("whether the domain exists could not be asked; np= may apply instead")
    if existence.status == "nxdomain" and record.np is not None:
        return record.np, "np"
    return (record.sp, "sp") if record.sp is not None else (record.p, "p")


def _alignments(
    walk: Walk,
    record: DmarcRecord,
    spf_domain: str | None,
    dkim_domains: Sequence[str],
    notes: _Notes,
) -> Asking[tuple[Alignment, ...]]:
    """Compare each authenticated domain with the author's (RFC 9989, 4.10.2)."""
    wanted: list[tuple[Literal["spf", "dkim"], str]] = []
    if spf_domain is not None:
        wanted.append(("spf", spf_domain))
    wanted += [("dkim", each) for each in list(dict.fromkeys(dkim_domains))[:_IDENTIFIERS_MAX]]
    walks = yield from _walks(walk, record, [host_domain(each) for _, each in wanted])
    found: list[Alignment] = []
    for method, given in wanted:
        domain = host_domain(given)
        strict = (record.aspf if method == "spf" else record.adkim) == "s"
        own = walks.get(domain) if domain is not None else None
        aligned: bool | None = domain == walk.start
        if not aligned and not strict and own is not None:
            aligned = own.organizational_domain == walk.organizational_domain
            if not (own.settled and walk.settled):
                aligned = None
        mode: Literal["strict", "relaxed"] = "strict" if strict else "relaxed"
        found.append(
            Alignment(
                method=method,
                domain=domain or printable(given),
                mode=mode,
                organizational_domain=own.organizational_domain if own else None,
                aligned=aligned,
            )
        )
        said = {True: "is aligned", False: "is not aligned", None: "may be aligned"}[aligned]
        notes.steps.append(f"{method.upper()} domain {domain or given!r} {said} ({mode})")
    return tuple(found)


def _walks(walk: Walk, record: DmarcRecord, domains: list[str | None]) -> Asking[dict[str, Walk]]:
    """Walk above the domains that relaxed alignment could accept, all at once."""
    known = {walk.start: walk}
    if record.aspf == record.adkim == "s":
        return known
    needed = [
        domain
        for domain in dict.fromkeys(domains)
        if domain is not None
        and domain != walk.start
        # The organizational domain of a name is the name or stands above it.
        and (is_at_or_below(domain, walk.organizational_domain) or not walk.settled)
    ]
    asked = [walk_questions(domain) for domain in needed]
    flat = tuple(question for questions in asked for question in questions)
    if not flat:
        return known
    answers = yield flat
    at = 0
    for domain, questions in zip(needed, asked, strict=True):
        known[domain] = walk_tree(domain, answers[at : at + len(questions)])
        at += len(questions)
    return known


def _result(
    from_domain: str,
    walk: Walk | None,
    applied: _Applied | None,
    outcome: DmarcOutcome,
    notes: _Notes,
    *,
    alignments: tuple[Alignment, ...] = (),
) -> DmarcResult:
    record = applied.record if applied else None
    published = applied.published if applied else None
    testing = record is not None and record.testing
    policy = _LOWERED[published] if published is not None and testing else published
    if published is not None and policy != published:
        notes.steps.append(f"t=y asks for one level less: {policy}")
    return DmarcResult(
        from_domain=from_domain,
        policy_domain=applied.domain if applied else None,
        organizational_domain=walk.organizational_domain if walk else None,
        policy=policy,
        published_policy=published,
        policy_tag=applied.tag if applied else "",
        testing=testing,
        record=record.text if record else "",
        result=outcome,
        spf_aligned=_any_aligned(alignments, "spf"),
        dkim_aligned=_any_aligned(alignments, "dkim"),
        alignments=alignments,
        tags=record.tags if record else (),
        leftovers=record.leftovers if record else (),
        parsed=record,
        walked=walk.stops if walk else (),
        problems=tuple(dict.fromkeys(notes.problems)),
        steps=tuple(notes.steps),
    )


def _any_aligned(alignments: tuple[Alignment, ...], method: str) -> bool | None:
    own = [each.aligned for each in alignments if each.method == method]
    if True in own:
        return True
    return None if None in own or not own else False
