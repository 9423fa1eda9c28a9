"""What letters say; their links are made here, when they are sent."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.dates import day
from launchready.community.invites import made_code, offer
from launchready.community.links import FIRST_PASSWORD, GOOD_FOR, Purpose, keep_link, made_token
from launchready.community.settings import Settings
from launchready.community.tables import Letter, Member


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Subject and text of a letter."""

    subject: str
    text: str


async def message(session: AsyncSession, letter: Letter, settings: Settings) -> EmailMessage | None:
    """Return a letter as it is sent, the same each time; None when there is nobody to tell."""
    member = (
        await session.execute(select(Member).where(Member.email == letter.recipient))
    ).scalar_one_or_none()
    words = await _words(session, letter, member, settings)
    if words is None:
        return None
    made = EmailMessage()
    made["From"] = Address(settings.name, addr_spec=settings.mail_from)
    made["To"] = letter.recipient
    made["Subject"] = words.subject
    made["Date"] = format_datetime(letter.created_at)
    made["Message-ID"] = f"<{letter.message_id}@{settings.mail_from.rpartition('@')[2]}>"
    # RFC 3834 section 5: nobody's out-of-office note is to answer this.
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(f"{words.text}\n\n{settings.name}\n{settings.absolute('/')}\n")
    return made


async def _words(
    session: AsyncSession, letter: Letter, member: Member | None, settings: Settings
) -> Words | None:
    name = settings.name
    if letter.kind == "invite":
        code = made_code(settings.secret, letter.id)
        await offer(session, code, plan=str(letter.details["plan"]), now=letter.created_at)
        return Words(
            subject=f"You are invited to {name}",
            text=f"Somebody at {name} would like you to join.\n\nYour code: {code}\n"
            f"{settings.absolute(f'/invite?code={code}')}\n\nIt is good for 30 days, once.",
        )
    if member is None:
        return None
    match letter.kind:
        case "confirm" if member.confirmed_at is not None:
            return Words(
                subject=f"You are a member of {name} already",
                text="Somebody, probably you, wanted to join with this address. You are a member: "
                f"log in at\n{settings.absolute('/login')}\nand if you forgot your password, ask "
                f"for a new one at\n{settings.absolute('/reset')}",
            )
        case "confirm":
            link = await _link(session, letter, member, "confirm", settings)
            return Words(
                subject=f"Please confirm your address for {name}",
                text=f"{_hello(member)}\n\nplease follow this link within three days:\n{link}\n"
                "\nIf you did not want to join, do nothing: nobody gets in without this link.",
            )
        case "reset":
            link = await _link(session, letter, member, "reset", settings)
            return Words(
                subject=f"A new password for {name}",
                text=f"{_hello(member)}\n\nyou can set a new password here, within an hour and "
                f"once:\n{link}\n\nIf you did not ask for it, do nothing: your password stays.",
            )
        case "welcome" if member.password_hash is None or member.confirmed_at is None:
            link = await _link(session, letter, member, "reset", settings, good_for=FIRST_PASSWORD)
            return Words(
                subject=f"Welcome to {name}",
                text=f"Thank you for joining. Please choose a password here, within seven days:\n{link}"
                f"\n\nLater you can ask for a new link at\n{settings.absolute('/reset')}",
            )
        case "welcome":
            return Words(
                subject=f"Welcome to {name}",
                text=f"{_hello(member)}\n\nyou are in. This is your room:\n"
                f"{settings.absolute('/members')}",
            )
        case "receipt":
            return Words(
                subject=f"Your receipt from {name}",
                text=f"{_hello(member)}\n\nthank you: we received {letter.details['amount']} "
                f"for your membership. Number: {letter.details['number']}",
            )
        case "ends":
            until = day(dt.datetime.fromisoformat(letter.details["until"]))
            return Words(
                subject=f"Your membership of {name} ends on {until}",
                text=f"{_hello(member)}\n\nyour membership is cancelled and ends on {until}. Until "
                "then every circle stays open to you, and no further payment is taken. You can still "
                f"change your mind before that day:\n{settings.absolute('/profile')}",
            )
        case "goes-on":
            return Words(
                subject=f"Your membership of {name} goes on",
                text=f"{_hello(member)}\n\nyour membership is no longer cancelled: it goes on, and so "
                f"do its payments. Everything about it:\n{settings.absolute('/profile')}",
            )
        case "late":
            until = day(dt.datetime.fromisoformat(letter.details["until"]))
            stays = f" Every circle stays open to you until {until}." if not member.gift else ""
            return Words(
                subject=f"Your payment to {name} failed",
                text=f"{_hello(member)}\n\nthe payment for your membership failed, and it will be tried "
                f"again.{stays} If your card has changed, please set it right:\n"
                f"{settings.absolute('/profile#membership')}",
            )
        case "closed":
            return Words(
                subject=f"Your membership of {name} is closed",
                text=f"{_hello(member)}\n\nno payment for your membership came through, so that the "
                "members' circles are closed to you. Your account and all that you wrote are kept. "
                f"As soon as a payment arrives, they are open again:\n"
                f"{settings.absolute('/profile#membership')}",
            )
    return None


def _hello(member: Member) -> str:
    """Return how a letter begins: by name once the address is known to be the member's.

    Before, the name is what anybody typed, and would reach whom they like in our name.
    """
    return "Hello," if member.confirmed_at is None else f"Hello {member.name},"


async def _link(
    session: AsyncSession,
    letter: Letter,
    member: Member,
    purpose: Purpose,
    settings: Settings,
    *,
    good_for: dt.timedelta | None = None,
) -> str:
    token = made_token(settings.secret, purpose, letter.id)
    until = letter.created_at + (good_for or GOOD_FOR[purpose])
    await keep_link(session, token, purpose, member.id, until=until)
    path = "/confirm" if purpose == "confirm" else "/reset/new"
    return settings.absolute(f"{path}?token={token}")
