"""What a member pays for, as their own page shows it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.billing.events import CLOSED, LATE, is_good
from launchready.community.plans import OPEN
from launchready.community.tables import Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A subscription that opens the doors, or would if its payments came through."""

    id: int
    reference: str
    """The provider's name for it."""
    status: str
    is_open: bool
    paid_until: dt.datetime | None
    grace_until: dt.datetime | None
    """Set when a payment failed: open until then."""
    ends_at: dt.datetime | None
    """Set when it was cancelled: open until then, and nothing more is taken."""


async def memberships(
    session: AsyncSession, member_id: int, *, now: dt.datetime
) -> list[Membership]:
    """Return all that a member has, the oldest first: who bought twice sees both, and can end one."""
    wanted = select(
        Subscription.id, Subscription.reference, Subscription.status, Subscription.paid_until,
        Subscription.grace_until, Subscription.ends_at, Subscription.plan,
    ).where(Subscription.member_id == member_id).order_by(Subscription.id)  # fmt: skip
    return [
        Membership(
            id=row.id,
            reference=row.reference,
            status=row.status,
            is_open=is_good(row.status, row.grace_until, now=now),
            paid_until=row.paid_until,
            grace_until=row.grace_until,
            ends_at=row.ends_at,
        )
        for row in await session.execute(wanted)
        if row.plan != OPEN
        and (row.status in {*CLOSED, LATE} or is_good(row.status, row.grace_until, now=now))
    ]
