"""A shop's webhook as a process that can be killed: `python -m tests.guard.paid_app URL SOCKET SECRET`.

With CRASH=commit:3 or CRASH=answer:3 it is killed (SIGKILL) before the commit, or between the
commit and the answer, of the third effect.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time

import uvicorn
from sqlalchemy.ext.asyncio import create_async_engine

from launchready.guard.asgi import Receive, Scope, Send
from launchready.guard.bodies import read_whole
from launchready.guard.once import once
from launchready.guard.webhooks import BadSignature, verify
from tests.guard.granting import grants


class Shop:
    """Grants what was paid for, once an event."""

    def __init__(self, url: str, secret: str, crash: str) -> None:
        waiting = {"timeout": 60} if url.startswith("sqlite") else {}
        self._engine = create_async_engine(url, connect_args=waiting, pool_size=20)
        self._secret = secret
        self._where, _, effects = crash.partition(":")
        self._left = int(effects or 0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_whole(receive)
        try:
            event = verify("stripe", scope["headers"], body, [self._secret], time.time())
        except BadSignature:
            await self._answer(send, 400)
            return
        async with self._engine.begin() as connection:
            first = await once(connection, event.id)
            if first:
                await connection.execute(grants.insert().values(event_id=event.id))
                self._maybe_crash("commit")
        if first:
            self._maybe_crash("answer")
        await self._answer(send, 200)

    def _maybe_crash(self, where: str) -> None:
        if where == self._where:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    async def _answer(self, send: Send, status: int) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def main() -> None:
    shop = Shop(sys.argv[1], sys.argv[3], os.environ.get("CRASH", ""))
    listening = socket.socket(fileno=int(sys.argv[2]))
    config = uvicorn.Config(shop, log_level="critical", lifespan="off")
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
