"""Websockets: the handshake gets what a request of its route gets, and so does each message."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from launchready.guard import errors
from launchready.guard.admission import Admission, wait_in_words
from launchready.guard.asgi import Application, Message, RawHeaders, Receive, Scope, Send, header
from launchready.guard.client import Proxies
from launchready.guard.deadlines import Deadlines, Waiting
from launchready.guard.figures import Figures
from launchready.guard.limits.rules import Hit, hits
from launchready.guard.limits.throttle import fields
from launchready.guard.logs.access_log import AccessLog
from launchready.guard.logs.sentry import Reporting
from launchready.guard.origins import may_open
from launchready.guard.presence import fresh
from launchready.guard.routes import Routes
from launchready.guard.treatment import Treatment
from launchready.guard.visit import KEY, Visit, new_id, request_id

# RFC 6455 section 7.4.1, and its registry at IANA.
GOING_AWAY, NOT_ALLOWED, TOO_LARGE, FAILED, TRY_LATER = 1001, 1008, 1009, 1011, 1013
OUR_OWN = 3000
"""Added to a code, it is one that an app may choose: 4008 says what 1008 says."""
UNHEARD_S = 1.0
"""So long an app may go on sending after the end, before it is told of it by an error."""
DENIAL = "websocket.http.response"
TAKEN = 101
"""The status of a handshake that an app has accepted."""

_LOG = logging.getLogger("launchready.guard")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sockets:
    """Lets websockets in, and stays between them and the app as long as they are open."""

    routes: Routes[Treatment]
    root: str
    """Where the app itself says that it is reached, a path."""
    proxies: Proxies
    hosts: frozenset[str]
    """The launch's own, whose pages may open websockets."""
    admission: Admission
    deadlines: Deadlines
    figures: Figures
    log: AccessLog | None
    """None: connections are not logged."""
    reporting: Reporting | None

    async def connect(self, app: Application, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one websocket of an ASGI server, from its handshake to its end."""
        treatment = self.routes.find_under(
            scope.get("root_path") or self.root, scope["path"], header(scope, b"host") or b""
        )
        id_ = new_id()
        request_id.set(id_)
        visit = scope[KEY] = Visit(
            id_, scope.get("client"), scope["headers"], self.proxies, treatment.place.entry
        )
        secure = scope.get("scheme") == "wss" or visit.over_tls
        socket = Socket(self, treatment, scope, receive, send, id_)
        open_here = self.deadlines.watch(socket)
        watch: asyncio.Task[None] | None = None

        # The member function of an app knows requests; a handshake is one (section 4.1).
        request = {
            **scope, "type": "http", "method": "GET", "scheme": "https" if secure else "http"
        }  # fmt: skip
        try:
            await socket.begun()
            allowed = frozenset(visit.route.cors if visit.route else ())
            if not may_open(scope["headers"], hosts=self.hosts, allowed=allowed, secure=secure):
                self.figures.sockets_ended.labels(treatment.place.label, "foreign-origin").inc()
                detail = "A page of another site may not open this."
                await socket.refuse(errors.Problem(status=403, detail=detail))
                return
            presence = self.admission.presence
            if presence is not None:
                visit.member = await presence.member(fresh(request))
            socket.counted = hits(treatment.rules, client=visit.client, member=visit.member)
            if not await socket.within():
                return
            if presence is not None and visit.member is not None:
                gone = presence.until_gone(fresh(request), visit.member)
                watch = asyncio.create_task(socket.sign_out(gone))
            await app(scope, socket.receive, socket.send)
            if not socket.status:
                await self._failed(socket, RuntimeError("the app gave no answer"))
        except asyncio.CancelledError as error:
            if not socket.expired:
                raise
            socket.calm()
            await self._failed(socket, error)
        except Exception as error:  # noqa: BLE001 - whatever an app raises, its visitor is told
            await self._failed(socket, error)
        finally:
            open_here.discard(socket)
            if watch is not None:
                watch.cancel()
            self._note(socket)

    async def _failed(self, socket: Socket, error: BaseException) -> None:
        left = isinstance(error, OSError) or type(error).__name__ == "WebSocketDisconnect"
        if socket.ended and left:
            # How servers and frameworks tell an app that the other end is gone.
            return
        if socket.expired:
            _LOG.error("the app neither took the websocket nor refused it in time")
        else:
            _LOG.error("the app failed", exc_info=error)
            if self.reporting is not None:
                self.reporting.exception(error)
        self.figures.sockets_ended.labels(socket.treatment.place.label, "failed").inc()
        if not socket.status:
            await socket.refuse(errors.Problem(status=504 if socket.expired else 500))
        else:
            await socket.end(FAILED, "Something went wrong on our side.")

    def _note(self, socket: Socket) -> None:
        label = socket.treatment.place.label
        if socket.status == TAKEN:
            self.figures.sockets_open.labels(label).dec()
        if self.log is not None:
            self.log.add(
                socket.request_id, "WEBSOCKET", label, socket.status,
                time.monotonic() - socket.begun_s, socket.size,
            )  # fmt: skip


class Socket(Waiting):
    """One connection: what the app receives from it, and what it sends to it."""

    def __init__(  # noqa: PLR0917 - made in one place
        self, sockets: Sockets, treatment: Treatment, scope: Scope, receive: Receive, send: Send,
        request_id: str,
    ) -> None:  # fmt: skip
        self.treatment = treatment
        self.request_id = request_id
        self.counted: Sequence[Hit] = ()
        """What the handshake and each message count against."""
        self.status = 0
        """Of the handshake's answer: 101 when it was taken; 0 until then."""
        self.size = 0
        """Bytes that were sent in messages."""
        self.ended = False
        self.expired = False
        self.begun_s = time.monotonic()
        self.due_s = self.begun_s + treatment.place.answer_max_s
        self._sockets = sockets
        self._scope = scope
        self._receive = receive
        self._send = send
        self._first: Message | None = None
        self._heard_by_s = 0.0

    async def begun(self) -> None:
        """Wait for the handshake, which must have come before it may be answered."""
        self._first = await self._receive()

    async def within(self) -> bool:
        """Count the handshake; return whether it may go on, having refused it when not."""
        if not self.counted:
            return True
        tally = await self._sockets.admission.throttle.hit_all(self.counted)
        if tally.allowed:
            return True
        label = self.treatment.place.label
        self._sockets.figures.throttled.labels(label, tally.rule.name).inc()
        detail = f"Please try again in {wait_in_words(tally.reset_s)}."
        await self.refuse(errors.Problem(status=429, detail=detail, headers=fields(tally)))
        return False

    async def receive(self) -> Message:
        """Return the next message, if it is small enough and does not come too soon."""
        if self._first is not None:
            message, self._first = self._first, None
            return message
        if self.ended:
            return {"type": "websocket.disconnect", "code": GOING_AWAY}
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            self.ended = True
            return message
        label, most = self.treatment.place.label, self.treatment.place.body_max_bytes
        if "bodies" in self.treatment.parts and _size(message) > most:
            self._sockets.figures.sockets_ended.labels(label, "too-large").inc()
            return await self.end(TOO_LARGE, "That is too large. Please send something smaller.")
        if self.counted:
            tally = await self._sockets.admission.throttle.hit_all(self.counted)
            if not tally.allowed:
                self._sockets.figures.throttled.labels(label, tally.rule.name).inc()
                again = wait_in_words(tally.reset_s)
                return await self.end(TRY_LATER, f"Please try again in {again}.")
        return message

    async def send(self, message: Message) -> None:
        """Pass on a message of the app."""
        kind = message["type"]
        if self.ended:
            if kind == "websocket.send" and time.monotonic() > self._heard_by_s:
                # As servers do: an app that only sends would never learn of the end. One that reads
                # too, perhaps in turns, learns of it there, and tidies up behind itself.
                raise ConnectionResetError("the websocket is closed")
            return
        if kind == "websocket.accept":
            message = {**message, "headers": self._headers(message)}
            self._answered(TAKEN)
            self._sockets.figures.sockets_open.labels(self.treatment.place.label).inc()
        elif kind == f"{DENIAL}.start":
            message = {**message, "headers": self._headers(message)}
            self._answered(message["status"])
        elif kind == "websocket.send":
            self.size += _size(message)
        elif kind == "websocket.close":
            self.ended = True
            if not self.status:
                # What servers make of it (ASGI, "Close - send event").
                self._answered(403)
        try:
            await self._send(message)
        except OSError:
            # So servers tell an app that only speaks that nobody is there any more.
            self.ended = True
            raise

    async def refuse(self, problem: errors.Problem) -> None:
        """Answer the handshake with a status; where a server cannot, it makes 403 of a close."""
        if self.status:
            return
        self.ended = True
        if DENIAL in self._scope.get("extensions", {}):
            self._answered(problem.status)
            asked = {**self._scope, "method": "GET"}
            await errors.answer(problem, asked, self._denied, request_id=self.request_id)
        else:
            self._answered(403)
            await self._send({"type": "websocket.close", "code": TRY_LATER})

    async def end(self, code: int, reason: str) -> Message:
        """Close with a reason that people can read; return what the app receives of it."""
        if not self.ended:
            self.ended = True
            self._heard_by_s = time.monotonic() + UNHEARD_S
            close = {"type": "websocket.close", "reason": reason}
            try:
                await self._send({**close, "code": code})
            except OSError:
                # Nobody is there any more.
                pass
            except Exception:  # noqa: BLE001 - Daphne's refusal of the code has no type of its own
                await self._send({**close, "code": code + OUR_OWN})
        return {"type": "websocket.disconnect", "code": code, "reason": reason}

    async def sign_out(self, gone: Awaitable[None]) -> None:
        """Close it when the member has gone."""
        await gone
        if self.status == TAKEN and not self.ended:
            label = self.treatment.place.label
            self._sockets.figures.sockets_ended.labels(label, "signed-out").inc()
            await self.end(NOT_ALLOWED, "Please log in again.")

    async def late(self) -> None:
        """Refuse a handshake that the app has left without an answer."""
        self.expired = True
        await self.refuse(errors.Problem(status=504))

    def _answered(self, status: int) -> None:
        self.status = status
        # From here on it may stay open for hours: only the handshake counts as an answer's time.
        self.due_s = float("inf")
        if "figures" in self.treatment.parts:
            self.treatment.count.note(status, time.monotonic() - self.begun_s)

    async def _denied(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"].append((b"x-request-id", self.request_id.encode()))
        await self._send({**message, "type": f"websocket.{message['type']}"})

    def _headers(self, message: Message) -> RawHeaders:
        headers = self.treatment.taken(message.get("headers") or ())
        return [*headers, (b"x-request-id", self.request_id.encode())]


def _size(message: Message) -> int:
    data = message.get("bytes")
    if data is not None:
        return len(data)
    # In UTF-8, as it was sent.
    return len((message.get("text") or "").encode("utf-8", "surrogatepass"))
