"""Links that mails carry: made from the letter, so that a letter sent again carries the same."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from typing import Literal

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.database import insert_into
from launchready.community.sessions import token_hash
from launchready.community.tables import Link

Purpose = Literal["confirm", "reset"]
GOOD_FOR: dict[Purpose, dt.timedelta] = {
    "confirm": dt.timedelta(days=3),
    "reset": dt.timedelta(hours=1),
}
FIRST_PASSWORD = dt.timedelta(days=7)
"""So long a new member who has paid may choose a password by the first letter."""


def made_token(secret: str, purpose: str, number: int | str) -> str:
    """Return a token that only who knows the secret can make, the same one each time."""
    made = hmac.digest(secret.encode(), f"{purpose}:{number}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


async def keep_link(
    session: AsyncSession, token: str, purpose: Purpose, member_id: int, *, until: dt.datetime
) -> None:
    """Make a link good until a moment; one that was used stays used."""
    await session.execute(
        insert_into(session, Link)
        .values(
            token_hash=token_hash(token),
            member_id=member_id,
            purpose=purpose,
            expires_at=until,
        )
        .on_conflict_do_nothing()
    )


async def link_owner(
    session: AsyncSession, token: str, purpose: Purpose, *, now: dt.datetime
) -> int | None:
    """Return whose link it is while it is good."""
    return (
        await session.execute(select(Link.member_id).where(*_good(token, purpose, now)))
    ).scalar_one_or_none()


async def use_link(
    session: AsyncSession, token: str, purpose: Purpose, *, now: dt.datetime
) -> int | None:
    """Return whose link it is and use it up; None when it is not good, or no longer."""
    return (
        await session.execute(
            update(Link)
            .where(*_good(token, purpose, now))
            .values(used_at=now)
            .returning(Link.member_id)
        )
    ).scalar_one_or_none()


async def use_up_links(
    session: AsyncSession, member_id: int, purpose: Purpose, *, now: dt.datetime
) -> None:
    """Use up every other link of a member for one purpose."""
    await session.execute(
        update(Link)
        .where(Link.member_id == member_id, Link.purpose == purpose, Link.used_at.is_(None))
        .values(used_at=now)
    )


def _good(token: str, purpose: Purpose, now: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Link.token_hash == token_hash(token),
        Link.purpose == purpose,
        Link.used_at.is_(None),
        Link.expires_at > now,
    )
