"""Whether an answer is the usual one or that of a limit: a throttle is not always a 429."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from selectolax.lexbor import LexborHTMLParser

from launchready.facts.hops import parts
from launchready.facts.http import Exchange
from launchready.manifest import RouteKind

LIMIT_SHOWS_BY: dict[RouteKind, int] = {
    "auth": 20, "reset": 18, "invite": 20, "signup": 25, "chat": 55, "webhook": 55,
}  # fmt: skip
"""By so many attempts in a row from one visitor a limit must have shown, unless the route says."""
REQUESTS_MAX = 60
"""So many requests are sent to a route in all, the pages around the attempts counted.

A form with a token for each attempt that leads to another page, as resets often are, takes three an
attempt: so eighteen of them.
"""

_WAIT_MAX_S = 65
_CHANGING = re.compile(r"[0-9a-f]{6,}|\d+|[A-Za-z0-9+/_-]{24,}")
_WORDS = re.compile(
    r"too many (?:re|at|tri|log|sign|fail|times|wrong|inc)|too (?:fast|often|quickly|frequently)"
    r"|rate.?limit|throttl|slow(?:ing)? down"
    r"|try again (?:later|in\b|after)|please wait|wait (?:a (?:few|moment|while)|\d)"
    r"|(?:account|address|ip|login|log-in|access|you)[\w ]{0,40} (?:locked|blocked|suspended|disabled)"
    r"|locked out|quota exceeded|limit (?:exceeded|reached)"
    r"|zu viele|zu oft|trop de|trop souvent|demasiad|troppi|te veel|för många|muitas tentativas",
    re.IGNORECASE,
)
_CAPTCHA = re.compile(r"captcha|turnstile|not a robot|are you human", re.IGNORECASE)
_LOOK_AT = 60_000
# A refusal is short. What a long page says among other things may be its subject.
_SHORT_TEXT = 1_500


def asks_to_wait(answer: Exchange, *, usual: Exchange | None = None) -> bool:
    """Return whether status or header say that a limit was reached (RFC 6585 section 4)."""
    if answer.status == 429:
        return True
    if "retry-after" not in answer.headers:
        return False
    # Behind a refusal or a redirect; a page in maintenance says so from the first answer on.
    refuses = answer.status in {403, 423} or answer.location is not None
    return refuses if usual is None else refuses or "retry-after" not in usual.headers


def wait_s(answer: Exchange) -> int | None:
    """Return the whole seconds that a limit asks to wait; None when it names none.

    RFC 9110 section 10.2.3; a date, which limits do not use, counts as none.
    """
    said = (answer.headers.get("retry-after") or "").strip()
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None


def worth_waiting_s(answer: Exchange) -> int | None:
    """Return the seconds until a limit by the minute opens; None where none asks, or for longer.

    Who looks has come to a limit that an earlier run has reached: it is waited for once.
    """
    pause_s = wait_s(answer) if asks_to_wait(answer) else None
    return pause_s if pause_s is not None and pause_s <= _WAIT_MAX_S else None


def says_limited(answer: Exchange, *, usual: Exchange | None = None) -> bool:
    """Return whether an answer says by itself that a limit was reached, by status or in words.

    With the `usual` answer beside it only what that one does not say counts, in however long a
    page; alone, words count only where they are about all that it says.
    """
    if asks_to_wait(answer, usual=usual):
        return True
    lines = _said(answer)
    if usual is not None:
        known = set(_said(usual))
        new = [line for line in lines if line not in known]
        return any(_WORDS.search(line) or _CAPTCHA.search(line) for line in new)
    short = sum(map(len, lines)) <= _SHORT_TEXT
    return short and any(_WORDS.search(line) for line in lines)


def gist(answer: Exchange) -> str:
    """Return what an answer is in a few words: status, where it leads, what it holds."""
    to = answer.location
    where = f" to {parts(to).path or to}" if to else ""
    kind = f", {answer.content_type}" if answer.content_type and not to else ""
    return f"{answer.status}{where}{kind}"


def news(usual: Exchange | None, other: Exchange) -> str:
    """Return the line that an answer says and the usual one does not, at most 80 characters."""
    known = set(_said(usual)) if usual is not None else set()
    lines = [line for line in _said(other) if line not in known]
    telling = [line for line in lines if _WORDS.search(line) or _CAPTCHA.search(line)]
    return next(iter(telling + lines), "")[:80]


def same_answer(usual: Exchange, other: Exchange) -> bool:
    """Return whether two answers say the same but for what changes every time (tokens, numbers).

    Status, where a redirect leads and what a reader sees are compared; scripts and attributes,
    where tokens live, are not.
    """
    if usual.status != other.status:
        return False
    return set(_said(usual)) == set(_said(other))


def _said(answer: Exchange) -> list[str]:
    """Return what an answer tells a reader, line by line, without numbers and tokens."""
    lines = [answer.location and _target(answer.location)] if answer.location else []
    text = answer.text[:_LOOK_AT]
    if "html" in answer.content_type or text.lstrip()[:1] == "<":
        text = _visible(text)
    lines += text.splitlines()
    return [
        line
        for line in (" ".join(_CHANGING.sub("#", one or "").split()) for one in lines)
        if line.strip("# .,:;-")
    ]


def _visible(html: str) -> str:
    tree = LexborHTMLParser(html)
    tree.strip_tags(["script", "style", "template", "noscript", "svg"])
    return tree.body.text(separator="\n") if tree.body is not None else ""


def _target(location: str) -> str:
    """Return where a redirect leads, with the message that it may carry in its query."""
    split = parts(location)
    where = f"{split.path}?{split.query}" if split.query else split.path
    return unquote_plus(where) if split.netloc or where else location
