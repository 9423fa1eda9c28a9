"""A Content Security Policy made for the pages of one host: what they load, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

from launchready.derive.pages.csp_services import SERVICES
from launchready.derive.pages.page import absolute, base_of, loads
from launchready.facts.hops import host as host_of
from launchready.facts.hops import parts as parts_of
from launchready.facts.http import Exchange

HASHES_MAX = 5
"""With more inline scripts than this, a nonce is less work than hashes."""
_SOURCES_MAX = 20
_NODES_MAX = 5000
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_DIRECTIVES = {
    "script": "script-src", "style": "style-src", "image": "img-src", "font": "font-src",
    "frame": "frame-src", "media": "media-src",
}  # fmt: skip
_EVALUATED = "[x-data], [x-init], [hx-vals^='js:'], [hx-headers^='js:']"
"""What Alpine and htmx evaluate as script, beside hx-on."""
_URL = re.compile(r"[\"'`](https?:|wss:|)//([a-z0-9.-]{3,253})(/[^\"'`\s]{0,300})?[\"'`]")
_FETCHED = re.compile(r"fetch\(\s{0,9}[\"'`]https://([a-z0-9.-]{3,253})[/\"'`]")
_IN_STYLE = re.compile(r"(@import\s{1,9})?(?:url\(\s{0,9})?[\"']?(https?://[^\s\"'()<>;,]{1,500})")
_FONT = re.compile(r"\.(?:woff2?|ttf|otf|eot)(?:[?#]|\Z)", re.IGNORECASE)
_SCRIPT_TYPES = {
    "",
    "text/javascript",
    "application/javascript",
    "module",
    "importmap",
    "speculationrules",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A policy for a host, and what in its pages stands in the way of enforcing it at once."""

    value: str
    inline_scripts: int
    by_nonce: bool
    """Too many inline scripts for hashes: each needs the nonce that stands in the policy."""
    handlers: int
    """Inline handlers such as onclick, which such a policy stops."""
    evaluated: bool
    """Attributes of htmx or Alpine are evaluated as script, which such a policy stops as well."""
    trial: bool
    """Whether it should be reported before it is enforced: scripts and styles load more than the
    page itself shows."""


def suggest(pages: Iterable[Exchange], *, connects: Iterable[str] = ()) -> Suggestion:
    """Return the policy that fits these pages of one host; `connects` are further hosts they call."""
    found: dict[str, dict[str, None]] = {
        name: {"'self'": None}
        for name in (
            "default-src", "script-src", "style-src", "img-src", "font-src", "connect-src",
            "frame-src", "media-src", "worker-src", "form-action", "base-uri",
        )
    }  # fmt: skip
    found["object-src"] = {}
    scripts: dict[str, None] = {}
    handlers = 0
    has_nonces = evaluated = runs = False
    for page in pages:
        own = host_of(page.url)
        _add_loaded(found, page, own)
        tree = LexborHTMLParser(page.text)
        base = base_of(tree, page.url)
        if tree.css_first("base[href]") is not None:
            _add(found["base-uri"], base, own)
        for node in tree.css("script:not([src])"):
            kind = (node.attributes.get("type") or "").strip().lower()
            if kind in _SCRIPT_TYPES:
                text = node.text(strip=False)
                scripts[_hash(text)] = None
                has_nonces = has_nonces or bool(node.attributes.get("nonce"))
                _add_named(found, text, own)
        _add_styled(found, tree, own)
        _add_seen(found, tree, base, own)
        if "data:image/" in page.text or tree.css_first("link[rel~=stylesheet i]") is not None:
            # Style sheets hold small pictures in themselves as a rule.
            found["img-src"]["data:"] = None
        if "data:font" in page.text or "data:application/font" in page.text:
            found["font-src"]["data:"] = None
        names = [name for node in tree.css("*")[:_NODES_MAX] for name in node.attributes]
        handlers += sum(1 for name in names if name.startswith("on"))
        handlers += len(tree.css("[href^='javascript:' i]"))
        evaluated = evaluated or tree.css_first(_EVALUATED) is not None
        evaluated = evaluated or any(name.startswith("hx-on") for name in names)
        runs = runs or tree.css_first("script, style, link[rel~=stylesheet i]") is not None
        for node in tree.css("form[action]")[:100]:
            _add(found["form-action"], absolute(node.attributes.get("action"), base), own)
    for host in connects:
        _add(found["connect-src"], f"https://{host}/", "")
        found["connect-src"][f"wss://{host}"] = None
    # Where the app already writes nonces into its pages, only the header is missing.
    by_nonce = has_nonces or len(scripts) > HASHES_MAX
    for source in ["'nonce-{random}'"] if by_nonce else scripts:
        found["script-src"][source] = None
    return Suggestion(
        value=_line(found),
        inline_scripts=len(scripts),
        by_nonce=by_nonce,
        handlers=handlers,
        evaluated=evaluated,
        trial=bool(runs or handlers),
    )


