"""An app that is reached under a path which a proxy takes away."""

from __future__ import annotations

import io

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import PlainTextResponse

from launchready.guard import Guard, guard, visit
from launchready.manifest import parse_manifest

MANIFEST = parse_manifest("""
[launch]
domain = "willow.example"
[routes]
"willow.example/app/login" = { kind = "auth", fields = { username = "email" } }
"willow.example/join" = "signup"
""")


def make(root: str = "") -> Guard:
    app = FastAPI(root_path=root)

    @app.post("/login")
    @app.post("/join")
    async def said(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(visit(request.scope).kind))

    return guard(app, MANIFEST, environ={}, log=io.StringIO())


def visitor(app: Guard, root: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, root_path=root)
    return httpx.AsyncClient(transport=transport, base_url="https://willow.example")


@pytest.mark.parametrize("path", ["/login", "/app/login"])
async def test_a_route_is_known_whether_or_not_the_server_leaves_the_root_out(path: str) -> None:
    """Hypercorn, Granian and Daphne leave it out, uvicorn puts it back."""
    async with visitor(make(), "/app") as web:
        assert (await web.post(path)).text == "auth"


@pytest.mark.parametrize("path", ["/login", "/app/login"])
async def test_a_root_that_fastapi_alone_was_told_counts_too(path: str) -> None:
    async with visitor(make("/app"), "") as web:
        assert (await web.post(path)).text == "auth"


@pytest.mark.parametrize("path", ["/join", "/app/join"])
async def test_a_route_declared_without_the_root_is_known_too(path: str) -> None:
    async with visitor(make(), "/app") as web:
        assert (await web.post(path)).text == "signup"


@pytest.mark.parametrize("path", ["/healthz", "/app/healthz"])
async def test_guards_own_pages_are_there_under_a_root(path: str) -> None:
    async with visitor(make(), "/app") as web:
        assert (await web.get(path)).json() == {"alive": True}


async def test_a_path_that_only_begins_like_the_root_is_another() -> None:
    async with visitor(make(), "/app") as web:
        assert (await web.post("/application/login")).status_code == 404
