"""The guarded community as it runs in a process that can be killed.

With a plan's crash `commit:1` or `answer:3` it is killed (SIGKILL) before the first commit of a
webhook, or between effect and answer of the third webhook that had one.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import socket
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from sqlalchemy import Connection, event

from launchready.community import Settings, guarded
from launchready.community.running import Community
from launchready.community.settings import utc_now
from launchready.guard.asgi import Message, Receive, Scope, Send
from launchready.guard.wrapping import Guard
from launchready.manifest import Manifest, parse_manifest

HOST = "app.test"
ORIGIN = f"https://{HOST}"
WEBHOOK = "/webhooks/payments"
PAYMENTS_SECRET = "whsec_Fp3cJ9wq7Lm2Xy8t"
FIRST_TOKEN_S = 2.0
_MANIFEST = f"""
[launch]
domain = "{HOST}"
[environment]
PAYMENTS_SECRET = "secret"
[guard]
proxies = ["127.0.0.1"]
{{store}}
[routes]
"{HOST}/" = "page"
"{HOST}/login" = {{ kind = "auth", fields = {{ username = "email", password = "password" }} }}
"{HOST}/signup" = {{ kind = "signup", fields = {{ username = "email", password = "password" }} }}
"{HOST}/invite" = {{ kind = "invite", fields = {{ code = "code" }} }}
"{HOST}/members" = "private"
"{HOST}/write" = "private"
"{HOST}/posts" = "private"
"{HOST}/guide" = "private"
"{HOST}/chat" = {{ kind = "chat", json_body = true, fields = {{ message = "message" }} }}
"{HOST}{WEBHOOK}" = {{ kind = "webhook", json_body = true, signature = "stripe", secret_env = "PAYMENTS_SECRET" }}
[chat]
first_token_s = {FIRST_TOKEN_S}
answer_s = 6
answer_max_tokens = 400
"""
_on_webhook: ContextVar[bool] = ContextVar("on_webhook", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one process works with."""

    database_url: str
    mail_folder: str | None = None
    """Where letters go; None: they wait in the outbox."""
    store_url: str = ""
    store_deadline_s: float = 0.0
    """Above 0: so long guard waits for the store, where its deadline is not what is tried."""
    crash: str = ""
    clock_ahead_s: float = 0.0
    provider_url: str = ""

    def manifest(self) -> Manifest:
        text = _MANIFEST.replace("{store}", 'store_env = "STORE_URL"' if self.store_url else "")
        if self.provider_url:
            text += f'base_url = "{self.provider_url}"\nmodel = "guide-1"\n'
        return parse_manifest(text)

    def app(self) -> Guard:
        ahead = dt.timedelta(seconds=self.clock_ahead_s)
        settings = Settings(
            database_url=self.database_url,
            secret="s" * 32,
            app_url=ORIGIN,
            mail_folder=Path(self.mail_folder) if self.mail_folder else None,
            payments_secret=PAYMENTS_SECRET,
            clock=lambda: utc_now() + ahead,
        )
        environ = {"PAYMENTS_SECRET": PAYMENTS_SECRET}
        if self.store_url:
            environ["STORE_URL"] = self.store_url
        app = guarded(settings, self.manifest(), environ=environ)
        for store in (app.throttle._store, app.submissions._store):
            if store is not None and self.store_deadline_s:
                store._deadline_s = self.store_deadline_s
        return app


class Crashing:
    """The app, until it is killed by itself."""

    def __init__(self, app: Guard, crash: str) -> None:
        self._app = app
        self._where, _, times = crash.partition(":")
        self._left = int(times)
        running: Community = app.app.state.community  # type: ignore[attr-defined]
        event.listen(running.database.engine.sync_engine, "commit", self._before_commit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def watched(message: Message) -> None:
            body = message.get("body", b"")
            if self._where == "answer" and b'"effect":true' in body.replace(b" ", b""):
                self._crash()
            held.append(message)
            if message["type"] == "http.response.body":
                for each in held:
                    await send(each)
                held.clear()

        held: list[Message] = []
        on_webhook = scope["type"] == "http" and scope["path"] == WEBHOOK
        _on_webhook.set(on_webhook)
        await self._app(scope, receive, watched if on_webhook else send)

    def _before_commit(self, _: Connection) -> None:
        if self._where == "commit" and _on_webhook.get():
            self._crash()

    def _crash(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def serve(plan: Plan, listening: socket.socket) -> None:
    """Be the process: answer on the socket until ended."""
    # Guard's log has a line a request; a drill tells by itself what was wrong.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    app = plan.app()
    config = uvicorn.Config(
        Crashing(app, plan.crash) if plan.crash else app,
        log_level="critical", access_log=False, proxy_headers=False,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[listening])
