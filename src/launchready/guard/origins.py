"""Which pages may open a websocket: browsers let any page of the world try, with a member's cookies."""

from __future__ import annotations

from launchready.guard.asgi import RawHeaders


def may_open(
    headers: RawHeaders, *, hosts: frozenset[str], allowed: frozenset[str], secure: bool
) -> bool:
    """Return whether a handshake may come from where its Origin says (RFC 6455 section 10.2).

    From one of the launch's own `hosts`, from the host that is asked itself, or from an `allowed`
    origin of the route's `cors`. Over TLS only from pages that came over TLS: others may be forged
    on the way. Who sends no Origin is no browser, which no page can make carry a member's cookies.
    """
    told = [value for name, value in headers if name == b"origin"]
    if not told:
        return True
    if len(told) > 1:
        return False
    origin = told[0].decode("latin-1").lower()
    if "*" in allowed or origin in allowed:
        return True
    scheme, _, host = origin.partition("://")
    if scheme != "https" and (secure or scheme != "http"):
        return False
    asked = [value.decode("latin-1").lower() for name, value in headers if name == b"host"]
    return host in hosts or asked == [host]
