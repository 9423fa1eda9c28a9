"""Domain names as mail authentication compares them: A-labels, lower case, no final dot."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

# RFC 5891, 4.4 and IDNA mapping know these other full stops.
_DOTS = str.maketrans(dict.fromkeys("\u3002\uff0e\uff61", "."))
_HOST_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_NAME_MAX_CHARS = 253  # RFC 1035, 2.3.4 without the final dot
_INPUT_MAX_CHARS = 1024


def _ascii(text: str) -> str | None:
    if text.isascii():
        return text.lower()
    import idna  # noqa: PLC0415 - its tables are large and most names are ASCII

    try:
        # Label by label: the whole-name function refuses underscores beside U-labels.
        labels = [
            label.lower() if label.isascii() else idna.encode(label, uts46=True).decode("ascii")
            for label in text.translate(_DOTS).split(".")
        ]
    except (idna.IDNAError, UnicodeError):
        return None
    return ".".join(labels)


def query_name(text: str) -> str | None:
    """Return the name that a DNS query can carry (RFC 1035, 2.3.4), or None if none can.

    Any visible character or space may stand in a label, so mostly lengths are judged; control
    characters are refused, as nobody publishes them. U-labels become A-labels.
    """
    if len(text) > _INPUT_MAX_CHARS or not text.isprintable():
        return None
    name = _ascii(text.removesuffix("."))
    if name is None or not name or len(name) > _NAME_MAX_CHARS:
        return None
    return name if all(0 < len(label) < 64 for label in name.split(".")) else None


def host_domain(text: str) -> str | None:
    """Return a mail domain in comparable form, or None for what is none.

    Letters, digits, hyphens and underscores only; address literals, bare addresses and empty
    labels are refused. A single label is accepted: RFC 9989 walks up to the top-level domain.
    """
    name = query_name(text.strip(" \t"))
    if name is None or is_address(name):
        return None
    labels = name.split(".")
    if labels[-1].isdigit() or not all(_HOST_LABEL.fullmatch(label) for label in labels):
        return None
    return name


def printable(text: str) -> str:
    """Escape what a terminal would obey or hide: control and format characters."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in text
    )


def shown(raw: bytes) -> str:
    """Return octets from outside as text that is safe to print."""
    return printable(raw.decode("ascii", "backslashreplace"))


def is_address(text: str) -> bool:
    """Whether the text is an IP address, with or without the brackets of an address literal."""
    return address(text.removeprefix("[").removesuffix("]").removeprefix("ipv6:")) is not None


def address(text: str) -> IPv4Address | IPv6Address | None:
    """Parse an address; one that IPv6 maps from IPv4 counts as IPv4 (RFC 7208, 5)."""
    try:
        found = ip_address(text.split("%", 1)[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def is_at_or_below(name: str, ancestor: str) -> bool:
    """Whether a name is the ancestor or one of its subdomains."""
    return name == ancestor or name.endswith("." + ancestor)
