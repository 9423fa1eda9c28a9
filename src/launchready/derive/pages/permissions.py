"""Permissions-Policy: what browsers make of it, and the one that suits a host's pages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from launchready.derive.pages.page import absolute, base_of
from launchready.facts.http import Exchange

CLOSED = ("camera", "geolocation", "microphone", "payment")
"""Features that ask members for something; a page that does not use them closes them."""

_LOOK_AT = 500_000
_ORIGINS_MAX = 4
_MEMBER = re.compile(
    r"\s*(?P<name>[a-z*][a-z0-9_.*-]*)=(?:\([^()]*\)|\"[^\"]*\"|[^\s,;()\"]+)"
    r"(?:;[^,;()\"]*(?:\"[^\"]*\")?)*\s*"
)
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(?::\d{1,5})?(?=[/?#]|\Z)")
# What a page's own scripts call, by the specifications of the features.
_CALLS: dict[str, re.Pattern[str]] = {
    "camera": re.compile(r"getUserMedia\("),
    "geolocation": re.compile(r"navigator\.geolocation"),
    "microphone": re.compile(r"getUserMedia\("),
    "payment": re.compile(r"new PaymentRequest\("),
}
# Their own documentation wants these for Apple Pay and Google Pay.
_PAYMENT_SERVICES = {"js.stripe.com": "https://js.stripe.com"}


def permissions(answer: Exchange) -> frozenset[str]:
    """Return the features that the answer's policy governs; empty when browsers find none in it.

    A header that is no dictionary of RFC 8941 is ignored as a whole, such as one in the older
    syntax of Feature-Policy.
    """
    value = answer.headers.get("permissions-policy") or ""
    names, at = set(), 0
    while found := _MEMBER.match(value, at):
        names.add(found["name"])
        at = found.end()
        if at == len(value):
            return frozenset(names)
        if value[at] != ",":
            break
        at += 1
    return frozenset()


def suggested(pages: Iterable[Exchange]) -> str:
    """Return a policy that closes what the pages do not visibly use."""
    uses: dict[str, list[str]] = {}
    for page in pages:
        for feature, origin in _used(page):
            known = uses.setdefault(feature, [])
            if origin not in known and len(known) < _ORIGINS_MAX:
                known.append(origin)
    return ", ".join(f"{feature}=({_listed(uses.get(feature, []))})" for feature in CLOSED)


def _listed(origins: list[str]) -> str:
    # Without the page itself a frame of its gets nothing, whatever its allow says.
    others = sorted(o for o in origins if o != "self")
    return " ".join(["self", *(f'"{o}"' for o in others)]) if origins else ""


def _used(page: Exchange) -> Iterable[tuple[str, str]]:
    """Yield the features that a page uses, and the origin that does: `self`, or a frame's."""
    tree = LexborHTMLParser(page.text[:_LOOK_AT])
    base = base_of(tree, page.url)
    for script in tree.css("script"):
        text = script.text()
        yield from ((feature, "self") for feature, call in _CALLS.items() if call.search(text))
        source = absolute(script.attributes.get("src"), base)
        service = _PAYMENT_SERVICES.get(urlsplit(source).hostname or "") if source else None
        if service is not None:
            yield "payment", service
    for frame in tree.css("iframe[allow]"):
        address = absolute(frame.attributes.get("src"), base)
        allowed = re.findall(r"[a-z-]+", (frame.attributes.get("allow") or "").lower())
        origin = _origin(address) if address else ""
        if origin:
            who = "self" if origin == _origin(page.url) else origin
            yield from ((feature, who) for feature in CLOSED if feature in allowed)


def _origin(url: str) -> str:
    """Return the origin; empty when it is none that may stand in a header as it is."""
    found = _ORIGIN.match(url)
    return found[0].lower() if found else ""
