"""Set-Cookie lines (RFC 6265 section 5.2), and whether they set a cookie or take it back."""

from __future__ import annotations

import email.utils
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

COOKIE_BYTES_MAX = 4096
"""Of name and value together; browsers ignore what is longer (RFC 6265bis section 5.7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCookie:
    """What a line sets. The value is a secret and never leaves the fact."""

    name: str
    value: str = field(repr=False)
    attributes: Mapping[str, str]
    """By their names in lower case; empty text for those without a value."""

    @property
    def taken(self) -> bool:
        """Whether browsers take notice of the line: it is not empty, and not longer than they keep."""
        return 0 < len(self.name) + len(self.value) <= COOKIE_BYTES_MAX


def parse_set_cookie(line: str) -> SetCookie:
    """Return what a line sets; a pair without `=` is a value without a name, as browsers have it."""
    first, *rest = line.split(";")
    name, equals, value = first.partition("=")
    if not equals:
        name, value = "", first
    attributes: dict[str, str] = {}
    for attribute in rest:
        key, _, setting = attribute.partition("=")
        attributes[key.strip().lower()] = setting.strip()
    return SetCookie(name=name.strip(), value=value.strip(), attributes=attributes)


def takes_back(cookie: SetCookie, now: datetime) -> bool:
    """Return whether the line takes the cookie back: its time is over (section 5.3), Max-Age first."""
    age = cookie.attributes.get("max-age", "")
    if age.lstrip("-").isdigit() and age.isascii():
        return age.startswith("-") or not age.strip("0")
    until = lax_date(cookie.attributes.get("expires", ""))
    return until is not None and until <= now


def lax_date(value: str) -> datetime | None:
    """Return the moment that a field names, in UTC, read as laxly as browsers do; None when it names none."""
    try:
        found = email.utils.parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
