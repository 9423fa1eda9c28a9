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
_PLUS = r"[\"'`]\)?\s{0,40}(?:\+|\.concat\()\s{0,40}[\"'`]"
_COMMA = r"[\"'`]\s{0,40},\s{0,40}[\"'`]"
_FILLED = r"\$\{[\"']|[\"']\}"
_ADDED = rf"[\"'`][^\"'`\\\n]{{4,200}}(?:{_PLUS}[^\"'`\\\n]{{1,200}}){{1,12}}[\"'`]"
_LISTED = (
    rf"[\"'`][^\"'`\\\n]{{1,200}}(?:{_COMMA}[^\"'`\\\n]{{1,200}}){{1,12}}[\"'`]"
    r"(?=\s{0,40}\]\s{0,40}\.join\((?:\"\"|''|``)\))"
)
_TEMPLATE = r"`[^`$\\\n]{0,200}(?:\$\{[\"'][^\"'`\n]{0,200}[\"']\}[^`$\\\n]{0,200}){1,12}`"
_SPELLINGS = tuple(
    (re.compile(whole), re.compile(between))
    for whole, between in ((_ADDED, _PLUS), (_LISTED, _COMMA), (_TEMPLATE, _FILLED))
)
_ASKED_WITH = re.compile(r"[?&]([\w.-]{1,40})=([\w.~%+/-]{16,400})")
# Markup made small leaves the quotes out (HTML standard, unquoted attribute values).
_UNQUOTED = re.compile(r"\s([\w:-]{1,40})=([\w.+/~-]{20,400})(?=[\s>])")
# What stands before a value: its name, and what decodes it.
_NAME_MAX = 60
_CALL = re.compile(r"(?:(?:\w{1,20}\.){0,2}\w{1,20}\(\s{0,3})?\[?\s{0,3}[\"'`]?$")
_CONTINUED = re.compile(r"[\"'`](?:[^\"'`\\\n]{4,200}\\\r?\n){1,12}[^\"'`\\\n]{0,200}")
_BASE64 = re.compile(rf"(?<![\w+/-])[A-Za-z0-9+/_-]{{40,{_BASE64_MAX}}}(?:={{1,2}}|(?![\w+/-]))")
_ESCAPED = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u00([0-9a-fA-F]{2}))")
_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u00[0-9a-fA-F]{2}|[\"/])|&quot;|&#")
# Decoded, it would move what stands behind it into another line.
_LINE_BREAK = re.compile(r"&#(?:0{0,5}1[03]|[xX]0{0,5}[aAdD]);")
_AROUND = 400
_BEGINNING = 64


def views(text: str) -> Iterator[tuple[int, str]]:
    """Yield other readings of a text, each with the line in which it begins, counted from 1."""
    for start, end in _around(text):
        yield text.count("\n", 0, start) + 1, html.unescape(_unescaped(text[start:end]))
    if "%3A%2F%2F" in text or "%3a%2f%2f" in text:
        # A line break that is decoded would move what stands behind it.
        yield 1, unquote(re.sub(r"%0[aAdD]", " ", text))
    for match in islice(_ASKED_WITH.finditer(text), _PIECES_MAX):
        yield _line(text, match), f'{match[1]}="{match[2]}"'
    if text.lstrip()[:1] == "<":
        for match in islice(_UNQUOTED.finditer(text), _PIECES_MAX):
            yield _line(text, match), f'{match[1]}="{match[2]}"'
    for whole, between in _SPELLINGS:
        for match in islice(whole.finditer(text), _PIECES_MAX):
            yield _line(text, match), _named(text, match, between.sub("", match[0])[1:-1])
    for match in islice(_CONTINUED.finditer(text), _PIECES_MAX):
        yield _line(text, match), re.sub(r"\\\r?\n", "", match[0])
    for match in islice(_BASE64.finditer(text), _PIECES_MAX):
        if decoded := decoded_text(match[0]):
            yield _line(text, match), _named(text, match, " ".join(decoded.splitlines()))


def _named(text: str, match: re.Match[str], value: str) -> str:
    """Return a value in quotes behind the name that stands before it in the text."""
    before = text[max(0, match.start() - _NAME_MAX) : match.start()].rpartition("\n")[2]
    return f'{_CALL.sub("", before)}"{value}"'


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


def _around(text: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a text that hold escapes, with enough around each for a whole secret."""
    start = end = -1
    for match in _ESCAPE.finditer(text):
        if end < 0 or match.start() - _AROUND > end:
            if end >= 0:
                yield start, end
            start = max(0, match.start() - _AROUND)
        end = match.end() + _AROUND
    if end >= 0:
        yield start, end


def _unescaped(text: str) -> str:
    text = _LINE_BREAK.sub(" ", text)
    text = text.replace("\\/", "/").replace('\\"', '"')
    return _ESCAPED.sub(lambda m: chr(int(m[1] or m[2], 16)).replace("\n", " "), text)


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1
