"""Listeners on free loopback ports that close cleanly, conversations included."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

LOOPBACK = "127.0.0.1"
# macOS has no other loopback address than 127.0.0.1, so that every server needs its own port.

_HANDSHAKE_S = 10.0
_SHUTDOWN_S = 1.0

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def allow_many_sockets() -> None:
    """Raise this process's own limit of open files, which macOS keeps at 256, as far as it may."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - Windows has none

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 4096 if hard == resource.RLIM_INFINITY else min(4096, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class Connections:
    """A TCP listener and its conversations, each a task of its own, TLS handshake included.

    asyncio's own server keeps handshakes out of reach, so that silent visitors would outlive it.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._socket: socket.socket | None = None

    async def listen(self, serve: Serve, context: ssl.SSLContext | None = None) -> int:
        """Serve on a free port of loopback and return it. With a context, over TLS."""
        self._socket = socket.create_server((LOOPBACK, 0), backlog=512)
        self._socket.setblocking(False)
        self._start(self._accept(self._socket, serve, context))
        port: int = self._socket.getsockname()[1]
        return port

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(
        self, listening: socket.socket, serve: Serve, context: ssl.SSLContext | None
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, _ = await loop.sock_accept(listening)
            except OSError:
                # Out of file descriptors, or the visitor has left already.
                await asyncio.sleep(0.05)
                continue
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._start(_converse(accepted, serve, context))

    async def close(self) -> None:
        """Stop listening and end every conversation."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            self._socket.close()


async def _converse(accepted: socket.socket, serve: Serve, context: ssl.SSLContext | None) -> None:
    loop = asyncio.get_running_loop()
    streams: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    def protocol() -> asyncio.StreamReaderProtocol:
        # The callback marks the stream as a server's, which STARTTLS asks for.
        return asyncio.StreamReaderProtocol(
            asyncio.StreamReader(), lambda reader, writer: streams.append((reader, writer))
        )

    # Peers that leave in the middle are everyday; the conversation is over.
    with contextlib.suppress(OSError, EOFError, ssl.SSLError):
        await loop.connect_accepted_socket(
            protocol, accepted, ssl=context,
            ssl_handshake_timeout=_HANDSHAKE_S if context else None,
            ssl_shutdown_timeout=_SHUTDOWN_S if context else None,
        )  # fmt: skip
    if not streams:
        return
    reader, writer = streams[0]
    try:
        with contextlib.suppress(OSError, EOFError, ssl.SSLError):
            await serve(reader, writer)
    except asyncio.CancelledError:
        writer.transport.abort()
        raise
    finally:
        writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            async with asyncio.timeout(_SHUTDOWN_S):
                await writer.wait_closed()


class ClosedPort:
    """A loopback port that is bound but not listened on: whoever connects is refused."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind((LOOPBACK, 0))
        self.port: int = self._socket.getsockname()[1]

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()
