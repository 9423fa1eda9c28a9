"""The same form sent many times to a real app, served by uvicorn, with a real database."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import parse_qs

import aiohttp
import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from launchready.guard.asgi import Message, Receive, Scope, Send
from launchready.guard.bodies import again, read_whole
from launchready.guard.errors import Problem, answer
from launchready.guard.submissions.answer_once import answer_once
from launchready.guard.submissions.twice import Submissions
from tests.guard.serving import serving

TOKEN = "f8Gq_1xUZ0aKb-77Lw2cPQ"
posts = Table(
    "posts", MetaData(), Column("id", Integer, primary_key=True), Column("text", String(200))
)
Seen = tuple[int, dict[str, str], str]


class Site:
    """A feed that takes posts; `before` runs behind the effect and before the answer."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.submissions = Submissions()
        self.before: Callable[[], Awaitable[None]] = self.linger
        self.length = 20

    async def linger(self) -> None:
        await asyncio.sleep(0.05)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_whole(receive)
        client = scope["client"][0]
        done = await answer_once(
            self.submissions, self.app, scope, again(body, receive), send, body=body, client=client
        )
        if isinstance(done, Problem):
            await answer(done, scope, send, request_id="r1")

    async def app(self, _: Scope, receive: Receive, send: Send) -> None:
        text = parse_qs((await read_whole(receive)).decode())["text"][0]
        async with self._engine.begin() as connection:
            made = await connection.execute(posts.insert().values(text=text))
        await self.before()
        number = made.inserted_primary_key[0] if made.inserted_primary_key else 0
        headers = [(b"location", b"/posts/%d" % number), (b"set-cookie", b"seen=%d" % number)]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        for _part in range(self.length // 10 - 1):
            await send({"type": "http.response.body", "body": b"post " * 2, "more_body": True})
        await send({"type": "http.response.body", "body": b"%10d" % number})

    async def rows(self) -> int:
        async with self._engine.connect() as connection:
            return int(await connection.scalar(select(func.count()).select_from(posts)) or 0)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{tmp_path}/app.db", connect_args={"timeout": 60}
    )
    async with engine.begin() as connection:
        await connection.run_sync(posts.metadata.create_all)
    yield Site(engine)
    await engine.dispose()


@contextlib.asynccontextmanager
async def browsing(site: Site) -> AsyncIterator[Callable[..., Awaitable[Seen]]]:
    async with (
        serving(site) as url,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):

        async def submit(
            text: str = "Hi", *, token: str | None = TOKEN, path: str = "/posts", **headers: str
        ) -> Seen:
            form = {"text": text} | ({"_submission": token} if token else {})
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            async with session.post(url + path, data=form, headers=named) as reply:
                fields = {name.lower(): value for name, value in reply.headers.items()}
                return reply.status, fields, await reply.text()

        yield submit


async def test_twenty_of_the_same_form_at_once_make_one_row_and_get_equal_answers(
    site: Site,
) -> None:
    async with browsing(site) as submit:
        seen = await asyncio.gather(*(submit() for _ in range(20)))
    assert await site.rows() == 1
    assert {(status, headers["location"], text) for status, headers, text in seen} == {
        (201, "/posts/1", "post post          1")
    }
    assert all(headers["set-cookie"] == "seen=1" for _, headers, _ in seen)
    assert sorted(headers.get("idempotent-replayed", "no") for _, headers, _ in seen) == (
        ["no"] + ["true"] * 19
    )


async def test_a_key_in_the_header_does_the_same(site: Site) -> None:
    async with browsing(site) as submit:
        keyed = [submit(token=None, Idempotency_Key='"k-1"') for _ in range(5)]
        seen = await asyncio.gather(*keyed)
    assert await site.rows() == 1
    assert {status for status, _, _ in seen} == {201}


async def test_a_key_with_another_body_is_refused_with_a_problem(site: Site) -> None:
    async with browsing(site) as submit:
        await submit(token=None, Idempotency_Key="k")
        status, headers, text = await submit("Ho", token=None, Idempotency_Key="k")
    assert (status, headers["content-type"]) == (422, "application/problem+json")
    assert "another content" in text
    assert await site.rows() == 1


async def test_a_malformed_key_is_refused_with_a_problem(site: Site) -> None:
    async with browsing(site) as submit:
        status, _, text = await submit(token=None, Idempotency_Key='"half')
    assert status == 400
    assert "1 to 255" in text
    assert await site.rows() == 0


