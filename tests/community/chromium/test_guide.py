"""The guide in a tab: words as they come, and what a member sees when its provider fails."""

from __future__ import annotations

import pytest
from playwright.async_api import ViewportSize, expect

from launchready.demo.provider import WORDS
from tests.community.chromium.conftest import Opens
from tests.community.chromium.house import ADA, ADMIN, GUEST
from tests.community.chromium.tab import DESK, PHONE, Tab

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

# What the keyboard leaves of a phone.
PHONE_TYPING = ViewportSize(width=390, height=480)
WHOLE = "Welcome to the community. Post in the feed to begin."
KEEPS_STATES = """
const talk = document.getElementById("talk");
window.states = [];
new MutationObserver(() => states.push(talk.querySelector(".exchange:last-child .said")?.textContent))
  .observe(talk, {childList: true, subtree: true, characterData: true});
"""

# Nothing lies over its last line, such as the ways at the foot of a phone.
SHOWN = """
exchange => {
  const {left, bottom} = exchange.getBoundingClientRect();
  return exchange.contains(document.elementFromPoint(left + 8, bottom - 8));
}
"""


async def ask(tab: Tab, question: str) -> None:
    await tab.fill(message=question)
    await tab.press("Ask")


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
async def test_words_appear_one_after_the_other(opens: Opens, viewport: ViewportSize) -> None:
    tab = await opens(viewport=viewport)
    tab.house.provider.between_s = 0.05
    await tab.come_in(ADA)
    await tab.open("/guide")
    await tab.page.evaluate(KEEPS_STATES)
    question = f"How do I begin on {viewport['width']} pixels?"
    await ask(tab, question)
    await expect(tab.page.locator(".exchange", has_text=question)).to_contain_text(WHOLE)
    states = [s for s in await tab.page.evaluate("states") if s and WHOLE.startswith(s)]
    assert len(set(states)) >= 5
    assert states == sorted(states, key=len)
    await expect(tab.page.get_by_role("button", name="Ask")).to_be_enabled()
    await expect(tab.page.get_by_label("Your question")).to_have_value("")


async def test_a_long_answer_stays_in_view_above_the_foot_of_a_phone(opens: Opens) -> None:
    tab = await opens(viewport=PHONE_TYPING)
    tab.house.provider.words = [*WORDS * 12, " At last."]
    await tab.come_in(ADMIN)
    await tab.open("/guide")
    await ask(tab, "Tell me more?")
    last = tab.page.locator(".exchange").last
    await expect(last).to_contain_text("At last.")
    await expect(tab.page.get_by_role("button", name="Ask")).to_be_enabled()
    assert await last.evaluate(SHOWN)


async def test_a_reload_in_the_middle_shows_how_far_the_answer_came(tab: Tab) -> None:
    tab.house.provider.fault = "hang-in-the-middle"
    await tab.come_in(ADMIN)
    await tab.open("/guide")
    await ask(tab, "Shall I wait?")
    last = tab.page.locator(".exchange", has_text="Shall I wait?")
    await expect(last).to_contain_text("Welcome to")
    await tab.page.reload()
    # The page looks again by itself until the server knows how it ended.
    await expect(last).to_contain_text("Broken off.")
    await expect(last).to_contain_text("Welcome to")


async def test_without_a_provider_s_answer_the_page_says_so_and_the_rest_works(tab: Tab) -> None:
    tab.house.provider.fault = "hang-before-headers"
    await tab.come_in(ADMIN)
    await tab.open("/guide")
    await ask(tab, "Is anybody there?")
    await tab.says("The guide cannot answer right now.")
    await tab.page.reload()
    await tab.says("The guide cannot answer right now.")
    await tab.open("/members")
    await tab.says("Welcome back")


async def test_a_cut_answer_is_called_broken_off(tab: Tab) -> None:
    tab.house.provider.fault = "cut-in-the-middle"
    await tab.come_in(ADMIN)
    await tab.open("/guide")
    await ask(tab, "And then?")
    last = tab.page.locator(".exchange", has_text="And then?")
    await expect(last).to_contain_text("Broken off. The guide was interrupted here.")
    await expect(last).to_contain_text("Welcome")


async def test_without_scripts_the_answer_stands_on_the_page_that_follows(opens: Opens) -> None:
    tab = await opens(java_script_enabled=False)
    await tab.come_in(ADA)
    await tab.page.get_by_label("Ask the guide").fill("How do I begin?")
    await tab.press("Ask")
    await tab.page.wait_for_url("**/guide#question-*")
    await tab.says(WHOLE)


async def test_the_limit_is_told_beside_the_question_which_stays(tab: Tab) -> None:
    tab.expects = {429}
    await tab.come_in(GUEST)
    await tab.open("/guide")
    for number in range(1, 8):
        await ask(tab, f"Question {number}?")
        await expect(tab.page.locator(".exchange")).to_have_count(number)
        await expect(tab.page.get_by_role("button", name="Ask")).to_be_enabled()
    await ask(tab, "One more?")
    await expect(tab.page.get_by_role("alert")).to_contain_text("Please try again in")
    await expect(tab.page.get_by_label("Your question")).to_have_value("One more?")


async def test_an_admin_reads_in_plain_words_whether_the_provider_is_asked(tab: Tab) -> None:
    await tab.come_in(ADMIN)
    await tab.open("/admin")
    await tab.says("provider is asked as usual.")
