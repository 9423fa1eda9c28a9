"""What an event of the payment provider changes.

Events come late, twice and in any order. Each has one effect (`once`), and an older one never
overwrites what a newer one said (`newer`); what it says beside that, such as whose a subscription
is or until when was paid, holds whenever it comes.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.accounts import member_at
from launchready.community.billing import told as says
from launchready.community.database import insert_into
from launchready.community.mail.letters import put_down
from launchready.community.plans import OPEN
from launchready.community.tables import Member, Subscription
from launchready.guard.once import newer, once
from launchready.guard.webhooks import Event

GRACE = dt.timedelta(days=14)
"""So long the doors stay open after a payment failed, while the provider tries it again."""
_GOOD = frozenset({"active", "trialing"})
LATE = "past_due"
OPEN_STATES = _GOOD | {LATE}
"""Of a subscription that opens the doors, one that is late only until its grace has run out."""
_RAN_OUT = "lapsed"
CLOSED = frozenset({_RAN_OUT, "unpaid"})
"""Of one whose payments failed for too long; a payment opens the doors again."""
_OVER = frozenset({"canceled", "incomplete_expired"})
"""Of one that never comes back; a late payment of what it still owed does not revive it."""
_BEGUN, _UPDATED = "customer.subscription.created", "customer.subscription.updated"
_PAID, _FAILED = "invoice.paid", "invoice.payment_failed"
# Stripe's times are whole seconds: what follows from what, within one.
_RANKS = {
    _BEGUN: 0,
    "checkout.session.completed": 1,
    _UPDATED: 2,
    _FAILED: 2,
    _PAID: 3,
    "customer.subscription.deleted": 4,
}
_TAKEN_BACK = frozenset({"charge.refunded", "charge.dispute.created"})
_LOG = logging.getLogger("launchready.community.billing")


async def heed(
    session: AsyncSession, event: Event, *, plans: Mapping[str, str], now: dt.datetime
) -> bool:
    """Do what an event says, in this transaction; False when it was done before or says nothing.

    `plans` are what the prices of the provider buy: a subscription to any other price grants
    nothing. Raises NotUnderstood, upon which the caller rolls back.
    """
    if event.type in _TAKEN_BACK:
        _LOG.warning(
            "%s (%s): doors stay open until the subscription is cancelled at the payment provider",
            event.type, event.id,
        )  # fmt: skip
        return False
    rank = _RANKS.get(event.type)
    if rank is None or not await once(session, event.id, source="payments"):
        return False
    told = says.told_by(event)
    reference = says.reference(event.type, told)
    if reference is None or event.created is None:
        # A single payment, not for a membership.
        return False
    is_newest = await newer(session, f"subscription:{reference}", event.created, rank=rank)
    kept = await _subscription(session, reference, event.created)
    was_known = kept.member_id is not None
    known_end = kept.ends_at if was_known else None
    known_grace = kept.grace_until if was_known else None
    was_open = is_open(kept, now=now)
    await _is_for(session, kept, event, told, plans)
    await _belongs(session, kept, told, now=now)
    if event.type == _PAID:
        _note_paid(kept, says.period_end(told))
    if is_newest and kept.status not in _OVER:
        _apply(kept, event.type, told, event.created)
    # Only these tell of a cancellation: a payment that came later must not hide one.
    if event.type == _UPDATED and await newer(session, f"ending:{reference}", event.created):
        kept.ends_at = says.end(told)
    await session.flush()
    if kept.member_id is not None:
        member = await grant(session, kept.member_id, now=now)
        if is_open(kept, now=now):
            if kept.ends_at != known_end:
                _confirm_ending(session, member, kept.ends_at, now=now)
            if kept.grace_until is not None and known_grace is None:
                until = kept.grace_until.isoformat()
                put_down(session, "late", member.email, now=now, until=until)
        elif was_open and (known_grace is not None or kept.status in CLOSED):
            _tell_closed(session, member, now=now)
        if event.type == _PAID and kept.plan and (paid := says.amount(told)) is not None:
            number = says.number(told)
            put_down(session, "receipt", member.email, now=now, amount=paid, number=number)
    return True


async def grant(session: AsyncSession, member_id: int, *, now: dt.datetime) -> Member:
    """Give a member the plan that their payments or their invitation are good for."""
    # Held before the payments are read: events of two subscriptions of one member would each miss
    # what the other one changes.
    member = await session.get_one(Member, member_id, with_for_update=True)
    rows = await session.execute(
        select(Subscription.status, Subscription.plan, Subscription.grace_until).where(
            Subscription.member_id == member_id, Subscription.plan != OPEN
        )
    )
    paid = (plan for status, plan, until in rows if is_good(status, until, now=now))
    member.plan = next(paid, OPEN) or member.gift
    return member


def is_good(status: str, grace_until: dt.datetime | None, *, now: dt.datetime) -> bool:
    """Return whether a subscription is paid for, or late and within its grace."""
    return status in _GOOD or (status == LATE and grace_until is not None and grace_until > now)


def is_open(kept: Subscription, *, now: dt.datetime) -> bool:
    """Return whether a subscription opens doors: it is good, and for one of our plans."""
    return kept.plan != OPEN and is_good(kept.status, kept.grace_until, now=now)


async def revoke_what_ran_out(session: AsyncSession, *, now: dt.datetime) -> None:
    """Close the doors of members whose payment failed and whose grace is over, and tell them."""
    over = await session.execute(
        update(Subscription)
        .where(Subscription.status == LATE, Subscription.grace_until <= now)
        .values(status=_RAN_OUT)
        .returning(Subscription.member_id, Subscription.plan)
    )
    for member_id, plan in over.all():
        if member_id is not None:
            member = await grant(session, member_id, now=now)
            if plan:
                _tell_closed(session, member, now=now)


def _apply(kept: Subscription, kind: str, told: Mapping[str, Any], created: dt.datetime) -> None:
    """Note how a subscription stands by the newest event."""
    kept.changed_at = created
    match kind:
        case "checkout.session.completed":
            paid = told.get("payment_status") in {"paid", "no_payment_required"}
            status = "active" if paid else "incomplete"
        case "invoice.paid":
            until = says.period_end(told)
            # What was owed for a month that is over leaves open how it stands with this one.
            status = "active" if until is None or until > created else kept.status
        case "invoice.payment_failed":
            # Of the first one: nobody has paid yet, so that there is nothing to be late with.
            status = LATE if kept.status != "incomplete" or kept.paid_until else "incomplete"
        case "customer.subscription.deleted":
            status = "canceled"
        case _:
            status = str(told.get("status", ""))[:20]
    if status == LATE:
        # What has run out begins no second time until something is paid.
        status = _RAN_OUT if kept.status == _RAN_OUT else LATE
        kept.grace_until = kept.grace_until or max(created + GRACE, kept.paid_until or created)
    elif status in _GOOD:
        kept.grace_until = None
    kept.status = status


def _note_paid(kept: Subscription, until: dt.datetime | None) -> None:
    """Note until when was paid. Only a payment tells: the month that a subscription is in may be owed."""
    if until is None or (kept.paid_until is not None and until <= kept.paid_until):
        return
    kept.paid_until = until
    if kept.grace_until is not None:
        kept.grace_until = max(kept.grace_until, until)


async def _subscription(
    session: AsyncSession, reference: str, created: dt.datetime
) -> Subscription:
    await session.execute(
        insert_into(session, Subscription)
        .values(
            reference=reference, customer="", plan=OPEN, status="incomplete", changed_at=created
        )
        .on_conflict_do_nothing()
    )
    found = await session.execute(select(Subscription).where(Subscription.reference == reference))
    return found.scalar_one()


async def _is_for(
    session: AsyncSession,
    kept: Subscription,
    event: Event,
    told: Mapping[str, Any],
    plans: Mapping[str, str],
) -> None:
    """Note which plan a subscription buys: that of its price, and none for a price of something else.

    The subscription itself decides. An invoice, which may be for what it was before, only until then.
    """
    named = says.prices(told)
    if not named:
        return
    if event.type.startswith(says.OF_SUBSCRIPTION):
        newest = event.created is not None and await newer(
            session, f"price:{kept.reference}", event.created, rank=_RANKS[event.type]
        )
        if not newest:
            return
    elif kept.price:
        return
    kept.price = next((price for price in named if price in plans), named[0])
    kept.plan = plans.get(kept.price, OPEN)
    if kept.plan == OPEN:
        _LOG.warning(
            "subscription %s is to the price %s, which is none of a plan: it grants nothing",
            kept.reference, kept.price,
        )  # fmt: skip


async def _belongs(
    session: AsyncSession, kept: Subscription, told: Mapping[str, Any], *, now: dt.datetime
) -> None:
    """Note whose a subscription is, as soon as address and plan are told; make the account if new.

    Who buys something else at the same provider is no member of ours, and gets no letter.
    """
    kept.customer = kept.customer or says.customer(told)
    if kept.member_id is not None:
        return
    kept.email = kept.email or says.address(told) or ""
    if kept.price and kept.plan == OPEN:
        kept.email = ""
    if not kept.email or kept.plan == OPEN:
        return
    kept.member_id = (await member_at(session, kept.email, now=now)).id
    put_down(session, "welcome", kept.email, now=now)
    kept.email = ""


def _tell_closed(session: AsyncSession, member: Member, *, now: dt.datetime) -> None:
    if member.plan == OPEN:
        put_down(session, "closed", member.email, now=now)


def _confirm_ending(
    session: AsyncSession, member: Member, ends_at: dt.datetime | None, *, now: dt.datetime
) -> None:
    if ends_at is None:
        put_down(session, "goes-on", member.email, now=now)
    else:
        put_down(session, "ends", member.email, now=now, until=ends_at.isoformat())
