"""A path spelt so that a framework still takes it for the declared one gets nothing more by it."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from launchready.guard import guard
from launchready.guard.asgi import Application
from launchready.manifest import parse_manifest
from tests.guard.frameworks.serving import exchange, head, serving

MANIFEST = parse_manifest("""
[launch]
domain = "willow.example"
[routes]
"willow.example/login" = { kind = "auth", fields = { username = "email", password = "password" } }
"willow.example/hook" = { kind = "webhook", json_body = true, signature = "stripe", secret_env = "HOOK" }
""")
ENVIRON = {"HOOK": "whsec_5f0b7a2e9c1d4e8f"}


async def reached(request: Request) -> PlainTextResponse:
    await request.body()
    return PlainTextResponse("reached", status_code=200)


def _starlette() -> Application:
    return Starlette(routes=[Route(p, reached, methods=["POST"]) for p in ("/login", "/hook")])


def _fastapi() -> Application:
    app = FastAPI()
    for path in ("/login", "/hook"):
        app.add_route(path, reached, methods=["POST"])
    return app


@pytest.fixture(scope="module", params=[_starlette, _fastapi])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    app = guard(request.param(), MANIFEST, environ=ENVIRON, log=io.StringIO())
    with serving(app) as port:
        yield port


@pytest.mark.parametrize("path", ["/hook", "/hook%0a", "/hook%0A"])
def test_an_unsigned_event_is_refused_at_every_spelling_of_its_webhook(
    port: int, path: str
) -> None:
    answer = exchange(port, [head("POST", path, "Content-Length: 2"), b"{}"])
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"reached" not in answer


def test_a_log_in_is_limited_however_its_path_is_spelt(port: int) -> None:
    answers = [
        exchange(port, [head("POST", path, "Content-Length: 0")])[:12]
        for path in ["/login%0a", "/login", "/logi%6e", "/login%0A"] * 4
    ]
    assert answers[-1] == b"HTTP/1.1 429"
