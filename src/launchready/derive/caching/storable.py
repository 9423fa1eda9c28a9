"""May a cache store and reuse an answer? Judged as RFC 9111 does. Pure; times are inputs."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Literal

from launchready.derive.caching.cache_control import (
    CacheControl,
    parse_cache_control,
    parse_targeted,
)
from launchready.derive.caching.edge import kept_line
from launchready.facts.http import Exchange, Headers

# RFC 9110 section 15.1. 206 needs a cache that understands ranges, 300 and on as given.
HEURISTIC_STATUSES = frozenset({200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501})
# "MUST NOT be stored by a cache" (RFC 6585 sections 3 to 6).
_NEVER_STORED = frozenset({428, 429, 431, 511})
# What `must-understand` asks of a cache (RFC 9111 section 5.2.2.3): a final status it knows.
_UNDERSTOOD = frozenset(
    {
        *range(200, 207), *range(300, 305), 307, 308, *range(400, 418), 421, 422, 426,
        *range(500, 506),
    }
)  # fmt: skip
# RFC 9213 and its forerunners: fields that speak to caches of a CDN only.
TARGETED_FIELDS = (
    "cdn-cache-control", "cloudflare-cdn-cache-control", "vercel-cdn-cache-control",
    "netlify-cdn-cache-control", "surrogate-control",
)  # fmt: skip

_MONTHS = {
    m: n
    for n, m in enumerate(
        "jan feb mar apr may jun jul aug sep oct nov dec".split(),  # noqa: SIM905 - reads as a row
        start=1,
    )
}
_CLOCK = r"(\d\d):(\d\d):(\d\d)"
_IMF = re.compile(rf"[a-z]{{3}}, (\d\d) ([a-z]{{3}}) (\d{{4}}) {_CLOCK} gmt", re.IGNORECASE)
_RFC850 = re.compile(rf"[a-z]{{6,9}}, (\d\d)-([a-z]{{3}})-(\d\d) {_CLOCK} gmt", re.IGNORECASE)
_ASCTIME = re.compile(rf"[a-z]{{3}} ([a-z]{{3}}) ([ \d]\d) {_CLOCK} (\d{{4}})", re.IGNORECASE)

Source = Literal["s-maxage", "max-age", "Expires", "heuristic", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How long an answer may be reused without asking the server, in seconds, and who says so.

    `heuristic`: nothing explicit, the cache may guess; `seconds` is then the usual guess of a
    tenth of the time since Last-Modified (RFC 9111 section 4.2.2), 0 without that field.
    """

    seconds: int
    source: Source

    @property
    def explicit(self) -> bool:
        """Whether the answer itself says it."""
        return self.source not in {"heuristic", "none"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Storing:
    """Whether a shared cache may store an answer, and what it may do with it."""

    storable: bool
    reason: str
    """What allows or forbids it, in the words of the header."""
    explicit: bool = False
    """The answer itself allows it; False: only the default for its status does."""
    asks_first: bool = False
    """Each reuse must be confirmed by the server first (no-cache, a lifetime of 0, Vary: *)."""
    freshness: Freshness = Freshness(seconds=0, source="none")
    field: str = "Cache-Control"
    """The field by which it was judged; another one speaks to CDNs alone."""


def cache_control(headers: Headers) -> CacheControl:
    """Return the Cache-Control of an answer, all its lines together."""
    return parse_cache_control(headers.all("cache-control"))


def http_date(text: str, *, now: datetime) -> datetime | None:
    """Return an HTTP-date in any of its three forms (RFC 9110 section 5.6.7); None when it is none."""
    text = text.strip()
    if match := _IMF.fullmatch(text):
        day, month, year, *clock = match.groups()
    elif match := _RFC850.fullmatch(text):
        day, month, short, *clock = match.groups()
        # A two-digit year that seems more than 50 years ahead is the most recent such past year.
        century = now.year - now.year % 100
        full = century + int(short)
        year = str(full - 100 if full > now.year + 50 else full)
    elif match := _ASCTIME.fullmatch(text):
        month, day, *clock, year = match.groups()
    else:
        return None
    number = _MONTHS.get(month.lower())
    hour, minute, second = (int(c) for c in clock)
    if number is None:
        return None
    try:
        # 60 is a leap second, which datetime does not have.
        return datetime(int(year), number, int(day), hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None


def freshness(
    status: int, headers: Headers, *, shared: bool, received: datetime, control: CacheControl
) -> Freshness:
    """Return the freshness lifetime (RFC 9111 section 4.2.1) by the directives in `control`."""
    if shared and (s_maxage := control.seconds("s-maxage")) is not None:
        return Freshness(seconds=s_maxage, source="s-maxage")
    if (max_age := control.seconds("max-age")) is not None:
        return Freshness(seconds=max_age, source="max-age")
    sent = _date(headers, "date", received) or received
    if "expires" in headers:
        until = _date(headers, "expires", received)
        # Whatever is not a date, "0" above all, has expired (section 5.3).
        left = 0 if until is None else max(0, int((until - sent).total_seconds()))
        return Freshness(seconds=left, source="Expires")
    if status in HEURISTIC_STATUSES or "public" in control:
        changed = _date(headers, "last-modified", received)
        guess = 0 if changed is None else max(0, int((sent - changed).total_seconds() / 10))
        return Freshness(seconds=guess, source="heuristic")
    return Freshness(seconds=0, source="none")


def shared_storing(
    status: int,
    headers: Headers,
    *,
    received: datetime,
    method: str = "GET",
    authorized: bool = False,
) -> Storing:
    """Return whether a shared cache may store the answer (RFC 9111 sections 3 and 3.5).

    `authorized`: the request carried an Authorization field. A field that speaks to CDNs alone
    (RFC 9213) counts as well: where either allows it, some shared cache may store.
    """
    judge = partial(_storing, status, received=received, method=method, authorized=authorized)
    judged = [judge(headers, cache_control(headers))]
    # Who goes by such a field takes no notice of Cache-Control and Expires (section 2.2).
    rest = Headers(tuple((n, v) for n, v in headers if n.lower() != "expires"))
    for field in TARGETED_FIELDS:
        control = parse_targeted(headers.all(field))
        # Surrogate-Control is older; without a lifetime (content="ESI/1.0") it says nothing here.
        if "max-age" in control or (control.directives and field != "surrogate-control"):
            judged.append(replace(judge(rest, control), field=field.title().replace("Cdn", "CDN")))
    return max(judged, key=lambda s: (s.storable, not s.asks_first, s.freshness.seconds))


def browser_freshness(answer: Exchange) -> Freshness:
    """Return how long a browser may reuse the answer without asking; 0 under no-store and no-cache."""
    control = cache_control(answer.headers)
    fresh = freshness(
        answer.status, answer.headers, shared=False, received=answer.at, control=control
    )
    if "no-store" in control or control.unqualified("no-cache"):
        return Freshness(seconds=0, source=fresh.source)
    return fresh


def cookies_withheld(headers: Headers) -> bool:
    """Return whether shared caches may not hand on the cookies of an answer that they store.

    Where a field speaks to CDNs alone, they go by that one (RFC 9213 section 2.2).
    """
    targeted = any(field in headers for field in TARGETED_FIELDS)
    return not targeted and cache_control(headers).withholds("set-cookie")


def stored_by_shared(answer: Exchange) -> Storing:
    """Return whether a shared cache may store this answer to a visitor without a session."""
    return shared_storing(
        answer.status, answer.headers, received=answer.at, method=answer.method
    )  # fmt: skip


def _storing(
    status: int,
    headers: Headers,
    control: CacheControl,
    *,
    received: datetime,
    method: str,
    authorized: bool,
) -> Storing:
    if method not in {"GET", "HEAD"}:
        return Storing(storable=False, reason=f"answers to {method} are not stored")
    if not 200 <= status <= 599:
        return Storing(storable=False, reason=f"{status} is not a final status")
    if status in _NEVER_STORED:
        return Storing(storable=False, reason=f"caches do not store status {status}")
    understands = "must-understand" in control
    if understands and status not in _UNDERSTOOD:
        return Storing(storable=False, reason=f"must-understand, and {status} is unknown")
    if "no-store" in control and not understands:
        return Storing(storable=False, reason="no-store forbids it")
    if control.unqualified("private"):
        return Storing(storable=False, reason="private forbids it to shared caches")
    if authorized and not {"must-revalidate", "public", "s-maxage"} & {
        n for n, _ in control.directives
    }:
        return Storing(storable=False, reason="it answers a request with Authorization")
    fresh = freshness(status, headers, shared=True, received=received, control=control)
    if fresh.source == "none":
        return Storing(storable=False, reason=f"status {status} is not stored by default")
    allows = [d for d in ("public", "s-maxage", "max-age") if d in control]
    allows += ["Expires"] if "expires" in headers else []
    explicit = bool(allows)
    reason = f"{', '.join(allows)} allows it" if allows else _by_default(status, control)
    return Storing(
        storable=True,
        reason=reason,
        explicit=explicit,
        asks_first=control.unqualified("no-cache")
        or (fresh.explicit and fresh.seconds == 0 and not _used_when_stale(control))
        or "*" in [v.strip() for v in (headers.get("vary") or "").split(",")],
        freshness=fresh,
    )


def _used_when_stale(control: CacheControl) -> bool:
    """Return whether the answer lets a copy be used after its lifetime (RFC 5861, RFC 9111 section 4.2.4).

    By section 5.2.2.10 s-maxage would forbid it as well, but CDNs heed the two beside each other.
    """
    if "must-revalidate" in control or "proxy-revalidate" in control:
        return False
    return any(
        # Without a number of seconds it is no directive of the RFC, but frameworks send it so.
        control.unqualified(name) or (control.seconds(name) or 0) > 0
        for name in ("stale-while-revalidate", "stale-if-error")
    )


def _by_default(status: int, control: CacheControl) -> str:
    if not control.directives:
        return f"there is no Cache-Control, and status {status} may be stored by default"
    return f"{str(control)[:80]} does not forbid it"


def _date(headers: Headers, name: str, received: datetime) -> datetime | None:
    values = headers.all(name)
    return http_date(values[0], now=received) if values else None


def varies_by_session(answer: Exchange) -> bool:
    """Return whether a stored answer is given again to the same session alone."""
    fields = [f.strip().lower() for f in (answer.headers.get("vary") or "").split(",")]
    return "cookie" in fields or "authorization" in fields


def kept_all_the_same(answer: Exchange) -> str:
    """Return the line by which a cache says that it keeps what it was told not to; empty when none does."""
    return "" if stored_by_shared(answer).storable else kept_line(answer.headers)