def _add_named(found: dict[str, dict[str, None]], script: str, own: str) -> None:
    """Add what an inline script names: scripts it puts into the page, hosts that it calls."""
    for scheme, host, path in _URL.findall(script)[:100]:
        file = path.partition("?")[0]
        if scheme == "wss:" and host != own and _HOST.fullmatch(host):
            found["connect-src"][f"wss://{host}"] = None
        elif scheme != "wss:" and file.endswith((".js", ".mjs")):
            _add_script(found, f"https://{host}{path}", own)
        elif scheme == "https:" and '"imports"' in script:
            _add(found["script-src"], f"https://{host}/", own)
    for host in _FETCHED.findall(script)[:100]:
        _add(found["connect-src"], f"https://{host}/", own)
    if "createObjectURL" in script or "new Worker(" in script:
        found["worker-src"]["blob:"] = None
    if "WebAssembly." in script:
        found["script-src"]["'wasm-unsafe-eval'"] = None


def _add_styled(found: dict[str, dict[str, None]], tree: LexborHTMLParser, own: str) -> None:
    """Add what styles in the page load."""
    nodes = tree.css("style, [style]")
    if nodes:
        found["style-src"]["'unsafe-inline'"] = None
    for node in nodes[:200]:
        style = node.text(strip=False) if node.tag == "style" else node.attributes.get("style")
        for imported, url in _IN_STYLE.findall(style or "")[:50]:
            kind = "style-src" if imported else "font-src" if _FONT.search(url) else "img-src"
            _add(found[kind], url, own)
            for further, sources in SERVICES.get(host_of(url), {}).items():
                found[further].update(dict.fromkeys(sources))


def _add_seen(
    found: dict[str, dict[str, None]], tree: LexborHTMLParser, base: str, own: str
) -> None:
    """Add the pictures and documents that stand in attributes which `loads` does not read."""
    for node in tree.css("[srcset], [imagesrcset]")[:200]:
        listed = node.attributes.get("srcset") or node.attributes.get("imagesrcset") or ""
        for candidate in listed.split(",")[:20]:
            _add(found["img-src"], absolute((candidate.split() or [""])[0], base), own)
    for node in tree.css("video[poster]")[:50]:
        _add(found["img-src"], absolute(node.attributes.get("poster"), base), own)
    for node in tree.css("object[data], embed[src]")[:50]:
        url = absolute(node.attributes.get("data") or node.attributes.get("src"), base)
        if url is not None:
            found["object-src"]["'self'"] = None
            _add(found["object-src"], url, own)


def _add_loaded(found: dict[str, dict[str, None]], page: Exchange, own: str) -> None:
    for loaded in loads(page.text, base=page.url):
        host = host_of(loaded.url)
        directive = _DIRECTIVES.get(loaded.kind)
        if directive is not None:
            _add(found[directive], loaded.url, own)
        if loaded.kind == "script":
            _add_script(found, loaded.url, own)
        for further, sources in SERVICES.get(host, {}).items():
            found[further].update(dict.fromkeys(sources))


def _add_script(found: dict[str, dict[str, None]], url: str, own: str) -> None:
    _add(found["script-src"], url, own)
    # A service's script nearly always calls its own host.
    _add(found["connect-src"], url, own)
    for further, sources in SERVICES.get(host_of(url), {}).items():
        found[further].update(dict.fromkeys(sources))


def _add(sources: dict[str, None], url: str | None, own: str) -> None:
    parts = parts_of(url or "")
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
        # What only says 'self' is said by default-src; forms and bases have no such fall-back.
        if name != "object-src"
        and (sources != plain or name in {"default-src", "script-src", "form-action", "base-uri"})
    ]
    objects = " ".join(list(found["object-src"])[:_SOURCES_MAX]) or "'none'"
    return "; ".join([*parts, f"object-src {objects}", "frame-ancestors 'self'"])
