"""A described host as an ASGI application, with its edge in front."""

from __future__ import annotations

import asyncio
import gzip
import inspect
import secrets
from collections.abc import Mapping, MutableMapping
from contextlib import aclosing
from dataclasses import replace
from functools import lru_cache
from typing import Any

from launchready.demo.answers import Answer, Behaviour, Request, redirect
from launchready.demo.app import GuardedApp
from launchready.demo.description import DemoLaunch, Host, Redirect, Route
from launchready.demo.edge import from_edge, store
from launchready.demo.state import AskedPage, State
from launchready.demo.web_scope import Application, Receive, Send

BODY_MAX_BYTES = 65_536
_TEXTUAL = ("text/", "application/json", "application/javascript", "image/svg+xml")
_COMPRESS_FROM_BYTES = 256
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})


def site(
    launch: DemoLaunch, state: State, app: GuardedApp, hosts: list[Host], *, direct: bool
) -> Application:
    """Return the application that answers at one address for its hosts.

    `direct`: it is the origin itself, without the edge in front. A Host that does not live here
    gets 421 (RFC 9110 section 15.5.20).
    """

    async def application(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            key, text = name.decode("latin-1"), value.decode("latin-1")
            # HTTP/2 may split cookies into several fields (RFC 9113 section 8.2.3).
            between = "; " if key == "cookie" else ", "
            headers[key] = f"{headers[key]}{between}{text}" if key in headers else text
        asked = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
        host = next((h for h in hosts if h.name == asked.lower().rstrip(".")), None)
        body = await _body(receive)
        if body is None:
            return
        query = scope["query_string"].decode("latin-1")
        seen = AskedPage(
            method=scope["method"], headers=tuple(sorted(headers.items())), body=body, direct=direct,
            url=f"{scope['scheme']}://{asked}{scope['path']}" + (f"?{query}" if query else ""),
        )  # fmt: skip
        state.pages[seen] += 1
        if host is None:
            answer = Answer(status=421, body="No such site lives here.\n")
            await _send(scope, send, answer)
            return
        path = scope["path"]
        request = Request(
            launch=launch, host=host, route=host.route_for(path), state=state,
            app=app,
            method=scope["method"], scheme=scope["scheme"], path=path,
            raw_path=scope["raw_path"].decode("latin-1"),
            query=query, headers=headers, body=body,
            direct=direct,
        )  # fmt: skip
        answer = Answer(status=413) if len(body) > BODY_MAX_BYTES else await _answer(request)
        if answer.delay_s:
            await asyncio.sleep(answer.delay_s)
        await _send(scope, send, answer)

    return application


async def _body(receive: Receive) -> bytes | None:
    """Return the request's body, at most a little more than allowed; None when the peer left."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        if len(body) <= BODY_MAX_BYTES:
            body += message.get("body", b"")
        if not message.get("more_body", False):
            return body


async def _answer(request: Request) -> Answer:
    host, edge = request.host, None if request.direct else request.host.edge
    cached = None if edge is None else from_edge(edge, request)
    if cached is not None:
        answer = cached
    else:
        answer = _overlaid(request, await _of_host(request))
        if edge is not None:
            store(edge, request, answer)
    if edge is not None:
        for name, value in edge.headers.items():
            answer.headers[name] = value
        if "cloudflare" in edge.headers.get("server", ""):
            answer.headers["cf-ray"] = f"{secrets.token_hex(8)}-FRA"
    elif host.origin is not None:
        for name, value in host.origin.headers.items():
            answer.headers.setdefault(name, value)
    if answer.raw is None and answer.stream is None and (edge is None or edge.compresses):
        _compress(request, answer)
    return answer


def _overlaid(request: Request, answer: Answer) -> Answer:
    """Return a copy of the answer with what a server in front of the app puts over it."""
    headers = dict(answer.headers)
    if request.scheme == "https" or request.host.http_redirect is None:
        headers |= request.host.headers
        if request.route is not None:
            headers |= request.route.headers
            headers |= _cors(request, request.route)
    cookies = list(answer.cookies)
    if request.host.rewrites_cookies is not None:
        cookies = [request.host.rewrites_cookies(line) for line in cookies]
    body = answer.body.encode() if isinstance(answer.body, str) else answer.body
    if body:
        headers.setdefault("content-type", "text/plain; charset=utf-8")
    return replace(
        answer,
        headers={name: value for name, value in headers.items() if value is not None},
        cookies=cookies,
        more_headers=list(answer.more_headers),
        body=body,
    )


async def _of_host(request: Request) -> Answer:
    """Return the host's answer, through guard unless it is no page of the launch's."""
    answer = await _its_own(request)
    if answer.guarded or answer.raw is not None or not request.host.guarded:
        return answer
    return await request.app.answer(request, answer)


async def _its_own(request: Request) -> Answer:
    host = request.host
    for behaviour in host.before:
        answer = await _ask(behaviour, request)
        if answer.status:
            return answer
    if request.method not in _KNOWN_METHODS:
        return Answer(status=501, body="This method is not known here.\n")
    if request.scheme == "http" and host.http_redirect is not None:
        # The edge does this, and the app behind it never hears of it.
        return replace(_sent_on(host.http_redirect, request), guarded=True)
    answers = request.route.answers if request.route is not None else {}
    method = "GET" if request.method == "HEAD" and "HEAD" not in answers else request.method
    if method in answers:
        return await _ask(answers[method], request)
    if host.redirect is not None:
        return _sent_on(host.redirect, request)
    return await _ask(host.otherwise, request)


async def _ask(what: Answer | Behaviour, request: Request) -> Answer:
    if isinstance(what, Answer):
        return what
    answer = what(request)
    return await answer if inspect.isawaitable(answer) else answer


def _sent_on(to: Redirect, request: Request) -> Answer:
    query = f"?{request.query}" if request.query else ""
    location = to.to.format(host=request.host.name, path=request.raw_path, query=query)
    return redirect(location, status=to.status)


def _cors(request: Request, route: Route) -> dict[str, str | None]:
    cors, origin = route.cors, request.headers.get("origin")
    if cors is None:
        return {}
    if cors.origins == ("*",):
        return {"access-control-allow-origin": "*"}
    headers: dict[str, str | None] = {"vary": "Origin"}
    if origin is not None and (cors.reflect or origin in cors.origins):
        headers["access-control-allow-origin"] = origin
        if cors.credentials:
            headers["access-control-allow-credentials"] = "true"
        if request.method == "OPTIONS" and "access-control-request-method" in request.headers:
            headers["access-control-allow-methods"] = ", ".join(sorted(route.answers))
            headers["access-control-allow-headers"] = "content-type"
            headers["access-control-max-age"] = "600"
    return headers


def _compress(request: Request, answer: Answer) -> None:
    body = answer.body if isinstance(answer.body, bytes) else answer.body.encode()
    textual = (answer.headers.get("content-type") or "").startswith(_TEXTUAL)
    if not textual or answer.status not in {200, 304} or "content-encoding" in answer.headers:
        return
    vary = [v for v in (answer.headers.get("vary"), "Accept-Encoding") if v]
    answer.headers["vary"] = ", ".join(vary)
    if len(body) >= _COMPRESS_FROM_BYTES and accepts_gzip(
        request.headers.get("accept-encoding", "")
    ):
        answer.body = _gzip(body)
        answer.headers["content-encoding"] = "gzip"


@lru_cache(maxsize=64)
def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=5, mtime=0)


def accepts_gzip(field: str) -> bool:
    """Return whether Accept-Encoding allows gzip (RFC 9110 section 12.5.3)."""
    weights: dict[str, bool] = {}
    for part in field.lower().split(","):
        coding, _, parameters = part.partition(";")
        weight = parameters.strip().removeprefix("q=").strip()
        weights[coding.strip()] = weight.strip("0.") != "" or not weight
    return weights.get("gzip", weights.get("*", False))


async def _send(scope: Mapping[str, Any], send: Send, answer: Answer) -> None:
    if answer.raw is not None:
        async for chunk in answer.raw():
            await send({"type": "demo.raw", "body": chunk, "more_body": True})
        await send({"type": "demo.raw", "body": b"", "more_body": False})
        return
    body = answer.body if isinstance(answer.body, bytes) else answer.body.encode()
    fields = [(n, v) for n, v in answer.headers.items() if v is not None]
    fields += answer.more_headers + [("set-cookie", c) for c in answer.cookies]
    bodiless = answer.status in {204, 304}
    if answer.stream is None and not bodiless and "content-length" not in answer.headers:
        fields.append(("content-length", str(len(body))))
    raw = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in fields]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    if answer.stream is not None and scope["method"] != "HEAD":
        # Who leaves in the middle ends what still makes the answer.
        async with aclosing(answer.stream()) as chunks:
            async for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        body = b""
    empty = bodiless or scope["method"] == "HEAD"
    await send({"type": "http.response.body", "body": b"" if empty else body})
