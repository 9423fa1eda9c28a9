"""What the checks of shared caches say alike."""

from __future__ import annotations

from launchready.derive.caching.storable import Storing
from launchready.derive.pages.unseen import unseen
from launchready.facts.ways import Visit
from launchready.finding import Unproven


def not_seen(visit: Visit) -> Unproven | None:
    """Return that an error says nothing of what caches may keep once it is mended."""
    why = unseen(visit)
    return Unproven(reason=why, because=visit.key) if why else None


def for_cdns_alone(storing: Storing) -> tuple[str, ...]:
    """Return the step that takes away a field which speaks to CDNs alone; none without one."""
    if storing.field == "Cache-Control":
        return ()
    return (
        f"Send no {storing.field} with these pages: CDNs that know it take no notice of Cache-Control.",
    )
