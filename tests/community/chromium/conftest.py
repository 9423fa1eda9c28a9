from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from launchready.demo.provider import WORDS
from tests.community.chromium.house import HOST, House, open_house
from tests.community.chromium.tab import DESK, WATCHES_POLICY, Tab
from tests.report import chromium

Opens = Callable[..., Awaitable[Tab]]
PATIENT_MS = 30_000
"""So long a busy machine may take until a page shows something."""

expect.set_options(timeout=PATIENT_MS)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def house(
    tmp_path_factory: pytest.TempPathFactory, password_hash: str
) -> AsyncIterator[House]:
    async with open_house(tmp_path_factory.mktemp("house"), password_hash) as opened:
        yield opened


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def chromium_browser(house: House) -> AsyncIterator[Browser]:
    path = chromium.find()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox", "--disable-dev-shm-usage",
                f"--host-resolver-rules=MAP {HOST}:443 127.0.0.1:{house.port}",
                f"--ignore-certificate-errors-spki-list={house.key_pin}",
            ],
        )  # fmt: skip
        yield browser
        await browser.close()


_ADDRESSES = itertools.count(1)


@pytest_asyncio.fixture(loop_scope="package")
async def opens(chromium_browser: Browser, house: House) -> AsyncIterator[Opens]:
    """Open tabs, each of another visitor; at the end none of them may have complained."""
    tabs: list[Tab] = []
    async with AsyncExitStack() as stack:

        async def open_tab(address: str = "", **options: Any) -> Tab:
            number = next(_ADDRESSES)
            context = await chromium_browser.new_context(
                viewport=options.pop("viewport", DESK),
                # Guard counts by address: what one visitor uses up is not to be another's.
                extra_http_headers={
                    "X-Forwarded-For": address or f"198.51.{number // 250}.{number % 250}"
                },
                **options,
            )
            stack.push_async_callback(context.close)
            await context.add_init_script(WATCHES_POLICY)
            context.set_default_timeout(PATIENT_MS)
            tab = Tab(context, await context.new_page(), house)
            tabs.append(tab)
            return tab

        yield open_tab
        complaints = [complaint for tab in tabs for complaint in tab.complaints]
    house.provider.fault = "none"
    house.provider.words = WORDS
    house.provider.between_s = house.provider.first_word_s = 0.0
    assert complaints == []


@pytest_asyncio.fixture(loop_scope="package")
async def tab(opens: Opens) -> Tab:
    return await opens()
