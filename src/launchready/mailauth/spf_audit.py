"""Judge an SPF record without a sender: the whole tree behind it and what it would cost."""

from typing import Literal

from launchready.mailauth.lookups import Asking
from launchready.mailauth.names import printable, query_name
from launchready.mailauth.spf_client import LOOKUPS_MAX, VOID_LOOKUPS_MAX
from launchready.mailauth.spf_record import (
    LOOKUP_KINDS,
    Mechanism,
    Qualifier,
    SpfRecord,
    parse_spf,
    select_records,
)
from launchready.mailauth.spf_result import Found, SpfAudit, SpfAuditNode, SpfBranch
from launchready.mailauth.spf_walk import QUESTIONS_MAX, Walk, ask, ask_addresses, target_of

# Our own bounds: a hostile record must not make the walk long. Anything near them is far over
# the ten look-ups of RFC 7208 anyway.
_NODES_MAX = 64


_DEPTH_MAX = 12


_TERMS_MAX = 512


def audit_spf(domain: str) -> Asking[SpfAudit]:
    """Return what is true of a domain's SPF record, with its include and redirect tree.

    Faults of the whole (more than ten look-ups, more than two void ones) are in `problems` too
    (RFC 7208, 4.6.4). Never more than 256 questions, 64 records and 12 levels.
    """
    walk = Walk()
    name = query_name(domain)
    if name is None:
        node = _leaf(
            printable(domain), "none", walk.fault(printable(domain), "this is not a domain name")
        )
    else:
        node = yield from _audit(walk, name, path=(), authorises=True)
    if node.lookups > LOOKUPS_MAX:
        walk.fault(node.domain, f"{node.lookups} look-ups, {LOOKUPS_MAX} are allowed")
    if node.void_lookups > VOID_LOOKUPS_MAX:
        walk.fault(
            node.domain, f"{node.void_lookups} void look-ups, {VOID_LOOKUPS_MAX} are allowed"
        )
    return SpfAudit(
        domain=node.domain,
        records=node.records,
        tree=node,
        lookups=node.lookups,
        void_lookups=node.void_lookups,
        all_qualifier=_final(node),
        all_qualifiers=tuple(walk.all_qualifiers),
        includes=tuple(walk.includes),
        networks=tuple(walk.networks),
        addresses=tuple(walk.addresses),
        ptr_terms=tuple(walk.ptr_terms),
        after_all=tuple(walk.after_all),
        macro_terms=tuple(walk.macro_terms),
        unknown_modifiers=tuple(walk.unknown_modifiers),
        loops=tuple(walk.loops),
        problems=tuple(walk.problems),
        unseen=tuple(walk.unseen),
        steps=tuple(walk.steps),
    )


def _final(node: SpfAuditNode) -> Qualifier | Literal[""]:
    """Return the qualifier that stands at the end, following redirects."""
    for branch in node.branches:
        if branch.kind == "all":
            return branch.qualifier
    for branch in node.branches:
        if branch.kind == "redirect" and branch.child is not None:
            return _final(branch.child)
    return ""


def _leaf(domain: str, found: Found, problem: str = "", voids: int = 0) -> SpfAuditNode:
    return SpfAuditNode(
        domain=domain,
        found=found,
        records=(),
        branches=(),
        problems=(problem,) if problem else (),
        lookups=0,
        void_lookups=voids,
    )


