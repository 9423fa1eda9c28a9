"""The demo's DNS as data: zones with their name servers, and resolvers that may see them otherwise."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Literal

ServerMode = Literal["answers", "silent", "refuses", "lame", "fails"]
"""How a server behaves: it answers, says nothing, says REFUSED, answers without authority for
the zone, or says SERVFAIL."""


@dataclass(slots=True)
class Record:
    """One resource record: `name` is absolute and ends in a dot, `text` is its zone-file form."""

    name: str
    type: str
    text: str
    ttl: int = 300


@dataclass(slots=True, kw_only=True)
class RecordSet:
    """Records that can be edited by type and name; names are relative to `origin`, `@` is itself."""

    origin: str
    records: list[Record] = field(default_factory=list)

    def absolute(self, name: str) -> str:
        """Return the full name with its dot, of `@`, `app`, `app.willow.example` or `other.org.`."""
        if name == "@":
            return self.origin
        if name.endswith("."):
            return name
        if f"{name}.".endswith(f".{self.origin}") or f"{name}." == self.origin:
            return f"{name}."
        return f"{name}.{self.origin}" if self.origin != "." else f"{name}."

    def add(self, type_: str, name: str, *texts: str, ttl: int = 300) -> None:
        """Add records in zone-file form. TXT is quoted and cut into strings of 255 bytes for you."""
        for text in texts:
            self.records.append(
                Record(self.absolute(name), type_, _quoted(text) if type_ == "TXT" else text, ttl)
            )

    def drop(self, type_: str, name: str, containing: str = "") -> None:
        """Remove the records of a type (`*` for all) at a name, or those with a text in them.

        Raises ValueError when there are none: a defect that changes nothing is a mistake.
        """
        gone = [r for r in self._at(type_, name) if containing in plain_text(r)]
        if not gone:
            raise ValueError(f"{self.origin} has no {type_} record at {name} to drop")
        self.records = [r for r in self.records if not any(r is g for g in gone)]

    def replace(self, type_: str, name: str, *texts: str, containing: str = "") -> None:
        """Put these records in the place of those of the type at the name, keeping their TTL."""
        ttl = next((r.ttl for r in self._at(type_, name)), 300)
        self.drop(type_, name, containing)
        self.add(type_, name, *texts, ttl=ttl)

    def texts(self, type_: str, name: str) -> list[str]:
        """Return the texts of the records of a type at a name; TXT without its quotes."""
        return [plain_text(r) for r in self._at(type_, name)]

    def set_ttl(self, ttl_s: int, type_: str = "*", name: str = "") -> None:
        """Set the TTL, in seconds, of the records of a type at a name; of all when none is named."""
        wanted = [r for r in self.records if not name or r.name == self.absolute(name)]
        for record in wanted:
            if type_ in {"*", record.type}:
                record.ttl = ttl_s

    def _at(self, type_: str, name: str) -> list[Record]:
        owner = self.absolute(name)
        return [r for r in self.records if r.name == owner and type_ in {"*", r.type}]


@dataclass(slots=True, kw_only=True)
class NameServer:
    """One authoritative server. `own` holds its records when they differ from the zone's."""

    name: str
    addresses: list[str]
    mode: ServerMode = "answers"
    own: RecordSet | None = None
    serial: int | None = None
    tcp: bool = True
    """False: a firewall lets UDP through alone."""


@dataclass(slots=True, kw_only=True)
class Zone(RecordSet):
    """A zone. Its SOA and, unless `child_ns` says otherwise, its NS records are made for it.

    `delegated` names the servers that the parent gives, when it gives others than the zone.
    The zone is secure when it is `signed`, the parent's `ds` matches and the signatures last
    (`signatures_days`, negative: they ended that long ago); without DS it is insecure; all else
    is bogus, and the resolvers answer SERVFAIL.
    """

    servers: list[NameServer] = field(default_factory=list)
    serial: int = 2026110101
    signed: bool = True
    ds: Literal["matching", "other", "none"] = "matching"
    signatures_days: float = 14.0
    damaged: set[str] = field(default_factory=set)
    """Names, relative to the origin, whose addresses are signed wrongly."""
    delegated: list[str] | None = None
    child_ns: list[str] | None = None

    @property
    def security(self) -> Literal["secure", "insecure", "bogus"]:
        """What a validating resolver makes of the zone (RFC 4035 section 4.3)."""
        if self.ds == "none":
            return "insecure"
        good = self.signed and self.ds == "matching" and self.signatures_days > 0
        return "secure" if good else "bogus"

    def own_records(self, server: int) -> RecordSet:
        """Return a copy of the records that belongs to one server alone, to be edited there."""
        where = self.servers[server]
        if where.own is None:
            where.own = RecordSet(origin=self.origin, records=copy.deepcopy(self.records))
        return where.own


@dataclass(slots=True, kw_only=True)
class Resolver:
    """One resolver. `overrides` maps (name, type or `*`) to what it says instead.

    The value is a list of texts in zone-file form, or one of `NXDOMAIN`, `SERVFAIL`,
    `REFUSED`, `SILENT`.
    """

    mode: ServerMode = "answers"
    validates: bool = True
    overrides: dict[tuple[str, str], list[str] | str] = field(default_factory=dict)

    def say(self, name: str, type_: str, answer: list[str] | str) -> None:
        """Make this resolver alone answer otherwise for a name; type `*` stands for every type."""
        self.overrides[name.rstrip(".").lower() + ".", type_] = answer


def plain_text(record: Record) -> str:
    """Return the record's text; the strings of a TXT record joined, without quotes."""
    if record.type != "TXT":
        return record.text
    return record.text[1:-1].replace('" "', "").replace('\\"', '"').replace("\\\\", "\\")


def _quoted(text: str) -> str:
    # One string of a TXT record holds at most 255 bytes (RFC 1035 section 3.3.14).
    parts = [text[i : i + 250] for i in range(0, len(text), 250)] or [""]
    return " ".join('"' + p.replace("\\", "\\\\").replace('"', '\\"') + '"' for p in parts)
