"""Coming in and going out, as a member's browser shows it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.community.browser import PASSWORD
from tests.community.chromium.house import ADA, House
from tests.community.chromium.tab import Tab

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]


async def test_a_member_logs_in_and_out(tab: Tab) -> None:
    await tab.log_in(ADA)
    await tab.says("Welcome back")
    await tab.page.get_by_role("button", name="Log out").click()
    await tab.page.wait_for_url("**/login")
    await tab.open("/members")
    await expect(tab.page).to_have_url("https://app.test/login?next=/members")


async def test_a_wrong_password_is_told_beside_the_address_that_was_typed(tab: Tab) -> None:
    tab.expects = {422}
    await tab.send("/login", "Log in", email=ADA, password=PASSWORD + "?")
    await tab.says("We do not know this address and password together.")
    await expect(tab.page.get_by_label("E-mail")).to_have_value(ADA)


async def test_one_joins_confirms_by_mail_and_is_in(tab: Tab, house: House) -> None:
    await tab.send("/signup", "Join", name="Rosa", email="rosa@new.example", password=PASSWORD)
    await tab.says("please follow the link in the mail")
    await tab.open(await house.link_in_mail("rosa@new.example", "/confirm"))
    await tab.fill(password=PASSWORD)
    await tab.press("Confirm and come in")
    await tab.says("You are signed in as Rosa.")
    await tab.says("You read along as a guest.")
