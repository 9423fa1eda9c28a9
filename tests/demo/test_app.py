"""The launch's app is asked in process, with guard around it, as its server would ask it."""

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from launchready.demo import healthy
from launchready.demo.answers import Answer, Request
from launchready.demo.app import EDGE, VISITOR, GuardedApp, asked_otherwise, changed, from_app
from launchready.demo.description import DemoLaunch
from launchready.demo.manifest import METRICS_ENV, PAYMENTS_ENV, toml
from launchready.demo.seeding import only_errors_told
from launchready.demo.state import State
from launchready.demo.web_scope import Application, Receive, Scope, Send
from launchready.guard import visit
from launchready.manifest import parse_manifest


def guarded(app: Application, launch: DemoLaunch) -> GuardedApp:
    environ = {
        PAYMENTS_ENV: f"whsec_{secrets.token_urlsafe(24)}", METRICS_ENV: secrets.token_urlsafe(24)
    }  # fmt: skip
    return GuardedApp(app, launch, parse_manifest(toml(launch.manifest)), environ=environ)


def a_request(app: GuardedApp, launch: DemoLaunch, path: str, **given: object) -> Request:
    values: dict[str, object] = {
        "host": launch.host("app"), "route": None, "state": State(), "method": "GET",
        "scheme": "https", "query": "", "headers": {"host": "app.willow.example"}, "body": b"",
    } | given  # fmt: skip
    return Request(launch=launch, app=app, path=path, raw_path=path, **values)  # type: ignore[arg-type]


async def text(send: Send, body: str, status: int = 200) -> None:
    headers = [(b"content-type", b"text/plain"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})


