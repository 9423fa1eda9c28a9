"""The sending end of a request: headers, validators, and errors that give nothing away."""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Coroutine, Sequence
from collections.abc import Set as AbstractSet
from types import CoroutineType
from typing import Any

from launchready.guard import bodies, caching, errors, insides
from launchready.guard.asgi import Asked, Message, RawHeaders, Receive, Scope, Send
from launchready.guard.deadlines import Waiting
from launchready.guard.headers import cors_fields, value_of
from launchready.guard.held import Held
from launchready.guard.treatment import Treatment, names_of

_NEVER = float("inf")
_KNOWN_BY = frozenset({b"cookie", b"authorization"})
_CONTENT = frozenset({"http.response.body", "http.response.pathsend", "http.response.zerocopysend"})


class Answering(Waiting):
    """Passes an answer on to the server, mended by what the route's kind decides."""

    __slots__ = (
        "_closed", "_held", "_last", "_scope", "_secure", "_send", "_treatment", "asked", "begun_s",
        "bounded", "ended_s", "expired", "headers", "more", "replaced", "request_id", "size",
        "status",
    )  # fmt: skip

    asked: Asked
    """The request's fields."""
    bounded: bodies.Bounded | None
    """Where the body comes from, when there is one."""
    more: Sequence[tuple[bytes, bytes]]
    """Fields that this answer gets besides the route's."""
    headers: Sequence[tuple[bytes, bytes]]
    """The fields that were sent."""
    status: int
    """0 until the answer has begun."""
    ended_s: float
    """When the app had given all of it, by `time.monotonic`; 0 until then."""
    expired: bool
    """The app was too slow, and has been told to stop."""
    replaced: bool
    """The app's own answer is dropped: the visitor has got another."""
    _closed: bool
    """Nothing of the app's answer is taken any more: it is complete, or replaced."""
    _last: Coroutine[Any, Any, None] | None
    """The sending of the last piece."""

    def __init__(  # noqa: PLR0917 - made for every request, in one place
        self,
        treatment: Treatment,
        scope: Scope,
        send: Send,
        request_id: str,
        asked: Asked,
        secure: bool,
    ) -> None:
        self._treatment = treatment
        self._scope = scope
        self._send = send
        self.asked = asked
        self._secure = secure
        self.request_id = request_id
        self.begun_s = begun_s = time.monotonic()
        self.due_s = begun_s + treatment.place.answer_max_s
        self.bounded = None
        self.more = self.headers = ()
        self.status = self.size = 0
        self.ended_s = 0.0
        self.expired = self.replaced = self._closed = False
        self._held: Held | None = None
        self._last = None

    def send(self, message: Message) -> Awaitable[None]:
        """Take one message of the app's answer.

        The server's own coroutine is returned wherever that will do: one around it would cost every
        message of every answer.
        """
        if self._closed:
            return self._send_after(message)
        kind = message["type"]
        if kind == "http.response.start":
            treatment, headers = self._treatment, [*message.get("headers", ())]
            if (
                headers
                and treatment.knows(headers)
                and message["status"] < 400
                and self.bounded is None
                and b"origin" not in self.asked
            ):
                # Most answers of most routes: nothing in them that guard has to look at.
                headers += treatment.usual[self._secure]
                return self._send(self._begun(message, headers))
            return self._start(message, headers)
        if self._held is not None and kind in _CONTENT:
            self._last = sending = self._send_held(self._held, message)
            return sending
        sent = self._send(message)
        if kind in _CONTENT:
            self._note(message)
            if self._closed:
                if type(sent) is not CoroutineType:
                    sent = _awaited(sent)
                self._last = sent
        return sent

    def _start(self, message: Message, headers: RawHeaders) -> Awaitable[None]:
        """Take the beginning of an answer that is not known to be a usual one."""
        if self.bounded is not None and self.bounded.trouble is not None:
            return self.refuse(errors.Problem(status=self.bounded.trouble.status))
        status, treatment, names = message["status"], self._treatment, names_of(headers)
        if treatment.usual and status < 400 and treatment.decided.isdisjoint(names):
            treatment.learn(headers, names)
            if b"origin" not in self.asked:
                usual = treatment.usual[self._secure]
                return self._send(self._begun(message, [*headers, *usual]))
        headers = treatment.allowed(headers, names)
        if status >= 400 and treatment.hides_errors:
            if self._hides(status, headers):
                return self.refuse(errors.Problem(status=status, headers=errors.kept(headers)))
            self._held = Held({**message, "headers": headers}, names)
            return _nothing()
        if treatment.unsaid is not None and caching.SAID.isdisjoint(names):
            headers.append(treatment.unsaid)
        elif treatment.keeps_caches:
            headers = self._for_caches(headers, status)
        if (
            treatment.place.kind == "page"
            and status == 200
            and treatment.keeps_caches
            and self._scope["method"] in {"GET", "HEAD"}
            and b"etag" not in names
        ):
            # The validator is the content's, so that it waits for the content.
            self._held = Held({**message, "headers": headers}, names)
            return _nothing()
        return self._send(self._begun(message, headers + self._decided(names)))

    async def _send_after(self, message: Message) -> None:
        if message["type"] == "http.response.trailers" and not self.replaced:
            await self._send(message)

    async def _send_held(self, held: Held, message: Message) -> None:
        """Send the beginning that was held back and the content, unless it has to wait for more."""
        start, content = held.message, message
        if message["type"] == "http.response.body":
            if start["status"] >= 400:
                if not message.get("body") and message.get("more_body", False):
                    # Some frameworks send the beginning off before there is content.
                    return
                if problem := self._refusal(start, message):
                    await self.refuse(problem)
                    return
            else:
                asked = self.asked.get(b"if-none-match")
                page = held.page(message, self._scope["method"], asked)
                if page is None:
                    return
                content = page
        await self._send(self._begun(start, start["headers"] + self._decided(held.names)))
        self._note(content)
        await self._send(content)

    async def refuse(self, problem: errors.Problem) -> None:
        """Answer in the app's place, unless the answer has begun already."""
        if self.status or self.replaced:
            return
        self.replaced = self._closed = True
        self._held = None
        await errors.answer(problem, self._scope, self.own, request_id=self.request_id)

    async def own(self, message: Message) -> None:
        """Send what guard itself answers: with the headers, but never mended, and kept by no cache."""
        if message["type"] == "http.response.start":
            headers = [*message["headers"]]
            names = {name for name, _ in headers}
            if b"cache-control" not in names:
                headers.append((b"cache-control", caching.NEVER))
            await self._send(self._begun(message, headers + self._decided(names)))
        else:
            self._note(message)
            await self._send(message)

    def over(self) -> bool:
        """Return whether the server has all of it: what an app does then keeps nobody waiting."""
        last = self._last if self._closed else None
        return last is not None and inspect.getcoroutinestate(last) == inspect.CORO_CLOSED

    async def late(self) -> None:
        """Tell the visitor that it takes too long, when nothing else has been told yet."""
        self.expired = True
        await self.refuse(errors.Problem(status=504))

    def bounds(self, receive: Receive, length: int | None) -> Receive:
        """Return the receiving end for a body, with the route's limits around it.

        Raises TooLargeError when its `length` is known to be beyond them already.
        """
        most = self._treatment.place.body_max_bytes
        if length is not None and length > most:
            raise bodies.TooLargeError
        self.bounded = bodies.Bounded(receive, most)

        async def receiving() -> Message:
            if bounded.complete:
                # Whoever waits for the visitor to leave does so beside the answer.
                return await bounded()
            # Bodies have deadlines of their own; the app's begins when it has the next piece.
            self.due_s = _NEVER
            try:
                return await bounded()
            finally:
                if not self.ended_s:
                    self.due_s = time.monotonic() + self._treatment.place.answer_max_s

        bounded = self.bounded
        return receiving

    def _begun(self, message: Message, headers: RawHeaders) -> Message:
        """Return the beginning of the answer with these fields and what every answer gets."""
        headers.append((b"x-request-id", self.request_id.encode()))
        headers += self.more
        self.headers = headers
        self._held = None
        self.status = message["status"]
        return {**message, "headers": headers}

    def _decided(self, names: AbstractSet[bytes]) -> RawHeaders:
        """Return the fields that the route decides, without those that the app gives itself."""
        treatment = self._treatment
        defaults = treatment.over_tls if self._secure else treatment.over_plain
        own = [field for field in defaults if field[0] not in names]
        if treatment.cors:
            own += cors_fields(treatment.cors, self.asked.get(b"origin"))
        return own

    def _note(self, message: Message) -> None:
        """Note a piece of the content that goes."""
        if "body" in message:
            self.size += len(message["body"])
        if message.get("more_body", False):
            # What goes on is not late.
            self.due_s = time.monotonic() + self._treatment.place.answer_max_s
        else:
            self._closed = True
            self.ended_s = time.monotonic()

    def _hides(self, status: int, headers: RawHeaders) -> bool:
        """Return whether the app's error answer is replaced by ours, whatever is in it.

        Failures always, since they may hold a trace; refusals only where a browser would show
        somebody a line of JSON or plain text.
        """
        media = (value_of(headers, b"content-type") or b"").lower()
        if media.startswith(b"application/problem+json"):
            return False
        if status >= 500:
            return True
        return not media.startswith(b"text/html") and errors.prefers_page(self._scope)

    def _for_caches(self, headers: RawHeaders, status: int) -> RawHeaders:
        place = self._treatment.place
        if place.never_shared:
            return caching.kept_private(headers)
        known = place.kind == "page" and not self.asked.keys().isdisjoint(_KNOWN_BY)
        return caching.shared(headers, place, self._scope["path"], status=status, known=known)

    def _refusal(self, start: Message, message: Message) -> errors.Problem | None:
        """Return what is told in place of the app's own error answer; None where it may go."""
        body, status, headers = message.get("body", b""), start["status"], start["headers"]
        if insides.gives_away(body) or insides.says_nothing(status, body):
            return errors.Problem(status=status, headers=errors.kept(headers))
        if self._treatment.keeps_caches:
            start["headers"] = self._for_caches(headers, status)
        return None


async def _nothing() -> None:
    """Wait for nothing."""


async def _awaited(sent: Awaitable[None]) -> None:
    """Wait for what a server that is not written in Python gives."""
    await sent
