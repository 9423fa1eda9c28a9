"""A step of a fix, taken apart into what is read and what is copied."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from launchready.report.plain_text import STEP_MAX, block


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a step: `prose` is read, `code` stands in a line, `copy` is copied whole."""

    kind: Literal["prose", "code", "copy"]
    text: str


_RECORD = r"v=(?:spf1|DMARC1|DKIM1|STSv1|TLSRPTv1)\b.*"
_ZONE_LINE = (
    r"(?:@|_\S+|\S*\.\S*)\s+(?:\d+\s+)?(?:IN\s+)?(?:TXT|CNAME|A|AAAA|MX|CAA|NS|DS|SRV)\s+\S.*"
)
_HEADER = r"(?:[A-Z][A-Za-z0-9]*-)+[A-Za-z0-9]+:\s+\S.*"
_DIRECTIVE = r"(?:add_header\s|proxy_hide_header\s|return\s\d{3}\b|Header\s(?:always\s)?(?:set|add|unset)\s).*"
_SERVER_BLOCK = r"(?:server|location|map|if)\b[^{}]*\{.*\}"
_SETTING = r"[a-z_]+ = (?:\"[^\"]*\"|\[[^\]]*\]|[\w.-]+)"
_COPIED = re.compile(
    rf"(?:{_RECORD}|{_ZONE_LINE}|{_HEADER}|{_DIRECTIVE}|{_SERVER_BLOCK}|{_SETTING})\Z"
)
_SPAN = re.compile(r"`([^`\n]+)`")


def parts(step: str) -> tuple[Part, ...]:
    """Return the parts of a step, cleaned of controls.

    Lines after the first, what stands behind the first line's colon when it is a record, a
    header line or a directive, and a span in backticks that ends the line behind a colon are
    copied whole; other spans in backticks are code.
    """
    text = block(step, STEP_MAX)
    first, _, rest = text.partition("\n")
    found = _line_parts(first)
    if rest.strip():
        found.append(Part("copy", _dedent(rest)))
    return tuple(found)


def _line_parts(line: str) -> list[Part]:
    if _COPIED.match(line):
        return [Part("copy", _apart(line))]
    # A record may itself hold a colon, so the first colon that leaves a record behind it counts.
    for colon in re.finditer(r":\s+", line):
        tail = line[colon.end() :]
        if _COPIED.match(tail):
            return [*spans(line[: colon.start() + 1]), Part("copy", _apart(tail))]
        if (span := _SPAN.fullmatch(tail.rstrip("."))) is not None:
            return [*spans(line[: colon.start() + 1]), Part("copy", span[1])]
    return spans(line)


def _apart(tail: str) -> str:
    """Put several lines of a zone, written behind each other, below each other."""
    lines = tail.split("; ")
    return "\n".join(lines) if all(re.fullmatch(_ZONE_LINE, x) for x in lines) else tail


def spans(text: str) -> list[Part]:
    """Return what is read of a line, and what stands in backticks as code."""
    found: list[Part] = []
    at = 0
    for span in _SPAN.finditer(text):
        if span.start() > at:
            found.append(Part("prose", text[at : span.start()]))
        found.append(Part("code", span[1]))
        at = span.end()
    if at < len(text) or not found:
        found.append(Part("prose", text[at:]))
    return found


def _dedent(text: str) -> str:
    lines = text.split("\n")
    indent = min((len(x) - len(x.lstrip(" ")) for x in lines if x.strip()), default=0)
    return "\n".join(x[indent:] for x in lines).strip("\n")
