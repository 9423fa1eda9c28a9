from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import json
from typing import Any

import pytest
from sqlalchemy import func, select

from launchready.community.billing.events import heed
from launchready.community.billing.told import NotUnderstood
from launchready.community.running import Community
from launchready.community.tables import Letter, Member, Subscription
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


PRICED = {"data": [{"price": {"id": "price_willow"}}]}


def begun(at: dt.datetime = T0, **told: Any) -> Event:
    return said(
        "customer.subscription.created", at, **{"status": "incomplete", "items": PRICED, **told}
    )


def joined(email: str = GUEST, at: dt.datetime = T0) -> tuple[Event, Event]:
    return begun(at), bought(email, at)


def bought(email: str = GUEST, at: dt.datetime = T0) -> Event:
    return said(
        "checkout.session.completed", at, payment_status="paid", customer_details={"email": email}
    )


def paid(at: dt.datetime, until: dt.datetime, email: str | None = None) -> Event:
    return said(
        "invoice.paid", at, customer_email=email, amount_paid=900, currency="eur", number="A-1",
        lines={"data": [{"period": {"end": int(until.timestamp())}, "price": {"id": "price_willow"}}]},
    )  # fmt: skip


async def tell(running: Community, *events: Event) -> list[bool]:
    done = []
    for event in events:
        async with running.database.write() as session:
            done.append(await heed(session, event, plans=running.settings.plans, now=running.now()))
    return done


async def plan(running: Community, email: str = GUEST) -> str | None:
    async with running.database.read() as session:
        return await session.scalar(select(Member.plan).where(Member.email == email))


async def test_a_checkout_grants_access_and_says_welcome(running: Community) -> None:
    assert await tell(running, *joined()) == [True, True]
    assert await plan(running) == "willow"
    assert await letters(running) == [("welcome", GUEST)]


async def test_a_payment_of_somebody_new_makes_an_account_without_a_password(
    running: Community,
) -> None:
    await tell(running, *joined("new@willow.example"))
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
        bought(),
        paid(T0 + dt.timedelta(seconds=1), T0 + MONTH),
        said(
            "customer.subscription.updated",
            T0 + dt.timedelta(seconds=2),
            status="active",
            items=PRICED,
        ),
        said("customer.subscription.deleted", T0 + dt.timedelta(seconds=3), status="canceled"),
    ]
    await tell(running, *(story[i] for i in order))
    assert await plan(running) == ""
    async with running.database.read() as session:
        assert await session.scalar(select(Subscription.status)) == "canceled"
        assert await session.scalar(select(func.count()).select_from(Subscription)) == 1


async def test_within_one_second_the_end_comes_after_the_payment(running: Community) -> None:
    gone = said("customer.subscription.deleted", T0, status="canceled")
    await tell(running, gone, *joined(), paid(T0, T0 + MONTH))
    assert await plan(running) == ""


async def test_a_payment_that_fails_leaves_access_until_the_paid_time_is_over(
    running: Community, clock: Clock
) -> None:
    await tell(running, *joined(), paid(T0, clock.now + MONTH))
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
    await tell(running, *joined(ADA), gone)
    assert await plan(running, ADA) == "willow"


@pytest.mark.parametrize("late", ["invoice.paid", "invoice.payment_failed"])
async def test_what_is_still_owed_of_a_subscription_that_ended_does_not_bring_it_back(
    running: Community, clock: Clock, late: str
) -> None:
    until = clock.now + MONTH
    gone = said("customer.subscription.deleted", T0 + dt.timedelta(hours=1), status="canceled")
    owed = said(
        late, T0 + dt.timedelta(hours=2), amount_paid=900, currency="eur",
        lines={"data": [{"period": {"end": int(until.timestamp())}}]},
    )  # fmt: skip
    await tell(running, *joined(), paid(T0, until), gone, owed)
    assert await plan(running) == ""


@pytest.mark.parametrize(
    ("counted", "currency", "amount"),
    [(900, "eur", "9.00 EUR"), (5, "usd", "0.05 USD"), (900, "jpy", "900 JPY"),
     (1234567, "kwd", "1234.567 KWD"), (10**17 + 1, "eur", "1000000000000000.01 EUR")],
)  # fmt: skip
async def test_a_receipt_names_what_was_paid(
    running: Community, counted: int, currency: str, amount: str
) -> None:
    event = said(
        "invoice.paid", T0, customer_email=GUEST, amount_paid=counted, currency=currency,
        number="A-1", lines=PRICED,
    )  # fmt: skip
    await tell(running, event)
    async with running.database.read() as session:
        details = await session.scalar(select(Letter.details).where(Letter.kind == "receipt"))
    assert details == {"amount": amount, "number": "A-1"}


