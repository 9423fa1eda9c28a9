"""What an answer gives one visitor alone: the value of a session cookie, the token of a form."""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser

from launchready.derive.caching.personal import is_session_cookie, set_cookies
from launchready.facts.http import Exchange

_PREFIX = re.compile(r"__(?:host|secure)-(?:http-)?", re.IGNORECASE)
# Narrower than what counts as personal: `app_token` may well be the same for everybody.
_SESSION = re.compile(r"sess|sid\b|csrf|xsrf", re.IGNORECASE)
_FORM_TOKEN = re.compile(
    r"_?csrf.*|.*csrf[_-]?token|authenticity_token|_token|xsrf.*|__RequestVerificationToken",
    re.IGNORECASE,
)
_OPAQUE_MIN = 16
_OPAQUE_MAX = 4_096
# How JSON begins, and what zlib makes: an app that keeps its session in the cookie writes the same for
# all whom it knows nothing about. Both need their second byte: with the first alone, each 25th number in
# hexadecimal digits would look like it.
_READABLE = re.compile(rb"[{]\s*(?:\"|[}]\s*\Z)|\[\s*(?:[\"{\[\d]|\]\s*\Z)|x[\x01\x5e\x9c\xda]")


def given(answer: Exchange) -> dict[str, str]:
    """Return what this answer gives that nobody else should get, by what it is called.

    Only values that look drawn by chance: long enough, letters and digits, no readable data. They
    are secrets: for comparing, and for nothing else.
    """
    found = {}
    for cookie in set_cookies(answer.headers):
        bare = _PREFIX.sub("", cookie.name)
        if is_session_cookie(bare) and _SESSION.search(bare) and _opaque(cookie.value):
            found[f"the cookie {cookie.name[:60]}"] = cookie.value
    if "html" in answer.content_type:
        for node in LexborHTMLParser(answer.text).css('input[type="hidden" i][name][value]'):
            name, value = node.attributes.get("name") or "", node.attributes.get("value") or ""
            if _FORM_TOKEN.fullmatch(name) and _opaque(value):
                found[f"the form token {name[:60]}"] = value
    return found


def given_again(first: Exchange, second: Exchange) -> tuple[str, ...]:
    """Return what the second answer gives that the first one gave already, cookies first."""
    again = given(second)
    return tuple(name for name, value in given(first).items() if again.get(name) == value)


def _opaque(value: str) -> bool:
    value = unquote(value).strip('"')
    if not _OPAQUE_MIN <= len(value) <= _OPAQUE_MAX:
        return False
    if not (any(c.isdigit() for c in value) and any(c.isalpha() for c in value)):
        return False
    start = next((piece for piece in re.split(r"[.:|]|--", value) if piece), "")
    return not (start.startswith(("{", "[")) or _READABLE.match(_decoded(start[:8])))


def _decoded(start: str) -> bytes:
    try:
        return urlsafe_b64decode(start.rstrip("=") + "=" * (-len(start.rstrip("=")) % 4))
    except (binascii.Error, ValueError):
        return b""
