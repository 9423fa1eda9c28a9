"""SPF records to publish: the existing one changed as little as the fault allows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import collapse_addresses, ip_network

from launchready.derive.mail.senders import included_domain, recognised, service
from launchready.derive.mail.spf_slips import mended
from launchready.mailauth.spf_record import Mechanism, Modifier, SpfRecord, parse_spf
from launchready.mailauth.spf_result import SpfAudit, SpfAuditNode

TXT_WANTED_CHARS = 450
"""Longer records may not fit into a plain DNS answer (RFC 7208 section 3.4)."""
_WORLD = {4: 2**30, 6: 2**125}
"""A quarter of IPv4, or a /3 of IPv6 (all of it that is in use): as good as everybody."""


def sender_terms(senders: Iterable[str]) -> tuple[str, ...]:
    """Return the mechanisms that authorise declared senders; services that need none have none."""
    terms: list[str] = []
    for sender in senders:
        known = service(sender)
        if domain := included_domain(sender):
            terms.append(f"include:{domain}")
        elif known is not None:
            terms += [f"include:{known.includes[0]}"] if known.in_spf else []
        else:
            try:
                network = ip_network(sender, strict=False)
            except ValueError:
                continue
            shown = str(network) if "/" in sender else str(network.network_address)
            terms.append(f"ip{network.version}:{shown}")
    return tuple(dict.fromkeys(terms))


def new_record(senders: Iterable[str], exchanges: Iterable[str] = ()) -> str:
    """Return a first record for these senders and for the service that holds the mailboxes.

    That service is told by the names of the MX: people write from it, whatever else sends. Where
    there is none of either, the domain's own mail servers may send.
    """
    mailboxes = [each.name for each in recognised(exchanges)]
    terms = sender_terms([*senders, *mailboxes]) or ("mx",)
    return " ".join(["v=spf1", *terms, "~all"])


def with_terms(record: str, terms: Sequence[str]) -> str:
    """Return the record with further mechanisms in front of where it ends."""
    words = record.split()
    at = next((n for n, word in enumerate(words) if _ends(word)), len(words))
    have = {word.lower().lstrip("+").rstrip(".") for word in words[:at]}
    fresh = [term for term in terms if term.lower() not in have]
    # Behind the end, or with another qualifier, the same term stands in the way of the new one.
    moved = {term.lower() for term in fresh}
    kept = [
        [w for w in part if w.lower().lstrip("+-~?") not in moved]
        for part in (words[:at], words[at:])
    ]
    return " ".join(kept[0] + fresh + kept[1])


def with_all(record: str) -> str:
    """Return the record with ~all at its end, in place of any other and of redirect."""
    return " ".join([*(w for w in record.split() if not _ends(w)), "~all"])


def without_terms(record: str, gone: Iterable[str]) -> str:
    """Return the record without these terms."""
    dropped = {term.lower() for term in gone}
    return " ".join(w for w in record.split() if w.lower() not in dropped)


def without_what_follows_all(record: str) -> str:
    """Return the record up to its first all, with the modifiers that still count."""
    words = record.split()
    at = next((n for n, word in enumerate(words) if _is_all(word)), len(words))
    kept = words[: at + 1] + [w for w in words[at + 1 :] if "=" in w]
    return " ".join(word for word in kept if not _is_redirect(word))


def only_ends(terms: Iterable[str]) -> bool:
    """Whether these terms name nobody: each is another all, or a redirect."""
    return all(_ends(term) for term in terms)


def merged(records: Sequence[str]) -> str:
    """Return one record that allows what all of these allow, with the strictest sensible end."""
    parsed = [parse_spf(record) for record in records]
    terms = [m.text for record in parsed for m in record.mechanisms if m.kind != "all"]
    modifiers = [m.text for record in parsed for m in record.modifiers if m.name == "exp"][:1]
    ends = [m.qualifier for record in parsed for m in record.mechanisms if m.kind == "all"]
    redirects = [record.redirect.text for record in parsed if record.redirect is not None]
    # A redirect beside other records is what all of them wanted to add: include says the same.
    terms += [f"include:{text.partition('=')[2]}" for text in redirects]
    ending = "-all" if ends and set(ends) == {"-"} else "~all"
    return " ".join(["v=spf1", *dict.fromkeys(terms), *modifiers, ending])


def repaired(record: str, senders: Iterable[str]) -> str:
    """Return the record, its terms mended or else left out, with these senders and an end."""
    parsed: SpfRecord = parse_spf(mended(record)[0])
    words = ["v=spf1"]
    seen: set[str] = set()
    terms: tuple[Mechanism | Modifier, ...] = (*parsed.mechanisms, *parsed.modifiers)
    for each in terms:
        name = "" if isinstance(each, Mechanism) else each.name
        if name in {"redirect", "exp"} and name in seen:
            continue
        seen.add(name)
        words.append(each.text)
    text = with_terms(" ".join(words), sender_terms(senders))
    return text if any(_ends(word) for word in text.split()) else f"{text} ~all"


def allows_everyone(audit: SpfAudit) -> str:
    """Return what lets anybody send in the domain's name, or nothing (RFC 7208 section 5.1)."""
    if where := _all_passes(audit.tree):
        return where
    networks = [ip_network(text) for text in (*audit.networks, *audit.addresses)]
    for version, limit in _WORLD.items():
        same = [n for n in networks if n.version == version]
        collapsed = list(collapse_addresses(same))  # type: ignore[type-var]
        if sum(n.num_addresses for n in collapsed) >= limit:
            largest = ", ".join(str(n) for n in sorted(collapsed, key=lambda n: n.prefixlen)[:3])
            return f"{largest} may send, a large part of the Internet"
    return ""


