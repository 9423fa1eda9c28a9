"""Where each key of a TOML file stands, so that errors can name the line."""

from __future__ import annotations

import re
from collections.abc import Sequence

_KEY_PART = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")


def key_path(text: str) -> tuple[tuple[str, ...], str]:
    """Read a dotted key from the start of the text; return its parts and what follows."""
    parts: list[str] = []
    while match := _KEY_PART.match(text):
        parts.append(next(g for g in match.groups() if g is not None))
        text = text[match.end() :]
        if not text.startswith("."):
            break
        text = text[1:]
    return tuple(parts), text


def key_lines(source: str) -> dict[tuple[str, ...], int]:
    """Map the path of every table and key in a TOML text to the line where it first stands, from 1.

    Reads valid TOML; on other text it returns what it could make out. Keys inside inline
    tables and arrays carry the line of the key that they belong to.
    """
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    at, number = 0, 1
    while at < len(source):
        # TOML knows one end of a line; others, such as U+2028, may stand in a comment.
        end = _found(source, "\n", at)
        line = source[at:end].rstrip()
        text = line.lstrip()
        if text.startswith("["):
            table, _ = key_path(text.lstrip("["))
            for length in range(1, len(table) + 1):
                lines.setdefault(table[:length], number)
        else:
            parts, rest = key_path(text)
            if parts and rest.startswith("="):
                for length in range(1, len(parts) + 1):
                    lines.setdefault((*table, *parts[:length]), number)
                end = _value_end(source, at + len(line) - len(rest) + 1)
        number += source.count("\n", at, end + 1)
        at = end + 1
    return lines


def line_of(lines: dict[tuple[str, ...], int], path: Sequence[str | int]) -> int | None:
    """Return the line of the path, or of the nearest table above it; None when nothing is near."""
    names = tuple(str(p) for p in path)
    for length in range(len(names), 0, -1):
        if names[:length] in lines:
            return lines[names[:length]]
    return None


def _found(source: str, what: str, start: int) -> int:
    """Return where that next stands, or the end of the text."""
    at = source.find(what, start)
    return len(source) if at < 0 else at


def _value_end(source: str, at: int) -> int:
    """Return the end of the line in which the value that begins there ends, brackets and all."""
    depth = 0
    while at < len(source):
        sign = source[at]
        if sign == "\n" and depth <= 0:
            return at
        if sign == "#":
            at = _found(source, "\n", at)
        elif sign in {'"', "'"}:
            at = _text_end(source, at, sign)
        else:
            depth += (sign in "[{") - (sign in "]}")
            at += 1
    return len(source)


def _text_end(source: str, at: int, quote: str) -> int:
    """Return the place behind the text in quotes that begins there."""
    long = source.startswith(quote * 3, at)
    closing = quote * 3 if long else quote
    at += len(closing)
    while at < len(source):
        if source.startswith(closing, at):
            at += len(closing)
            # A long text may itself end in one or two quotes.
            extra = len(source[at : at + 2]) - len(source[at : at + 2].lstrip(quote))
            return at + extra if long else at
        if source[at] == "\n" and not long:
            return at
        at += 2 if source[at] == "\\" and quote == '"' else 1
    return len(source)
