"""Letters to be sent, put down in the transaction of what they tell."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Literal

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.tables import Letter

Kind = Literal[
    "confirm", "reset", "welcome", "invite", "receipt", "ends", "goes-on", "late", "closed"
]
GIVEN_TO_SEND = dt.timedelta(minutes=3)
"""So long a letter belongs to the worker that took it; then that worker is thought to be dead."""
ATTEMPTS_MAX = 10
_PROBLEM_MAX = 300


def put_down(
    session: AsyncSession, kind: Kind, recipient: str, *, now: dt.datetime, **details: Any
) -> None:
    """Keep a letter for the worker; it goes out if the transaction does what it is about."""
    session.add(
        Letter(
            kind=kind,
            recipient=recipient,
            details=details,
            message_id=uuid.uuid4().hex,
            created_at=now,
            due_at=now,
        )
    )


async def take(session: AsyncSession, *, now: dt.datetime) -> Letter | None:
    """Take the letter that has waited longest, for as long as sending may last; None if none is due.

    Several workers take different ones: PostgreSQL skips what another holds, SQLite lets one write
    at a time.
    """
    due = (
        select(Letter.id)
        .where(Letter.sent_at.is_(None), Letter.given_up_at.is_(None), Letter.due_at <= now)
        .order_by(Letter.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (
        await session.execute(
            update(Letter)
            .where(Letter.id == due.scalar_subquery())
            .values(attempts=Letter.attempts + 1, due_at=now + GIVEN_TO_SEND)
            .returning(Letter)
        )
    ).scalar_one_or_none()


async def waiting(session: AsyncSession) -> int:
    """Return how many letters wait, 1,000 standing for more."""
    some = (
        select(Letter.due_at)
        .where(Letter.sent_at.is_(None), Letter.given_up_at.is_(None))
        .limit(1000)
        .subquery()
    )
    return (await session.execute(select(func.count()).select_from(some))).scalar_one()


async def sent(session: AsyncSession, letter: Letter, *, now: dt.datetime) -> None:
    """Note that a letter is on its way."""
    await _note(session, letter, sent_at=now, problem="")


async def given_up(session: AsyncSession, letter: Letter, why: str, *, now: dt.datetime) -> None:
    """Note that a letter will not be sent."""
    await _note(session, letter, given_up_at=now, problem=why[:_PROBLEM_MAX])


async def failed(session: AsyncSession, letter: Letter, why: str, *, now: dt.datetime) -> None:
    """Note that it did not go this time: it is tried again, later each time, and then given up."""
    if letter.attempts >= ATTEMPTS_MAX:
        await given_up(session, letter, why, now=now)
        return
    await _note(session, letter, due_at=now + pause(letter.attempts), problem=why[:_PROBLEM_MAX])


def pause(attempts: int) -> dt.timedelta:
    """Return how long to wait after so many attempts: half a minute, doubled each time, to 6 hours."""
    return min(dt.timedelta(seconds=30 * 2 ** (attempts - 1)), dt.timedelta(hours=6))


async def _note(session: AsyncSession, letter: Letter, **values: Any) -> None:
    await session.execute(update(Letter).where(Letter.id == letter.id).values(**values))
