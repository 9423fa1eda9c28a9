"""The chain of proxies in `Forwarded` (RFC 7239) and `X-Forwarded-For`, read from the right.

The right end was written by the proxy next to us, the left end by anybody. Reading begins at the
right and takes one whole element at a time, so that nothing to the left, an open quote included,
changes what is to the right of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

# Sixty hops with all that RFC 7239 lets them say. A chain of trusted proxies is a few.
_READ_MAX = 4000


def forwarded_for(lines: Sequence[bytes]) -> Iterator[str]:
    """Yield the `for` of each element of `Forwarded` (RFC 7239 section 4), the nearest hop first.

    An address comes without brackets and port. Anything else (`unknown`, an obfuscated name, an
    element without `for`, with two, or malformed) comes as an empty text.
    """
    for line in reversed(lines):
        for element in _from_right(_right_end(line)):
            yield _node(_for(element))


def x_forwarded_for(lines: Sequence[bytes]) -> Iterator[str]:
    """Yield the entries of `X-Forwarded-For`, the nearest hop first, without brackets and port."""
    for line in reversed(lines):
        rest = _right_end(line)
        while rest:
            rest, _, entry = rest.rpartition(",")
            # Empty elements of a list count for nothing (RFC 9110 section 5.6.1).
            if entry.strip():
                yield _node(entry.strip())


def _right_end(line: bytes) -> str:
    """Return what is read of a line; of one that is cut, whole elements only."""
    text = line[-_READ_MAX:].decode("latin-1")
    return text if len(line) <= _READ_MAX else text.partition(",")[2]


def _from_right(line: str) -> Iterator[str]:
    """Yield the elements between the commas that stand outside of quotes, the last one first."""
    end = len(line)
    quoted = False
    for at in range(len(line) - 1, -1, -1):
        if line[at] == '"' and not _escaped(line, at):
            quoted = not quoted
        elif line[at] == "," and not quoted:
            if line[at + 1 : end].strip():
                yield line[at + 1 : end].strip()
            end = at
    if line[:end].strip():
        yield line[:end].strip()


def _escaped(line: str, at: int) -> bool:
    """Return whether an odd number of backslashes stands before a place."""
    first = at
    while first and line[first - 1] == "\\":
        first -= 1
    return (at - first) % 2 == 1


def _for(element: str) -> str:
    """Return the value of an element's one `for`, unquoted; empty when there is not just one."""
    values = [
        value
        for name, equals, value in (pair.partition("=") for pair in element.split(";"))
        if equals and name.strip().lower() == "for"
    ]
    if len(values) != 1:
        return ""
    value = values[0].strip()
    if value.startswith('"'):
        # No address needs an escape, so that what has one is none.
        return value[1:-1] if len(value) >= 2 and value.endswith('"') else ""
    return value


def _node(value: str) -> str:
    """Return the address of a node without brackets and port; empty when it is malformed.

    `unknown` and obfuscated names come as they are: they are no addresses to whoever reads them.
    """
    if value.startswith("["):
        address, bracket, port = value[1:].partition("]")
        whole = bracket and (not port or (port.startswith(":") and _is_port(port[1:])))
        return address if whole and ":" in address else ""
    if value.count(":") == 1:
        address, _, port = value.partition(":")
        return address if _is_port(port) else ""
    return value


def _is_port(text: str) -> bool:
    """Return whether it is a port, of digits or obfuscated (RFC 7239 section 6)."""
    return bool(text) and (text.startswith("_") or (text.isascii() and text.isdigit()))
