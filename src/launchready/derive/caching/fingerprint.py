"""Is a file's name bound to its content, so that it may be cached for ever? Recognised by its hash."""

from __future__ import annotations

import re
from itertools import pairwise
from urllib.parse import parse_qsl, unquote

from launchready.facts.hops import parts

# Folders where build tools keep nothing but files with a hash, or a build's number, in their path.
_FOLDERS = re.compile(r"/_next/static/(?!development/|webpack/)|/immutable/")
_FILE = re.compile(
    r"\.(?:m?js|css|map|woff2?|ttf|otf|eot|svg|png|jpe?g|gif|webp|avif|ico|mp[34]|webm|wasm|json|pdf)\Z",
    re.IGNORECASE,
)
_VERSIONS = frozenset({"v", "ver", "version", "id", "h", "hash", "t", "rev", "cb", ""})

_HEX = re.compile(r"[0-9a-f]{8,64}|[0-9A-F]{8,64}")
_WORD_NUMBER = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)\d{1,4}|v?\d+[a-z]{0,4}|\d+x\d+")
_CAMEL = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,4}(?=[A-Z][a-z]|\Z)|\d{1,2}")
# Syllables as most languages in Latin letters have them: few consonants beside each other.
_WORD = re.compile(
    r"(?:(?:str|scr|spl|spr|thr|shr|sch|[^aeiouy]{0,2})[aeiouy]{1,3})+"
    r"(?:[^aeiouy]{0,2}|ght|nds|rst|nch|lts|rds|rks|cts|nts|tch|rch|lls|rts|sts)",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Za-z0-9_-]{8}|[A-Za-z0-9_-]{20,32}")


def is_fingerprinted(url: str) -> bool:
    """Return whether the URL names a file by its content.

    Known by a hash in the name as webpack, Vite, Rollup, esbuild, Angular, Astro, Nuxt, Next.js,
    SvelteKit, Gatsby, Rails, Phoenix, Django, Laravel and Hugo put it there, or by a hash or
    digest marker in the query. A version number (`?ver=6.4`, `jquery-3.7.1`) is none.
    """
    split = parts(url)
    path = unquote(split.path)
    name = path.rpartition("/")[2]
    if not _FILE.search(name):
        return False
    if _FOLDERS.search(path):
        return True
    pairs = parse_qsl(split.query, keep_blank_values=True)
    if any(k in _VERSIONS and (_is_hex(v) or v == "d") for k, v in pairs) or _is_hex(split.query):
        return True
    # The parts of the name without its extension; the last may hold a dash or an underscore itself.
    stem = name[: name.rindex(".")]
    segments = [s for s in re.split(r"[.~]", stem) if s not in {"min", "bundle", "chunk", "module"}]
    for segment in segments:
        if any(_is_hex(piece) for piece in re.split(r"[-_]", segment)):
            return True
    last = segments[-1] if segments else ""
    if len(segments) > 1 and _is_code(last):
        return True
    return any(_is_code(last[at + 1 :]) for at, char in enumerate(last) if char == "-" and at) or (
        len(segments) == 1 and _is_code(last) and _mixed(last)
    )


def _is_hex(text: str) -> bool:
    """Return whether the text is a hash in hex: long enough, with digits and letters."""
    return bool(_HEX.fullmatch(text)) and not text.isdigit() and any(c.isdigit() for c in text)


def _is_code(text: str) -> bool:
    """Return whether the text is a hash in base 32 or 64, and neither words nor a version."""
    if not _CODE.fullmatch(text) or _WORD_NUMBER.fullmatch(text):
        return False
    if _is_hex(text):
        return True
    pieces = [p for p in re.split(r"[-_]", text) if p]
    return _mixed(text) and not all(_is_word(p) for p in pieces)


def _is_word(text: str) -> bool:
    """Return whether the text is a word, words written together (`HomePage`) or a version."""
    if text.isdigit() or _WORD_NUMBER.fullmatch(text):
        return True
    pieces = _CAMEL.findall(text)
    return "".join(pieces) == text and all(
        p.isupper() or p.isdigit() or _WORD.fullmatch(p) for p in pieces
    )


def _mixed(text: str) -> bool:
    """Return whether digits, capitals and small letters change places as they do in no word."""
    kinds = ["d" if c.isdigit() else "U" if c.isupper() else "l" for c in text if c.isalnum()]
    changes = sum(a != b for a, b in pairwise(kinds))
    return changes >= 2 or (text.isupper() and text.isalnum())
