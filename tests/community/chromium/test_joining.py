"""Coming in and going out, as a member's browser shows it."""

from __future__ import annotations

import pytest
from playwright.async_api import ViewportSize, expect

from tests.community.browser import PASSWORD
from tests.community.chromium.conftest import Opens
from tests.community.chromium.house import ADA, ADMIN
from tests.community.chromium.tab import DESK, PHONE, Tab
from tests.community.chromium.test_pages import looked_at

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]


async def test_a_member_logs_in_and_out(tab: Tab) -> None:
    await tab.send("/login", "Log in", email=ADA, password=PASSWORD)
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


async def test_one_joins_confirms_by_mail_and_is_in(tab: Tab) -> None:
    await tab.send("/signup", "Join", name="Rosa", email="rosa@new.example", password=PASSWORD)
    await tab.says("please follow the link in the mail")
    await tab.open(await tab.house.link_in_mail("rosa@new.example", "/confirm"))
    await tab.fill(password=PASSWORD)
    await tab.press("Confirm and come in")
    await tab.says("Welcome to Willow")
    await tab.says("You are signed in as Rosa.")
    await tab.says("You read along as a guest.")


async def test_a_code_that_an_admin_makes_brings_a_membership(tab: Tab, opens: Opens) -> None:
    admin = await opens()
    await admin.come_in(ADMIN)
    await admin.send("/admin/invites", "Invite", note="for a neighbour")
    note = await admin.page.get_by_role("status").inner_text()
    code = note.removeprefix("The code is ").partition(". ")[0]
    await tab.send(f"/invite?code={code}", "Open")
    await tab.says("Your invitation is good")
    await tab.fill(name="Nils", email="nils@new.example", password=PASSWORD)
    await tab.press("Join")
    await tab.says("please follow the link in the mail")
    await tab.open(await tab.house.link_in_mail("nils@new.example", "/confirm"))
    await tab.fill(password=PASSWORD)
    await tab.press("Confirm and come in")
    await tab.says("Rain barrels on the fourth floor")


async def test_who_pays_chooses_a_password_from_the_mail_and_reads_every_circle(tab: Tab) -> None:
    await tab.send("/checkout", "Continue to payment", email="pia@new.example")
    await tab.press("Pay")
    await tab.says("Thank you")
    await tab.open(await tab.house.link_in_mail("pia@new.example", "/reset/new"))
    await tab.fill(password=PASSWORD)
    await tab.press("Set it")
    await tab.says("Your new password is set.")
    await tab.fill(email="pia@new.example", password=PASSWORD)
    await tab.press("Log in")
    await tab.says("Welcome back")
    await tab.open("/circles/beans")
    await tab.says("Runner beans took a sheet of old curtain net")


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
async def test_who_pays_cancels_reads_until_when_and_changes_their_mind(
    opens: Opens, viewport: ViewportSize
) -> None:
    tab = await opens(viewport=viewport)
    address = f"vera{viewport['width']}@new.example"
    await tab.send("/checkout", "Continue to payment", email=address)
    await tab.press("Pay")
    await tab.says("Thank you")
    await tab.open(await tab.house.link_in_mail(address, "/reset/new"))
    await tab.fill(password=PASSWORD)
    await tab.press("Set it")
    await tab.says("Your new password is set.")
    await tab.fill(email=address, password=PASSWORD)
    await tab.press("Log in")
    await tab.open("/profile")
    await tab.press("Cancel the membership")
    await tab.says("Your membership ends on")
    await expect(tab.page.locator("#membership")).to_be_in_viewport()
    assert await looked_at(tab, "/profile") == []
    await tab.house.link_in_mail(address, "/profile")
    await tab.open("/circles/beans")
    await tab.says("Runner beans took a sheet of old curtain net")
    await tab.open("/profile")
    await tab.press("Keep the membership")
    await tab.says("then it renews by itself")


async def test_the_log_in_works_by_keyboard_alone(tab: Tab) -> None:
    await tab.open("/login")
    await tab.page.get_by_label("E-mail").focus()
    await tab.page.keyboard.type(ADA)
    await tab.page.keyboard.press("Tab")
    await tab.page.keyboard.type(PASSWORD)
    await tab.page.keyboard.press("Enter")
    await tab.says("Welcome back")


async def test_too_many_attempts_are_told_on_a_friendly_page_with_the_time_to_wait(
    tab: Tab,
) -> None:
    tab.expects = {429}
    for _ in range(3):
        await tab.send("/reset", "Send me a link", email="nobody@new.example")
    await expect(tab.page.get_by_role("heading", level=1)).to_have_text("That was a little fast")
    await expect(tab.page.locator("main")).to_contain_text("Please try again in")
    await tab.press("Back to the start", "link")
    await tab.says("Garden together")
