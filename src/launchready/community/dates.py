"""Days as they stand on pages and in letters."""

from __future__ import annotations

import datetime as dt


def day(moment: dt.datetime) -> str:
    """Return the day in words, such as `24 December 2026`."""
    return f"{moment.day} {moment:%B %Y}"
