"""What visitors see when something is refused or fails: RFC 9457 problem JSON, or a friendly page."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from http import HTTPStatus

from launchready.guard.asgi import RawHeaders, Scope, Send, header

_SAID: Mapping[int, tuple[str, str]] = {
    400: ("We did not understand that", "Please go back and try once more."),
    401: ("Please sign in", "This page is for members. Sign in, and you are there."),
    403: ("This is not open to you", "If you think that it should be, please write to us."),
    404: ("Nothing is here", "This page does not exist, or it has moved."),
    405: ("That does not work here", "Please go back and try another way."),
    408: ("That took too long to reach us", "Please check your connection and try once more."),
    409: ("That was sent already", "Please look whether it has arrived before you send it again."),
    413: ("That is too large", "Please send something smaller."),
    422: ("That was not quite right", "Please go back, check what you wrote, and try once more."),
    429: ("That was a little fast", "Please wait a moment and try again."),
    503: ("We are busy right now", "Please try again in a moment."),
    504: ("That took too long", "Please try again in a moment."),
}
_CUTS = frozenset({408, 413})
_ELSE_4XX = ("That did not work", "Please go back and try once more.")
_ELSE_5XX = ("Something went wrong on our side", "Nothing you did. Please try again in a moment.")

_STYLE = (
    "body{margin:0;font:1.0625rem/1.6 system-ui,sans-serif;background:#f6f4ec;color:#1f2d24;"
    "display:grid;min-height:100vh;place-items:center}main{max-width:32rem;padding:2rem}"
    "h1{font-size:1.75rem;line-height:1.2;margin:0 0 .5rem}small{opacity:.75}a{color:inherit}"
    "@media(prefers-color-scheme:dark){body{background:#16201a;color:#e9eee6}}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A refusal or a failure as visitors are told it."""

    status: int
    detail: str = ""
    """One sentence of what happened and what to do; the status's own when empty."""
    headers: RawHeaders = field(default_factory=list)


_KEPT = frozenset(
    {
        b"allow", b"clear-site-data", b"content-range", b"ratelimit", b"ratelimit-policy",
        b"retry-after", b"set-cookie", b"www-authenticate",
    }
)  # fmt: skip


def kept(headers: RawHeaders) -> RawHeaders:
    """Return the fields of an app's error answer that hold for ours too; others may tell too much."""
    return [field for field in headers if field[0].lower() in _KEPT]


def prefers_page(scope: Scope) -> bool:
    """Return whether who asks wants HTML before JSON (RFC 9110 section 12.5.1).

    Who takes both alike gets what it names first; who names neither, JSON.
    """
    accept = header(scope, b"accept")
    if accept is None or b"html" not in accept.lower():
        return False
    html, found_json = (0.0, 0), (0.0, 0)
    for position, item in enumerate(accept[:1000].lower().split(b",")):
        media, *parameters = item.split(b";")
        weight = (_quality(parameters), -position)
        if media.strip() in {b"text/html", b"application/xhtml+xml"}:
            html = max(html, weight)
        elif media.strip().endswith(b"json"):
            found_json = max(found_json, weight)
    return html[0] > 0 and html > found_json


def _quality(parameters: list[bytes]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition(b"=")
        if name.strip() == b"q":
            try:
                quality = float(value)
            except ValueError:
                return 0.0
            # Also where it is no number at all, which compares as false.
            return quality if 0 <= quality <= 1 else 0.0
    return 1.0


async def answer(problem: Problem, scope: Scope, send: Send, *, request_id: str) -> None:
    """Send the problem: never a trace, a path or an internal id, always the request's own."""
    title, sentence = _SAID.get(problem.status, _ELSE_5XX if problem.status >= 500 else _ELSE_4XX)
    detail = problem.detail or sentence
    headers: RawHeaders = [(b"cache-control", b"no-store"), *problem.headers]
    if prefers_page(scope):
        body = _page(title, detail, request_id)
        headers += [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-security-policy", _POLICY),
        ]
    else:
        members = {
            "type": "about:blank", "title": _phrase(problem.status), "status": problem.status,
            "detail": detail, "request_id": request_id,
        }  # fmt: skip
        body = json.dumps(members, ensure_ascii=False).encode()
        headers.append((b"content-type", b"application/problem+json"))
    headers += [
        (b"vary", b"Accept"),
        (b"content-length", str(len(body)).encode()),
    ]
    if problem.status in _CUTS and str(scope.get("http_version", "")).startswith("1"):
        # What the visitor still sends is not waited for.
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    empty = scope["method"] == "HEAD"
    await send({"type": "http.response.body", "body": b"" if empty else body})


def _page(title: str, detail: str, request_id: str) -> bytes:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(title)}</h1><p>{escape(detail)}</p>"
        f'<p><a href="/">Back to the start</a></p><p><small>Reference: {escape(request_id)}</small>'
        "</p></main></body></html>\n"
    ).encode()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
