"""Guard's parts as its figures tell them (Prometheus text exposition format)."""

from __future__ import annotations

import re

PARTS = ("start-up", "limits", "submissions", "bodies", "websockets", "caching", "logs")
"""What only the process itself can tell of, or tells best; the other parts show in its answers."""

_SAMPLE = re.compile(
    r'^launchready_guard_part\{part="([a-z-]{1,32})"(?:,worker="\d{1,20}")?\} ([01])(?:\.0)?\r?$',
    re.MULTILINE,
)
_TYPES = frozenset({"text/plain", "application/openmetrics-text"})


def is_figures(content_type: str, text: str) -> bool:
    """Return whether an answer is a Prometheus page, by its media type and its first line."""
    return content_type in _TYPES and text.startswith("# ")


def parts(text: str) -> tuple[tuple[str, bool], ...]:
    """Return each of PARTS with whether it is on; empty when the page does not tell of them all.

    No other name is taken from the page: a hostile one may hold what it was asked with.
    """
    told = {name: value == "1" for name, value in _SAMPLE.findall(text)}
    return tuple((part, told[part]) for part in PARTS) if told.keys() >= set(PARTS) else ()
