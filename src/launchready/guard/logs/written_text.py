"""What people wrote, and links that let somebody in once, told by the text around them.

Libraries put what they were given into the texts of their exceptions: the words of a post, the hash
of a password. Each reading takes its text once, from left to right.
"""

from __future__ import annotations

import re

from launchready.guard.logs.secret_text import HIDDEN

MESSAGES = frozenset({"messages", "message_text", "content", "prompt", "question", "completion"})
"""Keys of what somebody wrote, or was answered, where values are logged by their names."""

_PRINTED = (
    # SQLAlchemy, with the values of the statement that failed.
    ("[parameters:", re.compile(r"(\[parameters: )[^\n]*+")),
    # Pydantic, and FastAPI of an answer.
    ("input", re.compile(r"(input_value=|['\"]input['\"]: )[^\n]*+")),
    # PostgreSQL's details, asyncpg and psycopg.
    ("key (", re.compile(r"(Key \([^\n()]{0,200}\)=\()[^\n]*+")),
    ("invalid input", re.compile(r"(invalid input (?:syntax )?for [^\n:]{0,100}: )[^\n]*+")),
)
_ROW, _ROW_ENDS = "Failing row contains (", "\n[SQL"
"""A row may hold line ends of its own: it ends where SQLAlchemy goes on, or not at all."""

# As a program writes it down; what was written down twice ends with its line.
_STRING = r"(?:\\{1,3}[\"'][^\n]*+|\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\"?+|'[^'\\]*+(?:\\.[^'\\]*+)*+'?+)"

_UNREADABLE = re.compile(
    r"((?:could not convert string to \w{1,20}|invalid literal for int\(\) with base \d{1,2}): )"
    + _STRING
)
"""What Python says of a text that is no number."""

_ONCE = (
    r"reset|invit|confirm|verif|magic|activat|token|unsubscribe|recover|one-?time|passw|sign-?in"
    r"|log-?in|join"
)
_LINK = re.compile(
    rf"(/[\w.-]{{0,20}}(?:{_ONCE})[\w.-]{{0,20}}/(?:[\w-]{{1,8}}/)?)([\w.~%:-]{{8,}}+)",
    re.IGNORECASE,
)
_LINK_QUERY = re.compile(
    rf"(/[\w.-]{{0,20}}(?:{_ONCE})[\w./-]{{0,40}}\?)([^\s\"'<>#]++)", re.IGNORECASE
)
_TOLD = re.compile(r"(=)[\w.~%:+/-]{6,}+")
_HOOK = re.compile(
    r"(hooks\.slack\.com/\w{1,20}/|api\.telegram\.org/bot|discord(?:app)?\.com/api/webhooks/)"
    r"[^\s\"'<>]++",
    re.IGNORECASE,
)


def keyed(names: frozenset[str]) -> re.Pattern[str]:
    """Return what finds a text under one of these names in JSON, or in what Python prints."""
    either = "|".join(re.escape(name) for name in sorted(names))
    return re.compile(
        rf"(\\{{0,3}}[\"'](?:{either})\\{{0,3}}[\"']\s{{0,4}}+:\s{{0,4}}+)b?{_STRING}",
        re.IGNORECASE | re.DOTALL,
    )


def hide_written(text: str) -> str:
    """Return the text without the values that libraries print with their failures."""
    low = text.lower()
    for mark, printed in _PRINTED:
        if mark in low:
            text = printed.sub(rf"\1{HIDDEN}", text)
    if "could not convert" in low or "invalid literal" in low:
        text = _UNREADABLE.sub(rf"\1'{HIDDEN}'", text)
    start = text.find(_ROW)
    if start >= 0:
        end = text.find(_ROW_ENDS, start)
        text = text[: start + len(_ROW)] + HIDDEN + (text[end:] if end >= 0 else "")
    return text


def hide_links(text: str) -> str:
    """Return the text without the tokens of links that reset, confirm or invite."""
    if "/" not in text:
        return text
    if "hooks." in text or "api." in text or "discord" in text:
        text = _HOOK.sub(rf"\1{HIDDEN}", text)
    if "?" in text:
        text = _LINK_QUERY.sub(lambda m: m[1] + _TOLD.sub(rf"\1{HIDDEN}", m[2]), text)
    return _LINK.sub(_link, text)


def _link(match: re.Match[str]) -> str:
    token = match[2]
    made = any(c.isdigit() for c in token) or (len(token) >= 16 and not token.islower())
    return match[1] + HIDDEN if made else match[0]
