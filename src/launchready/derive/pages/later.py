"""What scripts name that browsers load later: chunks, workers, settings, further modules.

Read from the text alone, as bundlers write it: names in quotes (Vite, esbuild, Parcel, import maps,
service workers) and the names that webpack puts together from numbers. Not every name is a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from launchready.derive.pages.page import absolute, base_of

NAMES_MAX = 200
"""So many names of one text are taken."""
_EXPRESSION_MAX = 30_000
_QUOTED = re.compile(
    r"[\"'`]([^\"'`\s\\<>{}|*]{1,300}?\.(?:m?js|json|webmanifest))(?:\?[^\"'`\s\\<>]{0,80})?[\"'`]"
)
# What these are given is relative to the page, whichever script calls them.
_OF_THE_PAGE = re.compile(
    r"(?:serviceWorker\.register|importScripts|\bfetch|new (?:Shared)?Worker)\(\s{0,9}[\"'`]([\w./-]{1,200}\.(?:m?js|json))[\"'`]"
)
# webpack: how a chunk's file is called by its number, where it lies, and which are asked for.
_CALLED = re.compile(r"\.u=(?:\(?\w{1,3}\)?=>|function\(\w{1,3}\)\{return )")
_LIES_AT = re.compile(r"\.p=[\"']([^\"'\s]{1,200})[\"']")
_ASKED = re.compile(r"\b\w{1,3}\.e\([\"']?([\w-]{1,60})[\"']?\)")
_SINGLE = re.compile(r"\(?[\"']?\w{1,60}[\"']?===\w{1,3}\?[\"'][^\"']{1,200}[\"']:")
_TERM = re.compile(
    r"\+?(?:[\"'](?P<text>[^\"']{0,200})[\"']"
    r"|\(?\{(?P<map>[^{}]{0,20000})\}\[\w{1,3}\](?P<or>\|\|\w{1,3})?\)?"
    r"|(?P<id>\w{1,3})(?![\w.(]))\)?"
)
_PAIR = re.compile(r"[\"']?([\w-]{1,60})[\"']?:[\"']([^\"']{1,200})[\"']")


def inline_scripts(html: str) -> str:
    """Return the texts of a page's inline scripts, import maps included."""
    nodes = LexborHTMLParser(html).css("script:not([src])")
    return "\n".join(node.text(strip=False) for node in nodes)


def started(html: str, *, base: str) -> tuple[str, ...]:
    """Return what a page's links name beside scripts and styles: its manifest, data to fetch."""
    tree = LexborHTMLParser(html)
    base = base_of(tree, base)
    nodes = tree.css('link[rel="manifest" i][href], link[rel="preload" i][as="fetch" i][href]')
    urls = (absolute(node.attributes.get("href"), base) for node in nodes)
    return tuple(dict.fromkeys(url for url in urls if url))[:NAMES_MAX]


def later(texts: Iterable[tuple[str, str]], *, page: str) -> tuple[str, ...]:
    """Return the URLs that scripts name, in order, each once; `texts` are URL and text of each."""
    given = [(url, text.replace("\\/", "/").replace('\\"', '"')) for url, text in texts]
    asked = list(dict.fromkeys(n for _, text in given for n in _ASKED.findall(text)))[:NAMES_MAX]
    found: dict[str, None] = {}
    for url, text in given:
        names = islice((_placed(m[1], url) for m in _QUOTED.finditer(text)), NAMES_MAX)
        of_page = (absolute(m[1], page) for m in islice(_OF_THE_PAGE.finditer(text), NAMES_MAX))
        for name in (*names, *of_page, *_numbered(text, url, asked)):
            if name:
                found[name] = None
    return tuple(found)


def _placed(name: str, script: str) -> str | None:
    """Return the URL of a name in a script; None when nothing tells where it lies."""
    if name.startswith(("http://", "https://", "/", "./", "../")):
        return absolute(name, script)
    first, slash, _ = name.partition("/")
    folders = urlsplit(script).path.split("/")[1:-1]
    if not slash or first not in folders:
        return None
    above = folders[: folders.index(first)]
    return absolute("/" + "/".join([*above, name]), script)


def _numbered(text: str, script: str, asked: list[str]) -> Iterator[str | None]:
    """Yield the URLs that webpack's runtime gives to the chunks of these numbers."""
    called = _CALLED.search(text)
    if called is None:
        return
    place = _LIES_AT.search(text)
    for name in _names(text[called.end() : called.end() + _EXPRESSION_MAX], asked):
        if place is not None:
            yield absolute(f"{place[1].rstrip('/')}/{name}", script)
        else:
            yield _placed(name, script) or absolute(name, script)


def _names(expression: str, asked: list[str]) -> list[str]:
    """Return what an expression such as `"js/"+e+"."+{1:"a"}[e]+".js"` makes of each number."""
    at = 0
    while single := _SINGLE.match(expression, at):
        at = single.end()
    terms = []
    while (term := _TERM.match(expression, at)) and term.end() > at:
        terms.append((term["text"], dict(_PAIR.findall(term["map"] or "")), bool(term["or"])))
        at = term.end()
    numbers = dict.fromkeys([*(key for _, pairs, _ in terms for key in pairs), *asked])
    names = []
    for number in islice(numbers, NAMES_MAX):
        parts = [
            text if text is not None else pairs.get(number, "" if pairs and not own else number)
            for text, pairs, own in terms
        ]
        known = all(number in pairs for text, pairs, own in terms if pairs and not own)
        if known and parts:
            names.append("".join(parts))
    return [name for name in names if name.endswith((".js", ".mjs"))]
