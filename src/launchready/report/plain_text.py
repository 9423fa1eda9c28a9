"""Text from outside made safe to show: nothing in it moves a cursor, turns a line or never ends.

Every format passes every value through here. Markup (HTML, XML, Markdown) is escaped by the
format itself, afterwards.
"""

from __future__ import annotations

import re
import unicodedata

VALUE_MAX = 400
"""Characters kept of a value that is only looked at."""
STEP_MAX = 6000
"""Characters kept of a step that is copied: a record or a header line must stay whole."""

# Joiners shape Persian, Indic scripts and emoji; alone they move nothing.
_HARMLESS_FORMAT = {"\u200c", "\u200d"}
_MARKS_IN_A_ROW_MAX = 4
_PLAIN = re.compile(r"[ -~]*\Z")
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def one_line(text: str, limit: int = VALUE_MAX) -> str:
    """Return the text on one line: white space as single blanks, controls shown as escapes.

    At most `limit` characters are kept, with a note of how many more there were.
    """
    # Cut before the work: what is cut off is not shown, whatever it holds.
    kept = text[: limit * 4]
    shown = " ".join(_visible(kept, keep_lines=False).split())
    return _cut(shown, len(text) - len(kept), limit)


def block(text: str, limit: int = STEP_MAX) -> str:
    """Return the text with its line ends kept (as line feeds), controls shown as escapes, cut at `limit`."""
    kept = text[: limit * 4]
    lines = _visible(kept.replace("\r\n", "\n"), keep_lines=True).split("\n")
    return _cut(
        "\n".join(line.rstrip() for line in lines).strip("\n"), len(text) - len(kept), limit
    )


def sentence(text: str, limit: int = VALUE_MAX) -> str:
    """Return the text on one line, its first letter large unless it begins with a name or path."""
    shown = one_line(text, limit)
    word = shown.split(" ", 1)[0].rstrip(":,.")
    begins = word.isalpha() and word != "launchready"
    return shown[:1].upper() + shown[1:] if begins else shown


def as_ascii(text: str) -> str:
    """Return the text for a screen that can only show ASCII."""
    for symbol, plain in _ASCII.items():
        text = text.replace(symbol, plain)
    return text.encode("ascii", "backslashreplace").decode("ascii")


_ASCII = {
    "✓": "+", "✗": "x", "·": "-", "…": "...", "→": "->", "—": "-", "–": "-", "’": "'",  # noqa: RUF001
    "“": '"', "”": '"', "━": "=", "─": "-", "•": "*",
}  # fmt: skip


def _cut(text: str, unseen: int, limit: int) -> str:
    more = unseen + max(0, len(text) - limit)
    return f"{text[:limit]}… ({more} more characters)" if more else text


def _visible(text: str, *, keep_lines: bool) -> str:
    if _PLAIN.match(text):
        return text
    shown: list[str] = []
    marks = 0
    for character in text:
        if character == "\n" and keep_lines:
            shown.append("\n")
            continue
        if character in "\t\n\r\x0b\x0c\x85\u2028\u2029":
            shown.append(" ")
            continue
        category = unicodedata.category(character)
        # A pile of combining marks spills over the lines above and below.
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks > _MARKS_IN_A_ROW_MAX:
            continue
        if category in _REFUSED and character not in _HARMLESS_FORMAT:
            shown.append(_escape(character))
        elif category == "Zs":
            shown.append(" ")
        else:
            shown.append(character)
    return "".join(shown)


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
