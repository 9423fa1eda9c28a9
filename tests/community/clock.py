"""A clock that stands still until it is moved."""

from __future__ import annotations

import datetime as dt


class Clock:
    def __init__(self) -> None:
        self.now = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        """Let time pass, such as `hours=2`."""
        self.now += dt.timedelta(**time)
