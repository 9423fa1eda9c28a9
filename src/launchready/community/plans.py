"""What a member may read by the plan that they have."""

from __future__ import annotations

OPEN = ""
WILLOW = "willow"
PLANS = (OPEN, WILLOW)
PRICE = "€9 a month"
TRIAL_PRICE = "price_trial_willow"
"""What the test payment calls it."""


def readable(plan: str) -> tuple[str, ...]:
    """Return the plans whose circles are open to a member of this one."""
    return PLANS if plan == WILLOW else (OPEN,)
