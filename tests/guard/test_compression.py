"""Compression by guard, over uvicorn, as a browser's client reads it."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.guard import guard
from launchready.guard.compression import accepts_gzip
from launchready.manifest import parse_manifest
from tests.guard.serving import serving

MANIFEST = """\
[launch]
domain = "willow.example"

[routes]
"willow.example/" = "page"
"willow.example/app.css" = "static"
"willow.example/circles" = { kind = "api", cacheable = true }
"willow.example/members" = "private"

[guard]
compress = true
"""
LONG = b"<p>All members are welcome.</p>" * 100
GZIP = {"accept-encoding": "br;q=1.0, gzip;q=0.8, *;q=0.1"}


def app(
    body: bytes = LONG, media: bytes = b"text/html; charset=utf-8", *more: tuple[bytes, bytes]
) -> Any:
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        del receive
        headers = [(b"content-type", media), (b"content-length", str(len(body)).encode()), *more]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        content = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": content})

    return answer


async def ask(
    inner: Any, path: str, headers: dict[str, str], *, method: str = "GET", text: str = MANIFEST
) -> tuple[Any, bytes]:
    async with (
        serving(guard(inner, parse_manifest(text))) as url,
        aiohttp.ClientSession(auto_decompress=False) as client,
        client.request(
            method, url + path, headers=headers, skip_auto_headers=["accept-encoding"]
        ) as answer,
    ):
        return answer.headers, await answer.read()


@pytest.mark.parametrize("path", ["/", "/app.css", "/circles"])
async def test_what_everybody_sees_is_compressed(path: str) -> None:
    headers, body = await ask(app(), path, GZIP)
    assert headers["content-encoding"] == "gzip"
    assert headers.get("content-length", str(len(body))) == str(len(body))
    assert gzip.decompress(body) == LONG
    assert "Accept-Encoding" in headers["vary"]


async def test_nothing_is_compressed_unless_it_is_asked_for_in_the_manifest() -> None:
    headers, body = await ask(app(), "/", GZIP, text=MANIFEST.replace("true\n", "false\n"))
    assert "content-encoding" not in headers
    assert body == LONG


async def test_a_page_for_members_is_not_compressed() -> None:
    headers, body = await ask(app(), "/members", GZIP)
    assert "content-encoding" not in headers
    assert body == LONG


async def test_a_page_that_may_know_its_visitor_is_not_compressed() -> None:
    headers, _ = await ask(app(), "/", {**GZIP, "cookie": "session=1"})
    assert "content-encoding" not in headers


async def test_a_file_is_compressed_for_members_too() -> None:
    headers, _ = await ask(app(), "/app.css", {**GZIP, "cookie": "session=1"})
    assert headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("accepts", ["", "identity", "gzip;q=0", "br, *;q=0"])
async def test_who_does_not_take_gzip_gets_the_content_as_it_is(accepts: str) -> None:
    headers, body = await ask(app(), "/", {"accept-encoding": accepts})
    assert "content-encoding" not in headers
    assert body == LONG
    # A cache between must keep the two apart all the same.
    assert "Accept-Encoding" in headers["vary"]


async def test_a_short_answer_stays_as_it_is() -> None:
    headers, body = await ask(app(b"short"), "/", GZIP)
    assert "content-encoding" not in headers
    assert body == b"short"


async def test_a_picture_stays_as_it_is() -> None:
    headers, _ = await ask(app(LONG, b"image/png"), "/app.css", GZIP)
    assert "content-encoding" not in headers
    assert "Accept-Encoding" not in headers.get("vary", "")


@pytest.mark.parametrize(
    "field",
    [(b"content-encoding", b"br"), (b"cache-control", b"public, no-transform")],
)
async def test_what_the_app_has_encoded_or_will_not_have_changed_stays(
    field: tuple[bytes, bytes],
) -> None:
    headers, body = await ask(app(LONG, b"text/css", field), "/circles", GZIP)
    assert headers.get("content-encoding") != "gzip"
    assert body == LONG


async def test_a_strong_validator_becomes_a_weak_one() -> None:
    headers, _ = await ask(app(LONG, b"text/css", (b"etag", b'"one"')), "/app.css", GZIP)
    assert headers["etag"] == 'W/"one"'


async def test_a_page_that_has_not_changed_is_not_sent_again() -> None:
    async with (
        serving(guard(app(), parse_manifest(MANIFEST))) as url,
        aiohttp.ClientSession() as client,
    ):
        async with client.get(url + "/", headers=GZIP) as first:
            tag = first.headers["etag"]
            assert await first.read() == LONG
        async with client.get(url + "/", headers={**GZIP, "if-none-match": tag}) as second:
            assert second.status == 304
            assert await second.read() == b""


async def test_a_head_request_gets_no_content() -> None:
    headers, body = await ask(app(), "/", GZIP, method="HEAD")
    assert body == b""
    assert "content-encoding" not in headers


async def test_a_stream_arrives_piece_by_piece() -> None:
    go_on = asyncio.Event()

    async def slowly(scope: Any, receive: Any, send: Any) -> None:
        del scope, receive
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"one": 1}\n', "more_body": True})
        await go_on.wait()
        await send({"type": "http.response.body", "body": b'{"two": 2}\n'})

    async def pieces(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        unpacking = zlib.decompressobj(31)
        async for piece in answer.content.iter_any():
            if unpacked := unpacking.decompress(piece):
                yield unpacked

    async with (
        serving(guard(slowly, parse_manifest(MANIFEST))) as url,
        aiohttp.ClientSession(auto_decompress=False) as client,
        client.get(url + "/circles", headers=GZIP) as answer,
    ):
        found = pieces(answer)
        async with asyncio.timeout(10):
            assert await anext(found) == b'{"one": 1}\n'
            go_on.set()
            assert await anext(found) == b'{"two": 2}\n'


async def test_an_app_that_breaks_off_before_its_content_is_answered_as_an_error() -> None:
    async def breaks(scope: Any, receive: Any, send: Any) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError("secret")

    async with (
        serving(guard(breaks, parse_manifest(MANIFEST))) as url,
        aiohttp.ClientSession() as client,
        client.get(url + "/circles", headers=GZIP) as answer,
    ):
        assert answer.status == 500
        assert "secret" not in await answer.text()


@given(st.binary(max_size=200))
def test_whatever_a_visitor_says_to_accept_is_read(field: bytes) -> None:
    assert accepts_gzip(field) in {True, False}
