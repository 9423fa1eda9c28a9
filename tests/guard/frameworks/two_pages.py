"""The same small app in four frameworks: two pages, an API, and much that goes wrong."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import django
import litestar
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from fastapi import FastAPI
from litestar.response import Response as LitestarResponse
from litestar.response import Stream
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

INSIDE = "/srv/willow/billing.py lost the row 4711"
HOME = "<!doctype html><title>Willow</title><p>Welcome.</p>"
FIELDS = {
    # What a sloppy app says, which its manifest knows better.
    "/members": {
        "Cache-Control": "public, max-age=600",
        "CDN-Cache-Control": "max-age=600",
        "Access-Control-Allow-Origin": "*",
        "X-Request-ID": "of the app",
    },
    "/cookie": {"Set-Cookie": "session=1", "Cache-Control": "public, max-age=60"},
    "/static/app.3f9c2d1a.css": {},
    "/": {},
}


DEAF = threading.Event()
"""Lets go of the threads that listen to nothing else."""


async def counting(pause_s: float = 0.2) -> AsyncIterator[bytes]:
    for number in range(5):
        yield b"data: %d\n\n" % number
        await asyncio.sleep(pause_s)


async def breaking() -> AsyncIterator[bytes]:
    yield b"the first half"
    raise RuntimeError(INSIDE)


async def stalling() -> AsyncIterator[bytes]:
    yield b"the first half"
    await asyncio.sleep(3600)


async def pieces() -> AsyncIterator[bytes]:
    yield HOME[:10].encode()
    yield HOME[10:].encode()


STREAMS: dict[str, Callable[[], AsyncIterator[bytes]]] = {
    "/stream": counting,
    "/half": breaking,
    "/stall": stalling,
}


def starlette_app(*, debug: bool = False) -> Any:
    def static(url: str) -> Route:
        async def answer(_: Request) -> Response:
            return Response(HOME, media_type="text/html", headers=FIELDS[url])

        return Route(url, answer)

    def stream(url: str) -> Route:
        async def answer(_: Request) -> Response:
            return StreamingResponse(STREAMS[url](), media_type="text/event-stream")

        return Route(url, answer)

    async def boom(_: Request) -> Response:
        raise RuntimeError(INSIDE)

    async def never(_: Request) -> Response:
        await asyncio.sleep(3600)
        return Response()

    def deaf(_: Request) -> Response:
        DEAF.wait(15)
        return Response("too late")

    async def circles(_: Request) -> Response:
        return JSONResponse({"circles": 2})

    async def send(request: Request) -> Response:
        return JSONResponse({"bytes": len(await request.body())})

    async def taken(_: Request) -> Response:
        return JSONResponse({"code": "invite-used"}, 409)

    async def inside(_: Request) -> Response:
        text = f"Traceback (most recent call last):\n  {INSIDE}"
        return JSONResponse({"error": text}, 400)

    async def in_pieces(_: Request) -> Response:
        return StreamingResponse(
            pieces(), media_type="text/html", headers={"Content-Length": str(len(HOME))}
        )

    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(await socket.receive_text())
        await socket.close()

    return Starlette(
        debug=debug,
        routes=[
            *(static(url) for url in FIELDS),
            *(stream(url) for url in STREAMS),
            Route("/boom", boom),
            Route("/never", never),
            Route("/deaf", deaf),
            Route("/api/circles", circles),
            Route("/send", send, methods=["GET", "POST"]),
            Route("/taken", taken),
            Route("/inside", inside),
            Route("/pieces", in_pieces),
            WebSocketRoute("/echo", echo),
        ],
    )


def fastapi_app(*, debug: bool = False) -> Any:
    app = FastAPI(debug=debug)
    # FastAPI has its own error handling around Starlette's routes.
    app.router.routes.extend(starlette_app().routes)
    return app


def litestar_app(*, debug: bool = False) -> Any:
    handlers: list[Any] = []

    def static(url: str) -> None:
        @litestar.get(url, media_type="text/html")
        async def answer() -> LitestarResponse[str]:
            return LitestarResponse(HOME, headers=FIELDS[url])

        handlers.append(answer)

    def stream(url: str) -> None:
        @litestar.get(url)
        async def answer() -> Stream:
            return Stream(STREAMS[url](), media_type="text/event-stream")

        handlers.append(answer)

    for url in FIELDS:
        static(url)
    for url in STREAMS:
        stream(url)

    @litestar.get("/boom")
    async def boom() -> None:
        raise RuntimeError(INSIDE)

    @litestar.get("/never")
    async def never() -> None:
        await asyncio.sleep(3600)

    @litestar.get("/deaf", sync_to_thread=True)
    def deaf() -> str:
        DEAF.wait(15)
        return "too late"

    @litestar.get("/api/circles")
    async def circles() -> dict[str, int]:
        return {"circles": 2}

    @litestar.route("/send", http_method=["GET", "POST"], status_code=200)
    async def send(request: litestar.Request[Any, Any, Any]) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @litestar.get("/taken", status_code=409)
    async def taken() -> dict[str, str]:
        return {"code": "invite-used"}

    @litestar.get("/inside", status_code=400)
    async def inside() -> dict[str, str]:
        return {"error": f"Traceback (most recent call last):\n  {INSIDE}"}

    @litestar.get("/pieces", media_type="text/html")
    async def in_pieces() -> Stream:
        return Stream(pieces(), media_type="text/html", headers={"Content-Length": str(len(HOME))})

    handlers += [boom, never, deaf, circles, send, taken, inside, in_pieces]
    return litestar.Litestar(handlers, debug=debug, openapi_config=None, logging_config=None)


def _django_urls() -> list[Any]:
    def static(url: str) -> Any:
        async def answer(_: HttpRequest) -> HttpResponse:
            return HttpResponse(HOME, headers=FIELDS[url])

        return path(url[1:], answer)

    def stream(url: str) -> Any:
        async def answer(_: HttpRequest) -> StreamingHttpResponse:
            return StreamingHttpResponse(STREAMS[url](), content_type="text/event-stream")

        return path(url[1:], answer)

    async def boom(_: HttpRequest) -> HttpResponse:
        raise RuntimeError(INSIDE)

    async def never(_: HttpRequest) -> HttpResponse:
        await asyncio.sleep(3600)
        return HttpResponse()

    def deaf(_: HttpRequest) -> HttpResponse:
        DEAF.wait(15)
        return HttpResponse("too late")

    def answering(body: object, status: int) -> Any:
        async def answer(_: HttpRequest) -> HttpResponse:
            return HttpResponse(json.dumps(body), status=status, content_type="application/json")

        return answer

    async def send(request: HttpRequest) -> HttpResponse:
        return HttpResponse(json.dumps({"bytes": len(request.body)}))

    async def in_pieces(_: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(pieces(), headers={"Content-Length": str(len(HOME))})

    trace = f"Traceback (most recent call last):\n  {INSIDE}"
    return [
        *(static(url) for url in FIELDS),
        *(stream(url) for url in STREAMS),
        path("boom", boom),
        path("never", never),
        path("deaf", deaf),
        path("api/circles", answering({"circles": 2}, 200)),
        path("send", send),
        path("taken", answering({"code": "invite-used"}, 409)),
        path("inside", answering({"error": trace}, 400)),
        path("pieces", in_pieces),
    ]


urlpatterns = _django_urls()


def django_app(*, debug: bool = False) -> Any:
    if not settings.configured:
        settings.configure(
            SECRET_KEY="for tests only", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], LOGGING={},
            LOGGING_CONFIG=None, TEMPLATES=[],
        )  # fmt: skip
        django.setup()
    settings.DEBUG = debug
    return get_asgi_application()


FRAMEWORKS: dict[str, Callable[..., Any]] = {
    "fastapi": fastapi_app,
    "starlette": starlette_app,
    "litestar": litestar_app,
    "django": django_app,
}
