"""A path that must not be public, and how a list of them is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Grade = Literal["secret", "inside", "surface"]
"""`secret`: gives away passwords, code or data. `inside`: shows how the app runs, or lets act on
it. `surface`: tells attackers where to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A path to ask for, what lies there in plain words, and the patterns that prove it."""

    path: str
    """`{host}` stands for the host's name, `{parent}` for that without its first label, `{name}` for the label before its end."""
    what: str
    grade: Grade
    patterns: tuple[re.Pattern[bytes], ...]
    at_least: int = 1
    """So many matches of the first pattern are needed."""
    html: bool = False
    """False: an HTML page there is something else."""


def _marks(*patterns: bytes) -> tuple[re.Pattern[bytes], ...]:
    return tuple(re.compile(p, re.MULTILINE | re.IGNORECASE) for p in patterns)


def paths(
    what: str,
    grade: Grade,
    names: str,
    *patterns: bytes,
    at_least: int = 1,
    html: bool = False,
    case: bool = False,
) -> list[Path]:
    """Return one entry for each of the names, which stand apart by spaces; `case`: letters count as written."""
    marks = tuple(re.compile(p, re.MULTILINE) for p in patterns) if case else _marks(*patterns)
    return [
        Path(
            path=f"/{name.lstrip('/')}",
            what=what,
            grade=grade,
            patterns=marks,
            at_least=at_least,
            html=html,
        )
        for name in names.split()
    ]


# Patterns run over hostile text: none may scan the same stretch again from many starts.
LINE = rb"^(?:\xef\xbb\xbf)?[ \t]*(?:export )?"
ASSIGNMENT = LINE + rb"[A-Z][A-Z0-9_]{2,}[ \t]*="
# One line is enough where its name says what it holds; the value itself stays out.
SECRET_ASSIGNMENT = (
    LINE + rb"\w{0,40}(?:passw(?:or)?d|secret|token|_key|database_url|dsn)\w{0,40}[ \t]*=[ \t]*"
    rb"(?=[^\s]|\Z)"
)
# The name and the opening quote of a value that is there; the value itself stays out. What is told
# about a password (its address to reset it, its length) is none, nor is a path or an empty value.
SECRET_IN_JSON = (
    rb'"[\w.-]{0,40}(?:passw(?:or)?d|secret|private[_-]?key|database[_-]?url|connection[_-]?string|'
    rb"smtp_pass|access[_-]?token)"
    rb"(?![\w.-]{0,40}(?:ur[li]|path|page|link|route|endpoint|len(?:gth)?|min|max|policy|hint|label|"
    rb'placeholder|pattern|regex|rules?|enabled|required)["\d])'
    rb'[\w.-]{0,40}"\s*:\s*"(?=[^"/]|\Z)'
)
# The same in YAML and in files of properties.
SECRET_SETTING = (
    rb"^[ \t]*[\w.-]{0,60}(?:passw(?:or)?d|secret(?:_key(?:_base)?)?|api[_-]?key|access[_-]?token)"
    rb"[ \t]*[:=][ \t]*(?=[^\s#]|\Z)"
)
