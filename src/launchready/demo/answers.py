"""What a demo host is asked and what it answers, as data."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from launchready.demo.app import GuardedApp
    from launchready.demo.description import DemoLaunch, Host, Route
    from launchready.demo.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as a behaviour sees it. Header names are in lower case."""

    launch: DemoLaunch
    host: Host
    route: Route | None
    state: State
    app: GuardedApp
    method: str
    scheme: str
    path: str
    """Decoded, as routes are compared."""
    raw_path: str
    """As it was sent."""
    query: str
    headers: dict[str, str]
    body: bytes
    direct: bool = False
    """True: it came to the origin, around the edge."""

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form body, the first value of each; empty when it is not a form."""
        if not self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return {}
        return _fields(self.body.decode("utf-8", errors="replace"))

    @property
    def arguments(self) -> dict[str, str]:
        """The fields of the query, the first value of each."""
        return _fields(self.query)

    @property
    def json(self) -> Any:
        """The JSON body, or None when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that were sent."""
        jar: SimpleCookie = SimpleCookie()
        try:
            jar.load(self.headers.get("cookie", ""))
        except CookieError:
            return {}
        return {name: morsel.value for name, morsel in jar.items()}


def _fields(text: str) -> dict[str, str]:
    try:
        fields = parse_qs(text, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


@dataclass(slots=True, kw_only=True)
class Answer:
    """An answer. A header of value None takes away the one that the host would have added.

    `stream` replaces the body by chunks without a length. `raw` sends bytes as they are over
    HTTP/1.1, status line included, and then closes.
    """

    status: int = 200
    headers: dict[str, str | None] = field(default_factory=dict)
    body: bytes | str = b""
    cookies: list[str] = field(default_factory=list)
    more_headers: list[tuple[str, str]] = field(default_factory=list)
    """Further header lines, for fields that stand more than once."""
    delay_s: float = 0.0
    stream: Callable[[], AsyncGenerator[bytes]] | None = None
    raw: Callable[[], AsyncIterator[bytes]] | None = None
    guarded: bool = False
    """It has come through guard already."""


Behaviour = Callable[[Request], "Answer | Awaitable[Answer]"]
"""A small function from a request to its answer."""


def page(html: str, *, status: int = 200, **headers: str) -> Answer:
    """Return an HTML answer; header names are written with underscores."""
    named: dict[str, str | None] = {k.replace("_", "-"): v for k, v in headers.items()}
    return Answer(
        status=status, headers={"content-type": "text/html; charset=utf-8", **named}, body=html
    )


def json_answer(value: Any, *, status: int = 200, **headers: str) -> Answer:
    """Return a JSON answer; header names are written with underscores."""
    named: dict[str, str | None] = {k.replace("_", "-"): v for k, v in headers.items()}
    body = json.dumps(value, ensure_ascii=False) + "\n"
    return Answer(status=status, headers={"content-type": "application/json", **named}, body=body)


def redirect(location: str, *, status: int = 302) -> Answer:
    """Return a redirect; 303 is for what follows a form."""
    return Answer(status=status, headers={"location": location})
