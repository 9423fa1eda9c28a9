"""Addresses in header fields (RFC 5322, 3.4), read so that no trick hides a domain."""

import re
from dataclasses import dataclass, field

_INPUT_MAX_CHARS = 65536
_MAILBOXES_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailboxes:
    """The addresses of a field as written, without display names and comments."""

    addresses: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def domains(self) -> tuple[str, ...]:
        """The part after the last @ of each address; empty where there is none."""
        return tuple(
            address.rpartition("@")[2] if "@" in address else "" for address in self.addresses
        )


@dataclass(slots=True)
class _Reading:
    plain: list[str] = field(default_factory=list)
    angle: list[str] = field(default_factory=list)
    has_angle: bool = False
    inside: bool = False
    addresses: list[str] = field(default_factory=list)
    problems: dict[str, None] = field(default_factory=dict)

    def add(self, text: str) -> None:
        (self.angle if self.inside else self.plain).append(text)

    def end(self) -> None:
        """End a mailbox: what stands in angle brackets is it, else everything."""
        if self.inside:
            self.problems["an angle bracket is not closed"] = None
        words = "".join(self.angle if self.has_angle else self.plain)
        text = _joined(words)
        if self.has_angle and any("@" in part for part in self.plain):
            self.problems["a display name looks like another address"] = None
        if self.has_angle and text.startswith("@") and ":" in text:
            text = text.split(":", 1)[1].strip()  # an obsolete route (RFC 5322, 4.4)
        if text or self.has_angle:
            if not text.startswith('"') and any(character.isspace() for character in text):
                self.problems["an address has spaces in it"] = None
            if "@" not in text:
                self.problems["an address has no domain"] = None
            self.addresses.append(text)
        self.plain, self.angle = [], []
        self.has_angle = self.inside = False


def _joined(text: str) -> str:
    """Close up the white space that RFC 5322, 4.4 once allowed around dots and @."""
    joined = ""
    # Spaces and tabs alone: a control character that went unseen would join two domains.
    for word in filter(None, re.split(r"[ \t]+", text)):
        close = not joined or joined[-1] in ".@" or word[0] in ".@"
        joined += word if close else f" {word}"
    return joined


def parse_mailboxes(text: str) -> Mailboxes:
    """Return every address of a From, Sender or To value. Never raises.

    Quoted strings stay as written, comments count as nothing, members of a group count like
    others. At most 64 KiB and 100 addresses are read; more is a problem.
    """
    reading = _Reading()
    if len(text) > _INPUT_MAX_CHARS:
        reading.problems[f"longer than {_INPUT_MAX_CHARS} characters"] = None
        text = text[:_INPUT_MAX_CHARS]
    at, depth, literal = 0, 0, False
    while at < len(text):
        character = text[at]
        if depth:
            depth += {"(": 1, ")": -1}.get(character, 0)
            at += 2 if character == "\\" else 1
            continue
        if literal:
            reading.add(character)
            literal = character != "]"
        elif character == '"':
            quoted, at = _quoted(text, at, reading)
            reading.add(quoted)
            continue
        elif character == "(":
            depth = 1
        elif character == "[":
            literal = True
            reading.add(character)
        else:
            _step(reading, character)
        at += 1
    if depth:
        reading.problems["a comment is not closed"] = None
    reading.end()
    addresses = reading.addresses
    if len(addresses) > _MAILBOXES_MAX:
        reading.problems[f"more than {_MAILBOXES_MAX} addresses"] = None
    return Mailboxes(addresses=tuple(addresses[:_MAILBOXES_MAX]), problems=tuple(reading.problems))


def _step(reading: _Reading, character: str) -> None:
    match character:
        case "<":
            if reading.has_angle:
                reading.problems["a mailbox has several addresses in angle brackets"] = None
                reading.end()
            reading.has_angle = reading.inside = True
        case ">":
            if not reading.inside:
                reading.problems["an angle bracket was never opened"] = None
            reading.inside = False
        case "," | ";" if not reading.inside:
            reading.end()
        case ":" if not reading.inside:
            reading.plain = []  # the name of a group
        case "\x00" | "\r" | "\n":
            reading.problems["a control character stands in the field"] = None
            reading.add(character)
        case _:
            reading.add(character)


def _quoted(text: str, start: int, reading: _Reading) -> tuple[str, int]:
    at = start + 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    if at >= len(text):
        reading.problems["a quoted string is not closed"] = None
    end = min(at + 1, len(text))
    return text[start:end], end
