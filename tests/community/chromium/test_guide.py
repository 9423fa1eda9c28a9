"""The guide's page in a real browser: streaming, a reload in the middle, and the fallback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.community.browser import PASSWORD
from tests.community.conftest import ADA
from tests.community.guiding import FALLBACK, ToolCaller, community_asking, sqlite_in
from tests.guard.serving import serving
from tests.report import chromium


@pytest.fixture
async def provider() -> AsyncIterator[ToolCaller]:
    async with ToolCaller(between_s=0.1) as running:
        yield running


@pytest.fixture
async def phone(provider: ToolCaller, tmp_path: Path, password_hash: str) -> AsyncIterator[Page]:
    """A phone's browser, signed in, at the guide's page."""
    async with (
        community_asking(provider, sqlite_in(tmp_path), password_hash) as app,
        serving(app) as address,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(
            executable_path=chromium.find(), args=["--no-sandbox"]
        )
        page = await browser.new_page(viewport={"width": 390, "height": 780})
        # The session's cookie is for safe origins alone, which localhost is and an address is not.
        host = address.replace("127.0.0.1", "localhost")
        await page.goto(f"{host}/login?next=/guide")
        await page.fill("#email", ADA)
        await page.fill("#password", PASSWORD)
        await page.click("main button")
        await page.wait_for_url("**/guide")
        yield page
        await browser.close()


async def _ask(page: Page, question: str) -> None:
    await page.fill("#message", question)
    await page.click("#ask button")


async def test_words_appear_while_the_provider_speaks_and_a_second_question_follows(
    phone: Page, provider: ToolCaller
) -> None:
    await _ask(phone, "Where do I begin?")
    await expect(phone.locator("[data-words]")).to_contain_text("Welcome")
    await expect(phone.locator("#ask button")).to_be_disabled()
    await expect(phone.locator("#ask button")).to_be_enabled()
    await expect(phone.locator(".said")).to_have_text(["".join(provider.words)])
    await _ask(phone, "And then?")
    await expect(phone.locator(".said")).to_have_count(2)
    await expect(phone.locator("#ask button")).to_be_enabled()
    assert await phone.evaluate("document.documentElement.scrollWidth") <= 390


async def test_a_reload_in_the_middle_shows_what_was_said_as_broken_off(
    phone: Page, provider: ToolCaller
) -> None:
    provider.fault = "hang-in-the-middle"
    await _ask(phone, "Where do I begin?")
    await expect(phone.locator("[data-words]")).to_contain_text("Welcome to")
    await phone.reload()
    await provider.calls[0].left.wait()
    await phone.reload()
    await expect(phone.locator(".said")).to_have_text("Welcome to")
    await expect(phone.locator(".exchange .note")).to_contain_text("Broken off.")


async def test_the_fallback_stands_where_the_answer_would(
    phone: Page, provider: ToolCaller
) -> None:
    provider.fault = "401"
    await _ask(phone, "Where do I begin?")
    await expect(phone.locator(".exchange .note")).to_have_text(f"No answer. {FALLBACK}")
    await expect(phone.locator("#trouble")).to_be_hidden()
