"""Names and servers as questions carry them."""

from __future__ import annotations

import dns.exception
import dns.message
import dns.name

from launchready.mailauth.names import query_name


def shown_at(address: str, port: int) -> str:
    """Return a server as people write it, without the usual port."""
    if port == 53:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def key_of(name: str) -> str:
    """Return the one spelling under which a name is asked."""
    return name.lower().rstrip(".") or "."


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
