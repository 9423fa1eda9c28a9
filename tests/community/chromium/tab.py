"""One visitor's tab: it fills in forms, and remembers whatever the browser complained of."""

from __future__ import annotations

import re
from typing import Any, Literal

from playwright.async_api import BrowserContext, ConsoleMessage, Page, Response, ViewportSize

from tests.community.browser import PASSWORD
from tests.community.chromium.house import ORIGIN, House

DESK, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
_REFUSED = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")
WATCHES_POLICY = """
addEventListener("securitypolicyviolation", e =>
  console.error(`policy: ${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile}`));
"""


class Tab:
    """A page of a context of its own, so with cookies and an address of its own."""

    def __init__(self, context: BrowserContext, page: Page, house: House) -> None:
        self.context = context
        self.page = page
        self.house = house
        self.complaints: list[str] = []
        """Errors and warnings of the console, policy violations, exceptions of scripts."""
        self.expects: set[int] = set()
        """Statuses that the test provokes: Chromium notes each of them in the console."""
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))
        page.on("requestfailed", self._failed)

    def _note(self, message: ConsoleMessage) -> None:
        refused = _REFUSED.match(message.text)
        if refused and int(refused[1]) in self.expects:
            return
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text} ({message.location})")

    def _failed(self, request: Any) -> None:
        # What a reload or a new page breaks off is no fault.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url} {request.failure}")

    async def open(self, path: str) -> Response:
        """Open a path of the community, or a whole URL."""
        url = path if path.startswith("https:") else f"{ORIGIN}{path}"
        answer = await self.page.goto(url)
        assert answer is not None
        return answer

    async def fill(self, **typed: str) -> None:
        """Fill in fields by name."""
        for name, value in typed.items():
            await self.page.locator(f"main [name={name}]").fill(value)

    async def press(self, name: str, role: Literal["button", "link"] = "button") -> None:
        """Press the button, or the link, that is called so in the page's main part."""
        await self.page.locator("main").get_by_role(role, name=name, exact=True).click()

    async def send(self, path: str, button: str, **typed: str) -> None:
        """Open a page, fill in its form and press its button."""
        await self.open(path)
        await self.fill(**typed)
        await self.press(button)

    async def come_in(self, address: str) -> None:
        """Be a member at the members' room; only the first time by the log-in, which takes long."""
        if address not in self.house.cookies:
            await self.send("/login", "Log in", email=address, password=PASSWORD)
            await self.page.wait_for_url("**/members")
            self.house.cookies[address] = [
                {
                    k: c[k]
                    for k in ("name", "value", "domain", "path", "secure", "httpOnly", "sameSite")
                }
                for c in await self.context.cookies()
            ]
        else:
            await self.context.add_cookies(self.house.cookies[address])
            await self.open("/members")

    async def says(self, text: str) -> None:
        """Wait until the page's main part shows a text."""
        await self.page.locator("main").get_by_text(text).first.wait_for()
