"""What sloppy apps do, message by message: the server's side of a guarded app."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from launchready.guard import guard, visit
from launchready.guard.asgi import Message, Receive, Scope, Send
from launchready.guard.health import Readiness
from launchready.guard.parts import Part
from launchready.manifest import parse_manifest
from tests.guard.frameworks.two_pages import starlette_app

MANIFEST = parse_manifest("""
[launch]
domain = "willow.example"
[routes]
"willow.example/" = "page"
"willow.example/members" = "private"
"willow.example/chat" = "chat"
"willow.example/v1" = { kind = "api", cors = ["https://app.willow.example"] }
"willow.example/slow" = { kind = "api", timeout_s = 0.05 }
""")
OK = {"type": "http.response.start", "status": 200, "headers": []}


def asked(path: str = "/members", **more: Any) -> dict[str, Any]:
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "headers": [(b"host", b"willow.example")],
        "client": ("127.0.0.1", 4000), "server": ("127.0.0.1", 80), **more,
    }  # fmt: skip


async def answers(*messages: Message, scope: dict[str, Any] | None = None) -> list[Message]:
    """Return what the server gets from an app that sends these messages."""

    async def app(_: Scope, __: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return await sent_by(app, scope or asked())


async def sent_by(
    app: Any, scope: dict[str, Any], *, without: tuple[Part, ...] = ("logs",)
) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await guard(app, MANIFEST, without=without, environ={})(scope, receive, send)
    return sent


def value(message: Message, name: bytes) -> bytes | None:
    found = [v for n, v in message["headers"] if n.lower() == name]
    assert len(found) <= 1
    return found[0] if found else None


async def test_an_app_that_says_nothing_is_a_failure() -> None:
    start, body = await answers()
    assert start["status"] == 500
    assert body["body"]


@pytest.mark.parametrize("field", [(b"location", b"/\r\nset-cookie: a=1"), (b"x", b"\0")])
async def test_a_field_that_would_split_the_answer_is_a_failure(field: Any) -> None:
    start, _ = await answers({**OK, "headers": [field]}, {"type": "http.response.body"})
    assert start["status"] == 500


@given(st.lists(st.tuples(st.binary(), st.binary()), max_size=5))
async def test_no_field_of_an_app_gets_past_as_a_split_answer(own: list[Any]) -> None:
    start, *_ = await answers({**OK, "headers": own}, {"type": "http.response.body"})
    for _, field in start["headers"]:
        assert not {b"\r", b"\n", b"\0"} & {bytes([byte]) for byte in field}


@pytest.mark.parametrize("name", [b"X-Frame-Options", b"x-FRAME-options"])
async def test_an_apps_own_field_comes_before_the_default_in_any_case(name: bytes) -> None:
    start, _ = await answers(
        {**OK, "headers": [(name, b"SAMEORIGIN")]}, {"type": "http.response.body"}
    )
    assert value(start, b"x-frame-options") == b"SAMEORIGIN"


async def test_data_that_caches_may_give_again_says_that_it_varies_by_origin() -> None:
    end = {"type": "http.response.body"}
    kept = [(b"cache-control", b"private, max-age=60")]
    start, _ = await answers({**OK, "headers": kept}, end, scope=asked("/v1"))
    assert value(start, b"vary") == b"Origin"
    # Nothing is given again without asking, and the answer to that says who may read.
    start, _ = await answers(OK, end, scope=asked("/v1"))
    assert (value(start, b"cache-control"), value(start, b"vary")) == (b"private, no-cache", None)


async def test_a_message_that_an_app_sends_again_and_again_is_not_changed() -> None:
    own = {**OK, "headers": [(b"content-type", b"text/plain")]}
    for _ in range(2):
        await answers(own, {"type": "http.response.body", "body": b"."})
    assert own["headers"] == [(b"content-type", b"text/plain")]


async def test_what_comes_after_the_end_of_an_answer_is_dropped() -> None:
    end = {"type": "http.response.body", "body": b"all"}
    assert len(await answers(OK, end, end, OK)) == 2


async def test_trailers_after_the_end_of_the_content_pass() -> None:
    start = {**OK, "trailers": True}
    end, sums = {"type": "http.response.body", "body": b"all"}, {"type": "http.response.trailers"}
    sent = await answers(start, end, {**sums, "headers": [(b"digest", b"1")]})
    assert [message["type"] for message in sent] == [OK["type"], end["type"], sums["type"]]


async def test_a_refusal_whose_first_piece_is_empty_is_judged_by_what_follows() -> None:
    start = {**OK, "status": 409, "headers": [(b"content-type", b"application/json")]}
    own = b'{"code":"invite-used"}'
    piece = {"type": "http.response.body", "body": b"", "more_body": True}
    sent = await answers(start, piece, piece, {"type": "http.response.body", "body": own})
    assert sent[0]["status"] == 409
    assert b"".join(message["body"] for message in sent[1:]) == own


async def test_content_without_a_beginning_is_a_failure_with_a_page_of_guards_own() -> None:
    sent: list[Message] = []

    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.body", "body": b"."})

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if not sent and message["type"] != OK["type"]:
            # As servers do.
            raise RuntimeError("an answer begins with http.response.start")
        sent.append(message)

    await guard(app, MANIFEST, without=("logs",), environ={})(asked(), receive, send)
    assert sent[0]["status"] == 500
    assert sent[1]["body"]


async def test_a_refused_range_still_tells_how_long_the_file_is() -> None:
    fields = [(b"content-type", b"text/plain"), (b"content-range", b"bytes */9")]
    start, _ = await answers(
        {**OK, "status": 416, "headers": fields}, {"type": "http.response.body", "body": b""}
    )
    assert value(start, b"content-range") == b"bytes */9"


async def test_a_file_handed_to_the_server_passes() -> None:
    path = {"type": "http.response.pathsend", "path": "/srv/page.html"}
    sent = await answers(OK, path, scope=asked("/"))
    assert [message["type"] for message in sent] == [OK["type"], path["type"]]


async def test_what_fails_after_the_answer_is_logged_and_cuts_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send(OK)
        await send({"type": "http.response.body", "body": b"all"})
        raise RuntimeError("a task in the background")

    sent = await sent_by(app, asked())
    assert len(sent) == 2
    assert "the app failed" in caplog.text


async def test_a_time_out_of_the_apps_own_is_its_failure_and_has_a_trace_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def app(_: Scope, __: Receive, ___: Send) -> None:
        raise TimeoutError("the database")

    start, _ = await sent_by(app, asked())
    assert start["status"] == 500
    assert "the database" in caplog.text


async def test_an_answer_that_stalls_in_the_middle_is_cut() -> None:
    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send(OK)
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        await asyncio.sleep(3600)

    with pytest.raises(ConnectionAbortedError):
        await sent_by(app, asked("/slow"))


async def test_a_server_that_gives_up_is_not_held(caplog: pytest.LogCaptureFixture) -> None:
    async def app(_: Scope, __: Receive, ___: Send) -> None:
        await asyncio.sleep(3600)

    caplog.set_level(logging.ERROR)
    task = asyncio.create_task(sent_by(app, asked()))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not caplog.records


async def test_an_app_finds_its_visit() -> None:
    found = []

    async def app(scope: Scope, __: Receive, send: Send) -> None:
        found.append(visit(scope))
        found.append(visit(scope))
        await send(OK)
        await send({"type": "http.response.body"})

    start, _ = await sent_by(app, asked("/members/circles"))
    # What an app says in it, such as `right`, is the same wherever it asks for it.
    assert found[0] is found[1]
    assert found[0].kind == "private"
    assert found[0].client == "127.0.0.1"
    assert value(start, b"x-request-id") == found[0].id.encode()


async def test_what_guard_itself_answers_is_kept_by_no_cache() -> None:
    preflight = [
        (b"host", b"willow.example"), (b"origin", b"https://willow.example"),
        (b"access-control-request-method", b"POST"),
    ]  # fmt: skip
    asked_for = (asked("/healthz"), asked("/members", method="OPTIONS", headers=preflight))
    told = [value((await answers(scope=scope))[0], b"cache-control") for scope in asked_for]
    assert told == [b"no-store", b"private, no-store"]


async def test_ids_do_not_repeat() -> None:
    ids = {value((await answers(OK))[0], b"x-request-id") for _ in range(600)}
    assert len(ids) == 600


def test_websockets_and_the_lifespan_pass() -> None:
    app = guard(starlette_app(), MANIFEST, environ={})
    with TestClient(app) as client, client.websocket_connect("/echo") as socket:
        socket.send_text("hello")
        assert socket.receive_text() == "hello"


def test_a_part_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="has no part 'cookies'"):
        guard(starlette_app(), MANIFEST, without=("cookies",))  # type: ignore[arg-type]


@pytest.mark.parametrize("off", [False, True])
async def test_with_cors_switched_off_no_origin_is_allowed(off: bool) -> None:
    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send(OK)
        await send({"type": "http.response.body", "body": b""})

    headers = [(b"host", b"willow.example"), (b"origin", b"https://app.willow.example")]
    sent = await sent_by(app, asked("/v1", headers=headers), without=("cors",) if off else ())
    allowed = value(sent[0], b"access-control-allow-origin")
    assert allowed == (None if off else b"https://app.willow.example")


def test_the_lines_of_requests_and_of_the_app_go_where_the_log_is_given() -> None:
    log = io.StringIO()
    with TestClient(guard(starlette_app(), MANIFEST, environ={}, log=log)) as client:
        client.get("/", headers={"host": "willow.example"})
        logging.getLogger("willow").warning("the app's own words")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert "/" in [line.get("route") for line in lines]
    assert "the app's own words" in [line.get("message") for line in lines]


async def test_readiness_may_have_a_deadline_of_its_own() -> None:
    async def slow() -> None:
        await asyncio.sleep(0.05)

    for readiness, status in (
        (Readiness({"slow": slow}, 0.01), 503),
        (Readiness({"slow": slow}), 200),
    ):
        guarded = guard(starlette_app(), MANIFEST, environ={}, without=("logs",), ready=readiness)
        with TestClient(guarded) as client:
            assert client.get("/readyz").status_code == status


@pytest.mark.parametrize(("path", "said"), [("/chat", b"no"), ("/members", None)])
async def test_an_answer_that_comes_word_by_word_tells_nginx_not_to_gather_it(
    path: str, said: bytes | None
) -> None:
    start, *_ = await answers(OK, {"type": "http.response.body"}, scope=asked(path))
    assert value(start, b"x-accel-buffering") == said


async def test_an_app_that_wants_its_words_gathered_says_so() -> None:
    own = {**OK, "headers": [(b"X-Accel-Buffering", b"yes")]}
    start, *_ = await answers(own, {"type": "http.response.body"}, scope=asked("/chat"))
    assert value(start, b"x-accel-buffering") == b"yes"