async def seen(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer what arrived: who asks, for what, with which body."""
    body = (await receive())["body"].decode()
    about = visit(scope)
    await text(send, f"{scope['client'][0]} {about.client} {scope['path']} {body}")


async def test_the_app_is_asked_by_the_edge_for_a_visitor() -> None:
    launch = healthy()
    answer = await guarded(seen, launch).answer(
        a_request(guarded(seen, launch), launch, "/a", method="POST", body=b"x=1")
    )
    assert answer.body == f"{EDGE} {VISITOR} /a x=1".encode()
    assert answer.cookies == ["a=1", "b=2"]
    assert answer.guarded


async def test_whoever_asks_the_origin_comes_without_the_edge() -> None:
    launch = healthy()
    app = guarded(seen, launch)
    answer = await app.answer(a_request(app, launch, "/a", direct=True))
    assert answer.body == f"{VISITOR} {VISITOR} /a ".encode()


async def test_no_visitor_says_for_whom_the_edge_asks() -> None:
    launch = healthy()
    app = guarded(seen, launch)
    headers = {"host": "app.willow.example", "cf-connecting-ip": "192.0.2.9"}
    answer = await app.answer(a_request(app, launch, "/a", headers=headers))
    assert f" {VISITOR} " in str(answer.body)


async def test_a_part_of_guard_is_switched_off_for_one_host_alone() -> None:
    launch = healthy()
    launch.host("app").without_guard.add("sniffing")
    app = guarded(seen, launch)
    here = await app.answer(a_request(app, launch, "/a"))
    there = await app.answer(a_request(app, launch, "/a", host=launch.host("api")))
    assert "x-content-type-options" not in here.headers
    assert there.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("forgotten", [True, False])
async def test_a_route_that_guard_does_not_know_has_no_limit(forgotten: bool) -> None:
    launch = healthy()
    if forgotten:
        launch.guard_forgets.add("app.willow.example/login")

    async def refuse(_: Scope, __: Receive, send: Send) -> None:
        await text(send, "No.", 422)

    app = guarded(refuse, launch)
    asked = a_request(app, launch, "/login", method="POST", body=b"email=a%40b.example&password=x")
    statuses = {(await app.answer(asked)).status for _ in range(20)}
    assert statuses == ({422} if forgotten else {422, 429})


async def test_the_front_of_a_host_is_a_page_of_the_app_that_guard_knows_as_the_front() -> None:
    launch = healthy()
    asked_for = []

    async def page(scope: Scope, _: Receive, send: Send) -> None:
        asked_for.append(scope["path"])
        headers = [(b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"<title>Willow</title>"})

    app = guarded(page, launch)
    host = launch.host("community")
    answer = await app.answer(a_request(app, launch, "/", host=host, headers={"host": host.name}))
    assert asked_for == ["/community"]
    assert "public" in str(answer.headers["cache-control"])


async def test_an_answer_in_the_apps_place_gets_what_guard_adds() -> None:
    launch = healthy()
    app = guarded(seen, launch)
    own = Answer(body="KEY=x", headers={"content-type": "text/plain", "x-a": None})
    answer = await app.answer(a_request(app, launch, "/.env"), own)
    assert answer.body == b"KEY=x"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "x-a" not in answer.headers


async def test_what_is_asked_and_what_is_answered_can_be_changed_on_the_way() -> None:
    launch = healthy()
    app = guarded(seen, launch)

    def elsewhere(request: Request) -> Request:
        return a_request(app, launch, "/b", body=request.body)

    def longer(answer: Answer) -> Answer:
        assert isinstance(answer.body, bytes)
        answer.body += b"!"
        return answer

    asked = a_request(app, launch, "/a")
    first, second = asked_otherwise(elsewhere)(asked), changed(longer)(asked)
    assert not isinstance(first, Answer)
    assert not isinstance(second, Answer)
    assert b" /b " in bytes(str((await first).body), "utf-8")
    assert str((await second).body).endswith("!'")
    assert b" /a " in bytes(str((await from_app(asked)).body), "utf-8")


async def test_a_stream_arrives_piece_by_piece_and_ends_when_the_visitor_leaves() -> None:
    launch = healthy()
    ended = asyncio.Event()

    async def talks(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                await send({"type": "http.response.body", "body": b"word ", "more_body": True})
        finally:
            ended.set()

    app = guarded(talks, launch)
    answer = await app.answer(a_request(app, launch, "/chat"))
    assert answer.stream is not None
    async with aclosing(answer.stream()) as chunks:
        assert [await anext(chunks) for _ in range(3)] == [b"word "] * 3
    async with asyncio.timeout(10):
        await ended.wait()
    await app.close()


async def test_a_stream_in_the_apps_place_is_passed_on_as_one() -> None:
    launch = healthy()

    async def pieces() -> AsyncGenerator[bytes]:
        for piece in (b"a", b"b"):
            yield piece

    app = guarded(seen, launch)
    answer = await app.answer(a_request(app, launch, "/x"), Answer(stream=pieces))
    assert answer.stream is not None
    assert [piece async for piece in answer.stream()] == [b"a", b"b"]


async def test_an_answer_that_breaks_off_ends_the_connection() -> None:
    launch = healthy()

    async def breaks(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise RuntimeError("over")

    app = guarded(breaks, launch)
    answer = await app.answer(a_request(app, launch, "/x"))
    assert answer.stream is not None
    with pytest.raises(ConnectionAbortedError):
        _ = [piece async for piece in answer.stream()]


async def test_closing_ends_whatever_still_answers() -> None:
    launch = healthy()
    reached = asyncio.Event()

    async def waits(_: Scope, __: Receive, ___: Send) -> None:
        reached.set()
        await asyncio.Event().wait()

    app = guarded(waits, launch)
    asking = asyncio.create_task(app.answer(a_request(app, launch, "/x")))
    await reached.wait()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await app.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_a_query_that_a_visitor_gave_up_on_puts_no_traceback_on_the_terminal() -> None:
    with only_errors_told():
        assert not logging.getLogger("sqlalchemy.pool.impl").isEnabledFor(logging.ERROR)
    assert logging.getLogger("sqlalchemy.pool.impl").isEnabledFor(logging.ERROR)
