"""A payment provider that sends every event twenty times, in any order, to an app that is killed."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import aiohttp
from sqlalchemy import select

from launchready.community.plans import TRIAL_PRICE
from launchready.community.tables import Letter, Member, Subscription
from launchready.guard.once import events as events_table
from tests.community.faults.process import PAYMENTS_SECRET, WEBHOOK, Plan
from tests.community.faults.seen import Seen, at_most, rows
from tests.community.faults.serving import Served, prepare, serving
from tests.community.faults.visiting import ANSWER_S, Reply
from tests.guard.signing import stripe_header

TIMES, AT_ONCE = 20, 60
STARTED_S, MONTH_S = 1_790_000_000, 31 * 86_400
AHEAD_S = 400 * 86_400
"""Periods end long after today, whenever this runs."""
STAYS, LEAVES, LATE, RETURNS = (
    f"{name}@willow.example" for name in ("stays", "leaves", "late", "returns")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event, as it is sent each time."""

    id: str
    body: bytes


def told(
    kind: str, subscription: str, email: str, *, day: int, ends_s: int, status: str = "active"
) -> Told:
    """Return an event of the provider; `day` is when it came about, `ends_s` what is paid until."""
    id_ = f"evt_{subscription}_{kind}_{day}"
    about: dict[str, Any] = {"customer": f"cus_{email}", "customer_email": email}
    if kind.startswith("customer.subscription."):
        about |= {"id": subscription, "status": status}
        about["items"] = {"data": [{"current_period_end": ends_s, "price": {"id": TRIAL_PRICE}}]}
    elif kind == "checkout.session.completed":
        about |= {"id": f"cs_{id_}", "subscription": subscription, "payment_status": "paid"}
        about["customer_details"] = {"email": email}
    else:
        about |= {"id": f"in_{id_}", "subscription": subscription, "number": id_[-40:]}
        about |= {"amount_paid": 900 if kind == "invoice.paid" else 0, "currency": "eur"}
        price = {"price_details": {"price": TRIAL_PRICE}}
        about["lines"] = {"data": [{"period": {"end": ends_s}, "pricing": price}]}
    event = {"id": id_, "object": "event", "type": kind, "created": STARTED_S + day * 86_400}
    return Told(id=id_, body=json.dumps({**event, "data": {"object": about}}).encode())


def story(now_s: int) -> tuple[list[Told], dict[str, tuple[str, int]], dict[str, str]]:
    """Return all events, how each subscription ends (status, paid until), and each member's plan."""
    soon, later = now_s + AHEAD_S, now_s + AHEAD_S + MONTH_S
    events = []
    for who in (STAYS, LEAVES, LATE, RETURNS):
        name = f"sub_{who.partition('@')[0]}"
        events.append(told("checkout.session.completed", name, who, day=0, ends_s=soon))
        events.append(told("invoice.paid", name, who, day=0, ends_s=soon))
        events.append(told("customer.subscription.updated", name, who, day=1, ends_s=soon))
    events += [
        told("invoice.paid", "sub_stays", STAYS, day=31, ends_s=later),
        told(
            "customer.subscription.deleted", "sub_leaves", LEAVES, day=20, ends_s=soon,
            status="canceled",
        ),
        told("invoice.payment_failed", "sub_late", LATE, day=31, ends_s=later),
        told(
            "customer.subscription.updated", "sub_late", LATE, day=45, ends_s=later, status="unpaid"
        ),
        # The old one ends while the new one begins: one member, two subscriptions.
        told(
            "customer.subscription.deleted", "sub_returns", RETURNS, day=40, ends_s=soon,
            status="canceled",
        ),
        told("checkout.session.completed", "sub_again", RETURNS, day=40, ends_s=later),
        told("invoice.paid", "sub_again", RETURNS, day=40, ends_s=later),
    ]  # fmt: skip
    subscriptions = {
        "sub_stays": ("active", later), "sub_leaves": ("canceled", soon),
        "sub_late": ("unpaid", soon), "sub_returns": ("canceled", soon),
        "sub_again": ("active", later),
    }  # fmt: skip
    return events, subscriptions, {STAYS: "willow", LEAVES: "", LATE: "", RETURNS: "willow"}


async def deliver_over_crashes(database_url: str) -> Seen:
    """Send every event twenty times while the app is killed twice; what is not answered is sent again."""
    seen = Seen()
    await prepare(database_url, 0)
    events, subscriptions, plans = story(int(time.time()))
    waiting = [event for event in events for _ in range(TIMES)]
    random.Random(3).shuffle(waiting)  # noqa: S311 - the same order in every run
    sent, killed = 0, []
    for crash in ("commit:1", "answer:4", ""):
        sent += len(waiting)
        async with serving(Plan(database_url=database_url, crash=crash)) as served:
            replies = await _deliver_all(served, waiting, seen)
            if crash:
                killed.append(await served.ended())
        waiting = [e for e, reply in zip(waiting, replies, strict=True) if reply.status != 200]
    seen.counted |= {"events": len(events), "sent": sent, "killed": killed}
    seen.expect("events without an answer at last", [event.id for event in waiting], [])
    _compare(database_url, seen, events, subscriptions, plans)
    return seen


async def _deliver_all(served: Served, events: list[Told], seen: Seen) -> list[Reply]:
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, force_close=True),
        timeout=aiohttp.ClientTimeout(total=ANSWER_S),
    ) as http:

        async def deliver(event: Told) -> Reply:
            fields = {
                "Host": "app.test", "Content-Type": "application/json",
                "Stripe-Signature": stripe_header(
                    event.body, PAYMENTS_SECRET, now=time.time()
                ).decode(),
            }  # fmt: skip
            try:
                async with http.post(served.url + WEBHOOK, data=event.body, headers=fields) as got:
                    return Reply(status=got.status, text=await got.text())
            except aiohttp.ClientError:
                return Reply(status=0)

        return await at_most(AT_ONCE, (seen.note(deliver(event)) for event in events))


def _compare(
    database_url: str,
    seen: Seen,
    events: list[Told],
    subscriptions: dict[str, tuple[str, int]],
    plans: dict[str, str],
) -> None:
    """Note where the database differs from what one effect of each event in its order would leave."""
    kept, states, members, letters = rows(
        database_url,
        select(events_table.c.event_id),
        select(Subscription.reference, Subscription.status, Subscription.paid_until),
        select(Member.email, Member.plan).where(Member.email.in_(plans)),
        select(Letter.kind, Letter.recipient),
    )
    seen.expect("events kept", sorted(k for (k,) in kept), sorted(e.id for e in events))
    found = {name: (status, int(until.timestamp())) for name, status, until in states}
    seen.expect("subscriptions", found, subscriptions)
    seen.expect("plans", dict(members), plans)
    receipts = Counter(who for kind, who in letters if kind == "receipt")
    seen.expect("receipts", receipts, {STAYS: 2, LEAVES: 1, LATE: 1, RETURNS: 2})
    welcomes = Counter(who for kind, who in letters if kind == "welcome")
    # One for each subscription.
    seen.expect("welcomes", welcomes, {STAYS: 1, LEAVES: 1, LATE: 1, RETURNS: 2})
    seen.counted["effects"] = len(kept)
