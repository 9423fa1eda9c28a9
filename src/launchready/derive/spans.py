"""Spans of time in words."""

from __future__ import annotations

_UNITS = (
    (365 * 86_400, "year"),
    (86_400, "day"),
    (3_600, "hour"),
    (60, "minute"),
    (1, "second"),
)


def span(seconds: int) -> str:
    """Return a number of seconds in the largest unit that fits, rounded down: `30 days`."""
    for size, unit in _UNITS:
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "not at all"
