"""Submissions at the door of an ASGI app: an answer is kept on its way out, and given again."""

from __future__ import annotations

from typing import Literal

from launchready.guard.asgi import Application, Message, RawHeaders, Receive, Scope, Send, header
from launchready.guard.errors import Problem
from launchready.guard.submissions.keys import BadKeyError, asker, comparable, submission_key
from launchready.guard.submissions.memory import Answer
from launchready.guard.submissions.twice import First, Submissions

REPEATED = (b"idempotent-replayed", b"true")


async def answer_once(
    submissions: Submissions,
    app: Application,
    scope: Scope,
    receive: Receive,
    send: Send,
    *,
    body: bytes,
    client: str,
) -> Literal["first", "again"] | Problem:
    """Let the app answer an unsafe request, unless it has answered the very same before.

    `body` is the whole body; `receive` still gives it to the app. `client` is the address of who
    asks. Returns "first" when the app was asked, "again" when the answer kept was sent, marked by
    `Idempotent-Replayed: true`, or the Problem to refuse with, nothing being sent yet. A request
    without a key goes to the app. Raises what the app raises, the key being free then.
    """
    headers: RawHeaders = scope["headers"]
    try:
        key = submission_key(headers, body)
    except BadKeyError as error:
        return Problem(status=400, detail=str(error))
    if key is None:
        await app(scope, receive, send)
        return "first"
    host = (header(scope, b"host") or b"").lower().hex()
    path = scope["path"].encode("utf-8", "surrogatepass").hex()
    query = scope.get("query_string", b"").hex()
    scope_id = f"{scope['method']} {host} {path}?{query} {asker(headers, client)}"
    found = await submissions.begin(key, scope_id, comparable(headers, body))
    if isinstance(found, Problem):
        return found
    if isinstance(found, Answer):
        fields = [*found.headers, REPEATED]
        await send({"type": "http.response.start", "status": found.status, "headers": fields})
        await send({"type": "http.response.body", "body": found.body})
        return "again"
    try:
        await app(scope, receive, _Keeping(found, send, submissions.answer_max_bytes))
    finally:
        # Without effect when the answer was complete.
        await found.abandon()
    return "first"


class _Keeping:
    """The sending end: passes everything on, and keeps a copy as long as it is small."""

    def __init__(self, first: First, send: Send, max_bytes: int) -> None:
        self._first = first
        self._send = send
        self._left_bytes = max_bytes
        self._status = 0
        self._headers: RawHeaders = []
        self._parts: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            self._status = message["status"]
            self._headers = list(message.get("headers", ()))
            if message.get("trailers"):
                self._left_bytes = -1
        elif kind == "http.response.body":
            await self._note(message.get("body", b""), more=message.get("more_body", False))
        elif kind in {"http.response.pathsend", "http.response.zerocopysend"}:
            self._left_bytes = -1
            await self._note(b"", more=message.get("more_body", False))
        await self._send(message)

    async def _note(self, part: bytes, *, more: bool) -> None:
        """Take a part of the body. Kept before it is sent: who has it all finds it again."""
        self._left_bytes -= len(part)
        whole = self._left_bytes >= 0
        if whole:
            self._parts.append(part)
        else:
            self._parts.clear()
        if not (whole and more):
            answer = Answer(status=self._status, headers=self._headers, body=b"".join(self._parts))
            await self._first.finish(answer, whole=whole)