@pytest.mark.parametrize("counted", [0, -900, True, None, "900", 9.0])
async def test_what_is_no_amount_gets_no_receipt(running: Community, counted: object) -> None:
    await tell(
        running, said("invoice.paid", T0, customer_email=GUEST, amount_paid=counted, lines=PRICED)
    )
    assert await letters(running) == [("welcome", GUEST)]


async def test_the_newer_shape_of_an_invoice_is_understood(running: Community) -> None:
    await tell(running, *joined())
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
    await tell(running, *joined())
    async with running.database.write() as session:
        await heed(
            session, said("customer.subscription.deleted", T0 + MONTH),
            plans=running.settings.plans, now=running.now(),
        )  # fmt: skip
        begins = begun(T0 + MONTH, id="sub_2", status="active", customer_email=GUEST)
        beginning = asyncio.create_task(tell(running, begins))
        # It has to wait for the end of the other one; where it did not, it would be done by then.
        await asyncio.wait({beginning}, timeout=1)
    assert await beginning == [True]
    assert await plan(running) == "willow"


def cancelled(at: dt.datetime, until: dt.datetime, **told: Any) -> Event:
    end_s = int(until.timestamp())
    return said(
        "customer.subscription.updated", at, status="active", cancel_at_period_end=True,
        cancel_at=end_s, items={"data": [{"current_period_end": end_s}]}, **told,
    )  # fmt: skip


def kept_on(at: dt.datetime) -> Event:
    return said(
        "customer.subscription.updated", at, status="active", cancel_at_period_end=False,
        cancel_at=None,
    )  # fmt: skip


async def ends_at(running: Community) -> dt.datetime | None:
    async with running.database.read() as session:
        return await session.scalar(select(Subscription.ends_at))


async def test_who_cancels_keeps_access_until_the_provider_says_that_it_ended(
    running: Community, clock: Clock
) -> None:
    until = clock.now + MONTH
    await tell(running, *joined(), paid(T0, until), cancelled(T0 + dt.timedelta(hours=1), until))
    assert (await plan(running), await ends_at(running)) == ("willow", until)
    clock.pass_(days=31)
    await tell(running, said("customer.subscription.deleted", clock.now, status="canceled"))
    assert await plan(running) == ""


async def test_a_cancellation_and_its_undoing_are_confirmed_by_mail_once_each(
    running: Community, clock: Clock
) -> None:
    until = clock.now + MONTH
    await tell(running, *joined(), paid(T0, until))
    before = await letters(running)
    gone = cancelled(T0 + dt.timedelta(hours=1), until)
    await tell(running, gone, gone, cancelled(T0 + dt.timedelta(hours=2), until))
    await tell(running, kept_on(T0 + dt.timedelta(hours=3)))
    assert await ends_at(running) is None
    assert (await letters(running))[len(before) :] == [("ends", GUEST), ("goes-on", GUEST)]


async def test_a_payment_that_is_told_first_does_not_hide_an_earlier_cancellation(
    running: Community, clock: Clock
) -> None:
    until = clock.now + MONTH
    await tell(running, *joined(), paid(T0 + dt.timedelta(hours=2), until))
    await tell(running, cancelled(T0 + dt.timedelta(hours=1), until))
    assert await ends_at(running) == until


async def test_an_older_cancellation_does_not_come_back_after_it_was_undone(
    running: Community, clock: Clock
) -> None:
    await tell(running, *joined(), kept_on(T0 + dt.timedelta(hours=2)))
    await tell(running, cancelled(T0 + dt.timedelta(hours=1), clock.now + MONTH))
    assert await ends_at(running) is None
    assert "ends" not in dict(await letters(running))


async def test_a_cancellation_that_comes_before_its_member_is_known_is_confirmed_then(
    running: Community, clock: Clock
) -> None:
    await tell(running, cancelled(T0 + dt.timedelta(hours=1), clock.now + MONTH))
    assert await letters(running) == []
    await tell(running, *joined())
    assert await letters(running) == [("welcome", GUEST), ("ends", GUEST)]


@pytest.mark.parametrize("named", [None, "tomorrow", -1, 10**12, True])
async def test_an_end_that_is_no_moment_is_none(running: Community, named: Any) -> None:
    event = said("customer.subscription.updated", T0, status="active", cancel_at=named)
    await tell(running, *joined(), event)
    assert await ends_at(running) is None


async def test_without_a_moment_of_its_own_a_cancellation_is_for_the_end_of_the_period(
    running: Community, clock: Clock
) -> None:
    end = clock.now + MONTH
    event = said(
        "customer.subscription.updated", T0 + dt.timedelta(hours=1), status="active",
        cancel_at_period_end=True, items={"data": [{"current_period_end": int(end.timestamp())}]},
    )  # fmt: skip
    await tell(running, *joined(), event)
    assert await ends_at(running) == end
