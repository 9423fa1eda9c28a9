"""A secret that a shape or a name gave away, and what is no secret though it stands in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

DISTINCT_MIN = 8
"""Characters that a made key has at least; `xxxxxxxx` and `abcabcabc` have fewer."""
NO_PASSWORD = re.compile(
    r"(?:your|my|the|some|db|user|root|app|pg|test)?[-_]?"
    r"(?:pass(?:word|wd|phrase)?|pwd|secret|changeme|example|postgres|guest|admin|redis|mysql|xxx+)"
    r"(?:[-_]?here|\d{0,3})",
    re.IGNORECASE,
)

_BEFORE, _BEHIND = 320, 700
"""No value of a shape reaches further from its mark, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaped:
    """A value of such a shape. `line` counts from 1; the value is never shown."""

    kind: str
    line: int
    value: str = field(repr=False)


def near(
    text: str, pattern: re.Pattern[str], marks: tuple[str, ...], lower: str = ""
) -> Iterator[re.Match[str]]:
    """Yield the matches of a pattern around its marks, which stand in few places of most texts.

    With the same text in lower case, marks in lower case stand for those in any.
    """
    looked_at = lower or text
    for mark in marks:
        at = looked_at.find(mark)
        while at >= 0:
            start, end = max(0, at - _BEFORE), at + _BEHIND
            while (at := looked_at.find(mark, at + 1)) >= 0 and at - _BEFORE <= end:
                end = at + _BEHIND
            yield from pattern.finditer(text, start, end)
