"""A payment that fails: how long the doors stay open, and what the member is told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from launchready.community.billing.events import GRACE
from launchready.community.running import Community
from launchready.community.tables import Letter, Subscription
from launchready.guard.webhooks import Event
from tests.community.billing.test_events import MONTH, PRICED, begun, joined, paid, plan, said, tell
from tests.community.browser import Browser, letters
from tests.community.clock import Clock
from tests.community.conftest import ADA, GUEST

HOUR = dt.timedelta(hours=1)


def failed(at: dt.datetime, **told: Any) -> Event:
    return said("invoice.payment_failed", at, **told)


def is_now(status: str, at: dt.datetime, owed_until: dt.datetime | None = None) -> Event:
    items: dict[str, Any] = PRICED
    if owed_until is not None:
        line = {"current_period_end": int(owed_until.timestamp()), "price": {"id": "price_willow"}}
        items = {"data": [line]}
    return said("customer.subscription.updated", at, status=status, items=items)


async def _renewal_fails(running: Community, clock: Clock, email: str = GUEST) -> None:
    """A month was paid, and is over; the next one is owed."""
    await tell(running, *joined(email, clock.now), paid(clock.now, clock.now + MONTH))
    clock.now += MONTH + HOUR
    await tell(running, is_now("past_due", clock.now, clock.now + MONTH), failed(clock.now))


async def _kinds(running: Community) -> list[str]:
    return [kind for kind, _ in await letters(running)]


async def test_a_month_that_is_owed_does_not_count_as_paid(
    running: Community, clock: Clock
) -> None:
    await _renewal_fails(running, clock)
    clock.now += GRACE + HOUR
    await running.tidy_up()
    assert await plan(running) == ""


async def test_the_doors_stay_open_for_fourteen_days_while_the_payment_is_tried_again(
    running: Community, clock: Clock
) -> None:
    await _renewal_fails(running, clock)
    clock.now += GRACE - HOUR
    # Each further attempt fails too, and begins no second grace.
    await tell(running, failed(clock.now))
    await running.tidy_up()
    assert await plan(running) == "willow"
    clock.now += 2 * HOUR
    await running.tidy_up()
    assert await plan(running) == ""
    await tell(running, failed(clock.now), is_now("past_due", clock.now))
    await running.tidy_up()
    assert await plan(running) == ""
    assert await _kinds(running) == ["welcome", "receipt", "late", "closed"]


@pytest.mark.parametrize("status", ["unpaid", "canceled", "paused", "incomplete_expired"])
async def test_the_doors_close_when_the_provider_gives_up_and_the_member_is_told(
    running: Community, clock: Clock, status: str
) -> None:
    await _renewal_fails(running, clock)
    await tell(running, is_now(status, clock.now + HOUR))
    assert await plan(running) == ""
    assert (await letters(running))[-1] == ("closed", GUEST)


async def test_a_payment_within_the_grace_or_after_it_opens_the_doors(
    running: Community, clock: Clock
) -> None:
    await _renewal_fails(running, clock)
    await tell(running, paid(clock.now + HOUR, clock.now + MONTH))
    async with running.database.read() as session:
        assert await session.scalar(select(Subscription.grace_until)) is None
    clock.now += MONTH
    await tell(running, failed(clock.now), is_now("unpaid", clock.now + HOUR))
    assert await plan(running) == ""
    await tell(running, paid(clock.now + 2 * HOUR, clock.now + MONTH))
    assert await plan(running) == "willow"
    assert (await _kinds(running)).count("late") == 2


async def test_a_first_payment_that_fails_opens_nothing(running: Community, clock: Clock) -> None:
    await tell(running, begun(clock.now), failed(clock.now, customer_email=GUEST, lines=PRICED))
    assert await plan(running) == ""
    assert "late" not in await _kinds(running)


async def test_who_has_paid_for_a_year_has_it_whatever_fails(
    running: Community, clock: Clock
) -> None:
    await tell(running, *joined(at=clock.now), paid(clock.now, clock.now + 12 * MONTH))
    await tell(running, failed(clock.now + HOUR))
    clock.now += 11 * MONTH
    await running.tidy_up()
    assert await plan(running) == "willow"


async def test_a_payment_told_after_its_failure_counts_until_when_it_was_paid(
    running: Community, clock: Clock
) -> None:
    begins = clock.now
    await tell(running, *joined(at=begins), failed(begins + HOUR), paid(begins, begins + MONTH))
    clock.now += MONTH - HOUR
    await running.tidy_up()
    assert await plan(running) == "willow"


async def test_what_was_owed_for_a_month_that_is_over_leaves_open_how_this_one_stands(
    running: Community, clock: Clock
) -> None:
    await _renewal_fails(running, clock)
    over = clock.now - HOUR
    await tell(running, is_now("unpaid", clock.now + HOUR), paid(clock.now + 2 * HOUR, over))
    assert await plan(running) == ""


async def test_who_came_by_an_invitation_keeps_it_and_is_not_told_of_closed_doors(
    running: Community, clock: Clock
) -> None:
    await _renewal_fails(running, clock, ADA)
    await tell(running, is_now("unpaid", clock.now + HOUR))
    assert await plan(running, ADA) == "willow"
    assert "closed" not in await _kinds(running)


async def test_letters_and_account_say_until_when_and_what_to_do(
    running: Community, clock: Clock, browser: Browser
) -> None:
    await _renewal_fails(running, clock)
    await browser.log_in(GUEST)
    text = (await browser.get("/profile")).text
    assert "Your last payment failed, and it will be tried again." in text
    async with running.database.read() as session:
        late = await session.scalar(select(Letter).where(Letter.kind == "late"))
        assert late is not None
        until = dt.datetime.fromisoformat(late.details["until"])
    assert f"{until.day} {until:%B %Y}" in text
    await tell(running, is_now("unpaid", clock.now + HOUR))
    text = (await browser.get("/profile")).text
    assert "Your payments failed, and the members' circles are closed to you." in text
    assert "You are a paying member" not in text
    assert "Whoever buys once more pays twice" in (await browser.get("/checkout")).text
