"""What makes receivers ignore a whole SPF record, read from the tree behind it (RFC 7208)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from launchready.mailauth.spf_client import LOOKUPS_MAX, VOID_LOOKUPS_MAX
from launchready.mailauth.spf_result import SpfAudit, SpfAuditNode

SpfFault = Literal[
    "lookup-fails",
    "missing",
    "several",
    "syntax-error",
    "includes-itself",
    "include-broken",
    "too-many-lookups",
    "too-many-void-lookups",
]
_SENDER_DEPENDS = "depends on the sender"


def spf_fault(audit: SpfAudit) -> SpfFault | Literal[""]:
    """Return the gravest fault; each makes SPF end without pass or fail (RFC 7208, 2.6.6, 2.6.7)."""
    match audit.tree.found:
        case "error":
            return "lookup-fails"
        case "none":
            return "missing"
        case "several":
            return "several"
        case _:
            pass
    if own_problems(audit):
        return "syntax-error"
    if audit.loops:
        return "includes-itself"
    if include_problems(audit):
        return "include-broken"
    if audit.lookups > LOOKUPS_MAX:
        return "too-many-lookups"
    if void_lookups(audit) > VOID_LOOKUPS_MAX:
        return "too-many-void-lookups"
    return "lookup-fails" if failed_lookups(audit) else ""


def nodes(node: SpfAuditNode) -> Iterator[SpfAuditNode]:
    """Yield every domain of the tree, parents first."""
    yield node
    for branch in node.branches:
        if branch.child is not None:
            yield from nodes(branch.child)


def own_problems(audit: SpfAudit) -> tuple[str, ...]:
    """Return what is wrong with the domain's own record, apart from what it includes."""
    return tuple(problem for domain, problem in _problems(audit) if domain == audit.tree.domain)


def include_problems(audit: SpfAudit) -> tuple[str, ...]:
    """Return what is wrong further down, as `domain: problem`; loops and counts stand apart."""
    return tuple(
        f"{domain}: {problem}"
        for domain, problem in _problems(audit)
        if domain != audit.tree.domain
    )


def _problems(audit: SpfAudit) -> Iterator[tuple[str, str]]:
    counted = {f"{audit.lookups} look-ups, ", f"{audit.void_lookups} void look-ups, "}
    for each in audit.problems:
        domain, _, problem = each.partition(": ")
        loop = problem.startswith("the record leads to itself")
        if not loop and not any(problem.startswith(count) for count in counted):
            yield domain, problem


def void_lookups(audit: SpfAudit) -> int:
    """Return the look-ups that find nothing, but those of includes that are broken anyway."""
    return audit.void_lookups - sum(
        node.void_lookups for node in nodes(audit.tree) if node.found == "none"
    )


def failed_lookups(audit: SpfAudit) -> tuple[str, ...]:
    """Return where the DNS failed, as `domain: what`."""
    return tuple(each for each in audit.unseen if "could not be asked for" in each)


def sender_dependent(audit: SpfAudit) -> tuple[str, ...]:
    """Return the includes and redirects whose name only a real sender tells."""
    return tuple(each for each in audit.unseen if each.endswith(_SENDER_DEPENDS))


def has_exists(audit: SpfAudit) -> bool:
    """Return whether a term may match by whatever name it is given (RFC 7208, 5.7)."""
    return any(b.kind == "exists" for node in nodes(audit.tree) for b in node.branches)
