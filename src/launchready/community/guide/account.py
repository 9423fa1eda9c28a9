"""What a member may ask about their own account."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.billing.events import OPEN_STATES
from launchready.community.plans import OPEN
from launchready.community.tables import Member, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A member's plan and payments; neither name nor address, which no answer needs."""

    paying: bool
    joined_at: dt.datetime
    payments: str
    """As the payment provider says it, such as `active`; empty when it has said nothing."""
    paid_until: dt.datetime | None
    ends_at: dt.datetime | None
    """Set when the payments were cancelled."""


async def account_of(session: AsyncSession, member_id: int) -> Account:
    """Return a member's account, with what the payment provider said last.

    Of several subscriptions the one that opens the doors counts, and goes on: what ended beside it
    says nothing of the member, nor of who is one by invitation.
    """
    found = await session.execute(
        select(
            Member.plan, Member.joined_at, Subscription.status, Subscription.paid_until,
            Subscription.ends_at,
        )
        .outerjoin(
            Subscription, (Subscription.member_id == Member.id) & (Subscription.plan != OPEN)
        )
        .where(Member.id == member_id)
        .order_by(Subscription.changed_at.desc())
    )  # fmt: skip
    rows = found.all()
    told = max(rows, key=lambda row: (row.status in OPEN_STATES, row.ends_at is None))
    paying = bool(told.plan)
    if paying and told.status not in OPEN_STATES:
        return Account(
            paying=True, joined_at=told.joined_at, payments="", paid_until=None, ends_at=None
        )
    return Account(
        paying=paying, joined_at=told.joined_at, payments=told.status or "",
        paid_until=told.paid_until, ends_at=told.ends_at,
    )  # fmt: skip
