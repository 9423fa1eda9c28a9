"""Pages that send the visitor on by themselves: the Refresh field, `<meta http-equiv="refresh">`, a script."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

from selectolax.lexbor import LexborHTMLParser, LexborNode

from launchready.derive.pages.csp import enforced
from launchready.derive.pages.page import absolute, base_of
from launchready.facts.http import Exchange

# The page itself is not read in that time; with a longer one it is a page with a notice.
AT_ONCE_S = 1

# The "shared declarative refresh steps" of the HTML standard.
_REFRESH = re.compile(
    r"\s*(?P<seconds>[0-9]{0,9})(?:\.[0-9.]*)?(?:\s*[;,]\s*|\s+)(?:url\s*=\s*)?(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)

# A script that does nothing else, so that no condition stands before it.
_LITERAL = r"(?P<quote>[\"'`])(?P<url>[^\"'`\\\s$]{1,2000})(?P=quote)"
_LEAVES = re.compile(
    r"\s*(?:(?:window|self|top|parent|document|globalThis)\.){0,2}location\s*"
    rf"(?:(?:\.\s*href)?\s*=\s*{_LITERAL}"
    rf"|\.\s*(?:replace|assign)\(\s*{_LITERAL.replace('quote', 'quote2').replace('url', 'url2')}\s*\))\s*;?\s*(?:return false;?\s*)?"
)
_SCRIPT_TYPES = frozenset({"", "text/javascript", "application/javascript", "module"})
_SCRIPT_MAX = 2_500


def sent_on(answer: Exchange) -> str | None:
    """Return the absolute URL that a page sends a browser on to at once; None when it does not.

    Of scripts only one that does nothing but leave is followed: no condition stands before it.
    What stands in `noscript` is for browsers without scripts and counts for nothing here, nor
    does a page that loads itself again.
    """
    if answer.status != 200:
        return None
    field = answer.headers.get("refresh")
    if field and (there := _target(field, answer.url)):
        return _elsewhere(there, answer.url)
    if "html" not in answer.content_type:
        return None
    body = answer.body.lower()
    refreshes, leaves = b"http-equiv" in body, b"location" in body
    if not (refreshes or leaves):
        return None
    tree = LexborHTMLParser(answer.text)
    if leaves and (there := _left_for(LexborHTMLParser(_with_scripts(answer.text)), answer)):
        return there
    for node in tree.css("meta[http-equiv][content]"):
        named = (node.attributes.get("http-equiv") or "").strip().lower() == "refresh"
        if named and not _without_scripts(node):
            # The first that can be read decides.
            there = _target(node.attributes.get("content") or "", base_of(tree, answer.url))
            return _elsewhere(there, answer.url)
    return None


def _left_for(tree: LexborHTMLParser, answer: Exchange) -> str | None:
    """Return where a script in the page goes that does nothing else, and that the page's policy lets run."""
    for node in tree.css("script:not([src]), body[onload]"):
        on_load = node.tag == "body"
        text = node.attributes.get("onload") or "" if on_load else node.text(strip=False)
        kind = "" if on_load else (node.attributes.get("type") or "").strip().lower()
        match = _LEAVES.fullmatch(text) if len(text) <= _SCRIPT_MAX else None
        if match is None or kind not in _SCRIPT_TYPES or _without_scripts(node):
            continue
        there = absolute(match["url"] or match["url2"], base_of(tree, answer.url))
        if there and there != answer.url.partition("#")[0] and _may_run(node, text, answer):
            return there
    return None


def _with_scripts(html: str) -> str:
    """Return a page as browsers that run scripts read it: without what stands in `noscript`.

    The parser reads as one that runs none, and lets scripts out of it.
    """
    lower, kept, at = html.lower(), [], 0
    if len(lower) != len(html):
        return html
    while (start := lower.find("<noscript", at)) >= 0:
        kept.append(html[at:start])
        end = lower.find("</noscript", start)
        at = end if end >= 0 else len(html)
    return "".join([*kept, html[at:]])


def _may_run(node: LexborNode, text: str, answer: Exchange) -> bool:
    """Return whether the page's own policies let a script in it run (CSP Level 3, section 6.7.3)."""
    nonce = f"'nonce-{node.attributes.get('nonce') or ''}'"
    digest = f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
    for policy in enforced(answer):
        sources = policy.sources("script-src-elem", "script-src", "default-src")
        if sources is None:
            continue
        told_apart = any(s.startswith(("'nonce-", "'sha")) for s in sources)
        if told_apart and node.tag != "body" and {nonce, digest} & set(sources):
            continue
        if told_apart or "'unsafe-inline'" not in sources:
            return False
    return True


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
