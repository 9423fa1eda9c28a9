"""The launch's app with guard around it, asked in process as its server would ask it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, TextIO

from launchready.demo.answers import Answer, Behaviour, Request
from launchready.demo.web_scope import Application, Message, Receive, Scope, Send
from launchready.manifest import Manifest

if TYPE_CHECKING:
    from launchready.demo.description import DemoLaunch, Host
    from launchready.guard.health import Readiness
    from launchready.guard.presence import Member

VISITOR = "192.0.2.200"
"""The address that everybody comes from, since everybody sits at this machine."""
EDGE = "162.158.0.10"
"""One of the edge's own addresses, from which it asks the server behind it."""

_ASKED = "demo.asked"
_Messages = asyncio.Queue[Message | Exception]
_OURS = frozenset({"cf-connecting-ip", "content-length", "transfer-encoding"})


class GuardedApp:
    """The app and its guards: one for each set of parts that a host does without.

    `app` is the bare community and `member` says who is signed in; `manifest` is the launch's, of
    which guard gets what `launch.guard_forgets` leaves; `ready`, `environ` and `log` are guard's.
    `cookie` is that of a signed-in member, for the defects that let strangers in.
    """

    def __init__(
        self,
        app: Application,
        launch: DemoLaunch,
        manifest: Manifest,
        *,
        member: Member | None = None,
        ready: Readiness | None = None,
        environ: Mapping[str, str] | None = None,
        log: TextIO | None = None,
        cookie: str = "",
    ) -> None:
        from launchready.guard import guard  # noqa: PLC0415 - an extra, and only who runs it needs it

        forgotten = {f"https://{url}" for url in launch.guard_forgets}
        known = {url: r for url, r in manifest.routes.items() if url not in forgotten}
        manifest = manifest.model_copy(update={"routes": known})
        self.cookie = cookie
        self._app = app
        self._guards = {
            without: guard(
                self._inner,
                manifest,
                member=member,
                ready=ready,
                environ=environ or {},
                without=tuple(without),
                log=log,
            )
            for without in {frozenset(h.without_guard) for h in launch.hosts}
        }
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """End whatever still answers somebody."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for guarded in self._guards.values():
            await guarded.close()

    def for_host(self, host: Host) -> Application:
        """Return the app as it is asked on a host."""
        return self._guards[frozenset(host.without_guard)]

    async def answer(self, request: Request, own: Answer | None = None) -> Answer:
        """Return what the guarded app answers; with an answer of its own, that one as guard passes it."""
        guarded = self.for_host(request.host)
        scope = _scope(request)
        messages: _Messages = asyncio.Queue(maxsize=4)
        left = asyncio.Event()
        scope[_ASKED] = (request.host, own, left)
        body: list[Message] = [{"type": "http.request", "body": request.body, "more_body": False}]

        async def receive() -> Message:
            if body:
                return body.pop()
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if not left.is_set():
                await messages.put(message)
                return
            # An app that does not look whether somebody has left is ended where it speaks on, and
            # not in the middle of what it does with its database.
            task.cancel()
            await asyncio.sleep(0)

        async def run() -> None:
            try:
                await guarded(scope, receive, send)
            except Exception as error:  # noqa: BLE001 - a server ends the connection, whatever it was
                if not left.is_set():
                    await messages.put(error)

        def leave() -> None:
            left.set()
            while not messages.empty():
                messages.get_nowait()

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await _collected(messages, leave, request.method)

    async def _inner(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The community itself asks, too, as its own stand-in for a payment provider.
        host, own, left = scope.get(_ASKED, (None, None, None))
        if own is not None:
            await _replayed(own, send, left)
            return
        if host is not None and scope["path"] == "/":
            scope = {**scope, "path": host.front, "raw_path": host.front.encode()}
        await self._app(scope, receive, send)


async def from_app(request: Request) -> Answer:
    """Answer as the launch's app does, guard included."""
    return await request.app.answer(request)


def changed(edit: Callable[[Answer], Answer]) -> Behaviour:
    """Return a behaviour that edits what the app answers, on its way to the visitor."""

    async def on_the_way(request: Request) -> Answer:
        return edit(await from_app(request))

    return on_the_way


def asked_otherwise(edit: Callable[[Request], Request]) -> Behaviour:
    """Return a behaviour that edits what the visitor asks, on its way to the app."""

    async def on_the_way(request: Request) -> Answer:
        return await from_app(edit(request))

    return on_the_way


def _scope(request: Request) -> Scope:
    headers = {k: v for k, v in request.headers.items() if k not in _OURS}
    headers["content-length"] = str(len(request.body))
    client = VISITOR
    if request.host.edge is not None and not request.direct:
        client = EDGE
        headers["cf-connecting-ip"] = VISITOR
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.scheme,
        "path": request.path,
        "raw_path": request.raw_path.encode("latin-1"),
        "query_string": request.query.encode("latin-1"),
        "root_path": "",
        "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()],
        "client": (client, 50_000),
        "server": (request.host.name, 443 if request.scheme == "https" else 80),
        "state": {},
    }


async def _replayed(answer: Answer, send: Send, left: asyncio.Event) -> None:
    """Answer as an app that says exactly this."""
    fields = [(name, value) for name, value in answer.headers.items() if value is not None]
    fields += answer.more_headers + [("set-cookie", c) for c in answer.cookies]
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    if answer.stream is not None:
        async with aclosing(answer.stream()) as chunks:
            async for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                if left.is_set():
                    return
        await send({"type": "http.response.body", "body": b""})
        return
    body = answer.body if isinstance(answer.body, bytes) else answer.body.encode()
    await send({"type": "http.response.body", "body": body})


async def _collected(messages: _Messages, leave: Callable[[], None], method: str) -> Answer:
    """Return the answer that the messages make, as a stream when it comes in pieces.

    `leave` is called when whoever asked goes before its end.
    """
    try:
        start, first = await _next(messages), await _next(messages)
    except BaseException:
        leave()
        raise
    headers: dict[str, str | None] = {}
    cookies = []
    for raw_name, raw_value in start["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name == "set-cookie":
            cookies.append(value)
        elif name != "content-length" or method == "HEAD":
            headers[name] = f"{headers[name]}, {value}" if name in headers else value

    async def stream() -> AsyncGenerator[bytes]:
        message = first
        try:
            while True:
                if message.get("body"):
                    yield message["body"]
                if not message.get("more_body", False):
                    return
                message = await _next(messages)
        finally:
            # Also behind the end: nothing that comes then is heard.
            leave()

    whole = not first.get("more_body", False)
    return Answer(
        status=start["status"], headers=headers, cookies=cookies, guarded=True,
        body=first.get("body", b"") if whole else b"", stream=None if whole else stream,
    )  # fmt: skip


async def _next(messages: _Messages) -> Message:
    message = await messages.get()
    if isinstance(message, Exception):
        # What a server does then: it ends the connection.
        raise ConnectionAbortedError("the app broke off its answer") from message
    return message
