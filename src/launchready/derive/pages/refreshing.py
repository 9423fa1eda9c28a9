"""Pages that send the visitor on by themselves: `<meta http-equiv="refresh">` and the Refresh field."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from launchready.derive.pages.page import absolute, base_of
from launchready.facts.http import Exchange

# The page itself is not read in that time; with a longer one it is a page with a notice.
AT_ONCE_S = 1

# The "shared declarative refresh steps" of the HTML standard.
_REFRESH = re.compile(
    r"\s*(?P<seconds>[0-9]{0,9})(?:\.[0-9.]*)?(?:\s*[;,]\s*|\s+)(?:url\s*=\s*)?(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)


def sent_on(answer: Exchange) -> str | None:
    """Return the absolute URL that a page sends a browser on to at once; None when it does not.

    What stands in `noscript` is for browsers without scripts and counts for nothing here, nor
    does a page that loads itself again.
    """
    if answer.status != 200:
        return None
    field = answer.headers.get("refresh")
    if field and (there := _target(field, answer.url)):
        return _elsewhere(there, answer.url)
    if "html" not in answer.content_type or b"http-equiv" not in answer.body.lower():
        return None
    tree = LexborHTMLParser(answer.text)
    for node in tree.css("meta[http-equiv][content]"):
        named = (node.attributes.get("http-equiv") or "").strip().lower() == "refresh"
        if named and not _without_scripts(node):
            # The first that can be read decides.
            there = _target(node.attributes.get("content") or "", base_of(tree, answer.url))
            return _elsewhere(there, answer.url)
    return None


def _elsewhere(there: str | None, here: str) -> str | None:
    return there if there != here.partition("#")[0] else None


def _without_scripts(node: LexborNode) -> bool:
    above = node.parent
    while above is not None:
        if above.tag in {"noscript", "template"}:
            return True
        above = above.parent
    return False


def _target(content: str, base: str) -> str | None:
    match = _REFRESH.fullmatch(content)
    if match is None or int(match["seconds"] or 0) > AT_ONCE_S:
        return None
    rest = match["rest"].strip()
    if rest[:1] in {'"', "'"}:
        rest = rest[1:].partition(rest[0])[0]
    return absolute(rest, base)
