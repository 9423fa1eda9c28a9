"""What an event of the payment provider changes, as Stripe words them.

Events come late, twice and in any order. Each has one effect (`once`), and an older one never
overwrites what a newer one said (`newer`); what it says beside that, such as whose a subscription
is, holds whenever it comes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.accounts import as_email, member_at
from launchready.community.database import insert_into
from launchready.community.mail.letters import put_down
from launchready.community.plans import OPEN, WILLOW
from launchready.community.tables import Member, Subscription
from launchready.guard.once import newer, once
from launchready.guard.webhooks import Event

_GOOD = frozenset({"active", "trialing"})
_WAITING = "past_due"
OPEN_STATES = _GOOD | {_WAITING}
"""Of a subscription that opens the doors, one that is late only until what was paid has run out."""
_OVER = frozenset({"canceled", "incomplete_expired"})
"""Of a subscription that never comes back; a late payment of what it still owed does not revive it."""
_UPDATED = "customer.subscription.updated"
# Stripe's times are whole seconds: what follows from what, within one.
_RANKS = {
    "checkout.session.completed": 0,
    _UPDATED: 1,
    "invoice.payment_failed": 1,
    "invoice.paid": 2,
    "customer.subscription.deleted": 3,
}
_WITHOUT_HUNDREDTHS = frozenset({
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF",
    "XPF",
})  # fmt: skip
_IN_THOUSANDTHS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
_NO_ZONE_MAX = 4_102_444_800  # the year 2100: a time beyond it is none


class NotUnderstood(ValueError):  # noqa: N818 - said of an event
    """The event is rightly signed, and lacks what its type promises."""


async def heed(session: AsyncSession, event: Event, *, now: dt.datetime) -> bool:
    """Do what an event says, in this transaction; False when it was done before or says nothing.

    Raises NotUnderstood, upon which the caller rolls back.
    """
    rank = _RANKS.get(event.type)
    if rank is None or not await once(session, event.id, source="payments"):
        return False
    told = _told(event)
    reference = _reference(event.type, told)
    if reference is None or event.created is None:
        # A single payment, not for a membership.
        return False
    is_newest = await newer(session, f"subscription:{reference}", event.created, rank=rank)
    kept = await _subscription(session, reference, event.created)
    known_end = kept.ends_at if kept.member_id is not None else None
    await _belongs(session, kept, told, now=now)
    if is_newest and kept.status not in _OVER:
        _apply(kept, event.type, told, event.created)
    # Only these tell of a cancellation: a payment that came later must not hide one.
    if event.type == _UPDATED and await newer(session, f"ending:{reference}", event.created):
        kept.ends_at = _end(told)
    await session.flush()
    if kept.member_id is not None:
        await grant(session, kept.member_id, now=now)
        if kept.ends_at != known_end and is_good(kept.status, kept.paid_until, now=now):
            await _confirm_ending(session, kept.member_id, kept.ends_at, now=now)
        if event.type == "invoice.paid":
            await _receipt(session, kept.member_id, told, now=now)
    return True


async def grant(session: AsyncSession, member_id: int, *, now: dt.datetime) -> None:
    """Give a member the plan that their payments or their invitation are good for."""
    # Held before the payments are read: events of two subscriptions of one member would each miss
    # what the other one changes.
    member = await session.get_one(Member, member_id, with_for_update=True)
    rows = await session.execute(
        select(Subscription.status, Subscription.plan, Subscription.paid_until).where(
            Subscription.member_id == member_id
        )
    )
    paid = next((plan for status, plan, until in rows if is_good(status, until, now=now)), OPEN)
    member.plan = paid or member.gift


def is_good(status: str, paid_until: dt.datetime | None, *, now: dt.datetime) -> bool:
    """Return whether a subscription opens the doors: paid for, or late and not yet run out."""
    return status in _GOOD or (status == _WAITING and paid_until is not None and paid_until > now)


async def revoke_what_ran_out(session: AsyncSession, *, now: dt.datetime) -> None:
    """Close the doors of members whose payment failed and whose paid time is over."""
    over = await session.execute(
        update(Subscription)
        .where(Subscription.status == _WAITING, Subscription.paid_until <= now)
        .values(status="lapsed")
        .returning(Subscription.member_id)
    )
    for member_id in over.scalars().all():
        if member_id is not None:
            await grant(session, member_id, now=now)


def _apply(kept: Subscription, kind: str, told: Mapping[str, Any], created: dt.datetime) -> None:
    kept.changed_at = created
    match kind:
        case "checkout.session.completed":
            paid = told.get("payment_status") in {"paid", "no_payment_required"}
            kept.status = "active" if paid else "incomplete"
        case "invoice.paid":
            kept.status = "active"
        case "invoice.payment_failed":
            kept.status = _WAITING
        case "customer.subscription.deleted":
            kept.status = "canceled"
        case _:
            kept.status = str(told.get("status", ""))[:20]
    kept.paid_until = _period_end(told) or kept.paid_until


async def _subscription(
    session: AsyncSession, reference: str, created: dt.datetime
) -> Subscription:
    await session.execute(
        insert_into(session, Subscription)
        .values(
            reference=reference, customer="", plan=WILLOW, status="incomplete", changed_at=created
        )
        .on_conflict_do_nothing()
    )
    found = await session.execute(select(Subscription).where(Subscription.reference == reference))
    return found.scalar_one()


async def _belongs(
    session: AsyncSession, kept: Subscription, told: Mapping[str, Any], *, now: dt.datetime
) -> None:
    """Note whose a subscription is, as soon as an event names an address; make the account if new."""
    kept.customer = kept.customer or str(told.get("customer") or "")[:120]
    details = told.get("customer_details")
    named = told.get("customer_email") or (
        details.get("email") if isinstance(details, dict) else None
    )
    email = as_email(named) if isinstance(named, str) else None
    if kept.member_id is not None or email is None:
        return
    kept.member_id = (await member_at(session, email, now=now)).id
    put_down(session, "welcome", email, now=now)


async def _receipt(
    session: AsyncSession, member_id: int, told: Mapping[str, Any], *, now: dt.datetime
) -> None:
    paid = told.get("amount_paid")
    if type(paid) is not int or paid <= 0:
        return
    member = await session.get_one(Member, member_id)
    put_down(
        session, "receipt", member.email, now=now, amount=_amount(paid, told.get("currency")),
        number=str(told.get("number") or told.get("id") or "")[:60],
    )  # fmt: skip


def _amount(smallest: int, named: object) -> str:
    """Return an amount in words for people; Stripe counts in the smallest unit of the currency.

    https://docs.stripe.com/currencies#minor-units
    """
    currency = str(named or "")[:3].upper()
    places = 0 if currency in _WITHOUT_HUNDREDTHS else 3 if currency in _IN_THOUSANDTHS else 2
    return f"{Decimal(smallest).scaleb(-places):f} {currency}"


async def _confirm_ending(
    session: AsyncSession, member_id: int, ends_at: dt.datetime | None, *, now: dt.datetime
) -> None:
    member = await session.get_one(Member, member_id)
    if ends_at is None:
        put_down(session, "goes-on", member.email, now=now)
    else:
        put_down(session, "ends", member.email, now=now, until=ends_at.isoformat())


def _told(event: Event) -> Mapping[str, Any]:
    try:
        told = event.json()["data"]["object"]
    except (ValueError, KeyError, TypeError):
        told = None
    if not isinstance(told, dict):
        raise NotUnderstood(f"{event.type} without an object")
    return told


def _reference(kind: str, told: Mapping[str, Any]) -> str | None:
    """Return the subscription's name; newer versions of the interface keep an invoice's deeper."""
    named = told.get("id" if kind.startswith("customer.subscription.") else "subscription")
    if named is None:
        parent = told.get("parent")
        details = parent.get("subscription_details") if isinstance(parent, dict) else None
        named = details.get("subscription") if isinstance(details, dict) else None
    if named is None:
        return None
    if not isinstance(named, str) or not 0 < len(named) <= 120:
        raise NotUnderstood(f"{kind} with a subscription that has no name")
    return named


def _end(told: Mapping[str, Any]) -> dt.datetime | None:
    """Return when a subscription is to end; None when it goes on."""
    named = told.get("cancel_at")
    if named is None:
        return _period_end(told) if told.get("cancel_at_period_end") is True else None
    return _latest([named])


def _period_end(told: Mapping[str, Any]) -> dt.datetime | None:
    ends = [told.get("current_period_end")]
    for holder in ("items", "lines"):
        listed = told.get(holder)
        lines = listed.get("data") if isinstance(listed, dict) else None
        for line in lines if isinstance(lines, list) else []:
            if isinstance(line, dict):
                period = line.get("period")
                ends.append(line.get("current_period_end"))
                ends.append(period.get("end") if isinstance(period, dict) else None)
    return _latest(ends)


def _latest(moments: list[Any]) -> dt.datetime | None:
    known = [e for e in moments if type(e) is int and 0 < e < _NO_ZONE_MAX]
    return dt.datetime.fromtimestamp(max(known), dt.UTC) if known else None
