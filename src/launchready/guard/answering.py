"""The sending end of a request: headers, validators, and errors that give nothing away."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from launchready.guard import bodies, caching, errors
from launchready.guard.asgi import Message, RawHeaders, Scope, Send, header
from launchready.guard.headers import (
    cors_fields,
    declared_cors_only,
    value_of,
    with_defaults,
    without,
)
from launchready.guard.routes import Place
from launchready.guard.rules import Rule
from launchready.guard.webhooks import Scheme

if TYPE_CHECKING:
    from prometheus_client import Counter, Histogram

_LENGTH = frozenset({b"content-length"})
_OF_BODY = frozenset({b"content-length", b"content-type", b"content-encoding"})
_HTML = b"text/html"


@dataclass(slots=True, kw_only=True)
class Treatment:
    """What is decided once for all requests of a route."""

    place: Place
    parts: frozenset[str]
    over_tls: RawHeaders
    over_plain: RawHeaders
    names: frozenset[bytes]
    """Names of the two, in lower case."""
    cors: frozenset[str]
    rules: tuple[Rule, ...]
    signature: Scheme | None
    """How a webhook is signed; None where nothing is verified."""
    seconds: Histogram
    answers: dict[int, Counter] = field(default_factory=dict)


class Answering:
    """Passes an answer on to the server, mended by what the route's kind decides."""

    __slots__ = (
        "_held",
        "_scope",
        "_secure",
        "_send",
        "_treatment",
        "begun",
        "bounded",
        "headers",
        "more",
        "replaced",
        "request_id",
        "size",
        "status",
    )

    def __init__(
        self, treatment: Treatment, scope: Scope, send: Send, request_id: str, *, secure: bool
    ) -> None:
        self._treatment = treatment
        self._scope = scope
        self._send = send
        self._secure = secure
        self._held: Message | None = None
        self.bounded: bodies.Bounded | None = None
        """Where the body comes from, when there is one."""
        self.more: RawHeaders = []
        """Fields that this answer gets besides the route's."""
        self.headers: RawHeaders = []
        """The fields that were sent."""
        self.request_id = request_id
        self.begun = time.perf_counter()
        self.status = 0
        """0 until the answer has begun."""
        self.size = 0
        self.replaced = False
        """The app's own answer is dropped: the visitor has got another."""

    async def __call__(self, message: Message) -> None:
        """Take one message of the app's answer."""
        if self.replaced:
            return
        kind = message["type"]
        if kind == "http.response.body":
            if self._held is not None:
                await self._release(message)
                return
            self.size += len(message.get("body", b""))
            await self._send(message)
        elif kind == "http.response.start":
            await self._start(message)
        else:
            await self._send(message)

    async def refuse(self, problem: errors.Problem) -> None:
        """Answer in the app's place, unless the answer has begun already."""
        if self.status:
            return
        self._held = None
        await errors.answer(problem, self._scope, self.own, request_id=self.request_id)
        self.replaced = True

    async def _start(self, message: Message) -> None:
        trouble = self.bounded.trouble if self.bounded else None
        if trouble is not None:
            await self.refuse(errors.Problem(status=trouble.status))
            return
        status: int = message["status"]
        headers = list(message.get("headers", ()))
        treatment = self._treatment
        if status >= 400 and "errors" in treatment.parts and self._hides(status, headers):
            kept = without(headers, _OF_BODY)
            await self.refuse(errors.Problem(status=status, headers=kept))
            return
        if "caching" in treatment.parts:
            headers = self._for_caches(headers, status)
            if (
                treatment.place.kind == "page"
                and status == 200
                and self._scope["method"] in {"GET", "HEAD"}
                and value_of(headers, b"etag") is None
            ):
                # The validator is the content's, so that it waits for the content.
                self._held = {**message, "headers": headers}
                return
        await self._begin({**message, "headers": headers})

    async def _begin(self, message: Message) -> None:
        treatment = self._treatment
        headers: RawHeaders = message["headers"]
        if "cors" in treatment.parts:
            headers = declared_cors_only(headers)
            headers += cors_fields(treatment.cors, header(self._scope, b"origin"))
        defaults = treatment.over_tls if self._secure else treatment.over_plain
        with_defaults(headers, defaults, treatment.names)
        headers.append((b"x-request-id", self.request_id.encode()))
        headers += self.more
        message["headers"] = self.headers = headers
        self.status = message["status"]
        await self._send(message)

    async def own(self, message: Message) -> None:
        """Send what guard itself answers: with the headers, but never dropped."""
        if message["type"] == "http.response.start":
            await self._begin(message)
        else:
            self.size += len(message["body"])
            await self._send(message)

    def _hides(self, status: int, headers: RawHeaders) -> bool:
        """Return whether the app's error answer is replaced by ours.

        Failures always, since they may hold a trace; refusals only where a browser would show
        somebody a line of JSON or plain text.
        """
        media = (value_of(headers, b"content-type") or b"").lower()
        if media.startswith(b"application/problem+json"):
            return False
        if status >= 500:
            return True
        return not media.startswith(_HTML) and errors.prefers_page(self._scope)

    def _for_caches(self, headers: RawHeaders, status: int) -> RawHeaders:
        place = self._treatment.place
        if place.never_shared:
            return caching.kept_private(headers)
        known = place.kind == "page" and (
            header(self._scope, b"cookie") is not None
            or header(self._scope, b"authorization") is not None
        )
        return caching.shared(headers, place, self._scope["path"], status=status, known=known)

    async def _release(self, body: Message) -> None:
        """Send the page that was held back: with a validator, or 304 when nothing changed."""
        held = self._held
        self._held = None
        if held is None:
            return
        content = body.get("body", b"")
        # A page that comes in pieces is passed on as it comes: it has no validator.
        if not body.get("more_body", False) and (content or self._scope["method"] == "GET"):
            tag = caching.etag(content)
            held["headers"] = [*held["headers"], (b"etag", tag)]
            asked = header(self._scope, b"if-none-match")
            if asked is not None and caching.unchanged(tag, asked):
                held["status"] = 304
                held["headers"] = without(held["headers"], _LENGTH)
                body = {"type": "http.response.body", "body": b""}
        await self._begin(held)
        self.size += len(body.get("body", b""))
        await self._send(body)
