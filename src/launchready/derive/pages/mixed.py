"""What an HTTPS page loads over plain HTTP (W3C Mixed Content)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from selectolax.lexbor import LexborHTMLParser

from launchready.derive.pages.page import loads
from launchready.facts.hops import destination, host, is_plain, parts
from launchready.facts.http import Exchange

_STYLE_URL = re.compile(r"""url\(\s*['"]?(http://[^'")\s]{1,2000})""", re.IGNORECASE)
_IMPORTED = re.compile(r"""@import\s+(?:url\(\s*)?['"]?(http://[^'")\s;]{1,2000})""", re.IGNORECASE)
_UPGRADES = re.compile(r"(?:^|[;,])\s*upgrade-insecure-requests\b", re.IGNORECASE)
# A namespace is a name that looks like an address, and nothing is fetched from it.
_UNREAD = re.compile(r"/\*.*?(?:\*/|\Z)|@namespace[^;]{0,300};", re.DOTALL | re.IGNORECASE)
_FONT = re.compile(r"\.(?:woff2?|ttf|otf|eot)$", re.IGNORECASE)
_CSS_MAX = 500_000
_PASSIVE = frozenset({"image", "media"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed:
    """One thing over HTTP. `form`: where a form sends to. Active things browsers refuse to load."""

    url: str
    kind: Literal["active", "passive", "form"]


def mixed(page: Exchange) -> tuple[Mixed, ...]:
    """Return what the page makes browsers fetch or send over HTTP, worst first, each URL once.

    Links are none of it, nor what never leaves the machine, nor anything but forms on a page
    that says upgrade-insecure-requests.
    """
    html = page.text
    tree = LexborHTMLParser(html)
    found: dict[str, Mixed] = {}

    def add(url: str, kind: Literal["active", "passive", "form"]) -> None:
        if is_plain(url) and not _own_machine(host(url)):
            found.setdefault(url, Mixed(url=url, kind=kind))

    for node in tree.css("form[action], [formaction]"):
        for attribute in ("action", "formaction"):
            add(destination(page.url, node.attributes.get(attribute) or ""), "form")
    if not _upgrades(page, tree):
        for loaded in loads(html, base=page.url):
            add(loaded.url, "passive" if loaded.kind in _PASSIVE else "active")
        for node in tree.css("img[srcset], source[srcset], video[poster]"):
            srcset = node.attributes.get("srcset") or node.attributes.get("poster") or ""
            for candidate in srcset.split(","):
                add((candidate.split() or [""])[0], "passive")
        for node in tree.css("object[data]"):
            add(destination(page.url, node.attributes.get("data") or ""), "active")
        styles = [n.text() for n in tree.css("style")]
        styles += [n.attributes.get("style") or "" for n in tree.css("[style]")]
        for one in mixed_in_styles("\n".join(styles)):
            add(one.url, one.kind)
    return _worst_first(found)


def mixed_in_styles(css: str) -> tuple[Mixed, ...]:
    """Return what a style sheet makes browsers fetch over HTTP, worst first, each URL once.

    Browsers refuse further style sheets and fonts; pictures they may fetch by HTTPS in their place.
    """
    css = _UNREAD.sub(" ", css[:_CSS_MAX])
    found: dict[str, Mixed] = {}
    for pattern, kind in ((_IMPORTED, "active"), (_STYLE_URL, "passive")):
        for match in pattern.finditer(css):
            url = match[1]
            refused = kind == "active" or _FONT.search(parts(url).path)
            if not _own_machine(host(url)):
                found.setdefault(url, Mixed(url=url, kind="active" if refused else "passive"))
    return _worst_first(found)


def upgrades(page: Exchange) -> bool:
    """Return whether a page makes browsers fetch all that it loads by HTTPS, style sheets' parts too."""
    return _upgrades(page, LexborHTMLParser(page.text))


def _worst_first(found: dict[str, Mixed]) -> tuple[Mixed, ...]:
    order = ("form", "active", "passive")
    return tuple(sorted(found.values(), key=lambda m: (order.index(m.kind), m.url)))


def _upgrades(page: Exchange, tree: LexborHTMLParser) -> bool:
    policies = list(page.headers.all("content-security-policy"))
    policies += [
        n.attributes.get("content") or ""
        for n in tree.css("meta[http-equiv]")
        if (n.attributes.get("http-equiv") or "").lower() == "content-security-policy"
    ]
    return any(_UPGRADES.search(p) for p in policies)


def _own_machine(name: str) -> bool:
    """Return whether a host is the visitor's own machine, which browsers trust (Secure Contexts)."""
    return name == "localhost" or name.endswith(".localhost") or name.startswith("127.")
