"""What a search found in one body, brought together: each secret once, in the line where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import islice

from launchready.derive.exposure.secret_kinds import (
    public_by_design,
    rule_of,
    secret_kind,
    test_only,
)
from launchready.derive.exposure.secret_shapes import shaped
from launchready.derive.exposure.secret_views import views

_OTHERWISE_MAX = 12_000_000
_FINDS_MAX = 1000
_BEHIND_MAX = 120
# Rules that go by the words around a value: in a text that no code is, they guess too much.
_BY_CONTEXT = re.compile(r"^(?:curl|generic)\b", re.IGNORECASE)
_ESCAPES = re.compile(r"\\[nrt]|[\s\\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """A value that was found. It stays in memory and is never shown."""

    kind: str
    line: int
    value: str = field(repr=False)
    public: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A body as text, and the other readings of it, each in lines of its own.

    `lines` are those of the body that the lines of `otherwise` were made of.
    """

    text: str = field(repr=False)
    markup: bool
    otherwise: str = field(repr=False)
    lines: tuple[int, ...]
    readings: tuple[tuple[int, str], ...] = field(repr=False)

    def behind(self, value: str) -> str:
        """Return what stands behind a value where it first does, in the body or read otherwise."""
        for text in (self.text, self.otherwise):
            at = text.find(value)
            if at >= 0:
                return text[at + len(value) : at + len(value) + _BEHIND_MAX]
        return ""

    def as_written(self, find: Find) -> Find | None:
        """Return what was found in the other readings at its line in the body; None for a guess."""
        if find.public or _BY_CONTEXT.match(find.kind) or not 0 < find.line <= len(self.lines):
            return None
        return replace(find, line=self.lines[find.line - 1])


def read(body: bytes) -> Text:
    """Return a body with its other readings: joined, unescaped, decoded; markup also as plain text."""
    text = body.decode("utf-8", errors="replace")
    readings = tuple(views(text))
    markup = body.lstrip()[:1] == b"<"
    # The engine passes over comments and attributes of what it knows to be markup.
    shown = ((1, text), *readings) if markup else readings
    otherwise: list[str] = []
    lines: list[int] = []
    size = 0
    for first_line, reading in shown:
        for offset, line in enumerate(reading.split("\n")):
            size += len(line)
            if size <= _OTHERWISE_MAX:
                otherwise.append(line)
                lines.append(first_line + offset)
    return Text(
        text=text,
        markup=markup,
        otherwise="\n".join(otherwise),
        lines=tuple(lines),
        readings=readings,
    )


def engine_find(rule: str, value: str, *, line: int, behind: str = "") -> Find:
    """Return what a rule of the engine found, by its kind in words.

    `behind` is what stands behind it: of an address with a password the engine marks all but the
    host.
    """
    named = rule_of(rule, value)
    return Find(
        kind=secret_kind(named),
        line=line,
        value=value,
        public=public_by_design(named, value, behind) or test_only(value),
    )


def shaped_finds(text: Text, *, at_most: int) -> list[Find]:
    """Return what only the shapes and names of our own find."""
    found = islice(shaped(text.text, text.readings), at_most)
    return [Find(kind=each.kind, line=each.line, value=each.value) for each in found]


def told_once(finds: Iterable[Find]) -> tuple[Find, ...]:
    """Return the finds by line, each value once a line; who comes first gives it its kind.

    Two rules may mark different parts of one secret, and a value may be read in several ways. Of
    two that judge one value differently, the one that makes it a secret counts.
    """
    kept: dict[tuple[int, str], Find] = {}
    secret: list[tuple[int, str]] = []
    for find in islice(finds, _FINDS_MAX):
        bare = _ESCAPES.sub("", find.value)
        if find.public:
            kept.setdefault((find.line, bare), find)
        elif not any(
            (bare in known or known in bare) and (known != bare or line == find.line)
            for line, known in secret
        ):
            secret.append((find.line, bare))
            kept[find.line, bare] = find
    return tuple(sorted(kept.values(), key=lambda f: (f.line, f.public)))
