"""Macros of SPF (RFC 7208, 7): parsing, and expanding without asking anything."""

import re
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

_EXPAND = re.compile(
    r"%(?:\{([slodiphcrtv])([0-9]*)(r?)([.\-+,/_=]*)\}|([%_-]))", re.IGNORECASE | re.ASCII
)
_LITERAL = re.compile(r"[\x21-\x24\x26-\x7e]+")
_LITERAL_AND_SPACE = re.compile(r"[\x20-\x24\x26-\x7e]+")
_ESCAPES = {"%": "%", "_": " ", "-": "%20"}
_EXPLANATION_ONLY = frozenset("crt")
_PARTS_MAX = 128  # a name has no more labels; larger numbers mean the same and cost nothing


class SpfSyntaxError(ValueError):
    """A record or a macro string breaks the grammar; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Macro:
    """One `%{...}`: a lower-case letter and how its value is transformed (RFC 7208, 7.3)."""

    letter: str
    parts: int | None
    reverse: bool
    delimiters: str
    escape: bool


MacroString: TypeAlias = tuple[str | Macro, ...]


def parse_macro_string(text: str, *, explanation: bool = False) -> MacroString:
    """Return literals and macros in order.

    Spaces and the letters c, r and t are for explanations only (RFC 7208, 6.2 and 7.2). Raises
    SpfSyntaxError for anything that the grammar does not know.
    """
    literal = _LITERAL_AND_SPACE if explanation else _LITERAL
    pieces: list[str | Macro] = []
    at = 0
    while at < len(text):
        if found := literal.match(text, at):
            pieces.append(found[0])
        elif found := _EXPAND.match(text, at):
            pieces.append(_macro(found, explanation=explanation))
        else:
            raise SpfSyntaxError(f"{_shown(text[at : at + 8])} is no macro and no visible text")
        at = found.end()
    return tuple(pieces)


def _macro(found: re.Match[str], *, explanation: bool) -> str | Macro:
    letter, digits, reverse, delimiters, escape = found.groups()
    if escape is not None:
        return _ESCAPES[escape]
    if letter.lower() in _EXPLANATION_ONLY and not explanation:
        raise SpfSyntaxError(f"the macro letter {letter} is allowed in explanations only")
    parts: int | None = None
    if digits:
        stripped = digits.lstrip("0")
        if not stripped:
            raise SpfSyntaxError(f"{found[0]} keeps no part: the number must not be zero")
        parts = int(stripped) if len(stripped) < 4 else _PARTS_MAX
    return Macro(
        letter=letter.lower(),
        parts=parts,
        reverse=bool(reverse),
        delimiters=delimiters or ".",
        escape=letter.isupper(),
    )


def _shown(text: str) -> str:
    return ascii(text)


def letters(pieces: MacroString) -> frozenset[str]:
    """Return the macro letters that a string uses."""
    return frozenset(piece.letter for piece in pieces if isinstance(piece, Macro))


def expand(pieces: MacroString, values: dict[str, str]) -> str:
    """Replace each macro by its transformed value (RFC 7208, 7.3). Every letter needs a value."""
    return "".join(
        piece if isinstance(piece, str) else _expand_one(piece, values[piece.letter])
        for piece in pieces
    )


def _expand_one(macro: Macro, value: str) -> str:
    parts = re.split("[" + re.escape(macro.delimiters) + "]", value)
    if macro.reverse:
        parts.reverse()
    if macro.parts is not None:
        parts = parts[-macro.parts :]
    text = ".".join(parts)
    # safe="~": quote() already leaves the other unreserved characters of RFC 3986 alone.
    return quote(text, safe="~") if macro.escape else text


def fit_name(text: str) -> str:
    """Drop labels from the left until at most 253 characters are left (RFC 7208, 7.3)."""
    text = text.removesuffix(".")
    while len(text) > 253 and "." in text:
        text = text.split(".", 1)[1]
    return text
