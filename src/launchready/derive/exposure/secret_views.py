"""Other readings of a text, in which a secret may stand: joined, unescaped, decoded once."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import unquote

_PIECES_MAX = 3000
_BASE64_MAX = 20_000
# Each piece is bounded, so that hostile text is not read again from every start.
_JOINED = re.compile(
    r"[\"'`][^\"'`\\\n]{4,200}[\"'`](?:\s{0,40}\+\s{0,40}[\"'`][^\"'`\\\n]{1,200}[\"'`]){1,12}"
)
_PLUS = re.compile(r"[\"'`]\s{0,40}\+\s{0,40}[\"'`]")
_CONTINUED = re.compile(r"[\"'`](?:[^\"'`\\\n]{4,200}\\\r?\n){1,12}[^\"'`\\\n]{0,200}")
_BASE64 = re.compile(rf"(?<![\w+/-])[A-Za-z0-9+/_-]{{40,{_BASE64_MAX}}}(?:={{1,2}}|(?![\w+/-]))")
_ESCAPED = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u00([0-9a-fA-F]{2}))")
_BEGINNING = 64


def views(text: str) -> Iterator[tuple[int, str]]:
    """Yield other readings of a text, each with the line in which it begins, counted from 1."""
    if "&quot;" in text or "&#" in text or "\\" in text:
        yield 1, html.unescape(_unescaped(text))
    if "%3A%2F%2F" in text or "%3a%2f%2f" in text:
        # A line break that is decoded would move what stands behind it.
        yield 1, unquote(re.sub(r"%0[aAdD]", " ", text))
    for match in islice(_JOINED.finditer(text), _PIECES_MAX):
        yield _line(text, match), _PLUS.sub("", match[0])
    for match in islice(_CONTINUED.finditer(text), _PIECES_MAX):
        yield _line(text, match), re.sub(r"\\\r?\n", "", match[0])
    for match in islice(_BASE64.finditer(text), _PIECES_MAX):
        if decoded := decoded_text(match[0]):
            yield _line(text, match), " ".join(decoded.splitlines())


def decoded_text(value: str) -> str:
    """Return the printable text that a value holds in Base64; empty when it holds none."""
    plain = value.rstrip("=").replace("-", "+").replace("_", "/")
    beginning = plain[:_BEGINNING]
    for part in (beginning[: len(beginning) // 4 * 4], plain):
        try:
            raw = base64.b64decode(part + "=" * (-len(part) % 4))
            text = raw.decode("ascii")
        except (ValueError, binascii.Error):
            return ""
        if not all(c.isprintable() or c in "\r\n\t" for c in text):
            return ""
    return text


def _unescaped(text: str) -> str:
    text = text.replace("\\/", "/").replace('\\"', '"')
    return _ESCAPED.sub(lambda m: chr(int(m[1] or m[2], 16)).replace("\n", " "), text)


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1
