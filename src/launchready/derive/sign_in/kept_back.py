"""Whether strangers are shown anything of what a member reads at the same address."""

from __future__ import annotations

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser

from launchready.facts.http import Exchange

_WORD = re.compile(r"\w+")
_TEXT_MAX = 300_000
_TOGETHER = 3
"""So many words in a row are one thing said; single words are shared by all pages of a language."""
_READ_MIN = 5
"""A page of which a member reads less by itself is filled by scripts, with what is not seen here."""
_SHARED_MAX, _SHARED_RATIO_MAX = 5, 0.1
# A heading may stand on both pages; what a script is given to show is sentences of some length.
_SENTENCE = re.compile(r'"((?:[^"\\\n]|\\.){20,400}+)"')
_SPACES_MIN = 3

_Said = frozenset[tuple[str, ...]]


def kept_back(stranger: Exchange, member: Exchange, others: Sequence[Exchange]) -> bool:
    """Return whether a stranger's answer holds nothing of what the member reads there.

    What `others`, pages that everybody sees, say as well does not count. What a stranger's page
    holds for its scripts does: it is given to strangers, shown or not.
    """
    if stranger.body_cut or member.body_cut or not (_is_page(stranger) and _is_page(member)):
        return False
    everywhere: _Said = frozenset().union(*(_held(page) for page in others))
    read = _said(_visible(member.text)) - everywhere
    shared = read & _held(stranger)
    if len(read) < _READ_MIN or len(shared) > min(_SHARED_MAX, _SHARED_RATIO_MAX * len(read)):
        return False
    known = set().union(*(_sentences(page.text) for page in others))
    return not (_sentences(stranger.text) & _sentences(member.text)) - known


def _is_page(answer: Exchange) -> bool:
    return answer.status == 200 and "html" in answer.content_type


def _held(page: Exchange) -> _Said:
    """Return all that a page says, to its reader and to its scripts."""
    return _said(_visible(page.text)) | _said(page.text[:_TEXT_MAX])


def _said(text: str) -> _Said:
    words = [word.lower() for word in _WORD.findall(text[:_TEXT_MAX])]
    return frozenset(zip(*(words[n:] for n in range(_TOGETHER)), strict=False))


def _sentences(html: str) -> set[str]:
    found = (match[1] for match in _SENTENCE.finditer(html[:_TEXT_MAX]))
    return {text for text in found if text.count(" ") >= _SPACES_MIN}


def _visible(html: str) -> str:
    tree = LexborHTMLParser(html[:_TEXT_MAX])
    tree.strip_tags(["script", "style", "template", "noscript", "svg"])
    return tree.body.text(separator=" ") if tree.body is not None else ""
