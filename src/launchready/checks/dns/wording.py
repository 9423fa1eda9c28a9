"""Phrases that several checks of this family use."""

from __future__ import annotations

from collections.abc import Iterable
from shlex import quote

from launchready.facts.zone import Zone
from launchready.finding import NotApplicable, Unproven
from launchready.manifest import HostEntry
from launchready.manifest.values import split_address

ELSEWHERE = "Run the audit from a network that lets port 53 out, such as a server."
OTHERS = "Name a resolver that answers questions of every type: --resolver 9.9.9.9"


def dig(rdtype: str, name: str, *options: str, server: str = "") -> str:
    """Return the command that prints records of a name; `server` may be `IP:PORT`."""
    at: list[str] = []
    if server:
        try:
            address, port = split_address(server, default_port=53)
        except ValueError:  # a name server's name
            address, port = server, 53
        at = [*(["-p", str(port)] if port != 53 else []), quote(f"@{address}")]
    return " ".join(["dig", *options, *at, rdtype, quote(name)])


def listed(items: Iterable[str], most: int = 4) -> str:
    """Return items with commas between, the first ones when they are many."""
    every = list(items)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def records_wanted(host: str, entry: HostEntry | None) -> str:
    """Return the records to publish for a host, as exactly as the manifest allows."""
    if entry and entry.cname:
        return f"{host}. 300 IN CNAME {entry.cname}."
    if entry and entry.addresses:
        return "; ".join(
            f"{host}. 300 IN {'AAAA' if ':' in a else 'A'} {a}" for a in entry.addresses
        )
    return f"{host}. 300 IN A ADDRESS-OF-YOUR-SERVER"


def not_judged(zone: Zone) -> NotApplicable | Unproven | None:
    """Return why a zone's servers cannot be judged; None when they can."""
    if zone.absent:
        return NotApplicable(reason="the domain does not exist")
    if not zone.reachable:
        reason = "no name server can be reached from this network"
        return Unproven(reason=reason, ours=True, how_to_prove=ELSEWHERE)
    if not zone.nameservers:
        # Every zone has servers: a resolver that does not tell them keeps them back.
        reason = "the resolvers asked do not name the servers of this zone"
        return Unproven(reason=reason, ours=True, how_to_prove=OTHERS)
    return None
