"""A browser without a screen, over real HTTP: one visitor behind an edge, with an address of their own."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from launchready.derive.pages.forms import Form, forms
from tests.community.browser import PASSWORD
from tests.community.faults.process import HOST, ORIGIN

ANSWER_S = 60
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back; status 0: the connection broke before there was an answer."""

    status: int
    text: str = ""
    location: str = ""
    repeated: bool = False
    """Whether guard gave an earlier answer again."""


class Visitor:
    """Somebody with cookies. `at` is the process that is asked; it may change."""

    def __init__(self, http: aiohttp.ClientSession, at: str) -> None:
        self.at = at
        self.cookies: dict[str, str] = {}
        self._http = http
        number = next(_numbers)
        self.address = f"203.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"

    def copy(self, at: str) -> Visitor:
        """Return the same browser with another request under way, perhaps to another process."""
        same = Visitor(self._http, at)
        same.cookies, same.address = dict(self.cookies), self.address
        return same

    def stranger(self) -> Visitor:
        """Return somebody else at the same process."""
        return Visitor(self._http, self.at)

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request. Redirects are not followed."""
        try:
            async with self._http.request(
                method, self.at + path, data=body, allow_redirects=False,
                headers={**self.fields(), **(headers or {})},
            ) as answer:  # fmt: skip
                for line in answer.headers.getall("set-cookie", []):
                    self.cookies |= {k: v.value for k, v in SimpleCookie(line).items()}
                return Reply(
                    status=answer.status,
                    text=await answer.text(),
                    location=answer.headers.get("location", ""),
                    repeated=answer.headers.get("idempotent-replayed") == "true",
                )
        except aiohttp.ClientError:
            return Reply(status=0)

    async def events(
        self, path: str, body: bytes, headers: Mapping[str, str]
    ) -> AsyncIterator[dict[str, Any]]:
        """Send a request and yield the JSON of each event of its answer, as it comes."""
        async with self._http.post(
            self.at + path, data=body, headers={**self.fields(), **headers}
        ) as answer:
            async for line in answer.content:
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])

    def fields(self) -> dict[str, str]:
        """Return what a browser and the edge before the app send with each request."""
        return {
            "Host": HOST, "Origin": ORIGIN, "Accept": "text/html",
            "X-Forwarded-For": self.address, "X-Forwarded-Proto": "https",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }  # fmt: skip

    async def get(self, path: str) -> Reply:
        return await self.ask("GET", path)

    async def form(self, path: str, action: str = "") -> Form | None:
        """Return a page's form that is sent to `action` (the page by default); None for no answer.

        Raises LookupError when the answer holds no such form.
        """
        page = await self.get(path)
        if not page.status:
            return None
        for found in forms(page.text, base=ORIGIN + path):
            if urlsplit(found.url).path == (action or path):
                return found
        raise LookupError(f"{path} was answered {page.status}, without the form")

    async def post(self, form: Form, **typed: str) -> Reply:
        """Fill in a form and send it."""
        return await self.ask(
            "POST", urlsplit(form.url).path, form.filled(typed),
            {"Content-Type": "application/x-www-form-urlencoded"},
        )  # fmt: skip

    async def send(self, path: str, action: str = "", /, **typed: str) -> Reply:
        """Open a page, fill in its form and send it."""
        form = await self.form(path, action)
        return Reply(status=0) if form is None else await self.post(form, **typed)

    async def log_in(self, email: str, password: str = PASSWORD) -> Reply:
        # Who is in already is shown no form.
        self.cookies.clear()
        return await self.send("/login", email=email, password=password)

    async def write(self, title: str) -> Reply:
        """Publish a post."""
        return await self.send("/write", circle="doorstep", title=title, body="Told once.")


@contextlib.asynccontextmanager
async def visitors(at: str, count: int = 1) -> AsyncIterator[list[Visitor]]:
    """Yield visitors of a process, as many as wanted."""
    limits = aiohttp.TCPConnector(limit=0, force_close=True)
    within = aiohttp.ClientTimeout(total=ANSWER_S)
    async with aiohttp.ClientSession(
        connector=limits, timeout=within, cookie_jar=aiohttp.DummyCookieJar()
    ) as http:
        yield [Visitor(http, at) for _ in range(count)]


def post_number(reply: Reply) -> int:
    """Return the number of the post that a redirect leads to; 0 when it leads elsewhere."""
    found = re.match(r"/posts/(\d+)", reply.location)
    return int(found[1]) if found else 0
