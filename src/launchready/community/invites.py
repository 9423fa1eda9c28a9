"""Invitations by code."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.sessions import token_hash
from launchready.community.tables import Invite

# Without letters that look alike: codes are read aloud and written on paper.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_LENGTH = 12
GOOD_FOR = dt.timedelta(days=30)


def new_code() -> str:
    """Return a code of 59 bits, such as `k7mq-2fhd-x9wa`."""
    return _written([secrets.choice(_LETTERS) for _ in range(_LENGTH)])


def made_code(secret: str, letter_id: int) -> str:
    """Return the code of an invitation by mail, the same each time that its letter is made."""
    made = hmac.digest(secret.encode(), f"invite:{letter_id}".encode(), hashlib.sha256)
    return _written([_LETTERS[byte % len(_LETTERS)] for byte in made[:_LENGTH]])


def code_hash(code: str) -> bytes:
    """Return what is kept of a code, however it was typed."""
    return token_hash("".join(c for c in code.lower() if c.isalnum())[:100])


async def keep_invite(
    session: AsyncSession,
    code: str,
    *,
    plan: str,
    uses: int,
    now: dt.datetime,
    note: str = "",
    by: int | None = None,
) -> None:
    """Make a code good for a number of new members."""
    session.add(
        Invite(
            code_hash=code_hash(code), plan=plan, note=note, uses_left=uses, created_by=by,
            created_at=now, expires_at=now + GOOD_FOR,
        )
    )  # fmt: skip
    await session.flush()


async def offer(session: AsyncSession, code: str, *, plan: str, now: dt.datetime) -> None:
    """Make a code good once, unless it has been offered before."""
    known = await session.execute(select(Invite.id).where(Invite.code_hash == code_hash(code)))
    if known.first() is None:
        await keep_invite(session, code, plan=plan, uses=1, now=now, note="by mail")


async def is_good(session: AsyncSession, code: str, *, now: dt.datetime) -> bool:
    """Return whether somebody may still join with a code."""
    found = await session.execute(select(Invite.id).where(*_good(code, now)))
    return found.first() is not None


async def redeem(session: AsyncSession, code: str, *, now: dt.datetime) -> str | None:
    """Use a code once and return its plan; None when it is not good."""
    return (
        await session.execute(
            update(Invite)
            .where(*_good(code, now))
            .values(uses_left=Invite.uses_left - 1)
            .returning(Invite.plan)
        )
    ).scalar_one_or_none()


def _written(letters: list[str]) -> str:
    return "-".join("".join(letters[i : i + 4]) for i in range(0, _LENGTH, 4))


def _good(code: str, now: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    return (Invite.code_hash == code_hash(code), Invite.uses_left > 0, Invite.expires_at > now)