async def test_without_a_key_each_one_counts(site: Site) -> None:
    async with browsing(site) as submit:
        seen = [await submit(token=None) for _ in range(2)]
    assert [headers["location"] for _, headers, _ in seen] == ["/posts/1", "/posts/2"]


async def test_another_route_host_or_member_is_another_submission(site: Site) -> None:
    async with browsing(site) as submit:
        await submit()
        await submit(path="/posts?draft=1")
        await submit(path="/other")
        await submit(Cookie="session=ana")
        await submit(Cookie="session=ben")
        # One app may answer otherwise at each of its hosts.
        await submit(Host="other.example")
        await submit(Host="Other.example")
    assert await site.rows() == 6


async def test_after_a_crash_the_retry_runs_again(site: Site) -> None:
    async def crash() -> None:
        site.before = site.linger
        raise LookupError

    site.before = crash
    async with browsing(site) as submit:
        assert (await submit())[0] == 500
        status, headers, _ = await submit()
    assert status == 201
    assert "idempotent-replayed" not in headers


async def test_when_the_first_crashes_one_that_waits_runs(site: Site) -> None:
    async def crash() -> None:
        site.before = site.linger
        await asyncio.sleep(0.2)
        raise LookupError

    site.before = crash
    async with browsing(site) as submit:
        seen = await asyncio.gather(*(submit() for _ in range(5)))
    assert sorted(status for status, _, _ in seen) == [201] * 4 + [500]
    assert await site.rows() == 2  # the app of this test commits before it crashes


async def test_a_handler_that_is_cancelled_frees_the_key(site: Site) -> None:
    async def hang() -> None:
        site.before = site.linger
        await asyncio.sleep(600)

    async def cut_short(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(None if site.before == site.linger else 0.2):
                await Site.__call__(site, scope, receive, send)
        except TimeoutError:
            await answer(Problem(status=504), scope, send, request_id="r1")

    site.before = hang
    async with serving(cut_short) as url, aiohttp.ClientSession() as session:
        form = {"text": "Hi", "_submission": TOKEN}
        async with session.post(url, data=form) as reply:
            assert reply.status == 504
        async with session.post(url, data=form) as reply:
            assert reply.status == 201


async def test_a_long_answer_is_passed_through_and_cannot_be_given_again(site: Site) -> None:
    site.length = 300_000
    async with browsing(site) as submit:
        status, _, text = await submit()
        assert (status, len(text)) == (201, 300_000)
        status, _, text = await submit()
    assert status == 409
    assert "cannot be given again" in text
    assert await site.rows() == 1


# ── ways to answer that leave no copy ──────────────────────────────────────────────────────────


async def asked_twice(*messages: Message) -> tuple[list[Message], str | Problem]:
    """Return what the app's first answer sent, and what asking again comes to."""
    submissions, sent = Submissions(), list[Message]()
    scope: Scope = {"method": "POST", "path": "/p", "headers": [(b"idempotency-key", b"k")]}

    async def app(_: Scope, __: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def ask() -> str | Problem:
        return await answer_once(
            submissions, app, scope, receive, send, body=b"", client="192.0.2.1"
        )

    assert await ask() == "first"
    seen = list(sent)
    return seen, await ask()


@pytest.mark.parametrize(
    "messages",
    [
        [{"type": "http.response.start", "status": 200},
         {"type": "http.response.pathsend", "path": "/srv/film.mp4"}],
        [{"type": "http.response.start", "status": 200, "trailers": True},
         {"type": "http.response.body", "body": b"x"},
         {"type": "http.response.trailers", "headers": []}],
    ],
    ids=["a file by its path", "trailers"],
)  # fmt: skip
async def test_an_answer_of_which_there_is_no_copy_cannot_be_given_again(
    messages: list[Message],
) -> None:
    seen, second = await asked_twice(*messages)
    assert seen == messages
    assert isinstance(second, Problem)
    assert second.status == 409


async def test_a_long_failure_runs_again() -> None:
    start: Message = {"type": "http.response.start", "status": 500}
    seen, second = await asked_twice(start, {"type": "http.response.body", "body": b"x" * 300_000})
    assert len(seen) == 2
    assert second == "first"


async def test_an_answer_that_breaks_off_runs_again() -> None:
    start: Message = {"type": "http.response.start", "status": 200}
    part: Message = {"type": "http.response.body", "body": b"x", "more_body": True}
    _, second = await asked_twice(start, part)
    assert second == "first"
