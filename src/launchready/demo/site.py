"""A described host as an ASGI application, with its edge in front."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import inspect
import secrets
from collections.abc import Mapping, MutableMapping
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from launchready.demo.answers import Answer, Behaviour, Request, redirect
from launchready.demo.description import DemoLaunch, Host, Limit, Redirect, Route
from launchready.demo.edge import from_edge, store
from launchready.demo.state import AskedPage, State
from launchready.demo.web_scope import Application, Receive, Send

BODY_MAX_BYTES = 65_536
_TEXTUAL = ("text/", "application/json", "application/javascript", "image/svg+xml")
_COMPRESS_FROM_BYTES = 256
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})


def site(launch: DemoLaunch, state: State, hosts: list[Host], *, direct: bool) -> Application:
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
        answer = _finished(request, await _of_host(request))
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
    if answer.raw is None and answer.stream is None:
        _make_conditional(request, answer)
        if edge is None or edge.compresses:
            _compress(request, answer)
    return answer


def _finished(request: Request, answer: Answer) -> Answer:
    """Return the answer with the headers of the host, its own and the route's, in this order."""
    headers: dict[str, str | None] = {
        # RFC 6797 section 7.2: never over plain HTTP.
        name: value
        for name, value in request.host.headers.items()
        if request.scheme == "https" or name != "strict-transport-security"
    }
    headers |= answer.headers
    served = request.scheme == "https" or request.host.http_redirect is None
    if request.route is not None and served:
        headers |= request.route.headers
        headers |= _cors(request, request.route)
    answer = replace(
        answer,
        headers={name: value for name, value in headers.items() if value is not None},
        cookies=list(answer.cookies),
        more_headers=list(answer.more_headers),
    )
    if isinstance(answer.body, str):
        answer.body = answer.body.encode()
        if answer.body:
            answer.headers.setdefault("content-type", "text/plain; charset=utf-8")
    return answer


async def _of_host(request: Request) -> Answer:
    host = request.host
    for behaviour in host.before:
        answer = await _ask(behaviour, request)
        if answer.status:
            return answer
    if request.method not in _KNOWN_METHODS:
        return Answer(status=501, body="This method is not known here.\n")
    if request.scheme == "http" and host.http_redirect is not None:
        return _sent_on(host.http_redirect, request)
    if request.route is None:
        if host.redirect is not None:
            return _sent_on(host.redirect, request)
        return await _ask(host.not_found, request)
    return await _of_route(request, request.route)


async def _of_route(request: Request, route: Route) -> Answer:
    allowed = sorted({*route.answers, "OPTIONS"} | ({"HEAD"} if "GET" in route.answers else set()))
    method = "GET" if request.method == "HEAD" and "HEAD" not in route.answers else request.method
    if method == "OPTIONS" and "OPTIONS" not in route.answers:
        return Answer(status=204, headers={"allow": ", ".join(allowed)})
    if method not in route.answers:
        return Answer(
            status=405,
            headers={"allow": ", ".join(allowed), "cache-control": "no-store"},
            body=f"This page does not take {request.method}.\n",
        )
    if route.private and request.member is None:
        answer = redirect(f"/login?next={quote(request.raw_path, safe='/')}")
        answer.headers["cache-control"] = "private, no-store"
        return answer
    if route.limit is not None and method in route.limit.methods:
        wait_s = _wait_s(request, route, route.limit)
        if wait_s:
            return route.limit.answer or Answer(
                status=429,
                headers={"retry-after": str(wait_s), "cache-control": "no-store"},
                body=f"That was a little fast. Please try again in {wait_s} seconds.\n",
            )
    return await _ask(route.answers[method], request)


def _wait_s(request: Request, route: Route, limit: Limit) -> int:
    # A member's own attempts are counted apart, so that strangers cannot lock them out.
    member = request.state.username in request.form.values()
    bucket = f"{request.host.name}{route.path} {'member' if member else 'strangers'}"
    return request.state.wait_s(bucket, limit.requests * (4 if member else 1), limit.window_s)


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


def _make_conditional(request: Request, answer: Answer) -> None:
    """Answer 304 when the visitor has this very content (RFC 9110 section 13.1.2)."""
    if answer.status != 200 or request.method not in {"GET", "HEAD"}:
        return
    storable = "no-store" not in (answer.headers.get("cache-control") or "")
    body = answer.body if isinstance(answer.body, bytes) else answer.body.encode()
    if storable and "etag" not in answer.headers and not answer.cookies:
        # Weak, since the same content also goes out compressed (RFC 9110 section 8.8.3.3).
        answer.headers["etag"] = f'W/"{hashlib.sha256(body).hexdigest()[:16]}"'
    tag = answer.headers.get("etag")
    if tag is None:
        return
    known = request.headers.get("if-none-match", "")
    plain = {t.strip().removeprefix("W/") for t in known.split(",")}
    if known.strip() == "*" or tag.removeprefix("W/") in plain:
        answer.status, answer.body = 304, b""


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
    if answer.stream is None and not bodiless:
        fields.append(("content-length", str(len(body))))
    raw = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in fields]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    if answer.stream is not None and scope["method"] != "HEAD":
        async for chunk in answer.stream():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        body = b""
    empty = bodiless or scope["method"] == "HEAD"
    await send({"type": "http.response.body", "body": b"" if empty else body})
