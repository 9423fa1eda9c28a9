"""Where a page leads members: log-in, joining, a forgotten password, payment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from launchready.derive.pages.page import absolute, base_of
from launchready.manifest import RouteKind


# Words of links and paths in the languages that communities commonly use.
def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_WORDS: tuple[tuple[RouteKind, re.Pattern[str]], ...] = (
    (
        "reset",
        _any_of(
            r"forgot", r"reset[-_ ]?(?:your[-_ ])?pass",
            r"passwor[dt][-_/ ]?(?:reset|new|vergessen)", r"lost[-_ ]?password",
            r"mot de passe oubli", r"olvid",
        ),
    ),
    (
        "auth",
        _any_of(
            r"\blog[-_ ]?in\b", r"\bsign[-_ ]?in\b", r"wp-login", r"sessions?/new", r"anmelden",
            r"einloggen", r"se connecter", r"connexion", r"iniciar sesi", r"acceder", r"accedi",
            r"inloggen", r"logga in", r"entrar\b",
        ),
    ),
    (
        "signup",
        _any_of(
            r"\bsign[-_ ]?up\b", r"\bregister\b", r"\bregistration\b",
            r"create[-_ ](?:an[-_ ])?account", r"\bjoin\b", r"become[-_ ]a[-_ ]member",
            r"registrieren", r"mitglied werden", r"s'inscrire", r"inscription", r"reg[ií]strate",
        ),
    ),
    (
        "checkout",
        _any_of(r"\bcheckout\b", r"\bsubscribe[-_ ]now\b", r"buy\.stripe\.com", r"\bkasse\b"),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLink:
    """A link of a page and what it seems to be for."""

    url: str
    kind: RouteKind
    text: str


def sign_in_links(html: str, *, base: str) -> tuple[SignInLink, ...]:
    """Return the links that lead to log-in, joining, reset and payment, each URL once, in order."""
    tree = LexborHTMLParser(html)
    base = base_of(tree, base)
    found: dict[str, SignInLink] = {}
    here = base.split("#", 1)[0]
    for node in tree.css("a[href]")[:2000]:
        href = node.attributes.get("href") or ""
        url = absolute(href, base)
        if url is None or url in found:
            continue
        if "#" in href and url == here:
            continue  # a script of this very page opens it, and the page itself is for everybody
        text = " ".join(node.text(separator=" ").split())[:80]
        kind = _kind(urlsplit(url).path, text, node)
        if kind is not None:
            found[url] = SignInLink(url=url, kind=kind, text=text)
    return tuple(found.values())


def has_password_field(html: str) -> bool:
    """Return whether the page has a field for a password."""
    return LexborHTMLParser(html).css_first("input[type=password i]") is not None


def asks_for_password(html: str) -> bool:
    """Return whether the page has a field for a password, or signs in by mail or by a provider."""
    tree = LexborHTMLParser(html)
    if tree.css_first("input[type=password i]") is not None:
        return True
    by_mail = tree.css_first("form input[type=email i], form input[name*=email i]") is not None
    title = tree.css_first("title, h1")
    named = title is not None and _matches("auth", title.text())
    return by_mail and named


_OUT = re.compile(
    r"log[-_ ]?out|log[-_ ]?off|sign[-_ ]?out|abmelden|ausloggen|d[ée]connexion|se d[ée]connecter"
    r"|cerrar sesi|uitloggen|afmelden|logga ut|log ud|logg ut|sair\b|esci\b",
    re.IGNORECASE,
)


_OTHERS = re.compile(
    r"(?<![a-z])(?:others?|else|everywhere|andere[nrs]?|überall|partout|ailleurs|autres|otr[ao]s)(?![a-z])",
    re.IGNORECASE,
)
"""Words of what ends the sessions at other machines and leaves this one."""
_WORDS_MAX = 40


def leads_out(url: str, text: str) -> bool:
    """Return whether a link or form logs out, by its path and query or by its words.

    Long texts are sentences or articles, which mention it without doing it.
    """
    parts = urlsplit(url)
    place, words = f"{parts.path}?{parts.query}", text if len(text) <= _WORDS_MAX else ""
    if _OTHERS.search(place) or _OTHERS.search(text):
        return False
    return bool(_OUT.search(words) or _OUT.search(place))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutLink:
    """A link that logs out, and how a browser follows it."""

    url: str
    sends: tuple[tuple[str, str], ...] = ()
    """What a script sends by POST in its place: the method that it stands for, and the page's token."""
    by_script: bool = False
    """A script of the page may do something else than to follow it."""


def logout_link(html: str, *, base: str) -> LogoutLink | None:
    """Return the page's link that logs out, if it has one."""
    tree = LexborHTMLParser(html)
    base = base_of(tree, base)
    for node in tree.css("a[href]")[:2000]:
        url = absolute(node.attributes.get("href"), base)
        text = node.text() or node.attributes.get("aria-label") or ""
        if url is not None and leads_out(url, text):
            by_script = bool(node.attributes.get("onclick"))
            return LogoutLink(url=url, sends=_sends(tree, node), by_script=by_script)
    return None


def _sends(tree: LexborHTMLParser, link: LexborNode) -> tuple[tuple[str, str], ...]:
    """Return what is sent for a link with a method of its own (Rails, Turbo, Yii); empty without."""
    own = link.attributes.get("data-method") or link.attributes.get("data-turbo-method") or "get"
    method = own.strip().lower()
    if method not in {"post", "put", "patch", "delete"}:
        return ()
    named = [
        node.attributes.get("content") or "" if node is not None else ""
        for node in (tree.css_first(f'meta[name="csrf-{part}"]') for part in ("param", "token"))
    ]
    token = ((named[0], named[1]),) if all(named) else ()
    return (("_method", method), *token)


def _matches(kind: RouteKind, text: str) -> bool:
    return any(k == kind and p.search(text) for k, p in _WORDS)


def _kind(path: str, text: str, node: LexborNode) -> RouteKind | None:
    label = text or (node.attributes.get("aria-label") or "")
    # Long texts are sentences or articles, which mention log-ins without leading there.
    short = label if len(label) <= 30 else ""
    for kind, pattern in _WORDS:
        if pattern.search(short) or pattern.search(_words_of(path)):
            return kind
    return None


def _words_of(path: str) -> str:
    """Return the last two segments of a path; a post about logging in lies deeper."""
    segments = [s for s in path.split("/") if s]
    return "/".join(segments) if len(segments) <= 2 else ""
