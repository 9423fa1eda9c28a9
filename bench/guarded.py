"""One small JSON route three ways, each served by a process of its own: `python bench/guarded.py KIND`.

Prints the port, and then for each line on its standard input the CPU seconds that it has used.
"""

from __future__ import annotations

import cProfile
import json
import logging
import os
import resource
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import uvicorn
from asgi_correlation_id import CorrelationIdFilter, CorrelationIdMiddleware
from fastapi import FastAPI
from secure import Secure
from secure.middleware import SecureASGIMiddleware
from slowapi import Limiter
from slowapi.middleware import SlowAPIASGIMiddleware
from slowapi.util import get_remote_address
from starlette.middleware.cors import CORSMiddleware
from starlette_exporter import PrometheusMiddleware, handle_metrics

from launchready.guard import guard
from launchready.manifest import parse_manifest

MANIFEST = """\
[launch]
domain = "willow.example"
edge = "cloudflare"
[routes]
"willow.example/" = "page"
"willow.example/static/app.css" = "static"
"willow.example/login" = "auth"
"willow.example/join" = "signup"
"willow.example/members" = "private"
"willow.example/chat" = "chat"
"willow.example/billing/webhook" = "webhook"
"willow.example/api/circles" = { kind = "api", cors = ["https://app.willow.example"] }
[guard]
metrics_token_env = "METRICS_TOKEN"
"""
TOKEN = "a token that only this run knows"
PATH = "/api/circles"

App = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]


def bare() -> FastAPI:
    """The app itself."""
    app = FastAPI()

    @app.get(PATH)
    async def circles() -> dict[str, Any]:
        return {"circles": [{"name": "Gardeners", "members": 12}, {"name": "Bakers", "members": 7}]}

    return app


def guarded() -> App:
    """The app with guard: every part on, limits counted in memory."""
    return guard(bare(), parse_manifest(MANIFEST), environ={"METRICS_TOKEN": TOKEN})


def stacked() -> App:
    """The app with a package a feature, in the order that their pages recommend."""
    app = bare()
    app.state.limiter = Limiter(key_func=get_remote_address, default_limits=["100000000/minute"])
    app.add_middleware(SlowAPIASGIMiddleware)
    app.add_middleware(CORSMiddleware, allow_origins=["https://app.willow.example"])
    app.add_middleware(SecureASGIMiddleware, secure=Secure.with_default_headers())
    app.add_middleware(PrometheusMiddleware)
    app.add_route("/metrics", handle_metrics)
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(CorrelationIdFilter())
    handler.setFormatter(JsonLines())
    log = logging.getLogger("access")
    log.handlers, log.propagate = [handler], False
    log.setLevel(logging.INFO)
    app.add_middleware(RequestLines, log=log)
    app.add_middleware(CorrelationIdMiddleware)
    return app


class JsonLines(logging.Formatter):
    """One JSON object a record, as the usual formatters write it."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(
            {
                "time": self.formatTime(record), "level": record.levelname,
                "id": getattr(record, "correlation_id", None), **record.__dict__["fields"],
            }
        )  # fmt: skip


class RequestLines:
    """The shortest middleware that logs a line a request through `logging`."""

    def __init__(self, app: App, log: logging.Logger) -> None:
        self.app, self.log = app, log

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        begun, status = time.perf_counter(), 500

        async def noting(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            if scope["type"] == "http":
                fields = {
                    "method": scope["method"], "path": scope["path"], "status": status,
                    "ms": round(1000 * (time.perf_counter() - begun), 1),
                }  # fmt: skip
                self.log.info("request", extra={"fields": fields})


KINDS: dict[str, Callable[[], Any]] = {"bare": bare, "guard": guarded, "stack": stacked}


def main() -> None:
    """Serve one kind until the standard input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    # Request lines go where they cost what they cost in production: into a file.
    os.dup2(os.open(Path(sys.argv[2]), os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1)
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    config = uvicorn.Config(
        KINDS[sys.argv[1]](), http="httptools", loop="uvloop", access_log=False,
        log_level="critical", lifespan="off", proxy_headers=False,
    )  # fmt: skip
    server = uvicorn.Server(config)

    def report() -> None:
        for _ in sys.stdin:
            used = resource.getrusage(resource.RUSAGE_SELF)
            print(used.ru_utime + used.ru_stime, file=answers)
        server.should_exit = True

    threading.Thread(target=report, daemon=True).start()
    print(listener.getsockname()[1], file=answers)
    profile = os.environ.get("LAUNCHREADY_PROFILE")
    if profile:
        cProfile.runctx("server.run(sockets=[listener])", {}, locals(), profile)
    else:
        server.run(sockets=[listener])


if __name__ == "__main__":
    main()
