"""Accounts: joining, confirming an address, logging in, and a new password.

What is answered never tells whether an address belongs to a member: the letter does, to its owner.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.database import Database, insert_into
from launchready.community.invites import redeem
from launchready.community.links import link_owner, use_link, use_up_links
from launchready.community.mail.letters import put_down
from launchready.community.passwords import Passwords
from launchready.community.sessions import close_all_sessions, open_session
from launchready.community.tables import EMAIL_MAX, Member

NEWCOMER = "A new gardener"
NAME_MAX = 80
_WORD = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_ADDRESS = re.compile(rf"{_WORD}(?:\.{_WORD})*@(?:{_LABEL}\.)+{_LABEL}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Everything about accounts on one database."""

    database: Database
    passwords: Passwords
    session_days: int

    async def log_in(self, email: str, password: str, *, now: dt.datetime) -> str | None:
        """Return the token of a new session; None when address and password do not fit.

        Nor for an address that was never confirmed, whose letter goes out once more. It is not told
        apart: whoever joined in somebody's name with a password of their own would learn by it that
        the address was no member's.
        """
        async with self.database.read() as session:
            member = (
                await session.execute(
                    select(Member.id, Member.password_hash, Member.confirmed_at).where(
                        Member.email == email
                    )
                )
            ).one_or_none()
        kept = member.password_hash if member else None
        if not await self.passwords.fits(kept, password) or member is None or kept is None:
            return None
        newer = await self.passwords.hashed(password) if self.passwords.is_outdated(kept) else None
        async with self.database.write() as session:
            if not await _is_still(session, member.id, kept):
                return None
            if member.confirmed_at is None:
                put_down(session, "confirm", email, now=now)
                return None
            if newer is not None:
                await _set_password(session, member.id, newer)
            return await open_session(session, member.id, now=now, days=self.session_days)

    async def join(
        self, email: str, password: str, name: str, *, now: dt.datetime, code: str = ""
    ) -> None:
        """Keep a new account and send a letter; to a member the letter says that they are one."""
        hashed = await self.passwords.hashed(password)
        async with self.database.write() as session:
            member = await member_at(
                session, email, now=now, name=name or NEWCOMER, password_hash=hashed
            )
            if member.confirmed_at is None:
                # Whoever asks last counts: the link in the letter asks for this password.
                member.password_hash, member.name = hashed, name or member.name
            # A member's too: whether a code is still good afterwards must not tell who is one.
            gift = await redeem(session, code, now=now) if code else None
            if gift is not None:
                member.plan = member.gift = gift
            put_down(session, "confirm", email, now=now)

    async def confirm(self, token: str, password: str, *, now: dt.datetime) -> str | None:
        """Return the token of a first session; None when link or password are not good.

        The password is asked for, so that nobody confirms the account that a stranger made in
        their name.
        """
        async with self.database.read() as session:
            owner = await link_owner(session, token, "confirm", now=now)
            member = None if owner is None else await session.get(Member, owner)
        kept = member.password_hash if member else None
        if not await self.passwords.fits(kept, password) or member is None or kept is None:
            return None
        async with self.database.write() as session:
            if not await _is_still(session, member.id, kept):
                return None
            if await use_link(session, token, "confirm", now=now) is None:
                return None
            await session.execute(
                update(Member).where(Member.id == member.id).values(confirmed_at=now)
            )
            put_down(session, "welcome", member.email, now=now)
            return await open_session(session, member.id, now=now, days=self.session_days)

    async def ask_for_reset(self, email: str, *, now: dt.datetime) -> None:
        """Put down a letter, whoever the address belongs to: the worker looks that up."""
        async with self.database.write() as session:
            put_down(session, "reset", email, now=now)

    async def reset(self, token: str, password: str, *, now: dt.datetime) -> bool:
        """Set a new password and end every session; False when the link is not good."""
        hashed = await self.passwords.hashed(password)
        async with self.database.write() as session:
            member_id = await use_link(session, token, "reset", now=now)
            if member_id is None:
                return False
            await _set_password(session, member_id, hashed)
            await session.execute(
                update(Member)
                .where(Member.id == member_id, Member.confirmed_at.is_(None))
                # Who reads the letter has the address.
                .values(confirmed_at=now)
            )
            await use_up_links(session, member_id, "reset", now=now)
            await close_all_sessions(session, member_id)
        return True


def as_email(text: str) -> str | None:
    """Return an address as it is kept, or None when it cannot be one.

    One mailbox has one spelling here. Quotes, comments and encoded words, which mail would read as
    another address (RFC 5322 section 3.4.1, RFC 2047), are in no address that people have.
    """
    email = unicodedata.normalize("NFKC", text.strip()[: 2 * EMAIL_MAX]).lower()
    if len(email) > EMAIL_MAX or "=?" in email or not _ADDRESS.fullmatch(email):
        return None
    return email


async def member_at(
    session: AsyncSession,
    email: str,
    *,
    now: dt.datetime,
    name: str = NEWCOMER,
    password_hash: str | None = None,
) -> Member:
    """Return whose an address is, with a new account where it is nobody's.

    Nobody else changes the account before the transaction ends.
    """
    await session.execute(
        insert_into(session, Member)
        .values(email=email, name=name, password_hash=password_hash, joined_at=now)
        .on_conflict_do_nothing()
    )
    found = await session.execute(select(Member).where(Member.email == email).with_for_update())
    return found.scalar_one()


async def _is_still(session: AsyncSession, member_id: int, compared: str) -> bool:
    """Return whether the password is the one that was compared, and let nobody change it meanwhile.

    To compare takes a while: a new password may have been set, or a stranger have joined anew.
    """
    kept = await session.scalar(
        select(Member.password_hash).where(Member.id == member_id).with_for_update()
    )
    return kept == compared


async def _set_password(session: AsyncSession, member_id: int, hashed: str) -> None:
    await session.execute(update(Member).where(Member.id == member_id).values(password_hash=hashed))
