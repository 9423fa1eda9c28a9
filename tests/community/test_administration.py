from __future__ import annotations

import pytest
from sqlalchemy import select

from launchready.community.running import Community
from launchready.community.tables import SPENDING, Letter, Member
from launchready.guard.chat import month_of
from tests.community.browser import PASSWORD, Browser, letters
from tests.community.conftest import ADA, ADMIN, GUEST

PAGES = ["/admin", "/admin/members", "/admin/invites", "/admin/outbox", "/admin/payments"]


@pytest.mark.parametrize("path", PAGES)
async def test_the_administration_does_not_exist_for_members_and_visitors(
    browser: Browser, path: str
) -> None:
    assert (await browser.get(path)).status_code == 404
    await browser.log_in(ADA)
    assert (await browser.get(path)).status_code == 404
    assert "/admin" not in (await browser.get("/members")).text


@pytest.mark.parametrize("path", PAGES)
async def test_an_admin_sees_every_part(browser: Browser, path: str) -> None:
    await browser.log_in(ADMIN)
    answer = await browser.get(path)
    assert answer.status_code == 200
    assert 'aria-current="page"' in answer.text


async def test_the_figures_count_and_show_what_the_guide_cost(
    browser: Browser, running: Community
) -> None:
    await browser.log_in(ADMIN)
    await browser.send("/reset", email=GUEST)
    async with running.database.write() as session:
        month = month_of(running.now())
        await session.execute(
            SPENDING.insert().values(month=month, member="", tokens=1234, nanodollars=250_000_000)
        )
    shown = (await browser.get("/admin")).text
    assert "<dt>Members</dt><dd>9</dd>" in shown
    assert "<dt>Letters that wait</dt><dd>1</dd>" in shown
    assert "<td>Everybody together</td><td>1234</td><td>0.2500</td>" in shown


async def test_what_a_member_cost_stands_beside_their_name_and_who_has_left_is_no_number(
    browser: Browser, running: Community
) -> None:
    await browser.log_in(ADMIN)
    async with running.database.write() as session:
        month = month_of(running.now())
        ada = await session.scalar(select(Member.id).where(Member.email == ADA))
        for member, tokens in ((str(ada), 70), ("999999", 30)):
            await session.execute(
                SPENDING.insert().values(month=month, member=member, tokens=tokens, nanodollars=0)
            )
    shown = (await browser.get("/admin")).text
    assert f'<td><a href="/people/{ada}">Ada</a></td><td>70</td>' in shown
    assert "<td>A former member</td><td>30</td>" in shown


async def test_a_code_is_shown_once_and_lets_a_newcomer_in(
    browser: Browser, other_browser: Browser
) -> None:
    await browser.log_in(ADMIN)
    answer = await browser.send("/admin/invites", uses="2", note="Spring market")
    code = answer.text.partition("The code is ")[2].partition(".")[0]
    assert code not in (await browser.get("/admin/invites")).text
    assert "Spring market" in (await browser.get("/admin/invites")).text
    assert "invitation is good" in (await other_browser.send("/invite", code=code)).text


async def test_an_invitation_by_mail_is_put_down(browser: Browser, running: Community) -> None:
    await browser.log_in(ADMIN)
    answer = await browser.send("/admin/invites", email="new@willow.example")
    assert answer.headers["location"] == "/admin/outbox"
    assert await letters(running) == [("invite", "new@willow.example")]
    assert "No mail server and no folder is set up" in (await browser.get("/admin/outbox")).text


@pytest.mark.parametrize("uses", ["0", "101", "x", "-1", "9" * 5000, "000000001" + "9" * 30])
async def test_a_number_of_uses_that_is_none_is_asked_for_again(
    browser: Browser, uses: str
) -> None:
    await browser.log_in(ADMIN)
    assert (await browser.send("/admin/invites", uses=uses)).status_code == 422


async def test_a_member_cannot_invite(browser: Browser, running: Community) -> None:
    await browser.log_in(ADA, PASSWORD)
    form = await browser.form("/profile")
    token = next(f.value for f in form.fields if f.name == "form_token")
    answer = await browser.client.post(
        "/admin/invites", data={"form_token": token, "email": "a@b.example", "uses": "1"}
    )
    assert answer.status_code == 404
    async with running.database.read() as session:
        assert (await session.execute(select(Letter))).first() is None
