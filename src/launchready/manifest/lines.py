"""Where each key of a TOML file stands, so that errors can name the line."""

from __future__ import annotations

import re
from collections.abc import Sequence

_KEY_PART = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")


def _key_path(text: str) -> tuple[tuple[str, ...], str]:
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
    closing = ""
    for number, line in enumerate(source.splitlines(), start=1):
        if closing:
            if closing in line:
                closing = ""
            continue
        text = line.strip()
        if text.startswith("["):
            table, _ = _key_path(text.lstrip("["))
            for length in range(1, len(table) + 1):
                lines.setdefault(table[:length], number)
            continue
        parts, rest = _key_path(text)
        if not parts or not rest.startswith("="):
            continue
        for length in range(1, len(parts) + 1):
            lines.setdefault((*table, *parts[:length]), number)
        value = rest[1:].strip()
        for quotes in ('"""', "'''"):
            if value.startswith(quotes) and quotes not in value[3:]:
                closing = quotes
    return lines


def line_of(lines: dict[tuple[str, ...], int], path: Sequence[str | int]) -> int | None:
    """Return the line of the path, or of the nearest table above it; None when nothing is near."""
    names = tuple(str(p) for p in path)
    for length in range(len(names), 0, -1):
        if names[:length] in lines:
            return lines[names[:length]]
    return None
