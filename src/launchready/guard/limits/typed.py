"""What a visitor typed into a form or a JSON body, as far as guard decides by it.

An app may read more than its form sends: JSON under any media type, a form in parts, fields of the
query. Whoever guesses at an account chooses among them, so that guard reads all of them.
"""

from __future__ import annotations

import email
import json
import re
from collections.abc import Iterator, Sequence
from email.message import Message as MailMessage
from typing import NamedTuple
from urllib.parse import parse_qsl

from launchready.manifest import RouteEntry

PARTS_MAX = 1000
"""As many parts as frameworks take of a form."""
_ACCOUNT_FIELDS = ("username", "email")
_CODE_FIELDS = ("code",)
# What may stand before the brace: blanks, and the marks and noughts of other encodings.
_BEFORE_JSON = b" \t\r\n\x00\xef\xbb\xbf\xfe\xff"
_BLANK_LINE = re.compile(rb"\r\n\r\n|\n\n|\r\r")

Typed = Sequence[tuple[str, str]]
"""Names and what was typed under them, in the order in which they came."""


def readings(body: bytes, content_type: bytes | None, query: bytes = b"") -> Sequence[Typed]:
    """Return the texts of a form or of a JSON object, and of the query, as apps may read them.

    Several where frameworks differ: not all heed the character set that a visitor names.
    """
    found: list[Typed] = [_pairs(query, "latin-1")] if query else []
    if body.lstrip(_BEFORE_JSON)[:1] == b"{":
        # Many apps ask for JSON whatever the media type says; others take it for a form's first name.
        found.append(_of_json(body))
    message = _media(content_type)
    media, boundary = message.get_content_type(), message.get_param("boundary")
    parts: Sequence[_Part] = ()
    if media == "multipart/form-data" and isinstance(boundary, str) and boundary:
        parts = list(_of_parts(body, boundary.encode("latin-1", "replace")))
    for charset in dict.fromkeys(("utf-8", _charset(message))):
        if media == "application/x-www-form-urlencoded":
            found.append(_pairs(body, charset))
        for values in zip(*(part.values for part in parts), strict=True):
            texts = [value.decode(charset, errors="replace") for value in values]
            found.append([(part.name, text) for part, text in zip(parts, texts, strict=True)])
    return found


def accounts(entry: RouteEntry, said: Sequence[Typed]) -> Sequence[str]:
    """Return the accounts' names, or the invitation's codes, that an attempt may be for.

    One as a rule. Of a name that came twice some frameworks read the first and some the last, so
    that both are told.
    """
    usual = _CODE_FIELDS if entry.kind == "invite" else _ACCOUNT_FIELDS
    declared = [entry.fields[name] for name in usual if name in entry.fields]
    for names in (declared, usual):
        found: dict[str, None] = {}
        for pairs in said:
            for name in names:
                values = [value for key, value in pairs if key == name and value]
                found |= dict.fromkeys([*values[:1], *values[-1:]])
        if found:
            return list(found)
    return []


def _of_json(body: bytes) -> Typed:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return []
    if not isinstance(value, dict):
        return []
    return [(k, v) for k, v in value.items() if isinstance(v, str)]


def _pairs(text: bytes, charset: str) -> Typed:
    try:
        return parse_qsl(text.decode(charset, errors="replace"), keep_blank_values=True)
    except ValueError:
        return []


class _Part(NamedTuple):
    """A field of a form in parts."""

    name: str
    values: tuple[bytes, bytes]
    """As it came, and as who heeds Content-Transfer-Encoding reads it, such as Django."""


def _of_parts(body: bytes, boundary: bytes) -> Iterator[_Part]:
    """Yield the fields of a form in parts (RFC 7578), as laxly as the laxest of frameworks.

    Each head is read once: strangers send many, and are refused only when they are known.
    """
    for part in body.split(b"--" + boundary, PARTS_MAX)[1:]:
        head, *content = _BLANK_LINE.split(part.lstrip(), maxsplit=1)
        fields = email.message_from_bytes(head + b"\r\n\r\n")
        name = fields.get_param("name", header="content-disposition")
        if not content or not isinstance(name, str):
            continue
        value = content[0].removesuffix(b"\n").removesuffix(b"\r")
        plain: object = value
        if "content-transfer-encoding" in fields:
            fields.set_payload(value.decode("ascii", "surrogateescape"))
            plain = fields.get_payload(decode=True)
        yield _Part(name, (value, plain if isinstance(plain, bytes) else value))


def _media(content_type: bytes | None) -> MailMessage:
    message = MailMessage()
    if content_type is not None:
        message["content-type"] = content_type.decode("latin-1").replace("\r", "").replace("\n", "")
    return message


def _charset(message: MailMessage) -> str:
    charset = message.get_content_charset("utf-8")
    try:
        "".encode(charset)
    except (LookupError, ValueError):
        return "utf-8"
    return charset
