"""A browser without a screen: it keeps cookies, fills in forms and follows them."""

from __future__ import annotations

from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

from launchready.community.running import Community
from launchready.derive.pages.forms import Form, forms

PASSWORD = "correct horse battery"


class Browser:
    """One visitor at the app."""

    def __init__(self, app: httpx.ASGITransport | object, origin: str = "https://app.test") -> None:
        self.origin = origin
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        self.client = httpx.AsyncClient(transport=transport, base_url=origin)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.client.aclose()

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def form(self, path: str, action: str | None = None) -> Form:
        """Return the form of a page that is sent to `action` (the page itself by default)."""
        answer = await self.get(path)
        wanted = urlsplit(action or path).path
        found = forms(answer.text, base=f"{self.origin}{path}")
        return next(f for f in found if urlsplit(f.url).path == wanted)

    async def send(self, path: str, /, action: str | None = None, **typed: str) -> httpx.Response:
        """Open a page, fill in its form and send it; redirects are not followed."""
        return await self.post(await self.form(path, action), **typed)

    async def post(self, form: Form, **typed: str) -> httpx.Response:
        return await self.client.post(
            form.url,
            content=form.filled(typed),
            headers={"content-type": "application/x-www-form-urlencoded", "origin": self.origin},
        )

    async def log_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        return await self.send("/login", email=email, password=password)


async def letters(running: Community) -> list[tuple[str, str]]:
    """Return kind and recipient of every letter that was put down, in order."""
    from sqlalchemy import select

    from launchready.community.tables import Letter

    async with running.database.read() as session:
        rows = await session.execute(select(Letter.kind, Letter.recipient).order_by(Letter.id))
        return [(kind, recipient) for kind, recipient in rows]
