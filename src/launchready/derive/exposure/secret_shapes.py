"""Secrets whose makers gave them a shape of their own, which the engine's rules leave out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from launchready.derive.exposure.secret_kinds import public_by_design, test_only
from launchready.derive.exposure.secret_views import decoded_text, views


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaped:
    """A value of such a shape. `line` counts from 1; the value is never shown."""

    kind: str
    line: int
    value: str = field(repr=False)


DATABASE_ADDRESS = "Database address with a password"
ENGINE_KNOWS = frozenset({
    DATABASE_ADDRESS, "Live secret key (sk_live_)", "Anthropic API key", "OpenAI API key",
    "GitHub token", "SendGrid API key", "Slack token", "Private key", "Log-in in a header",
})  # fmt: skip
"""Kinds that the engine finds as well, but not in comments, in addresses or behind escapes."""

# What stands in every value of the kind, one of several: only around it a text is searched.
_MARKS: dict[str, tuple[str, ...]] = {
    "Discord webhook": ("webhooks/",), "Resend API key": ("re_",), "Telegram bot token": (":AA",),
    "Mailgun API key": ("key-",), "Supabase secret key": ("sb_secret_",),
    "Mapbox secret token": ("sk.eyJ",), "Stripe webhook secret": ("whsec_",),
    "Netlify access token": ("nfp_",), "ElevenLabs API key": ("sk_",),
    "Notion integration token": ("secret_",), "Cloudinary address with a secret": ("cloudinary://",),
    DATABASE_ADDRESS: ("://",), "Live secret key (sk_live_)": ("k_live_",),
    "Anthropic API key": ("sk-ant-",), "OpenAI API key": ("T3BlbkFJ",),
    "GitHub token": ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    "SendGrid API key": ("SG.",), "Slack token": ("xox",), "Private key": ("PRIVATE KEY-----",),
    "Upstash QStash token": ("eyJVc2VySUQiOi",), "Firebase server key": (":APA91b",),
    "Discord bot token": (".",), "Log-in in a header": ("Basic ",),
}  # fmt: skip
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
    "Netlify access token": re.compile(r"\bnfp_(?P<key>[A-Za-z0-9]{36,40})(?![\w-])"),
    "ElevenLabs API key": re.compile(r"\bsk_(?P<key>[0-9a-f]{48})(?![\w-])"),
    "Notion integration token": re.compile(r"\bsecret_(?P<key>[A-Za-z0-9]{43})(?![\w-])"),
    "Cloudinary address with a secret": re.compile(
        r"\bcloudinary://\d{12,18}:(?P<key>[\w-]{20,40})@[\w-]{1,60}"
    ),
    "Live secret key (sk_live_)": re.compile(r"\b[sr]k_live_(?P<key>[A-Za-z0-9]{24,247})(?![\w-])"),
    "Anthropic API key": re.compile(r"\bsk-ant-(?:api|admin)\d\d-(?P<key>[\w-]{80,120})"),
    "OpenAI API key": re.compile(r"\bsk-(?P<key>[\w-]{20,200}T3BlbkFJ[\w-]{20,200})"),
    "GitHub token": re.compile(
        r"\b(?:gh[pousr]_|github_pat_)(?P<key>[A-Za-z0-9]{36}|[A-Za-z0-9]{22}_[A-Za-z0-9]{59})(?![\w-])"
    ),
    "SendGrid API key": re.compile(r"\bSG\.(?P<key>[\w-]{22}\.[\w-]{43})(?![\w-])"),
    "Slack token": re.compile(r"\bxox[bp]-(?P<key>\d{9,14}-[\w-]{20,120})"),
    "Private key": re.compile(
        r"-----BEGIN (?:[A-Z]{2,9} ){0,2}PRIVATE KEY-----(?P<key>[\s\\A-Za-z0-9+/=]{100,200})"
    ),
    "Upstash QStash token": re.compile(
        r"\beyJVc2VySUQiOi(?P<key>[A-Za-z0-9+/]{60,300}={0,2})(?![\w+/])"
    ),
    # A device's own token has 22 characters before the colon, and is no secret of the project.
    "Firebase server key": re.compile(r"(?<![\w-])AAAA[\w-]{7}:APA91b(?P<key>[\w-]{134})(?![\w-])"),
    "Discord bot token": re.compile(
        r"(?<![\w.-])(?P<key>[MNO][\w-]{22,27}\.[\w-]{6,7}\.[\w-]{27,38})(?![\w.-])"
    ),
    "Log-in in a header": re.compile(r"\bBasic (?P<key>[A-Za-z0-9+/]{12,200}={0,2})(?![\w+/])"),
    DATABASE_ADDRESS: re.compile(
        r"\b(?:postgres(?:ql)?|mysql|mariadb|rediss?|amqps?|mongodb(?:\+srv)?)(?:\+\w{1,20})?://"
        r"[^\s:/@\"'`<>]{0,64}:(?P<key>[^\s:/@\"'`<>${}*\[\]]{6,128})@(?P<host>[\w.-]{1,253})"
    ),
}
# Keys that look like any other of their maker: only the name they are given tells them apart.
_NAMED: dict[str, re.Pattern[str]] = {
    "Upstash token": re.compile(
        r"upstash[^\n]{0,160}?token[\"']?\s{0,3}(?:[:=,]|=>)\s{0,3}[\"'](?P<key>A[\w+/-]{40,120}={0,2})[\"']",
        re.IGNORECASE,
    ),
    "Lemon Squeezy API key": re.compile(
        r"lemon[-_]?squeezy[^\n]{0,120}?[\"'](?P<key>eyJ[\w-]{10,200}\.[\w-]{20,2000}\.[\w-]{20,1000})[\"']",
        re.IGNORECASE,
    ),
    "Strapi API token": re.compile(
        r"strapi[^\n]{0,120}?[\"'](?P<key>[0-9a-f]{256})[\"']", re.IGNORECASE
    ),
    "Amplitude secret key": re.compile(
        r"amplitude[^\n]{0,120}?secret[-_ ]?key[\"']?\s{0,3}(?:[:=,]|=>)\s{0,3}[\"'](?P<key>[0-9a-f]{32})[\"']",
        re.IGNORECASE,
    ),
    "Twilio auth token": re.compile(
        r"(?:\bAC[0-9a-f]{32}\b|twilio)[^\n]{0,120}?auth[_-]?token[\"']?\s{0,3}(?:[:=,]|=>)\s{0,3}[\"'](?P<key>[0-9a-f]{32})[\"']",
        re.IGNORECASE,
    ),
}
_NAMES = {
    "Upstash token": "upstash", "Lemon Squeezy API key": "lemon", "Strapi API token": "strapi",
    "Amplitude secret key": "amplitude", "Twilio auth token": "auth",
}  # fmt: skip
# Of no maker in particular: the name says that it is a secret, the value that it was made.
_CALLED_SECRET = re.compile(
    r"(?:secret(?:[_-]?(?:key|token))?|admin[_-]?(?:api[_-]?)?key)[\"']?\s{0,3}(?:[:=]|=>)\s{0,3}"
    r"[\"'](?P<key>[A-Za-z0-9][A-Za-z0-9+/_=-]{19,127})[\"']",
    re.IGNORECASE,
)
# Words in a row; what a payment's page may know (Stripe's client secrets); placeholders.
_NOT_MADE = re.compile(
    r"[A-Za-z]+(?:[_-][A-Za-z]+)*[_-]?\d{0,3}|(?:pi|seti|cs|src|pm|acct)_.*|.*_secret_.*"
    r"|.*(?:your|example|change|placeholder|xxxx|here).*",
    re.IGNORECASE,
)
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
_BY_NAME_ALONE = "Generic value that is named a secret"
_BEFORE, _BEHIND = 320, 700
"""No value of a shape reaches further from its mark, in characters."""
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
DISTINCT_MIN = 8
"""Characters that a made key has at least; `xxxxxxxx` and `abcabcabc` have fewer."""


def shaped(text: str) -> Iterator[Shaped]:
    """Yield every value in the text that has such a shape and is no placeholder, each once.

    Shapes of a maker are also looked for where the text joins, escapes or encodes them once.
    """
    seen = set()
    for first_line, view in ((1, text), *views(text)):
        for found in _of_makers(view, first_line):
            if found.value not in seen:
                seen.add(found.value)
                yield found
    yield from _named(text)


def _of_makers(text: str, first_line: int) -> Iterator[Shaped]:
    for kind, pattern in _SHAPES.items():
        for match in _near(text, pattern, _MARKS[kind]):
            key, host = match["key"], match.groupdict().get("host")
            if host is not None:
                if _NO_HOST.fullmatch(host) or _NO_PASSWORD.fullmatch(key):
                    continue
            elif len(set(key)) < DISTINCT_MIN or not _PROOFS.get(kind, bool)(key):
                continue
            line = text.count("\n", 0, match.start()) + first_line
            yield Shaped(kind=kind, line=line, value=match[0])


def _near(
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


def _is_bot(token: str) -> bool:
    """Return whether a token begins with the number of a Discord account, as each bot's does."""
    number = decoded_text(token.partition(".")[0])
    return number.isdigit() and 17 <= len(number) <= 20


