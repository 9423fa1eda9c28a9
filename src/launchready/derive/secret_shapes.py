"""Secrets whose makers gave them a shape of their own, which the engine's rules leave out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaped:
    """A value of such a shape. `line` counts from 1; the value is never shown."""

    kind: str
    line: int
    value: str = field(repr=False)


DATABASE_ADDRESS = "Database address with a password"

# What is random in the value is the group `key`; it tells a key from a placeholder.
_SHAPES: dict[str, re.Pattern[str]] = {
    "Discord webhook": re.compile(
        r"https://(?:\w+\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/\d{17,20}/(?P<key>[\w-]{60,80})"
    ),
    "Resend API key": re.compile(r"\bre_(?P<key>[A-Za-z0-9]{8}_[A-Za-z0-9]{24})(?![\w-])"),
    "Telegram bot token": re.compile(r"(?<![\w:])\d{8,10}:AA(?P<key>[\w-]{33})(?![\w-])"),
    "Mailgun API key": re.compile(r"(?<![\w-])key-(?P<key>[0-9a-f]{32})(?![\w-])"),
    "Supabase secret key": re.compile(r"\bsb_secret_(?P<key>[\w-]{20,64})"),
    "Mapbox secret token": re.compile(r"\bsk\.eyJ(?P<key>[\w-]{20,300}\.[\w-]{20,40})"),
    "Stripe webhook secret": re.compile(r"\bwhsec_(?P<key>[A-Za-z0-9+/]{32,64})"),
    DATABASE_ADDRESS: re.compile(
        r"\b(?:postgres(?:ql)?|mysql|mariadb|rediss?|amqps?|mongodb(?:\+srv)?)(?:\+\w{1,20})?://"
        r"[^\s:/@\"'`<>]{0,64}:(?P<key>[^\s:/@\"'`<>${}*\[\]]{6,128})@(?P<host>[\w.-]{1,253})"
    ),
}
# Keys that look like any other of their maker: only the name they are given tells them apart.
_NAMED: dict[str, re.Pattern[str]] = {
    "Amplitude secret key": re.compile(
        r"amplitude[^\n]{0,120}?secret[-_ ]?key[\"']?\s{0,3}(?:[:=,]|=>)\s{0,3}[\"'](?P<key>[0-9a-f]{32})[\"']",
        re.IGNORECASE,
    ),
}
_NO_PASSWORD = re.compile(
    r"(?:your|my|the|some|db|user|root|app|pg|test)?[-_]?"
    r"(?:pass(?:word|wd|phrase)?|pwd|secret|changeme|example|postgres|guest|admin|redis|mysql|xxx+)"
    r"(?:[-_]?here|\d{0,3})",
    re.IGNORECASE,
)
_NO_HOST = re.compile(
    r"(?:localhost|host(?:name)?|127\.[\d.]+|(?:.*\.)?example(?:\.(?:com|org|net))?|db|database|your.*)",
    re.IGNORECASE,
)
DISTINCT_MIN = 8
"""Characters that a made key has at least; `xxxxxxxx` and `abcabcabc` have fewer."""


def shaped(text: str) -> Iterator[Shaped]:
    """Yield every value in the text that has such a shape and is no placeholder."""
    for kind, pattern in _SHAPES.items():
        for match in pattern.finditer(text):
            key, host = match["key"], match.groupdict().get("host")
            if host is not None:
                if _NO_HOST.fullmatch(host) or _NO_PASSWORD.fullmatch(key):
                    continue
            elif len(set(key)) < DISTINCT_MIN:
                continue
            line = text.count("\n", 0, match.start()) + 1
            yield Shaped(kind=kind, line=line, value=match[0])
    for kind, pattern in _NAMED.items():
        for match in pattern.finditer(text):
            if len(set(match["key"])) >= DISTINCT_MIN:
                line = text.count("\n", 0, match.start("key")) + 1
                yield Shaped(kind=kind, line=line, value=match["key"])
