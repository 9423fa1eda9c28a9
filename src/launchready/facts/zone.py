"""A zone: who serves it, what they say, and how it is signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from launchready.facts.dns import FLEETING_S, Rcode
from launchready.facts.subject import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Nameserver:
    """One authoritative server of a zone, asked directly."""

    name: str
    addresses: tuple[str, ...]
    at_parent: bool
    at_child: bool
    glue: tuple[str, ...] = ()
    """The addresses that the zone above tells beside the delegation; mostly none."""
    serial: int | None = None
    """SOA serial that it gave, None when it gave none."""
    primary: str = ""
    """The server that its copy was made from, by its SOA (MNAME, RFC 1035 section 3.3.13)."""
    authoritative: bool = False
    rcode: Rcode | None = None
    host_answers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The sorted addresses or alias that it gave for each declared host in the zone, those of IPv6
    under `www.example.org AAAA`, its CAA records under `www.example.org CAA`; the zone's own records
    under `example.org MX` and `… TXT`."""
    host_ttls: tuple[tuple[str, int], ...] = ()
    """For each of them the TTL as this server publishes it, in seconds."""
    tcp_trouble: str = ""
    """Why it gave no answer over TCP, which every server must (RFC 7766); empty where it gave one."""
    cut: tuple[str, ...] = ()
    """The labels of what it has that UDP had no room for, and that TCP did not give."""
    alias: str = ""
    """Target, when its name is a CNAME, which RFC 2181 section 10.3 forbids."""
    unregistered: str = ""
    """The domain that its name lies in, where nobody has registered it."""
    trouble: str = ""
    ours: bool = False
    """Only this machine's network keeps it from being asked."""

    @property
    def lame(self) -> bool:
        """It answers, but not for this zone; or it has no address to be asked at."""
        return not self.authoritative and (self.rcode is not None or not self.addresses)

    @property
    def silent(self) -> bool:
        """It has an address and does not answer there."""
        return bool(self.addresses) and self.rcode is None and not self.ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone(Fact):
    """A domain's zone as the parent delegates it and its own servers answer."""

    plain: ClassVar[str] = "the zone's own servers"

    apex: str
    """Name of the zone cut that holds the domain."""
    nameservers: tuple[Nameserver, ...]
    parent_ns: tuple[str, ...] | None
    """NS names that the parent gives; None when the parent could not be asked."""
    child_ns: tuple[str, ...]
    apex_alias: str = ""
    """Target of a CNAME at the apex, which RFC 1034 section 3.6.2 forbids."""
    wildcard: tuple[str, ...] = ()
    """What a random name below the domain answers: addresses or alias; empty when NXDOMAIN."""
    dnssec: Literal["secure", "insecure", "bogus", "unknown"] = "unknown"
    dnssec_problem: str = ""
    signatures_from: datetime | None = None
    signatures_until: datetime | None = None
    """First expiry of the signatures over the apex, UTC, and when that signature was made."""
    hosts_verified: tuple[str, ...] | None = None
    """The declared hosts whose own signatures were verified here; None where resolvers do that."""
    hosts_bogus: tuple[tuple[str, str], ...] = ()
    """Those of them that validators refuse, and why."""
    absent: str = ""
    """The zone above that says this domain does not exist."""
    tcp_open: bool = True
    """False: no name server at all answered over TCP, which may be a limit of our own network."""
    reachable: bool = True
    """False: no name server at all could be reached from here, a limit of our own network."""

    @property
    def told(self) -> tuple[Nameserver, ...]:
        """The servers that answered for the zone."""
        return tuple(n for n in self.nameservers if n.authoritative)

    @property
    def fault(self) -> str:
        """What keeps names of this zone from being looked up.

        `absent`: the zone above denies it. `bogus`: validators refuse it. `lame`: none of its
        servers answers for it. `disagree`: what is found depends on the server asked.
        """
        if self.absent:
            return "absent"
        if self.dnssec == "bogus":
            return "bogus"
        if self.reachable and self.nameservers and not self.told:
            return "lame"
        return "disagree" if any(not label.endswith(" CAA") for label in self.differing) else ""

    @property
    def differing(self) -> tuple[str, ...]:
        """The names of `host_answers` for which the servers' answers differ.

        Servers that share the serial may rotate through one set of addresses, or steer by answers
        that live for a minute or two: as long as these overlap or are so fleeting, they agree.
        """
        answers: dict[str, set[tuple[str, ...]]] = {}
        fleeting: set[str] = set()
        for server in self.told:
            fleeting |= {name for name, ttl_s in server.host_ttls if ttl_s <= FLEETING_S}
            for name, records in server.host_answers:
                answers.setdefault(name, set()).add(records)
        copies_differ = len({n.serial for n in self.told}) > 1
        return tuple(
            name
            for name, given in sorted(answers.items())
            if len(given) > 1
            and (
                copies_differ
                # Nobody steers or rotates who may issue.
                or name.endswith(" CAA")
                or not (name in fleeting or set.intersection(*(set(g) for g in given)))
            )
        )