def _audit(
    walk: Walk, domain: str, *, path: tuple[str, ...], authorises: bool
) -> Asking[SpfAuditNode]:
    if domain in path:
        loop = " > ".join((*path[path.index(domain) :], domain))
        walk.loops[loop] = None
        # A loop has no end: it always exceeds the limit of look-ups.
        return _leaf(domain, "loop", walk.fault(domain, f"the record leads to itself: {loop}"))
    if walk.nodes >= _NODES_MAX or len(path) >= _DEPTH_MAX or walk.questions >= QUESTIONS_MAX:
        walk.unseen[f"{domain}: too many records to follow"] = None
        return _leaf(domain, "not asked")
    walk.nodes += 1
    depth = len(path)
    (answer,) = yield from ask(walk, ((domain, "TXT"),))
    if answer.failed:
        walk.unseen[f"{domain}: TXT could not be asked for ({answer.detail or 'error'})"] = None
        walk.steps.append("  " * depth + f"{domain} could not be asked")
        return _leaf(domain, "error")
    found = select_records(answer.texts)
    if len(found) != 1:
        return _not_one(walk, domain, found, depth, void=answer.void)
    record = parse_spf(found[0])
    walk.steps.append("  " * depth + f"{domain} publishes: {record.text}")
    for problem in record.problems:
        walk.fault(domain, problem)
    _note_terms(walk, domain, record)
    branches: list[SpfBranch] = []
    ended = False
    for mechanism in record.mechanisms[:_TERMS_MAX]:
        if ended:
            # Never reached (RFC 7208, 5.1), so it costs nothing and allows nobody.
            walk.after_all[f"{domain}: {mechanism.text}"] = None
            continue
        branch = yield from _branch(walk, domain, mechanism, path=path, authorises=authorises)
        branches.append(branch)
        ended = mechanism.kind == "all"
    if len(record.mechanisms) > _TERMS_MAX:
        walk.unseen[f"{domain}: more than {_TERMS_MAX} terms"] = None
    if record.redirect is not None:
        if ended:
            walk.after_all[f"{domain}: {record.redirect.text}"] = None
        else:
            branch = yield from _redirect(walk, domain, record, path=path, authorises=authorises)
            branches.append(branch)
    lookups = sum(branch.lookups for branch in branches)
    return SpfAuditNode(
        domain=domain,
        found="record",
        records=(record.text,),
        branches=tuple(branches),
        problems=record.problems,
        lookups=lookups,
        void_lookups=sum(branch.void_lookups for branch in branches),
    )


def _not_one(
    walk: Walk, domain: str, found: tuple[bytes, ...], depth: int, *, void: bool
) -> SpfAuditNode:
    if not found:
        walk.steps.append("  " * depth + f"{domain} has no SPF record")
        problem = walk.fault(domain, "there is no SPF record") if depth else ""
        # The first look-up is not a term's, so it is no void look-up.
        return _leaf(domain, "none", problem, voids=int(void and depth > 0))
    problem = walk.fault(domain, f"{len(found)} SPF records, one is allowed")
    walk.steps.append("  " * depth + f"{domain}: {problem}")
    return SpfAuditNode(
        domain=domain,
        found="several",
        records=tuple(parse_spf(each).text for each in found),
        branches=(),
        problems=(problem,),
        lookups=0,
        void_lookups=0,
    )


def _note_terms(walk: Walk, domain: str, record: SpfRecord) -> None:
    for modifier in record.modifiers:
        if modifier.name not in ("redirect", "exp"):
            walk.unknown_modifiers[f"{domain}: {modifier.text}"] = None
    for mechanism in record.mechanisms:
        if mechanism.kind == "all":
            walk.all_qualifiers.append((domain, mechanism.qualifier))
            break


def _branch(
    walk: Walk, domain: str, mechanism: Mechanism, *, path: tuple[str, ...], authorises: bool
) -> Asking[SpfBranch]:
    lookups = int(mechanism.kind in LOOKUP_KINDS)
    authorises = authorises and mechanism.qualifier == "+"
    target = ""
    voids = 0
    child: SpfAuditNode | None = None
    match mechanism.kind:
        case "ip4" | "ip6":
            if authorises:
                walk.networks[mechanism.network] = None
        case "include" | "a" | "mx" | "exists":
            target = target_of(walk, domain, mechanism.kind, mechanism.text, mechanism.domain)
        case "ptr":
            walk.ptr_terms[f"{domain}: {mechanism.text}"] = None
        case "all":
            pass
    if target and mechanism.kind == "include":
        if authorises:
            walk.includes[target] = None
        child = yield from _audit(walk, target, path=(*path, domain), authorises=authorises)
        lookups += child.lookups
        voids = child.void_lookups
    elif target:
        voids = yield from ask_addresses(walk, domain, mechanism, target, authorises=authorises)
    return SpfBranch(
        text=mechanism.text,
        kind=mechanism.kind,
        qualifier=mechanism.qualifier,
        lookups=lookups,
        void_lookups=voids,
        target=target,
        child=child,
    )


def _redirect(
    walk: Walk, domain: str, record: SpfRecord, *, path: tuple[str, ...], authorises: bool
) -> Asking[SpfBranch]:
    redirect = record.redirect
    assert redirect is not None  # noqa: S101 - the caller looked
    target = target_of(walk, domain, "redirect", redirect.text, redirect.value)
    child: SpfAuditNode | None = None
    if target:
        child = yield from _audit(walk, target, path=(*path, domain), authorises=authorises)
    return SpfBranch(
        text=redirect.text,
        kind="redirect",
        qualifier="",
        lookups=1 + (child.lookups if child else 0),
        void_lookups=child.void_lookups if child else 0,
        target=target,
        child=child,
    )
