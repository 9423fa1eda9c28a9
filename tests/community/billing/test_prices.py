"""Which plan a payment is for: that of its price, and none for what else is sold at the provider."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import func, select

from launchready.community.running import Community
from launchready.community.tables import Member, Subscription
from tests.community.billing.test_events import (
    MONTH,
    T0,
    begun,
    bought,
    paid,
    plan,
    said,
    tell,
)
from tests.community.browser import letters
from tests.community.conftest import GUEST

FOREIGN = {"data": [{"price": {"id": "price_of_a_mug"}}]}
HOUR = dt.timedelta(hours=1)


def invoice(at: dt.datetime, *lines: dict[str, Any], email: str = GUEST) -> Any:
    return said(
        "invoice.paid", at, customer_email=email, amount_paid=900, currency="eur", number="A-1",
        lines={"data": list(lines)},
    )  # fmt: skip


@pytest.mark.parametrize("known", ["first", "last"])
async def test_a_subscription_to_another_price_grants_nothing_and_sends_no_letter(
    running: Community, caplog: pytest.LogCaptureFixture, known: str
) -> None:
    story = [begun(items=FOREIGN, status="active"), bought("mug@buyer.example")]
    await tell(running, *(story if known == "first" else reversed(story)))
    await tell(running, invoice(T0 + HOUR, *FOREIGN["data"], email="mug@buyer.example"))
    async with running.database.read() as session:
        buyers = select(func.count()).where(Member.email == "mug@buyer.example")
        assert await session.scalar(buyers) == 0
        # Nor is their address kept.
        assert await session.scalar(select(Subscription.email)) == ""
    assert await letters(running) == []
    assert "price_of_a_mug, which is none of a plan" in caplog.text


async def test_a_member_s_subscription_to_another_price_opens_nothing(running: Community) -> None:
    await tell(running, bought(), invoice(T0 + HOUR, *FOREIGN["data"]))
    assert await plan(running) == ""
    assert await letters(running) == []


async def test_a_checkout_alone_opens_nothing_for_it_does_not_say_what_was_bought(
    running: Community,
) -> None:
    await tell(running, bought())
    assert (await plan(running), await letters(running)) == ("", [])
    await tell(running, begun(T0 - HOUR))
    assert (await plan(running), await letters(running)) == ("willow", [("welcome", GUEST)])


@pytest.mark.parametrize(
    "line",
    [
        {"price": {"id": "price_willow"}},
        {"plan": {"id": "price_willow"}},
        {"pricing": {"type": "price_details", "price_details": {"price": "price_willow"}}},
        {"pricing": {"price_details": {"price": {"id": "price_willow"}}}},
    ],
)
async def test_an_invoice_names_the_price_in_each_of_the_interface_s_versions(
    running: Community, line: dict[str, Any]
) -> None:
    await tell(running, invoice(T0, line))
    assert await plan(running) == "willow"


@pytest.mark.parametrize(
    "line", [{"price": "price_willow"}, {"price": {"id": 7}}, {"pricing": []}, {"plan": None}, {}]
)
async def test_what_names_no_price_opens_nothing(running: Community, line: dict[str, Any]) -> None:
    await tell(running, invoice(T0, line))
    assert await plan(running) == ""


async def test_one_of_our_prices_beside_others_is_enough(running: Community) -> None:
    await tell(running, invoice(T0, *FOREIGN["data"], {"price": {"id": "price_willow"}}))
    assert await plan(running) == "willow"


async def test_a_change_to_another_price_takes_the_plan_away_and_the_way_back_gives_it(
    running: Community,
) -> None:
    await tell(running, bought(), paid(T0, T0 + MONTH))
    changed = said(
        "customer.subscription.updated", T0 + HOUR, status="active", items=FOREIGN
    )  # fmt: skip
    await tell(running, changed)
    assert await plan(running) == ""
    # What is given back for the plan that was left names its price, and so does what was owed for it.
    back = {"price": {"id": "price_willow"}, "amount": -400}
    await tell(running, invoice(T0 + HOUR, back, *FOREIGN["data"]), paid(T0 + 2 * HOUR, T0 + MONTH))
    assert await plan(running) == ""
    await tell(running, begun(T0))
    assert await plan(running) == "", "older than the change"
    again = {"data": [{"price": {"id": "price_willow"}}]}
    await tell(
        running,
        said("customer.subscription.updated", T0 + 3 * HOUR, status="active", items=again),
    )
    assert await plan(running) == "willow"


async def test_what_else_a_member_buys_does_not_hide_their_membership(running: Community) -> None:
    await tell(running, said("invoice.paid", T0, subscription="sub_0", lines=FOREIGN))
    await tell(running, bought(), paid(T0, T0 + MONTH, GUEST))
    mug = said(
        "customer.subscription.created", T0, id="sub_0", status="active", items=FOREIGN,
        customer_email=GUEST,
    )  # fmt: skip
    await tell(running, mug)
    assert await plan(running) == "willow"


@pytest.mark.parametrize("kind", ["charge.refunded", "charge.dispute.created"])
async def test_what_is_paid_back_or_disputed_is_logged_and_leaves_the_door_to_the_subscription(
    running: Community, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    await tell(running, bought(), paid(T0, T0 + MONTH, GUEST))
    assert await tell(running, said(kind, T0 + HOUR, "evt_back")) == [False]
    assert await plan(running) == "willow"
    assert f"{kind} (evt_back): doors stay open until the subscription is cancelled" in caplog.text
