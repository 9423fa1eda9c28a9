"""Real servers on loopback for guarded apps, and a client that writes bytes as it likes."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import uvicorn

MANIFEST = """
[launch]
domain = "willow.example"
[routes]
"willow.example/" = "page"
"willow.example/cookie" = "page"
"willow.example/pieces" = "page"
"willow.example/static/app.css" = "static"
"willow.example/members" = "private"
"willow.example/send" = { kind = "api", body_max_bytes = 1000 }
"willow.example/never" = { kind = "api", timeout_s = 0.3 }
"willow.example/deaf" = { kind = "api", timeout_s = 0.3 }
"willow.example/stall" = { kind = "api", timeout_s = 0.3 }
"willow.example/stream" = { kind = "api", timeout_s = 0.5 }
"willow.example/api/circles" = { kind = "api", cors = ["https://app.willow.example"] }
[guard]
metrics_token_env = "METRICS_TOKEN"
"""
TOKEN = "for tests only: the figures' token"


@contextlib.contextmanager
def serving(app: Any, *, http: str = "httptools") -> Iterator[int]:
    """Serve an app by uvicorn as long as the context lasts; give its port on 127.0.0.1."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, http=http, lifespan="auto", log_config=None, access_log=False,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


def exchange(port: int, pieces: Iterable[bytes], *, wait_s: float = 20.0) -> bytes:
    """Send the pieces, and return what comes until the server closes or `wait_s` are over."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait_s) as connection:
        got = b""
        # A server that has heard enough answers and closes.
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                connection.sendall(piece)
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            while part := connection.recv(65_536):
                got += part
        return got


def head(method: str, path: str, *fields: str) -> bytes:
    """Return the head of a request whose connection ends with the answer."""
    lines = [f"{method} {path} HTTP/1.1", "Host: willow.example", "Connection: close", *fields]
    return "\r\n".join([*lines, "", ""]).encode()
