"""The sending end of a request: headers, validators, and errors that give nothing away."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Sequence

from launchready.guard import bodies, caching, errors, insides
from launchready.guard.asgi import Asked, Message, RawHeaders, Receive, Scope, Send
from launchready.guard.deadlines import Waiting
from launchready.guard.headers import cors_fields, value_of, without
from launchready.guard.treatment import Treatment, whole

HELD_MAX_BYTES = 262_144
"""A page that is longer, or that does not say how long it is, gets no validator."""

_NEVER = float("inf")
_KNOWN_BY = frozenset({b"cookie", b"authorization"})
_LENGTH = frozenset({b"content-length"})
_CONTENT = frozenset({"http.response.body", "http.response.pathsend", "http.response.zerocopysend"})


class Answering(Waiting):
    """Passes an answer on to the server, mended by what the route's kind decides."""

    __slots__ = (
        "_body", "_held", "_names", "_scope", "_secure", "_send", "_treatment", "asked", "begun_s",
        "bounded", "complete", "ended_s", "expired", "headers", "more", "replaced", "request_id",
        "size", "status",
    )  # fmt: skip

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
        """The request's fields."""
        self._secure = secure
        self.request_id = request_id
        self.begun_s = time.monotonic()
        self.due_s = self.begun_s + treatment.place.answer_max_s
        self.task = None
        self.bounded: bodies.Bounded | None = None
        """Where the body comes from, when there is one."""
        self.more: Sequence[tuple[bytes, bytes]] = ()
        """Fields that this answer gets besides the route's."""
        self.headers: Sequence[tuple[bytes, bytes]] = ()
        """The fields that were sent."""
        self.status = 0
        """0 until the answer has begun."""
        self.size = 0
        self.complete = False
        self.ended_s = 0.0
        """When the server had all of it, by `time.monotonic`; 0 until then."""
        self.expired = False
        """The app was too slow, and has been told to stop."""
        self.replaced = False
        """The app's own answer is dropped: the visitor has got another."""
        self._held: Message | None = None
        """The beginning of the answer, which waits for its content."""
        self._names: set[bytes] | frozenset[bytes] = frozenset()
        self._body = b""

    def send(self, message: Message) -> Awaitable[None]:
        """Take one message of the app's answer."""
        if self.replaced or self.complete:
            return self._send_after(message)
        kind = message["type"]
        if kind == "http.response.start":
            ready = self._ready(message)
            if ready is None or isinstance(ready, errors.Problem):
                return self._hold_or_refuse(ready)
            message = ready
        elif kind in _CONTENT:
            if self._held is not None:
                return self._send_held(self._held, message)
            self._note(message)
            if self.complete:
                return self._send_last(message)
        # The server's own coroutine: one around it would cost every message of every answer.
        return self._send(message)

    async def _send_after(self, message: Message) -> None:
        if message["type"] == "http.response.trailers" and not self.replaced:
            await self._send(message)

    async def _hold_or_refuse(self, problem: errors.Problem | None) -> None:
        if problem is not None:
            await self.refuse(problem)

    async def _send_last(self, message: Message) -> None:
        await self._send(message)
        # What an app does from here on keeps nobody waiting.
        self.due_s, self.ended_s = _NEVER, time.monotonic()

    async def _send_held(self, held: Message, message: Message) -> None:
        if message["type"] != "http.response.body":
            await self._send(self._begun(held))
            self._note(message)
            await self._send(message)
        elif held["status"] < 400:
            await self._page(held, message)
        else:
            await self._refusal(held, message)
        if self.complete:
            self.due_s, self.ended_s = _NEVER, time.monotonic()

    async def refuse(self, problem: errors.Problem) -> None:
        """Answer in the app's place, unless the answer has begun already."""
        if self.status or self.replaced:
            return
        self.replaced = True
        self._held = None
        await errors.answer(problem, self._scope, self.own, request_id=self.request_id)

    async def own(self, message: Message) -> None:
        """Send what guard itself answers: with the headers, but never mended, and kept by no cache."""
        if message["type"] == "http.response.start":
            self._names = {name for name, _ in message["headers"]}
            if b"cache-control" not in self._names:
                message["headers"].append((b"cache-control", caching.NEVER))
            await self._send(self._begun(message))
        else:
            self._note(message)
            await self._send(message)

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
                if not self.complete:
                    self.due_s = time.monotonic() + self._treatment.place.answer_max_s

        bounded = self.bounded
        return receiving

    def _ready(self, message: Message) -> Message | errors.Problem | None:
        """Return how the answer begins, or what is told instead; None when it waits for its content."""
        if self.bounded is not None and self.bounded.trouble is not None:
            return errors.Problem(status=self.bounded.trouble.status)
        status: int = message["status"]
        treatment = self._treatment
        headers, names = whole(message.get("headers", ()))
        if (
            status < 400
            and treatment.usual is not None
            and b"origin" not in self.asked
            and names.isdisjoint(treatment.decided)
        ):
            # Most answers of most routes: nothing in them that guard has to look at.
            return self._begun({**message, "headers": headers}, treatment.usual[self._secure])
        self._names, headers = names, treatment.allowed(headers, names)
        if status >= 400 and treatment.hides_errors:
            if self._hides(status, headers):
                return errors.Problem(status=status, headers=errors.kept(headers))
            self._held = {**message, "headers": headers}
            return None
        if treatment.unsaid is not None and self._names.isdisjoint(caching.SAID):
            headers.append(treatment.unsaid)
        elif treatment.keeps_caches:
            headers = self._for_caches(headers, status)
        message = {**message, "headers": headers}
        if (
            treatment.place.kind == "page"
            and status == 200
            and treatment.keeps_caches
            and self._scope["method"] in {"GET", "HEAD"}
            and b"etag" not in self._names
        ):
            # The validator is the content's, so that it waits for the content.
            self._held = message
            return None
        return self._begun(message)

    def _begun(self, message: Message, decided: RawHeaders | None = None) -> Message:
        """Return the beginning of the answer with all the fields that the route decides."""
        headers: RawHeaders = message["headers"]
        headers += self._decided() if decided is None else decided
        headers.append((b"x-request-id", self.request_id.encode()))
        headers += self.more
        self.headers = headers
        self._held = None
        self.status = message["status"]
        return message

    def _decided(self) -> RawHeaders:
        """Return the fields that the route decides, without those that the app gives itself."""
        treatment = self._treatment
        defaults = treatment.over_tls if self._secure else treatment.over_plain
        own = [field for field in defaults if field[0] not in self._names]
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
            self.complete = True

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

    async def _refusal(self, held: Message, message: Message) -> None:
        """Send the app's own error answer, unless it gives something away or says nothing."""
        body, status = message.get("body", b""), held["status"]
        if not body and message.get("more_body", False):
            # Some frameworks send the beginning off before there is content.
            return
        headers: RawHeaders = held["headers"]
        if insides.gives_away(body) or insides.says_nothing(status, body):
            await self.refuse(errors.Problem(status=status, headers=errors.kept(headers)))
            return
        if self._treatment.keeps_caches:
            held["headers"] = self._for_caches(headers, status)
        await self._send(self._begun(held))
        self._note(message)
        await self._send(message)

    async def _page(self, held: Message, message: Message) -> None:
        """Send the page that was held back: with a validator, or 304 when nothing changed."""
        self._body += message.get("body", b"")
        headers: RawHeaders = held["headers"]
        more = message.get("more_body", False)
        if more:
            # What comes in pieces may say how many bytes they have together.
            length = value_of(headers, b"content-length") or b""
            whole = int(length) if length.isdigit() and len(length) < 9 else HELD_MAX_BYTES + 1
            if len(self._body) < whole <= HELD_MAX_BYTES:
                return
            more = len(self._body) != whole
        body, self._body = self._body, b""
        if not more and (body or self._scope["method"] == "GET"):
            tag = caching.etag(body)
            headers.append((b"etag", tag))
            asked = self.asked.get(b"if-none-match")
            if asked is not None and caching.unchanged(tag, asked):
                held["status"] = 304
                held["headers"] = without(headers, _LENGTH)
                body = b""
        rest = {"type": "http.response.body", "body": body, "more_body": more}
        await self._send(self._begun(held))
        self._note(rest)
        await self._send(rest)
