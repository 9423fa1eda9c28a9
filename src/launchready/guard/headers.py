"""The headers that every answer gets, decided once at start by the manifest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from launchready.guard.asgi import RawHeaders
from launchready.manifest import Manifest, RouteKind

HSTS = b"max-age=31536000"  # for this host alone: guard cannot know whether others can follow
PERMISSIONS = b"camera=(), geolocation=(), microphone=(), payment=(self)"

DATA_KINDS: frozenset[RouteKind] = frozenset({"api", "webhook", "health"})
DATA_POLICY = b"default-src 'none'; frame-ancestors 'none'"

_FIELDS: dict[str, RawHeaders] = {
    "sniffing": [(b"x-content-type-options", b"nosniff")],
    "framing": [(b"x-frame-options", b"DENY")],
    "referrer": [(b"referrer-policy", b"strict-origin-when-cross-origin")],
    "permissions": [(b"permissions-policy", PERMISSIONS)],
}

_OF_PAGES = frozenset({"referrer", "permissions"})
"""Parts that say what a page may do and tell; data opens no link and asks for no camera, and each field
costs an answer some time (OWASP, REST security: security headers)."""

_IN_DATA_POLICY = frozenset({"framing"})
"""Parts that `DATA_POLICY` speaks for: browsers that know `frame-ancestors` do not look at
X-Frame-Options beside it (CSP 3 section 6.4.2)."""


def policy(manifest: Manifest, *, framing: bool = True) -> bytes:
    """Return the Content-Security-Policy (CSP 3): the launch's own hosts, and what [guard] allows."""
    files = {_origin(r.url) for r in manifest.routes.values() if r.kind == "static"}
    own = {_origin(r.url) for r in manifest.routes.values() if r.kind not in {"static", "webhook"}}
    if len(own | files) == 1:
        # 'self' is that one: a shorter policy costs less in every answer.
        own, files = set(), set()
    directives = {
        "default-src": ["'self'"],
        "script-src": ["'self'", *sorted(files)],
        "style-src": ["'self'", *sorted(files)],
        "img-src": ["'self'", "data:", *sorted(files)],
        "font-src": ["'self'", *sorted(files)],
        "connect-src": ["'self'", *sorted(own)],
        "form-action": ["'self'", *sorted(own)],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
    }
    if framing:
        directives["frame-ancestors"] = ["'none'"]
    for name, sources in manifest.guard.allow.items():
        # 'none' beside a source would be ignored by browsers, with a warning.
        kept = [s for s in directives.get(name, ["'self'"]) if s != "'none'"]
        directives[name] = [*kept, *sources]
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items()).encode()


def security_headers(
    manifest: Manifest, parts: frozenset[str], kind: RouteKind | None, *, secure: bool
) -> RawHeaders:
    """Return the fields for every answer of a kind of route, of the parts that are switched on.

    HSTS only where the answer goes over TLS (RFC 6797 section 7.2).
    """
    fields: RawHeaders = []
    if "csp" in parts:
        framing = "framing" in parts
        # What only programs read loads nothing, should a browser be made to show it.
        whole = DATA_POLICY if kind in DATA_KINDS else policy(manifest, framing=framing)
        fields.append((b"content-security-policy", whole))
    unneeded = _OF_PAGES if kind in DATA_KINDS else frozenset()
    if kind in DATA_KINDS and "csp" in parts:
        unneeded |= _IN_DATA_POLICY
    for part, own in _FIELDS.items():
        if part in parts and part not in unneeded:
            fields += own
    if secure and "hsts" in parts:
        fields.append((b"strict-transport-security", HSTS))
    return fields


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def without(headers: RawHeaders, names: frozenset[bytes]) -> RawHeaders:
    """Return the fields that have none of these names (lower case)."""
    return [field for field in headers if field[0].lower() not in names]


def value_of(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """Return the first field of this name (lower case); None when there is none."""
    return next((value for field, value in headers if field.lower() == name), None)


ALLOWED_METHODS = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE"})
CORS_NAMES = frozenset(
    {
        b"access-control-allow-origin",
        b"access-control-allow-credentials",
        b"access-control-allow-methods",
        b"access-control-allow-headers",
        b"access-control-expose-headers",
        b"access-control-max-age",
    }
)


def cors_fields(allowed: frozenset[str], origin: bytes | None) -> RawHeaders:
    """Return what an answer says to browsers of other origins (Fetch, CORS protocol)."""
    if "*" in allowed:
        return [(b"access-control-allow-origin", b"*")]
    if not allowed:
        return []
    fields = [(b"vary", b"Origin")]
    if origin is not None and origin.decode("latin-1") in allowed:
        fields.append((b"access-control-allow-origin", origin))
    return fields


def is_preflight(asked: Mapping[bytes, bytes]) -> bool:
    """Return whether an OPTIONS request is a browser's question before another request."""
    return b"access-control-request-method" in asked and b"origin" in asked


def preflight_fields(allowed: frozenset[str], asked: Mapping[bytes, bytes]) -> RawHeaders:
    """Return what the answer to a preflight says beyond `cors_fields`: nothing to strangers."""
    origin = asked.get(b"origin", b"").decode("latin-1")
    method = asked.get(b"access-control-request-method", b"")
    if method not in ALLOWED_METHODS or ("*" not in allowed and origin not in allowed):
        return []
    return [
        (b"access-control-allow-methods", method),
        (b"access-control-allow-headers", b"authorization, content-type, idempotency-key"),
        (b"access-control-max-age", b"600"),
    ]