def opening_terms(audit: SpfAudit) -> tuple[str, ...]:
    """Return the terms of the domain's own record that lead to a record that lets everybody pass."""
    led = [(b.text, b.child) for b in audit.tree.branches if b.qualifier in {"+", ""}]
    return tuple(text for text, child in led if child is not None and _all_passes(child))


def undeclared_includes(record: str, senders: Iterable[str]) -> tuple[str, ...]:
    """Return the includes of a record that belong to none of these senders."""
    wanted: set[str] = set()
    for sender in senders:
        known = service(sender)
        wanted |= {included_domain(sender), *(known.includes if known is not None else ())}
    words = [word for word in record.split() if word.lower().lstrip("+").startswith("include:")]
    return tuple(w for w in words if w.partition(":")[2].lower().rstrip(".") not in wanted)


def broad_terms(record: str) -> tuple[str, ...]:
    """Return the terms of a record that alone stand for a large part of the Internet."""
    return tuple(
        m.text
        for m in parse_spf(record).mechanisms
        if m.qualifier == "+"
        and (
            (m.network and ip_network(m.network).num_addresses >= _limit(m))
            or (m.kind in {"a", "mx"} and (m.prefix4 <= 2 or m.prefix6 <= 3))
        )
    )


def _limit(mechanism: Mechanism) -> int:
    return _WORLD[4 if mechanism.kind == "ip4" else 6]


def _all_passes(node: SpfAuditNode) -> str:
    for branch in node.branches:
        if branch.kind == "all":
            return f"{branch.text} in the record of {node.domain}" * (branch.qualifier == "+")
        follows = branch.kind == "redirect" or (branch.kind, branch.qualifier) == ("include", "+")
        if follows and branch.child is not None and (where := _all_passes(branch.child)):
            return where
    return ""


def tree_lines(node: SpfAuditNode, depth: int = 0, *, lookups: int | None = None) -> list[str]:
    """Return the tree of look-ups as text, one domain or term a line, with what each costs.

    `lookups` is what the term that leads to the node costs: the look-up of its record as well.
    """
    cost = node.lookups if lookups is None else lookups
    shown = {"none": "no SPF record", "several": "several SPF records", "error": "no answer",
             "loop": "leads back to itself", "not asked": "not asked"}.get(node.found, "")  # fmt: skip
    lines = [f"{'  ' * depth}{node.domain}: {shown or _count(cost)}"]
    for branch in node.branches:
        if branch.child is not None:
            lines += tree_lines(branch.child, depth + 1, lookups=branch.lookups)
        elif branch.lookups:
            lines.append(f"{'  ' * (depth + 1)}{branch.text}: {_count(branch.lookups)}")
    return lines


def _count(lookups: int) -> str:
    return "1 look-up" if lookups == 1 else f"{lookups} look-ups"


def _ends(word: str) -> bool:
    return _is_all(word) or _is_redirect(word)


def _is_all(word: str) -> bool:
    return word.lower().lstrip("+-~?") == "all"


def _is_redirect(word: str) -> bool:
    return word.lower().startswith("redirect=")