def _is_log_in(value: str) -> bool:
    """Return whether a value is a user and a password that somebody chose (RFC 7617)."""
    user, colon, password = decoded_text(value).partition(":")
    good = colon and user and len(password) >= DISTINCT_MIN and " " not in password
    return bool(good) and _NO_PASSWORD.fullmatch(password) is None


_PROOFS: dict[str, Callable[[str], bool]] = {
    "Discord bot token": _is_bot,
    "Log-in in a header": _is_log_in,
}


def _named(text: str) -> Iterator[Shaped]:
    named, lower = set(), text.lower()
    if len(lower) != len(text):
        # Some letters outside ASCII are longer in lower case; the names are written within it.
        lower = text.translate(_LOWER)
    for kind, pattern in _NAMED.items():
        if _NAMES[kind] not in lower:
            continue
        for match in pattern.finditer(text):
            named.add(match["key"])
            if len(set(match["key"])) >= DISTINCT_MIN:
                line = text.count("\n", 0, match.start("key")) + 1
                yield Shaped(kind=kind, line=line, value=match["key"])
    for match in _near(text, _CALLED_SECRET, ("secret", "admin"), lower):
        if match["key"] not in named and _made(match["key"]):
            line = text.count("\n", 0, match.start("key")) + 1
            yield Shaped(kind=_BY_NAME_ALONE, line=line, value=match["key"])


def _made(value: str) -> bool:
    """Return whether a value looks made by a machine, and is not meant for pages."""
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    if not mixed or len(set(value)) < DISTINCT_MIN or _NOT_MADE.fullmatch(value):
        return False
    return not test_only(value) and not public_by_design("generic-secret", value)
