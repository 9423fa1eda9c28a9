"""What members make of what they have written."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.community.chromium.conftest import Opens
from tests.community.chromium.house import ADA
from tests.community.chromium.tab import Tab
from tests.community.chromium.test_pages import looked_at

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]


async def _written(tab: Tab, title: str) -> str:
    """Publish a post and answer it; return its path."""
    await tab.come_in(ADA)
    await tab.send("/write", "Publish", title=title, body="Hang them before it is warm.")
    await tab.page.wait_for_url("**/posts/*")
    path = re.sub("^https://[^/]+", "", tab.page.url)
    await tab.page.get_by_label("Your answer").fill("So did I.")
    await tab.press("Answer")
    await tab.page.wait_for_url("**#comment-*")
    return path


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
async def test_a_member_edits_and_deletes_what_they_wrote(opens: Opens, scripts: bool) -> None:
    tab = await opens(java_script_enabled=scripts)
    path = await _written(tab, f"Nets, {scripts}")
    await tab.page.get_by_role("link", name="Edit this answer").click()
    await tab.fill(body="So did I, and it helped.")
    await tab.press("Keep")
    await expect(tab.page.locator("article.comment")).to_contain_text("it helped.")
    await expect(tab.page.locator("article.comment .by").first).to_contain_text("edited")
    await tab.open(path)
    await tab.page.get_by_role("link", name="Edit this post").click()
    await tab.fill(title=f"Nets again, {scripts}")
    await tab.press("Keep")
    await expect(tab.page.get_by_role("heading", level=1)).to_have_text(f"Nets again, {scripts}")
    await tab.page.get_by_role("link", name="Delete this post").click()
    await tab.says("The answer to it will be gone too.")
    await tab.page.get_by_role("link", name="Leave it as it is").click()
    await tab.page.get_by_role("link", name="Delete this post").click()
    await tab.press("Delete for good")
    await expect(tab.page.get_by_role("heading", level=1)).to_have_text("Doorstep")
    assert await tab.house.posts_called(f"Nets again, {scripts}") == 0


async def test_their_pages_fit_are_named_and_can_be_read(tab: Tab) -> None:
    path = await _written(tab, "Looked at")
    comment = "/comments/" + tab.page.url.rpartition("-")[2]
    paths = [path, *(f"{at}/{way}" for at in (path, comment) for way in ("edit", "delete"))]
    assert [wrong for each in paths for wrong in await looked_at(tab, each)] == []
