"""Whether two answers are one page: single-page apps and soft 404s answer any path with the same."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from launchready.facts.http import Exchange

_LOOK_AT = 40_000
# What changes with every answer: nonces, tokens, request ids, times.
_VOLATILE = re.compile(r"[0-9a-f]{8,}|[A-Za-z0-9+/_=-]{16,}|\d+")
_WORD = re.compile(r"\w+")
_TITLE = re.compile(r"<title[^<>]{0,200}>(.{0,500}?)</title", re.IGNORECASE | re.DOTALL)


def title(answer: Exchange) -> str:
    """Return the title of an HTML answer, spaces made single; empty when it has none."""
    found = _TITLE.search(answer.text[:_LOOK_AT])
    return " ".join(found[1].split())[:200] if found else ""


def same_page(one: Exchange, other: Exchange) -> bool:
    """Return whether two answers show the same page but for what changes with every request.

    The path asked, numbers and tokens do not count; of the other words nine tenths are shared.
    """
    if one.status != other.status or one.content_type != other.content_type:
        return False
    if one.body == other.body:
        return True
    mine, theirs = _words(one), _words(other)
    if not mine and not theirs:
        # Only what changes is there: two tokens, two images.
        return one.content_type == "text/html"
    return len(mine & theirs) >= 0.9 * len(mine | theirs)


def _words(answer: Exchange) -> set[str]:
    text = answer.text[:_LOOK_AT]
    parts = urlsplit(answer.url)
    target = f"{parts.path}?{parts.query}"
    asked = (answer.url, target, unquote(target), parts.path, unquote(parts.path))
    for spelling in (*asked, parts.path.strip("/")):
        if len(spelling) > 1:
            text = text.replace(spelling, " ")
    return set(_WORD.findall(_VOLATILE.sub(" ", text)))
