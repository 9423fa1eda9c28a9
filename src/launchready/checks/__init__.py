"""The checks, one file (or folder of files) a family; the catalogue finds them by scanning these modules."""

from __future__ import annotations

import importlib
import pkgutil

from launchready.finding import Check


def catalogue() -> tuple[Check, ...]:
    """Return every check, by family and id. Raises ValueError when an id or an owner stands twice."""
    found: dict[str, Check] = {}
    owners: dict[object, str] = {}
    for module in pkgutil.walk_packages(__path__, prefix=f"{__name__}."):
        members = vars(importlib.import_module(module.name))
        for check in (m for m in members.values() if isinstance(m, Check)):
            if check.id in found and found[check.id] is not check:
                raise ValueError(f"two checks have the id {check.id}")
            found[check.id] = check
    for check in found.values():
        for owned in check.prevents:
            if owners.setdefault(owned, check.id) != check.id:
                kind, fault = owned
                raise ValueError(
                    f"{check.id} and {owners[owned]} both own the fault {fault!r} of {kind.__name__}"
                )
    return tuple(sorted(found.values(), key=lambda c: (c.family, c.id)))
