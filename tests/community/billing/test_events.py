from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import json
from typing import Any

import pytest
from sqlalchemy import func, select

from launchready.community.billing.events import NotUnderstood, heed
from launchready.community.running import Community
from launchready.community.tables import Member, Subscription
from launchready.guard.webhooks import Event
from tests.community.browser import letters
from tests.community.clock import Clock
from tests.community.conftest import ADA, GUEST

T0 = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)
MONTH = dt.timedelta(days=31)
_ids = itertools.count(1)


def said(kind: str, at: dt.datetime, id_: str | None = None, **told: Any) -> Event:
    told = {"id": "sub_1", "subscription": "sub_1", "customer": "cus_1", **told}
    body = {"type": kind, "data": {"object": told}}
    return Event(
        id=id_ or f"evt_{next(_ids)}", created=at, type=kind, body=json.dumps(body).encode()
    )


def bought(email: str = GUEST, at: dt.datetime = T0) -> Event:
    return said(
        "checkout.session.completed", at, payment_status="paid", customer_details={"email": email}
    )


def paid(at: dt.datetime, until: dt.datetime, email: str | None = None) -> Event:
    return said(
        "invoice.paid", at, customer_email=email, amount_paid=900, currency="eur", number="A-1",
        lines={"data": [{"period": {"end": int(until.timestamp())}}]},
    )  # fmt: skip


async def tell(running: Community, *events: Event) -> list[bool]:
    done = []
    for event in events:
        async with running.database.write() as session:
            done.append(await heed(session, event, now=running.now()))
    return done


async def plan(running: Community, email: str = GUEST) -> str | None:
    async with running.database.read() as session:
        return await session.scalar(select(Member.plan).where(Member.email == email))


async def test_a_checkout_grants_access_and_says_welcome(running: Community) -> None:
    assert await tell(running, bought()) == [True]
    assert await plan(running) == "willow"
    assert await letters(running) == [("welcome", GUEST)]


async def test_a_payment_of_somebody_new_makes_an_account_without_a_password(
    running: Community,
) -> None:
    await tell(running, bought("new@willow.example"))
    async with running.database.read() as session:
        row = (
            await session.execute(
                select(Member.plan, Member.password_hash, Member.confirmed_at).where(
                    Member.email == "new@willow.example"
                )
            )
        ).one()
    assert tuple(row) == ("willow", None, None)


async def test_the_same_event_twenty_times_at_once_has_one_effect(running: Community) -> None:
    event = paid(T0, T0 + MONTH, GUEST)
    done = await asyncio.gather(*(tell(running, event) for _ in range(20)))
    assert sum(one for (one,) in done) == 1
    assert await letters(running) == [("welcome", GUEST), ("receipt", GUEST)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
async def test_in_every_order_the_newest_event_decides(
    running: Community, order: tuple[int, ...]
) -> None:
    story = [
        bought(at=T0),
        paid(T0 + dt.timedelta(seconds=1), T0 + MONTH),
        said("customer.subscription.updated", T0 + dt.timedelta(seconds=2), status="active"),
        said("customer.subscription.deleted", T0 + dt.timedelta(seconds=3), status="canceled"),
    ]
    await tell(running, *(story[i] for i in order))
    assert await plan(running) == ""
    async with running.database.read() as session:
        assert await session.scalar(select(Subscription.status)) == "canceled"
        assert await session.scalar(select(func.count()).select_from(Subscription)) == 1


async def test_within_one_second_the_end_comes_after_the_payment(running: Community) -> None:
    gone = said("customer.subscription.deleted", T0, status="canceled")
    await tell(running, gone, bought(), paid(T0, T0 + MONTH))
    assert await plan(running) == ""


async def test_a_payment_that_fails_leaves_access_until_the_paid_time_is_over(
    running: Community, clock: Clock
) -> None:
    await tell(running, bought(), paid(T0, clock.now + MONTH))
    await tell(running, said("invoice.payment_failed", T0 + dt.timedelta(hours=1)))
    await running.tidy_up()
    assert await plan(running) == "willow"
    clock.pass_(days=32)
    await running.tidy_up()
    assert await plan(running) == ""
    later = clock.now
    await tell(running, paid(later, later + MONTH))
    assert await plan(running) == "willow"


async def test_the_end_of_a_payment_does_not_take_away_an_invitation(running: Community) -> None:
    gone = said("customer.subscription.deleted", T0 + MONTH, status="canceled")
    await tell(running, bought(ADA), gone)
    assert await plan(running, ADA) == "willow"


async def test_a_receipt_names_what_was_paid(running: Community) -> None:
    from launchready.community.tables import Letter

    await tell(running, paid(T0, T0 + MONTH, GUEST))
    async with running.database.read() as session:
        details = await session.scalar(select(Letter.details).where(Letter.kind == "receipt"))
    assert details == {"amount": "9.00 EUR", "number": "A-1"}


async def test_the_newer_shape_of_an_invoice_is_understood(running: Community) -> None:
    await tell(running, bought())
    event = said(
        "invoice.payment_failed", T0 + MONTH, subscription=None,
        parent={"subscription_details": {"subscription": "sub_1"}},
    )  # fmt: skip
    assert await tell(running, event) == [True]
    async with running.database.read() as session:
        assert await session.scalar(select(Subscription.status)) == "past_due"


async def test_an_event_of_another_kind_has_no_effect(running: Community) -> None:
    assert await tell(running, said("charge.refunded", T0)) == [False]


@pytest.mark.parametrize("body", [b"[]", b'{"data": 1}', b'{"data": {"object": []}}'])
async def test_an_event_without_its_object_is_not_counted_as_done(
    running: Community, body: bytes
) -> None:
    event = Event(id="evt_x", created=T0, type="invoice.paid", body=body)
    with pytest.raises(NotUnderstood):
        await tell(running, event)
    whole = paid(T0, T0 + MONTH, GUEST)
    again = Event(id="evt_x", created=T0, type="invoice.paid", body=whole.body)
    assert await tell(running, again) == [True]


async def test_an_old_subscription_that_ends_while_a_new_one_begins_leaves_the_door_open(
    running: Community,
) -> None:
    await tell(running, bought())
    async with running.database.write() as session:
        await heed(session, said("customer.subscription.deleted", T0 + MONTH), now=running.now())
        begins = said(
            "checkout.session.completed", T0 + MONTH, subscription="sub_2", payment_status="paid",
            customer_details={"email": GUEST},
        )  # fmt: skip
        beginning = asyncio.create_task(tell(running, begins))
        # It has to wait for the end of the other one; where it did not, it would be done by then.
        await asyncio.wait({beginning}, timeout=1)
    assert await beginning == [True]
    assert await plan(running) == "willow"
