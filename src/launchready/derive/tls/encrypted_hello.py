"""What an HTTPS record says of encrypted hellos (ECH, RFC 9849)."""

from __future__ import annotations

_VERSION = 0xFE0D


def outer_name(configurations: bytes) -> str:
    """Return the `public_name` of the first configuration that browsers know; empty if there is none.

    A server that cannot read an encrypted hello answers for this name: browsers then ask once more
    in the clear, if the certificate is for it (RFC 9849 section 6.1.6).
    """
    rest = _Bytes(_Bytes(configurations).taken(2))
    while rest.left:
        version, content = rest.number(2), _Bytes(rest.taken(2))
        if version != _VERSION:
            continue
        content.number(3)  # the number of the key, and what kind it is
        content.taken(2)
        content.taken(2)
        content.number(1)  # the longest name that is hidden
        name = content.taken(1).decode("ascii", errors="replace").lower()
        return name if name.replace("-", "").replace(".", "").isalnum() and name.isascii() else ""
    return ""


class _Bytes:
    """Reads from the front; what is missing reads as nothing."""

    def __init__(self, data: bytes) -> None:
        self.left = data

    def number(self, size: int) -> int:
        head, self.left = self.left[:size], self.left[size:]
        return int.from_bytes(head, "big")

    def taken(self, size: int) -> bytes:
        """Return what follows a length of `size` bytes."""
        length = self.number(size)
        head, self.left = self.left[:length], self.left[length:]
        return head
