"""What the DNS says of names, as resolvers answer them, and who a domain belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from launchready.facts.subject import Fact

FLEETING_S = 120
"""Networks that steer by DNS let addresses live for a minute or two."""
Rcode = Literal["NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED", "OTHER"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """One CNAME record: `owner` is another name for `target`. `ttl_s` in seconds."""

    owner: str
    target: str
    ttl_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverAnswer:
    """What one resolver says of a host. `trouble` is why it gave nothing usable (time-out, malformed)."""

    resolver: str
    rcode: Rcode | None
    v4: tuple[str, ...] = ()
    v6: tuple[str, ...] = ()
    aliases: tuple[Alias, ...] = ()
    ttl_s: int | None = None
    """Smallest TTL of the address records, in seconds, as this resolver still has it."""
    v6_rcode: Rcode | None = None
    bogus: bool = False
    """SERVFAIL, for IPv4 or IPv6, that turns into an answer when DNSSEC checking is disabled (CD bit)."""
    loop: bool = False
    """The aliases lead back to where they began, or are too many to follow."""
    trouble: str = ""
    denied_by: str = ""
    """The zone that says the name, or the end of its aliases, does not exist."""
    made_up: tuple[str, ...] = ()
    """Addresses that it gave, as it gives them to names that do not exist: none of the host's."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """All addresses, IPv4 first."""
        return self.v4 + self.v6

    @property
    def failing_type(self) -> Literal["", "A", "AAAA"]:
        """The address type whose question is refused although the other one has addresses."""
        if self.v6 and self.rcode not in {"NOERROR", None}:
            return "A"
        return "AAAA" if self.v4 and self.v6_rcode not in {"NOERROR", None} else ""

    @property
    def failing_rcode(self) -> str:
        """What the question of `failing_type` is answered with; empty when none fails."""
        code = {"A": self.rcode, "AAAA": self.v6_rcode, "": ""}[self.failing_type]
        return code or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaaRecord:
    """One CAA record (RFC 8659) found for a host, climbing the tree. `owner` is where it stands."""

    owner: str
    flags: int
    tag: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution(Fact):
    """How a host resolves, as each resolver answers."""

    plain: ClassVar[str] = "the DNS answer"

    answers: tuple[ResolverAnswer, ...]
    private: tuple[str, ...] = ()
    """The addresses that the public Internet cannot reach."""
    private_dialled: bool = False
    """One of them can be reached here: it is loopback, or the dial map says where to connect."""
    target_addresses: tuple[str, ...] | None = None
    """Addresses of the declared alias target, when no alias shows; None when not asked for."""
    servers_differ: bool = False
    """No resolver gives an address, and of the zone's own servers some give another answer."""
    elsewhere: bool = False
    """It leads to nothing of what the manifest declares: what answers there is another machine."""

    @property
    def usable(self) -> tuple[ResolverAnswer, ...]:
        """The answers of resolvers that answered at all."""
        return tuple(a for a in self.answers if a.rcode is not None)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address that any resolver gave, IPv4 first, in order of first sight."""
        v4 = [a for answer in self.answers for a in answer.v4]
        v6 = [a for answer in self.answers for a in answer.v6]
        return tuple(dict.fromkeys(v4 + v6))

    @property
    def half_failing(self) -> tuple[ResolverAnswer, ...]:
        """The answers in which the question for one family of addresses fails, those for A first."""
        return tuple(
            sorted((a for a in self.answers if a.failing_type), key=lambda a: a.failing_type)
        )

    @property
    def to_visit(self) -> tuple[str, ...]:
        """The addresses of the first resolver that has any, the private ones only if all are.

        Another resolver's stale answer, or a private address beside public ones, is a finding of
        its own: judging the pages there as well would count it twice.
        """
        first = next((a.addresses for a in self.answers if a.addresses), ())
        return tuple(a for a in first if a not in self.private) or first

    @property
    def aliases(self) -> tuple[Alias, ...]:
        """The alias chain of the first resolver that gave one."""
        return next((a.aliases for a in self.answers if a.aliases), ())

    @property
    def fault(self) -> str:
        """`bogus`, `loop`, `dangling` or `unresolved` when no resolver gives an address.

        `private` when none of the addresses can be reached by anybody, nor dialled here.
        """
        if self.addresses:
            unreachable = len(self.private) == len(self.addresses) and not self.private_dialled
            return "private" if unreachable else ""
        if any(a.bogus for a in self.answers):
            return "bogus"
        if any(a.loop for a in self.answers):
            return "loop"
        if self.aliases and any(a.rcode == "NXDOMAIN" and a.aliases for a in self.answers):
            return "dangling"
        return "unresolved"

    @property
    def explains(self) -> str:
        """`fault`, else `elsewhere` when what answers there is another machine than was declared."""
        return self.fault or ("elsewhere" if self.elsewhere else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caa(Fact):
    """The CAA record set that applies to a host (RFC 8659 section 3), empty when there is none."""

    plain: ClassVar[str] = "the CAA records"

    records: tuple[CaaRecord, ...]
    trouble: str = ""
    """A CAA look-up that fails keeps a certificate authority from issuing; why it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighbourNames(Fact):
    """Addresses of common names beside the declared ones (mail, ftp, direct, …): name → addresses.

    What a wildcard makes up stands once, as `*.example.org`.
    """

    plain: ClassVar[str] = "the neighbouring names"

    addresses: tuple[tuple[str, tuple[str, ...]], ...]
    dangling: tuple[Alias, ...] = ()
    """Those that are aliases of names that do not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration(Fact):
    """When the domain's registration ends, by RDAP (RFC 9083)."""

    plain: ClassVar[str] = "the domain registration"

    expires: date | None
    status: tuple[str, ...] = ()
    registrar: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership(Fact):
    """Whether the domain proves that its owner asked for active checks."""

    plain: ClassVar[str] = "the proof of ownership"

    proven: bool
    detail: str
