"""A member's own page: until when they have paid, cancelling, and changing one's mind."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from launchready.community import Settings, create_app, guarded
from launchready.community.dates import day
from launchready.community.running import Community
from launchready.community.seed import add_member, seed
from launchready.community.settings import utc_now
from launchready.community.tables import Letter, Member, Subscription
from launchready.guard import Guard
from launchready.manifest import parse_manifest
from tests.community.browser import Browser, letters
from tests.community.clock import Clock
from tests.community.conftest import ADA, GUEST
from tests.community.test_paying import MANIFEST, SECRET

FORM = "/profile/membership"


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    # Guard looks at the real one to tell whether an event is fresh.
    clock.now = utc_now()
    return clock


@pytest.fixture
async def shop(tmp_path: Path, clock: Clock, password_hash: str) -> AsyncIterator[Guard]:
    app = guarded(
        Settings(
            database_url=f"sqlite+aiosqlite:///{tmp_path}/c.db", app_url="https://app.test",
            payments_secret=SECRET, mail_folder=tmp_path / "mail", clock=clock,
        ),
        parse_manifest(MANIFEST),
        environ={"PAYMENTS_SECRET": SECRET},
    )  # fmt: skip
    async with _running(app).database.write() as session:
        await seed(session)
        for address, name, plan in ((ADA, "Ada", "willow"), (GUEST, "Gil", "")):
            await add_member(
                session, address, name, plan=plan, password_hash=password_hash, now=clock.now
            )
    yield app
    await _running(app).close()
    await app.close()


@pytest.fixture
async def browser(shop: Guard) -> AsyncIterator[Browser]:
    """One of a guest who has just bought a membership."""
    async with Browser(shop) as opened:
        await opened.log_in(GUEST)
        paying = await opened.send("/checkout", email=GUEST)
        await opened.send(paying.headers["location"], "/checkout/trial")
        yield opened


def _running(app: Guard) -> Community:
    found: Community = app.app.state.community  # type: ignore[attr-defined]
    return found


async def _plan(app: Guard) -> str | None:
    async with _running(app).database.read() as session:
        return await session.scalar(select(Member.plan).where(Member.email == GUEST))


async def test_the_page_says_until_when_is_paid(browser: Browser) -> None:
    text = (await browser.get("/profile")).text
    now = dt.datetime.fromtimestamp(int(time.time()), dt.UTC)
    # What was bought a moment ago may have been bought before midnight.
    bought = {day(at + dt.timedelta(days=31)) for at in (now - dt.timedelta(minutes=5), now)}
    assert any(f"You have paid until {d}; then it renews by itself." in text for d in bought)


async def test_who_cancels_reads_on_until_the_paid_month_is_over(
    shop: Guard, browser: Browser, clock: Clock
) -> None:
    answer = await browser.send("/profile", FORM, stays="no")
    assert answer.headers["location"] == "/profile#membership"
    text = (await browser.get("/profile")).text
    assert "Your membership ends on" in text
    assert "Keep the membership" in text
    assert (await browser.get("/circles/beans")).status_code == 200
    clock.pass_(days=29)
    await _running(shop).tidy_up()
    assert await _plan(shop) == "willow"
    clock.pass_(days=2, hours=1)
    # Whatever number of processes tidies up.
    await _running(shop).tidy_up()
    await _running(shop).tidy_up()
    assert await _plan(shop) == ""


async def test_who_changes_their_mind_pays_and_reads_on(
    shop: Guard, browser: Browser, clock: Clock
) -> None:
    await browser.send("/profile", FORM, stays="no")
    await browser.send("/profile", FORM, stays="yes")
    assert "then it renews by itself" in (await browser.get("/profile")).text
    clock.pass_(days=31, hours=1)
    await _running(shop).tidy_up()
    await _running(shop).tidy_up()
    assert await _plan(shop) == "willow"
    kinds = [kind for kind, _ in await letters(_running(shop))]
    assert kinds == ["welcome", "receipt", "ends", "goes-on", "receipt"]


async def test_the_mail_says_until_when_and_where_to_undo_it(
    shop: Guard, browser: Browser, tmp_path: Path
) -> None:
    await browser.send("/profile", FORM, stays="no")
    while await _running(shop).post_office.send_next():
        pass
    mails = [file.read_text() for file in (tmp_path / "mail").glob("*.eml")]
    mail = next(m for m in mails if "is cancelled and ends on" in m)
    assert "Subject: Your membership of Willow ends on" in mail
    assert "https://app.test/profile" in mail


async def test_a_double_click_cancels_once(shop: Guard, browser: Browser) -> None:
    form = await browser.form("/profile", FORM)
    await browser.post(form, stays="no")
    await browser.post(form, stays="no")
    kinds = [kind for kind, _ in await letters(_running(shop))]
    assert kinds.count("ends") == 1


async def test_nobody_cancels_what_another_member_pays(shop: Guard, browser: Browser) -> None:
    form = await browser.form("/profile", FORM)
    async with _running(shop).database.write() as session:
        ada = await session.scalar(select(Member.id).where(Member.email == ADA))
        await session.execute(update(Subscription).values(member_id=ada))
    answer = await browser.post(form, stays="no")
    assert answer.status_code == 404
    async with _running(shop).database.read() as session:
        assert await session.scalar(select(Subscription.ends_at)) is None
        assert await session.scalar(select(Letter.id).where(Letter.kind == "ends")) is None


async def test_who_bought_twice_is_told_and_ends_one_of_them(shop: Guard, browser: Browser) -> None:
    again = await browser.send("/checkout", email=GUEST)
    await browser.send(again.headers["location"], "/checkout/trial")
    assert "You pay for 2 memberships" in (await browser.get("/profile")).text
    await browser.send("/profile", FORM, stays="no")
    text = (await browser.get("/profile")).text
    assert "You pay for 2 memberships" not in text
    assert ("Keep the membership" in text, "Cancel the membership" in text) == (True, True)
    async with _running(shop).database.read() as session:
        ends = list(await session.scalars(select(Subscription.ends_at)))
    assert sum(end is not None for end in ends) == 1


async def test_a_webhook_that_is_refused_changes_nothing_and_is_told(
    shop: Guard, browser: Browser
) -> None:
    running = _running(shop)
    form = await browser.form("/profile", FORM)
    running.settings = dataclasses.replace(running.settings, payments_secret="whsec_another")
    answer = await browser.post(form, stays="no")
    assert answer.status_code == 409
    assert "nothing was changed" in answer.text


async def test_a_membership_by_invitation_has_nothing_to_cancel(shop: Guard) -> None:
    async with Browser(shop) as browser:
        await browser.log_in(ADA)
        text = (await browser.get("/profile")).text
    assert "came with an invitation" in text
    assert "Cancel the membership" not in text


async def test_before_they_buy_members_read_what_they_have_paid_or_invited(
    shop: Guard, browser: Browser
) -> None:
    assert "You are a paying member already" in (await browser.get("/checkout")).text
    async with Browser(shop) as another:
        await another.log_in(ADA)
        invited = (await another.get("/checkout")).text
    assert "your membership came with an invitation" in invited
    assert "paying member" not in invited
    assert "Continue to payment" not in invited


@pytest.mark.parametrize(
    ("portal", "said"),
    [
        ("https://pay.example/portal", "https://pay.example/portal?prefilled_email=guest%40"),
        (None, "To cancel, or to set your card right, write to"),
    ],
)
async def test_with_a_provider_the_page_leads_to_where_the_provider_lets_members_cancel(
    tmp_path: Path, password_hash: str, portal: str | None, said: str
) -> None:
    app = create_app(
        Settings(
            database_url=f"sqlite+aiosqlite:///{tmp_path}/c.db", payments_secret=SECRET,
            payment_link="https://pay.example/willow", payment_portal=portal,
        )
    )  # fmt: skip
    running: Community = app.state.community
    async with running.database.write() as session:
        number = await add_member(
            session, GUEST, "Gil", password_hash=password_hash, now=running.now()
        )
        session.add(
            Subscription(
                reference="sub_1", member_id=number, plan="willow", status="active",
                changed_at=running.now(),
            )
        )  # fmt: skip
    async with Browser(app) as browser:
        await browser.log_in(GUEST)
        text = (await browser.get("/profile")).text
    assert said in text
    assert "Cancel the membership" not in text
    await running.close()
