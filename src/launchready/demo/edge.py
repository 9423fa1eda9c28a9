"""What the demo's edge stores and serves again, as Cloudflare does with files."""

from __future__ import annotations

import re
import time
from dataclasses import replace

from launchready.demo.answers import Answer, Request
from launchready.demo.description import Edge

_FILE = re.compile(r"\.(?:css|js|mjs|svg|png|jpe?g|gif|webp|avif|ico|woff2?|pdf|map)\Z")


def from_edge(edge: Edge, request: Request) -> Answer | None:
    """Return the stored answer with its Age (RFC 9111 section 5.1), or None when there is none."""
    found = request.state.cached.get(_key(request))
    if found is None or request.method not in {"GET", "HEAD"} or request.scheme != "https":
        return None
    stored_at, stored = found
    age_s = time.monotonic() - stored_at
    if age_s > _fresh_s(stored) and request.path not in edge.caches_always:
        return None
    answer = _copy(stored)
    answer.headers |= {"age": str(round(age_s)), "cf-cache-status": "HIT"}
    return answer


def store(edge: Edge, request: Request, answer: Answer) -> None:
    """Store the answer when the edge may, and mark it by what the edge did."""
    always = request.path in edge.caches_always and request.method == "GET"
    if always or (edge.caches and _FILE.search(request.path) and _storable(request, answer)):
        request.state.cached[_key(request)] = (time.monotonic(), _copy(answer))
        answer.headers["cf-cache-status"] = "MISS"
    elif request.scheme == "https":
        answer.headers["cf-cache-status"] = "DYNAMIC"


def _storable(request: Request, answer: Answer) -> bool:
    control = (answer.headers.get("cache-control") or "").lower()
    forbidden = any(word in control for word in ("private", "no-store", "no-cache"))
    plain = request.method == "GET" and answer.status == 200 and answer.stream is None
    return plain and answer.raw is None and not forbidden and not answer.cookies


def _fresh_s(answer: Answer) -> float:
    control = (answer.headers.get("cache-control") or "").lower()
    found = re.search(r"s-maxage=(\d+)", control) or re.search(r"max-age=(\d+)", control)
    # Cloudflare keeps a file for two hours when its answer says nothing.
    return float(found[1]) if found else 7200.0


def _key(request: Request) -> tuple[str, str]:
    return request.host.name, f"{request.path}?{request.query}"


def _copy(answer: Answer) -> Answer:
    return replace(answer, headers=dict(answer.headers))
