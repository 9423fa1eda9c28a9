"""What came of one DNS question, whatever the server did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import cast

import dns.edns
import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype as kinds
import dns.rrset

from launchready.facts.dns import Alias, Rcode
from launchready.mailauth.lookups import Answer, Record

GOOD: frozenset[Rcode | None] = frozenset({"NOERROR", "NXDOMAIN"})
"""The answers that tell what there is, and not that the server could not."""
ALIASES_MAX = 16
"""As many aliases as resolvers follow; unbound stops at 11, BIND at 16."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSet:
    """The records of one owner and type. `owner` is lower case without final dot."""

    owner: str
    rdtype: str
    ttl_s: int
    rdatas: tuple[dns.rdata.Rdata, ...]

    @property
    def records(self) -> tuple[Record, ...]:
        """TXT as character strings, MX as preference and exchange, all others as text."""
        return tuple(_record(r) for r in self.rdatas)

    @property
    def texts(self) -> tuple[str, ...]:
        """The records that are plain text: addresses, and names without final dot."""
        return tuple(r for r in self.records if isinstance(r, str))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer of one server. `trouble` is why there is none; then `rcode` is None."""

    name: str
    rdtype: str
    server: str
    rcode: Rcode | None = None
    found: RecordSet | None = None
    """The records asked for, at the end of the aliases."""
    aliases: tuple[Alias, ...] = ()
    loop: bool = False
    """The aliases lead back to where they began, or are too many to follow."""
    authenticated: bool = False
    """AD flag: the resolver has validated the answer (RFC 4035 section 3.2.3)."""
    authoritative: bool = False
    recursive: bool = False
    """RA flag: a resolver speaks, not an authoritative server."""
    said: str = ""
    """The server's own words about a failure (RFC 8914)."""
    answer: tuple[RecordSet, ...] = ()
    authority: tuple[RecordSet, ...] = ()
    additional: tuple[RecordSet, ...] = ()
    trouble: str = ""
    ours: bool = False
    """This machine could not even send the question, or its network answers in others' place."""
    cut: bool = False
    """There is an answer, but UDP had no room for it and TCP gave nothing."""
    made_up: tuple[str, ...] = ()
    """Addresses that the resolver gives to names that do not exist; they stand in no record."""

    @property
    def records(self) -> tuple[Record, ...]:
        """The records asked for, in the form that the mail evaluators read."""
        return self.found.records if self.found else ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The addresses or names asked for."""
        return self.found.texts if self.found else ()

    @property
    def ttl_s(self) -> int | None:
        """TTL of the records asked for, in seconds; None when there are none."""
        return self.found.ttl_s if self.found else None

    @property
    def last(self) -> str:
        """The name at the end of the aliases."""
        return self.aliases[-1].target if self.aliases else self.name

    @property
    def denied_by(self) -> str:
        """The zone whose SOA comes with the denial (RFC 2308 section 3); empty when none does."""
        return next((s.owner for s in self.authority if s.rdtype == "SOA"), "")

    def sets(self, rdtype: str) -> tuple[RecordSet, ...]:
        """Return the record sets of a type in the answer and the authority section."""
        return tuple(s for s in self.answer + self.authority if s.rdtype == rdtype)

    def as_answer(self) -> Answer:
        """Return what the evaluators of SPF, DKIM and DMARC are told."""
        if self.rcode == "NXDOMAIN":
            return Answer(status="nxdomain")
        if self.rcode != "NOERROR":
            return Answer(status="error", detail=self.trouble or self.rcode or "")
        if self.loop:
            return Answer(status="error", detail="the aliases never end")
        status = "answer" if self.records else "nodata"
        return Answer(status=status, records=self.records)  # type: ignore[arg-type]


def text_of(name: dns.name.Name) -> str:
    """Return a name in lower case without final dot, as questions spell it; the root is `.`.

    Odd characters stand as they are, an `@` or a quote of SPF's macros among them: escaped, the
    answer would not be told for the one to the question. Only what cannot stand in a question is.
    """
    labels = [label for label in name.labels if label]
    return ".".join("".join(map(_character, label)) for label in labels).lower() or "."


def _character(octet: int) -> str:
    return f"\\{octet:03}" if octet == ord(".") or not 0x20 <= octet < 0x7F else chr(octet)


def read(name: str, rdtype: str, server: str, message: dns.message.Message) -> Reply:
    """Return what a message says of the question, its aliases followed to their end."""
    answer = _sets(message.answer)
    aliases, loop = _follow(name, rdtype, answer)
    end = aliases[-1].target if aliases else name
    found = next((s for s in answer if s.owner == end and s.rdtype == rdtype), None)
    code = message.rcode()
    words: dict[int, Rcode] = {0: "NOERROR", 2: "SERVFAIL", 3: "NXDOMAIN", 5: "REFUSED"}
    return Reply(
        name=name,
        rdtype=rdtype,
        server=server,
        rcode=words.get(int(code), "OTHER"),
        found=None if loop else found,
        aliases=aliases,
        loop=loop,
        authenticated=bool(message.flags & 0x0020),
        authoritative=bool(message.flags & 0x0400),
        recursive=bool(message.flags & 0x0080),
        said=_extended_error(message),
        answer=answer,
        authority=_sets(message.authority),
        additional=_sets(message.additional),
    )


def joined(first: Reply, second: Reply) -> Reply:
    """Return one reply of two: the second was asked where the aliases of the first ended."""
    aliases = first.aliases + second.aliases
    owners = [a.owner for a in aliases]
    last = aliases[-1].target if aliases else ""
    loop = second.loop or last in owners or len(aliases) > ALIASES_MAX
    return replace(
        second,
        name=first.name,
        aliases=aliases,
        loop=loop,
        found=None if loop else second.found,
        authenticated=first.authenticated and second.authenticated,
        answer=first.answer + second.answer,
    )


def _extended_error(message: dns.message.Message) -> str:
    for option in message.options:
        if option.otype == 15 and isinstance(option, dns.edns.EDEOption):
            known = dns.edns.EDECode.to_text(option.code)
            words = option.text or known.replace("_", " ").lower()
            return "".join(c for c in words if c.isprintable())[:200]
    return ""


def _sets(section: Iterable[object]) -> tuple[RecordSet, ...]:
    sets = []
    for rrset in section:
        rrset = cast("dns.rrset.RRset", rrset)
        if rrset.rdclass != dns.rdataclass.IN:
            continue
        sets.append(
            RecordSet(
                owner=text_of(rrset.name),
                rdtype=kinds.to_text(rrset.rdtype),
                ttl_s=rrset.ttl,
                rdatas=tuple(rrset),
            )
        )
    return tuple(sets)


def _follow(
    name: str, rdtype: str, answer: tuple[RecordSet, ...]
) -> tuple[tuple[Alias, ...], bool]:
    """Return the aliases from the name on, and whether they never end."""
    if rdtype == "CNAME":
        return (), False
    targets = {s.owner: s for s in answer if s.rdtype == "CNAME" and s.texts}
    aliases: list[Alias] = []
    seen = {name}
    while name in targets:
        alias = targets[name]
        target = alias.texts[0]
        aliases.append(Alias(owner=name, target=target, ttl_s=alias.ttl_s))
        if target in seen or len(aliases) > ALIASES_MAX:
            return tuple(aliases), True
        seen.add(target)
        name = target
    return tuple(aliases), False


def _record(rdata: dns.rdata.Rdata) -> Record:
    # The classes of dnspython differ in their slots; reading by type keeps one place for it.
    raw: object = rdata
    match rdata.rdtype:
        case kinds.TXT:
            return tuple(cast("tuple[bytes, ...]", raw.strings))  # type: ignore[attr-defined]
        case kinds.MX:
            return (int(raw.preference), text_of(raw.exchange))  # type: ignore[attr-defined]
        case kinds.CNAME | kinds.NS | kinds.PTR | kinds.DNAME:
            return text_of(raw.target)  # type: ignore[attr-defined]
        case _:
            return rdata.to_text()
