"""What the shell offers after Tab: ids of checks, families, defects."""

from __future__ import annotations

from launchready.checks import catalogue


def check_ids(incomplete: str) -> list[str]:
    """Return the checks whose id begins so."""
    return [c.id for c in catalogue() if c.id.startswith(incomplete)]


def families(incomplete: str) -> list[str]:
    """Return the families whose name begins so."""
    return sorted({c.family for c in catalogue() if c.family.startswith(incomplete)})


def families_and_ids(incomplete: str) -> list[str]:
    """Return the families and checks that begin as what stands behind the last comma."""
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{word}" for word in (*families(last), *check_ids(last))]


def defect_ids(incomplete: str) -> list[str]:
    """Return the demo's defects whose id begins so."""
    from launchready.demo import defects  # noqa: PLC0415 - only the demo's command needs them

    return [each for each in defects() if each.startswith(incomplete)]
