"""What a DKIM signature is made over: canonical fields and body (RFC 6376, 3.4 and 3.7)."""

import re
from typing import Literal, TypeAlias

from launchready.mailauth.mail_fields import MailField

Canonical: TypeAlias = Literal["simple", "relaxed"]

_WSP = re.compile(rb"[ \t]+")
_SPACE_AT_END = re.compile(rb" (?=\r\n|\Z)")
_SIGNATURE_VALUE = re.compile(rb"((?:\A|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*")


def canonical_body(body: bytes, how: Canonical) -> bytes:
    """Return the body without empty lines at its end, with one CRLF unless it is empty."""
    if how == "relaxed":
        body = _SPACE_AT_END.sub(b"", _WSP.sub(b" ", body))
    end = len(body)
    while body[end - 2 : end] == b"\r\n" and end >= 2:
        end -= 2
    if end == 0:
        return b"\r\n" if how == "simple" else b""
    return body[:end] + b"\r\n"


def canonical_field(raw: bytes, how: Canonical) -> bytes:
    """Return one header field without its final CRLF."""
    if how == "simple":
        return raw
    name, value = raw.split(b":", 1)
    value = _WSP.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")
    return name.rstrip(b" \t").lower() + b":" + value


def signed_octets(
    fields: tuple[MailField, ...],
    names: tuple[str, ...],
    signature: MailField,
    how: Canonical,
) -> bytes:
    """Return what the signature covers: the named fields, the last ones first, and itself."""
    left: dict[str, list[bytes]] = {}
    for field in fields:
        if field is signature:
            continue  # h= may name other signatures, never itself (RFC 6376, 3.7)
        left.setdefault(field.name, []).append(field.raw)
    parts: list[bytes] = []
    for name in names:
        stack = left.get(name.lower())
        if stack:
            parts.append(canonical_field(stack.pop(), how) + b"\r\n")
    name_part, value = signature.raw.split(b":", 1)
    bare = name_part + b":" + _SIGNATURE_VALUE.sub(rb"\1", value, count=1)
    return b"".join(parts) + canonical_field(bare, how)
