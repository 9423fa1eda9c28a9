"""Collectors: effects live here, one file per source, by family. A module names its own in COLLECTORS."""

from __future__ import annotations

import importlib
import pkgutil

from launchready.facts import Fact
from launchready.gather import Collector


def collectors() -> dict[type[Fact], Collector]:
    """Return the collector of every kind of fact. Raises ValueError when a kind has two."""
    found: dict[type[Fact], Collector] = {}
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        own = getattr(importlib.import_module(module.name), "COLLECTORS", {})
        for kind, collector in own.items():
            if found.setdefault(kind, collector) is not collector:
                raise ValueError(f"two collectors for {kind.__name__}")
    return found
