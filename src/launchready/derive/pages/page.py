"""What an HTML page loads and links to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

LoadKind = Literal["script", "style", "image", "font", "frame", "media", "other"]

_LINK_KINDS: dict[str, LoadKind] = {
    "stylesheet": "style", "icon": "image", "apple-touch-icon": "image",
    "modulepreload": "script", "manifest": "other",
}  # fmt: skip
_PRELOAD_KINDS: dict[str, LoadKind] = {
    "script": "script", "style": "style", "font": "font", "image": "image",
}  # fmt: skip
_TAGS: dict[str, LoadKind] = {
    "script": "script", "img": "image", "iframe": "frame", "embed": "frame", "source": "media",
    "video": "media", "audio": "media", "track": "media",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """One thing that a page makes the browser fetch."""

    url: str
    kind: LoadKind


def loads(html: str, *, base: str) -> tuple[Loaded, ...]:
    """Return what the page at `base` loads by its markup, in order, each URL once, at most 500."""
    tree = LexborHTMLParser(html)
    base = base_of(tree, base)
    found: dict[str, Loaded] = {}
    for node in tree.css(
        "script[src], img[src], iframe[src], embed[src], source[src], video[src], audio[src], track[src], link[href]"
    ):
        loaded = _loaded(node, base)
        if loaded is not None and len(found) < 500:
            found.setdefault(loaded.url, loaded)
    return tuple(found.values())


def base_of(tree: LexborHTMLParser, url: str) -> str:
    """Return the URL that the page's references are relative to."""
    node = tree.css_first("base[href]")
    return absolute(node.attributes.get("href"), url) or url if node is not None else url


def _loaded(node: LexborNode, base: str) -> Loaded | None:
    attributes = node.attributes
    tag = node.tag or ""
    kind: LoadKind | None = _TAGS.get(tag)
    if tag == "link":
        relations = (attributes.get("rel") or "").lower().split()
        kind = next((_LINK_KINDS[r] for r in relations if r in _LINK_KINDS), None)
        if kind is None and {"preload", "prefetch"} & set(relations):
            kind = _PRELOAD_KINDS.get((attributes.get("as") or "").lower(), "other")
    url = absolute(attributes.get("href" if tag == "link" else "src"), base)
    if kind is None or url is None:
        return None
    return Loaded(url=url, kind=kind)


def absolute(reference: str | None, base: str) -> str | None:
    """Return the reference as an absolute http(s) URL without fragment; None when it is none."""
    if not reference:
        return None
    try:
        url = urljoin(base, reference.strip()).split("#", 1)[0]
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return None
        _ = parts.port
    except ValueError:
        return None
    return url


_BETWEEN = re.compile(r"\s+[|·–—:-]+\s+|:\s+")  # noqa: RUF001 - titles are typeset with it
_NO_NAME = {
    "home", "welcome", "homepage", "start", "startseite", "accueil", "inicio", "index",
    "log in", "login", "log on", "sign in", "sign-in", "signin", "sign up", "join", "join us", "members",
    "anmelden", "einloggen", "connexion", "se connecter", "iniciar sesión", "entrar", "accedi", "inloggen",
}  # fmt: skip
"""What pages are called that do not say whose they are."""


def site_name(html: str) -> str:
    """Return what a site calls itself, at most 120 characters; empty when it does not say.

    What it tells other sites (og:site_name) goes before the first part of its title.
    """
    tree = LexborHTMLParser(html)
    told = tree.css_first('meta[property="og:site_name"]')
    name = (told.attributes.get("content") or "") if told is not None else ""
    title = tree.css_first("title")
    if not name.strip() and title is not None:
        parts = [p.strip() for p in _BETWEEN.split(" ".join(title.text().split())[:400])]
        name = next((p for p in parts if p and p.lower() not in _NO_NAME), "")
    return " ".join(name.split())[:120]
