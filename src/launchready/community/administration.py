"""What the administration shows: figures, members, invitations, letters, payments, spending."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.billing.events import OPEN_STATES
from launchready.community.plans import OPEN
from launchready.community.posts import NUMBER_MAX
from launchready.community.tables import (
    SPENDING,
    Circle,
    Invite,
    Letter,
    Member,
    Question,
    Subscription,
)
from launchready.guard.chat import month_of
from launchready.guard.once import events

A_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The community in numbers."""

    members: int
    paying: int
    posts: int
    letters_waiting: int
    letters_given_up: int
    questions_today: int
    fallbacks_today: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What the guide cost somebody this month; `member` is empty for everybody together."""

    member: str
    name: str
    """Empty too for who has closed their account."""
    tokens: int
    dollars: float


async def figures(session: AsyncSession, *, now: dt.datetime) -> Figures:
    """Count. Members are counted one by one: this page is for the few, not for every visit."""
    waiting = Letter.sent_at.is_(None) & Letter.given_up_at.is_(None)
    today = now - dt.timedelta(days=1)
    counted = {
        "members": select(func.count()).select_from(Member),
        "paying": select(func.count()).select_from(Subscription).where(
            Subscription.status.in_(OPEN_STATES), Subscription.plan != OPEN
        ),
        "posts": select(func.coalesce(func.sum(Circle.post_count), 0)),
        "letters_waiting": select(func.count()).select_from(Letter).where(waiting),
        "letters_given_up": select(func.count()).select_from(Letter).where(
            Letter.given_up_at.is_not(None)
        ),
        "questions_today": select(func.count()).select_from(Question).where(
            Question.asked_at >= today
        ),
        "fallbacks_today": select(func.count()).select_from(Question).where(
            Question.asked_at >= today, Question.state == "fallback"
        ),
    }  # fmt: skip
    row = await session.execute(
        select(*(one.scalar_subquery().label(name) for name, one in counted.items()))
    )
    return Figures(**{name: int(value) for name, value in row.mappings().one().items()})


async def members(
    session: AsyncSession, *, before: int | None = None
) -> tuple[list[Member], int | None]:
    """Return a page of members, the newest first, and what asks for the next page."""
    rows = await session.execute(
        select(Member)
        .where(Member.id < (before or NUMBER_MAX))
        .order_by(Member.id.desc())
        .limit(A_PAGE + 1)
    )
    found = list(rows.scalars())
    return found[:A_PAGE], found[A_PAGE - 1].id if len(found) > A_PAGE else None


async def invitations(session: AsyncSession) -> Sequence[Invite]:
    """Return the newest invitations."""
    rows = await session.execute(select(Invite).order_by(Invite.id.desc()).limit(A_PAGE))
    return rows.scalars().all()


async def outbox(session: AsyncSession) -> Sequence[Letter]:
    """Return the newest letters; neither links nor codes are in them."""
    rows = await session.execute(select(Letter).order_by(Letter.id.desc()).limit(A_PAGE))
    return rows.scalars().all()


async def payments(session: AsyncSession) -> list[tuple[dt.datetime, str, str]]:
    """Return the newest events of payments: when they were heeded, their sender and their id."""
    rows = await session.execute(
        select(events.c.seen_s, events.c.source, events.c.event_id)
        .order_by(events.c.seen_s.desc())
        .limit(A_PAGE)
    )
    return [(dt.datetime.fromtimestamp(s, dt.UTC), source, id_) for s, source, id_ in rows]


async def spending(session: AsyncSession, *, now: dt.datetime) -> list[Spent]:
    """Return what the guide cost this month, everybody together first, then who cost most."""
    rows = await session.execute(
        select(SPENDING.c.member, SPENDING.c.tokens, SPENDING.c.nanodollars)
        .where(SPENDING.c.month == month_of(now))
        .order_by(SPENDING.c.nanodollars.desc(), SPENDING.c.tokens.desc(), SPENDING.c.member)
        .limit(A_PAGE)
    )
    spent = rows.all()
    numbers = [int(member) for member, _, _ in spent if member.isdecimal()]
    names: dict[str, str] = {}
    if numbers:
        known = select(Member.id, Member.name).where(Member.id.in_(numbers))
        names = {str(number): name for number, name in await session.execute(known)}
    return [
        Spent(member=member, name=names.get(member, ""), tokens=tokens, dollars=nanodollars / 1e9)
        for member, tokens, nanodollars in spent
    ]
