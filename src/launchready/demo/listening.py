"""Listeners on free loopback ports that close cleanly, conversations included."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable

LOOPBACK = "127.0.0.1"
# macOS has no other loopback address than 127.0.0.1, so that every server needs its own port.

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Connections:
    """A TCP listener and its conversations, each a task of its own."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, serve: Serve, context: ssl.SSLContext | None = None) -> int:
        """Serve on a free port of loopback and return it. With a context, over TLS."""

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - a coroutine of asyncio always runs in a task
            self._tasks.add(task)
            try:
                # Peers that leave in the middle are everyday; the conversation is over.
                with contextlib.suppress(OSError, TimeoutError, EOFError, ssl.SSLError):
                    await serve(reader, writer)
            except asyncio.CancelledError:
                writer.transport.abort()
            finally:
                self._tasks.discard(task)
                writer.close()
                with contextlib.suppress(OSError, TimeoutError, ssl.SSLError):
                    async with asyncio.timeout(1):
                        await writer.wait_closed()

        self._server = await asyncio.start_server(
            accept, LOOPBACK, 0, ssl=context, backlog=512,
            **({"ssl_handshake_timeout": 10, "ssl_shutdown_timeout": 1} if context else {}),
        )  # fmt: skip
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Stop listening and end every conversation."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()


class ClosedPort:
    """A loopback port that is bound but not listened on: whoever connects is refused."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind((LOOPBACK, 0))
        self.port: int = self._socket.getsockname()[1]

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()
