"""What one hop of a redirect does to a URL: scheme, host, path and query kept or lost."""

from __future__ import annotations

from collections import Counter
from urllib.parse import SplitResult, parse_qsl, unquote, urljoin, urlsplit

_NOWHERE = SplitResult("", "", "", "", "")


def parts(url: str) -> SplitResult:
    """Return the URL in its parts; empty parts when it is malformed (never raises)."""
    try:
        split = urlsplit(url)
        _ = split.port, split.hostname
    except ValueError:
        return _NOWHERE
    return split


def host(url: str) -> str:
    """Return the host of the URL in lower case; empty when it has none."""
    return (parts(url).hostname or "").rstrip(".")


def is_plain(url: str) -> bool:
    """Return whether the URL is plain HTTP."""
    return parts(url).scheme == "http"


def path(url: str) -> str:
    """Return the path, percent-decoded and without a trailing slash, so that spellings compare."""
    return unquote(parts(url).path).rstrip("/") or "/"


def destination(url: str, location: str) -> str:
    """Return where a Location sends from the URL (RFC 9110 section 10.2.2); empty when malformed."""
    try:
        target = urljoin(url, location.strip())
    except ValueError:
        return ""
    return target if parts(target).hostname else ""


def same_page(one: str, other: str) -> bool:
    """Return whether two URLs are one page: scheme, host, port and path; queries do not count."""
    return _server(one) == _server(other) and path(one) == path(other)


def keeps_path(wanted: str, url: str) -> bool:
    """Return whether the wanted path still stands in the URL: in its path, or handed on in its query."""
    wanted = unquote(wanted).rstrip("/")
    if not wanted:
        return True
    split = parts(url)
    # Twice decoded: a log-in page is given the way back percent-encoded inside its query.
    return wanted in unquote(split.path) or wanted in unquote(unquote(split.query))


def keeps_query(wanted: str, url: str) -> bool:
    """Return whether every pair of the wanted query still stands in the URL's, or is handed on.

    One that was encoded once too often is another value, and does not.
    """
    split = parts(url)
    there = parse_qsl(split.query, keep_blank_values=True)
    pairs = Counter(parse_qsl(wanted, keep_blank_values=True))
    if not pairs - Counter(there):
        return True
    meant = unquote(wanted)
    return meant in unquote(split.query) or any(meant in unquote(value) for _, value in there)


def changes_entrance(url: str, target: str) -> bool:
    """Return whether a hop leads to the same site by another entrance: from HTTP to HTTPS or to its twin.

    The twin of a host is the same name with or without `www.`. What an application does with
    its own pages (to the log-in page, to the next step) is none of that.
    """
    if not (host(url) == host(target) or twins(host(url), host(target))):
        return False
    return (parts(url).scheme, host(url)) != (parts(target).scheme, host(target))


def twins(one: str, other: str) -> bool:
    """Return whether two hosts are the same name with and without `www.`."""
    return one != other and (one == f"www.{other}" or other == f"www.{one}")


def _server(url: str) -> tuple[str, str, int | None]:
    split = parts(url)
    port = split.port or {"http": 80, "https": 443}.get(split.scheme)
    return split.scheme, host(url), port
