"""Whether an answer is the usual one or that of a limit: a throttle is not always a 429."""

from __future__ import annotations

import difflib
import re
from urllib.parse import urlsplit

from launchready.facts.http import Exchange
from launchready.manifest import RouteKind

LIMIT_SHOWS_BY: dict[RouteKind, int] = {
    "auth": 20, "reset": 20, "invite": 20, "signup": 30, "chat": 60, "webhook": 60,
}  # fmt: skip
"""By so many requests in a row from one visitor a limit must have shown, unless the route says."""
REQUESTS_MAX = 60

_CHANGING = re.compile(r"[0-9a-f]{6,}|\d+|[A-Za-z0-9+/_-]{24,}")
_WORDS = re.compile(
    r"too many|rate.?limit|throttl|slow down|try again (?:later|in)|temporarily (?:blocked|locked)"
    r"|account (?:is |has been )?locked|captcha|zu viele|trop de|demasiad",
    re.IGNORECASE,
)
_SAME_RATIO = 0.9


def says_limited(answer: Exchange) -> bool:
    """Return whether an answer says by itself that a limit was reached (RFC 6585 section 4)."""
    if answer.status == 429:
        return True
    refused = answer.status in {403, 423, 503} and "retry-after" in answer.headers
    return refused or bool(_WORDS.search(answer.text[:20_000]))


def gist(answer: Exchange) -> str:
    """Return what an answer is in a few words: status, where it leads, how long it is."""
    to = answer.location
    where = f" to {urlsplit(to).path or to}" if to else ""
    kind = f", {answer.content_type}" if answer.content_type and not to else ""
    return f"{answer.status}{where}{kind}"


def same_answer(usual: Exchange, other: Exchange) -> bool:
    """Return whether two answers are the same but for what changes every time (tokens, dates)."""
    if usual.status != other.status or says_limited(usual) != says_limited(other):
        return False
    if _target(usual) != _target(other):
        return False
    a, b = _stripped(usual), _stripped(other)
    return (
        a == b or difflib.SequenceMatcher(None, a, b, autojunk=False).quick_ratio() >= _SAME_RATIO
    )


def _target(answer: Exchange) -> str:
    to = answer.location
    return _CHANGING.sub("#", urlsplit(to).path) if to else ""


def _stripped(answer: Exchange) -> str:
    return _CHANGING.sub("#", answer.text[:20_000])
