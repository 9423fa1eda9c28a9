"""The web hosts of the lab: the address that each publishes, and its fault."""

from dataclasses import dataclass

from . import addresses as at


@dataclass(frozen=True, slots=True, kw_only=True)
class WebHost:
    """A host below lab.test; `certificate` names the leaf that nginx presents for it."""

    label: str
    purpose: str
    address: str = at.WEB
    certificate: str = "shared"

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.label}.lab.test"


def _plain(**purposes: str) -> tuple[WebHost, ...]:
    return tuple(
        WebHost(label=label.replace("_", "-"), purpose=purpose)
        for label, purpose in purposes.items()
    )


def _certificate(**purposes: str) -> tuple[WebHost, ...]:
    return tuple(
        WebHost(label=label.replace("_", "-"), purpose=purpose, certificate=label)
        for label, purpose in purposes.items()
    )


HOSTS = (
    *_plain(
        good="healthy: one hop to HTTPS, HSTS, every header, gzip, HTTP/2, immutable assets",
        www="sends everything to good.lab.test, path and query kept",
        hsts_short="HSTS of five minutes",
        hsts_subdomains="HSTS with includeSubDomains; http-only.hsts-subdomains has no HTTPS",
        http_copy="port 80 serves a copy of the site instead of redirecting",
        redirect_loop="/ and /again redirect to each other for ever",
        four_hops="/ reaches its page after four redirects",
        drops_path="redirects HTTP to the home page, whatever the path",
        drops_query="redirects HTTP to HTTPS without the query",
        downgrade="/login on HTTPS redirects to HTTP",
        redirect_to_private="redirects to 10.0.0.5, /metadata to 169.254.169.254",
        autoindex="/files/ lists the directory",
        exposed="/.env, /.git/HEAD, /.git/config and /backup.sql are served",
        spa="every path answers 200 with the same page; nothing is exposed",
        cors_reflected="/api reflects any Origin, with credentials",
        cors_null="/api allows the origin null, with credentials",
        cors_public="/api allows * without credentials: harmless; its HTTPS record hints elsewhere",
        bare="no HSTS, no CSP, no frame, sniffing or referrer protection, no compression",
        cookies="/login sets a session cookie without Secure, HttpOnly and SameSite",
        private_cached="/account sets a cookie and may be stored by any cache for an hour",
        mixed="the HTTPS page loads a script and an image over HTTP",
        source_map="/assets/app.js names a source map, which is served with sources",
        leaky_bundle="/assets/app.js holds a secret key, made up at start-up",
        stack_trace="/boom answers 500 with a stack trace",
        static_uncached="the fingerprinted asset says no-store",
        limited="POST /login answers 429 after a burst of 5",
        throttled="POST /login answers 403 instead of 401 after a burst of 5",
        locked="asks for a password (HTTP Basic) before anything is shown",
        unlimited="POST /login answers 401 for ever",
    ),
    *_certificate(
        expired="the certificate ended ten days ago",
        expires_in_5_days="the certificate ends in five days",
        expires_in_15_days="the certificate ends in fifteen days",
        not_yet_valid="the certificate starts in ten days",
        self_signed="a self-signed certificate",
        untrusted="a certificate of an authority that nobody trusts",
        wrong_host="a certificate for another name",
        incomplete="the intermediate certificate is not sent",
    ),
    WebHost(
        label="weak-key",
        purpose="an RSA key of 1024 bits",
        address=at.WEB_WEAK_CERTIFICATE,
        certificate="weak_key",
    ),
    WebHost(
        label="p521",
        purpose="an ECDSA key on P-521, which Chromium refuses",
        address=at.WEB_WEAK_CERTIFICATE,
        certificate="p521",
    ),
    WebHost(
        label="sha1",
        purpose="a certificate signed with SHA-1",
        address=at.WEB_WEAK_CERTIFICATE,
        certificate="sha1",
    ),
    WebHost(label="legacy-tls", purpose="accepts TLS 1.0 and 1.1", address=at.WEB_LEGACY_TLS),
    WebHost(label="http-1", purpose="no HTTP/2, no TLS 1.3", address=at.WEB_HTTP_1),
    WebHost(
        label="http-only", purpose="refuses connections on port 443", address=at.WEB_PORT_80_ONLY
    ),
    WebHost(
        label="http-only.hsts-subdomains",
        purpose="a subdomain that cannot follow its parent's HSTS",
        address=at.WEB_PORT_80_ONLY,
    ),
    WebHost(label="not-tls", purpose="speaks plain HTTP on port 443", address=at.WEB_NOT_TLS),
    WebHost(
        label="app",
        purpose="Roundup, a third-party issue tracker, with its defaults (see application.py)",
        address=at.WEB_APPLICATION,
    ),
)
