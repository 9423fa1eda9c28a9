"""Names and servers as questions carry them."""

from __future__ import annotations

from typing import NamedTuple

import dns.exception
import dns.flags
import dns.message
import dns.name

from launchready.collect.dns.wire import PAYLOAD_BYTES
from launchready.mailauth.names import query_name

Server = tuple[str, int]


class Asked(NamedTuple):
    """One question as it is sent."""

    server: Server
    name: str
    rdtype: str
    checking_disabled: bool = False
    dnssec: bool = False
    recursive: bool = True
    tcp: bool = False


def shown_at(address: str, port: int) -> str:
    """Return a server as people write it, without the usual port."""
    if port == 53:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def key_of(name: str) -> str:
    """Return the one spelling under which a name is asked."""
    return name.lower().rstrip(".") or "."


def message_of(asked: Asked) -> dns.message.QueryMessage | None:
    """Return the message to send; None when the name cannot stand in a question."""
    query = query_of(asked.name, asked.rdtype)
    if query is None:
        return None
    query.flags = dns.flags.Flag(
        (dns.flags.RD if asked.recursive else 0)
        | (dns.flags.CD if asked.checking_disabled else 0)
        # AD in a question asks for AD in the answer (RFC 6840 section 5.7).
        | (dns.flags.AD if asked.recursive else 0)
    )
    query.use_edns(0, ednsflags=dns.flags.DO if asked.dnssec else 0, payload=PAYLOAD_BYTES)
    return query


def query_of(name: str, rdtype: str) -> dns.message.QueryMessage | None:
    """Return the question; None when the name cannot stand in one."""
    if name == ".":
        return dns.message.make_query(dns.name.root, rdtype)
    carried = query_name(name)
    if carried is None:
        return None
    # Labels as bytes: a backslash or an odd character is part of the name, not an escape.
    labels = [label.encode() for label in carried.split(".")]
    try:
        return dns.message.make_query(dns.name.Name([*labels, b""]), rdtype)
    except (dns.exception.DNSException, ValueError):
        return None
