"""What members write and read."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.community.chromium.conftest import Opens
from tests.community.chromium.house import ADA, GUEST, ORIGIN
from tests.community.chromium.tab import Tab

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]


@pytest.fixture(params=["with scripts", "without scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return str(request.param) == "with scripts"


async def test_a_post_is_written_answered_and_found_in_the_room(
    opens: Opens, scripts: bool
) -> None:
    tab = await opens(java_script_enabled=scripts)
    title = f"Chives, {'with' if scripts else 'without'} a script"
    await tab.come_in(ADA)
    await tab.page.get_by_role("link", name="Write", exact=True).click()
    await tab.page.get_by_label("Circle").select_option("Herbs")
    await tab.fill(title=title, body="They come again <b>each</b> spring.\nCut them.")
    await tab.press("Publish")
    await expect(tab.page.get_by_role("heading", level=1)).to_have_text(title)
    await tab.says("They come again <b>each</b> spring.")
    await tab.page.get_by_label("Your answer").fill("So do mine.")
    await tab.press("Answer")
    await tab.page.wait_for_url("**#comment-*")
    await expect(tab.page.locator("#comments h2")).to_have_text("1 answer")
    await tab.open("/members")
    await tab.says(title)


async def test_an_answer_of_blanks_alone_is_asked_for_again(tab: Tab) -> None:
    tab.expects = {422}
    await tab.come_in(ADA)
    await tab.send("/posts/1", "Answer", body="   ")
    await expect(tab.page.get_by_role("alert")).to_contain_text("at least one")
    # Below the whole post: whoever is led to its beginning would take the answer for sent.
    await expect(tab.page.get_by_label("Your answer")).to_be_focused()
    await expect(tab.page.get_by_label("Your answer")).to_be_in_viewport()


async def test_days_are_those_of_the_reader_s_own_clock(opens: Opens) -> None:
    tab = await opens(timezone_id="Pacific/Kiritimati")
    await tab.come_in(ADA)
    await tab.open("/posts/1")
    # The first sample post: 18:00 on the 1st of March in UTC, 14 hours earlier than there.
    await expect(tab.page.locator("article.post time").first).to_have_text("2 March 2026")


async def test_a_double_click_makes_one_post_and_one_answer(tab: Tab) -> None:
    await tab.come_in(ADA)
    await tab.open("/write")
    await tab.fill(title="Pressed twice", body="Once is enough.")
    await tab.page.get_by_role("button", name="Publish").dblclick()
    await tab.page.wait_for_url("**/posts/*")
    await tab.page.get_by_label("Your answer").fill("Answered twice?")
    await tab.page.get_by_role("button", name="Answer").dblclick()
    await tab.page.wait_for_url("**#comment-*")
    assert await tab.house.posts_called("Pressed twice") == 1
    assert await tab.house.comments_that_say("Answered twice?") == 1


async def test_a_reload_after_sending_makes_no_second_post(tab: Tab) -> None:
    await tab.come_in(ADA)
    await tab.send("/write", "Publish", title="Reloaded", body="And still one.")
    await tab.page.wait_for_url("**/posts/*")
    await tab.page.reload()
    await tab.says("And still one.")
    assert await tab.house.posts_called("Reloaded") == 1


async def test_older_posts_come_into_the_page_or_by_a_page_of_their_own(
    opens: Opens, scripts: bool
) -> None:
    tab = await opens(java_script_enabled=scripts)
    await tab.come_in(ADA)
    await tab.press("Older posts", "link")
    await tab.says("Hello from the fourth floor")
    posts = tab.page.locator("article.post")
    if scripts:
        await expect(tab.page).to_have_url(f"{ORIGIN}/members")
        assert await posts.count() > 20
    else:
        assert await posts.count() < 20


async def test_older_posts_lead_to_the_log_in_once_the_session_is_over(tab: Tab) -> None:
    await tab.come_in(ADA)
    await tab.context.clear_cookies()
    await tab.press("Older posts", "link")
    await tab.page.wait_for_url("**/login?next=**")


async def test_a_private_circle_is_closed_to_a_guest_and_says_how_to_get_in(tab: Tab) -> None:
    tab.expects = {403}
    await tab.come_in(GUEST)
    await tab.page.get_by_role("navigation", name="Circles").get_by_text("Beans").click()
    await tab.says("This circle is for paying members")
    await expect(tab.page.locator("main")).not_to_contain_text("curtain net")
    await tab.press("Join Willow", "link")
    await expect(tab.page.get_by_label("E-mail")).to_have_value(GUEST)


async def test_a_visitor_is_led_to_the_log_in_and_back(tab: Tab) -> None:
    await tab.open("/circles/herbs")
    await tab.fill(email=ADA, password="correct horse battery")
    await tab.press("Log in")
    await tab.page.wait_for_url("**/circles/herbs")


async def test_a_profile_is_changed_and_shown_to_others(tab: Tab) -> None:
    await tab.come_in(GUEST)
    await tab.send("/profile", "Keep", name="Gil", about="Two pots & a chair.")
    await tab.says("Kept.")
    await tab.press("What others see", "link")
    await tab.says("Two pots & a chair.")
