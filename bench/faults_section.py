"""One part of what `make bench-faults` tells."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A table and what it comes to. `kept`: whether what is promised was so every time."""

    title: str
    verdict: str
    rows: Sequence[str]
    told: str
    kept: bool


def figures(seconds: Sequence[float]) -> str:
    """Return how many there are, and their p95 and worst in milliseconds, as cells of a table."""
    if not seconds:
        return "0 | | "
    many = seconds if len(seconds) > 1 else [*seconds, *seconds]
    p95 = statistics.quantiles(many, n=20, method="inclusive")[-1]
    return f"{len(seconds)} | {p95 * 1000:.0f} | {max(seconds) * 1000:.0f}"
