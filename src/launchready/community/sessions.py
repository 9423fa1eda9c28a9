"""Who is signed in: random tokens in cookies, their hashes in the database."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.tables import Member, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The member whose browser asks."""

    id: int
    name: str
    email: str
    role: str
    plan: str

    @property
    def is_admin(self) -> bool:
        """Whether the administration is open to them."""
        return self.role == "admin"


def token_hash(token: str) -> bytes:
    """Return what is kept of a token: it is random, so that one round of SHA-256 will do."""
    return hashlib.sha256(token.encode()).digest()


async def open_session(
    session: AsyncSession, member_id: int, *, now: dt.datetime, days: int
) -> str:
    """Keep a new session and return its token, for the cookie."""
    token = secrets.token_urlsafe(32)
    session.add(
        Session(
            token_hash=token_hash(token),
            member_id=member_id,
            created_at=now,
            expires_at=now + dt.timedelta(days=days),
        )
    )
    await session.flush()
    return token


async def signed_in(session: AsyncSession, token: str, *, now: dt.datetime) -> SignedIn | None:
    """Return whose session this is; None when it has ended, or never was."""
    row = (
        await session.execute(
            select(Member.id, Member.name, Member.email, Member.role, Member.plan)
            .join(Session, Session.member_id == Member.id)
            .where(Session.token_hash == token_hash(token), Session.expires_at > now)
        )
    ).one_or_none()
    if row is None:
        return None
    return SignedIn(id=row.id, name=row.name, email=row.email, role=row.role, plan=row.plan)


async def plan_of(session: AsyncSession, member_id: int) -> str:
    """Return the plan that a member has now; empty for guests and for who is no member any more."""
    found = await session.scalar(select(Member.plan).where(Member.id == member_id))
    return found or ""


async def close_session(session: AsyncSession, token: str) -> None:
    """End one session."""
    await session.execute(delete(Session).where(Session.token_hash == token_hash(token)))


async def close_all_sessions(session: AsyncSession, member_id: int) -> None:
    """End every session of a member, as after a new password."""
    await session.execute(delete(Session).where(Session.member_id == member_id))


async def sweep_sessions(session: AsyncSession, *, now: dt.datetime) -> None:
    """Forget the sessions that have expired."""
    await session.execute(delete(Session).where(Session.expires_at <= now))
