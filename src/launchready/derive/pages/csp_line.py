"""A Content Security Policy made for the pages of one host: what they load, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from launchready.derive.pages.page import absolute, base_of, loads
from launchready.facts.http import Exchange

HASHES_MAX = 5
"""With more inline scripts than this, a nonce is less work than hashes."""
_SOURCES_MAX = 12
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_DIRECTIVES = {
    "script": "script-src", "style": "style-src", "image": "img-src", "font": "font-src",
    "frame": "frame-src", "media": "media-src",
}  # fmt: skip
_SCRIPT_TYPES = {
    "",
    "text/javascript",
    "application/javascript",
    "module",
    "importmap",
    "speculationrules",
}

# What the widely used services load once their script runs, by their own documentation.
_SERVICES: dict[str, dict[str, tuple[str, ...]]] = {
    "js.stripe.com": {"frame-src": ("https://js.stripe.com", "https://hooks.stripe.com"), "connect-src": ("https://api.stripe.com",)},
    "fonts.googleapis.com": {"font-src": ("https://fonts.gstatic.com",)},
    "use.typekit.net": {"font-src": ("https://use.typekit.net",), "img-src": ("https://p.typekit.net",)},
    "www.googletagmanager.com": {"connect-src": ("https://*.google-analytics.com", "https://*.googletagmanager.com"), "img-src": ("https://*.google-analytics.com",)},
    "www.google.com": {"script-src": ("https://www.gstatic.com",), "frame-src": ("https://www.google.com",)},
    "challenges.cloudflare.com": {"frame-src": ("https://challenges.cloudflare.com",)},
    "static.cloudflareinsights.com": {"connect-src": ("https://cloudflareinsights.com",)},
    "js.hcaptcha.com": dict.fromkeys(("script-src", "frame-src", "style-src", "connect-src"), ("https://hcaptcha.com", "https://*.hcaptcha.com")),
    "js.sentry-cdn.com": {"script-src": ("https://browser.sentry-cdn.com",), "connect-src": ("https://*.ingest.sentry.io",)},
    "www.youtube.com": {"frame-src": ("https://www.youtube.com", "https://www.youtube-nocookie.com")},
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A policy for a host, and what in its pages stands in the way of enforcing it at once."""

    value: str
    inline_scripts: int
    by_nonce: bool
    """Too many inline scripts for hashes: each needs the nonce that stands in the policy."""
    handlers: int
    """Inline handlers such as onclick, which such a policy stops."""

    @property
    def trial(self) -> bool:
        """Whether it should be reported before it is enforced."""
        return bool(self.inline_scripts or self.handlers)


def suggest(pages: Iterable[Exchange], *, connects: Iterable[str] = ()) -> Suggestion:
    """Return the policy that fits these pages of one host; `connects` are further hosts they call."""
    found: dict[str, dict[str, None]] = {
        name: {"'self'": None}
        for name in (
            "default-src", "script-src", "style-src", "img-src", "font-src", "connect-src",
            "frame-src", "media-src", "form-action",
        )
    }  # fmt: skip
    scripts: dict[str, None] = {}
    handlers = 0
    has_nonces = False
    for page in pages:
        own = urlsplit(page.url).hostname or ""
        _add_loaded(found, page, own)
        tree = LexborHTMLParser(page.text)
        base = base_of(tree, page.url)
        for node in tree.css("script:not([src])"):
            kind = (node.attributes.get("type") or "").strip().lower()
            if kind in _SCRIPT_TYPES:
                scripts[_hash(node.text(strip=False))] = None
                has_nonces = has_nonces or bool(node.attributes.get("nonce"))
        if tree.css_first("style, [style]") is not None:
            found["style-src"]["'unsafe-inline'"] = None
        if 'src="data:' in page.text or "url(data:" in page.text:
            found["img-src"]["data:"] = None
        handlers += len(
            tree.css("[onclick], [onload], [onsubmit], [onchange], [onerror], [oninput]")
        )
        for node in tree.css("form[action]")[:100]:
            _add(found["form-action"], absolute(node.attributes.get("action"), base), own)
    for host in connects:
        _add(found["connect-src"], f"https://{host}/", "")
    # Where the app already writes nonces into its pages, only the header is missing.
    by_nonce = has_nonces or len(scripts) > HASHES_MAX
    for source in ["'nonce-{random}'"] if by_nonce else scripts:
        found["script-src"][source] = None
    return Suggestion(
        value=_line(found), inline_scripts=len(scripts), by_nonce=by_nonce, handlers=handlers
    )


def _add_loaded(found: dict[str, dict[str, None]], page: Exchange, own: str) -> None:
    for loaded in loads(page.text, base=page.url):
        host = urlsplit(loaded.url).hostname or ""
        directive = _DIRECTIVES.get(loaded.kind)
        if directive is not None:
            _add(found[directive], loaded.url, own)
        if loaded.kind == "script":
            # A service's script nearly always calls its own host.
            _add(found["connect-src"], loaded.url, own)
        for further, sources in _SERVICES.get(host, {}).items():
            found[further].update(dict.fromkeys(sources))


def _add(sources: dict[str, None], url: str | None, own: str) -> None:
    parts = urlsplit(url or "")
    host = parts.hostname or ""
    if host and host != own and _HOST.fullmatch(host):
        port = f":{parts.port}" if parts.port and parts.port != 443 else ""
        sources[f"https://{host}{port}"] = None


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode("utf-8", "surrogatepass")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _line(found: dict[str, dict[str, None]]) -> str:
    plain = {"'self'": None}
    parts = [
        f"{name} {' '.join(list(sources)[:_SOURCES_MAX])}"
        for name, sources in found.items()
        # What only says 'self' is said by default-src; forms have no such fall-back.
        if sources != plain or name in {"default-src", "script-src", "form-action"}
    ]
    return "; ".join([*parts, "object-src 'none'", "base-uri 'self'", "frame-ancestors 'self'"])
