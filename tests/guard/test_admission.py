"""Limits and signatures, through a whole guarded app."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import time
from collections.abc import Awaitable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from launchready.guard import Guard, guard, visit
from launchready.guard.asgi import Scope
from launchready.manifest import parse_manifest

SECRET = "whsec_for_tests_only_0123456789"
MANIFEST = """
[launch]
domain = "willow.example"
[routes]
"willow.example/login" = { kind = "auth", fields = { username = "email" } }
"willow.example/invite" = "invite"
"willow.example/chat" = { kind = "chat", limit = 4 }
"willow.example/hooks" = { kind = "webhook", signature = "stripe", secret_env = "HOOK", limit = 3 }
"""


def make(rows: list[str] | None = None, **options: Any) -> Guard:
    app = FastAPI()
    rows = [] if rows is None else rows

    @app.post("/login", response_model=None)
    async def login(request: Request) -> Response:
        form = await request.form()
        if form["password"] == "right":
            return RedirectResponse("/members", 303, {"set-cookie": "session=s3ss10n; Path=/"})
        if form["password"] == "elsewhere":
            return RedirectResponse("/welcome?error=1", 303)
        if form["password"] == "ends":
            return RedirectResponse("/", 303, {"set-cookie": 'session=""; Max-Age=0; Path=/'})
        return HTMLResponse("<p>No.</p>", 200)

    @app.post("/invite", response_model=None)
    async def invite(request: Request) -> Response:
        return JSONResponse({"ok": (await request.json())["code"] == "seed"}, 422)

    @app.post("/login/token", response_model=None)
    async def token(request: Request) -> Response:
        said = await request.json()
        if "tells" in said:
            visit(request.scope).right = said["tells"]
        return JSONResponse({"error": "no"}, 200)

    @app.post("/posts")
    async def posts(request: Request) -> dict[str, int]:
        rows.append((await request.body()).decode())
        await asyncio.sleep(0.02)
        return {"row": len(rows)}

    @app.post("/chat")
    async def chat() -> dict[str, str]:
        return {"reply": "hello"}

    @app.post("/hooks")
    async def hooks(request: Request) -> dict[str, Any]:
        event = visit(request.scope).event
        return {"id": event.id if event else None, "bytes": len(await request.body())}

    return guard(app, parse_manifest(MANIFEST), environ={"HOOK": SECRET}, **options)


def client(app: Guard, address: str = "198.51.100.7") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(address, 4000))
    return httpx.AsyncClient(transport=transport, base_url="https://willow.example")


async def log_in(
    app: Guard, password: str, *, email: str = "ada@willow.example", address: str = "198.51.100.7"
) -> httpx.Response:
    async with client(app, address) as web:
        return await web.post("/login", data={"email": email, "password": password})


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    at = int(time.time())
    of = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={at},v1={of}", "content-type": "application/json"}


async def test_wrong_passwords_from_one_address_are_refused_after_fifteen() -> None:
    app = make()
    answers = [await log_in(app, "wrong", email=f"m{n}@willow.example") for n in range(16)]
    assert [a.status_code for a in answers] == [200] * 15 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert "ratelimit" in answers[-1].headers


async def test_wrong_passwords_for_one_account_are_refused_from_whichever_address() -> None:
    app = make()
    answers = [await log_in(app, "wrong", address=f"198.51.100.{n}") for n in range(11)]
    assert [a.status_code for a in answers] == [200] * 10 + [429]


@pytest.mark.parametrize("password", ["elsewhere", "ends"])
async def test_a_redirect_to_elsewhere_without_a_session_that_begins_is_a_wrong_password(
    password: str,
) -> None:
    app = make()
    answers = [await log_in(app, password, address=f"198.51.100.{n}") for n in range(11)]
    assert [a.status_code for a in answers] == [303] * 10 + [429]


@pytest.mark.parametrize(
    "sent",
    [
        {"files": {"email": (None, "ada@willow.example"), "password": (None, "wrong")}},
        {"data": {"email": ["ada@willow.example"], "password": "wrong", "x": ["1"] * 300}},
    ],
)
async def test_the_count_by_account_holds_for_every_form_that_an_app_reads(sent: Any) -> None:
    app, statuses = make(), []
    for n in range(11):
        async with client(app, f"198.51.100.{n}") as web:
            statuses.append((await web.post("/login", **sent)).status_code)
    assert statuses == [200] * 10 + [429]


@pytest.mark.parametrize(
    "media",
    [
        ["text/plain", "application/x-www-form-urlencoded"],
        [f"application/x-www-form-urlencoded; x={'y' * 2000}"],
    ],
)
async def test_a_log_in_whose_form_apps_may_read_in_several_ways_is_refused(
    media: list[str],
) -> None:
    async with client(make()) as web:
        answer = await web.post(
            "/login",
            content=b"email=ada%40willow.example&password=wrong",
            headers=[("content-type", one) for one in media],
        )
    assert answer.status_code == 400


async def test_an_office_behind_one_address_may_log_in_together() -> None:
    app = make()
    answers = [await log_in(app, "right", email=f"m{n}@willow.example") for n in range(60)]
    assert {a.status_code for a in answers} == {303}


async def test_a_refused_log_in_does_not_reach_the_app_even_with_the_right_password() -> None:
    app = make()
    for _ in range(10):
        await log_in(app, "wrong")
    assert (await log_in(app, "right")).status_code == 429


async def test_failed_log_ins_are_counted() -> None:
    app = make()
    await log_in(app, "wrong")
    await log_in(app, "right")
    assert re.search(rb"launchready_failed_logins_total\{worker=.*\} 1.0", app.figures.page()[0])


async def test_without_limits_nobody_is_refused() -> None:
    app = make(without=("limits",))
    assert {(await log_in(app, "wrong")).status_code for _ in range(30)} == {200}


async def test_an_invitation_is_counted_by_its_code_in_json_too() -> None:
    app = make()
    statuses = []
    for n in range(11):
        async with client(app, f"198.51.100.{n}") as web:
            statuses.append((await web.post("/invite", json={"code": "guess"})).status_code)
    assert statuses == [422] * 10 + [429]


async def test_chat_counts_by_member_wherever_they_are() -> None:
    async def member(scope: Scope) -> str | None:
        return dict(scope["headers"]).get(b"x-member", b"").decode() or None

    app = make(member=member)
    statuses = []
    for n, who in enumerate(["ada"] * 4 + ["bob"]):
        async with client(app, f"198.51.100.{n}") as web:
            statuses.append((await web.post("/chat", headers={"x-member": who})).status_code)
    assert statuses == [200, 200, 200, 429, 200]


async def test_a_signed_webhook_reaches_the_app_with_its_event() -> None:
    body = json.dumps({"id": "evt_1", "type": "invoice.paid", "created": 1}).encode()
    async with client(make()) as web:
        answer = await web.post("/hooks", content=body, headers=signed(body))
    assert answer.json() == {"id": "evt_1", "bytes": len(body)}


async def test_signed_webhooks_are_never_throttled() -> None:
    app = make()
    async with client(app) as web:
        for n in range(40):
            body = json.dumps({"id": f"evt_{n}", "type": "invoice.paid", "created": 1}).encode()
            assert (await web.post("/hooks", content=body, headers=signed(body))).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"stripe-signature": "t=1,v1=00"}])
async def test_an_unsigned_webhook_is_refused_and_then_throttled(headers: dict[str, str]) -> None:
    app = make()
    async with client(app) as web:
        answers = [await web.post("/hooks", content=b"{}", headers=headers) for _ in range(3)]
    assert [a.status_code for a in answers] == [400, 400, 429]
    assert SECRET not in answers[0].text


async def test_a_body_over_the_limit_is_refused_before_it_is_read() -> None:
    async with client(make()) as web:
        answer = await web.post("/login", content=b"x" * 70_000)
    assert answer.status_code == 413


async def test_a_log_in_in_json_counts_when_no_session_begins_with_it() -> None:
    app = make()
    async with client(app) as web:
        statuses = [
            (await web.post("/login/token", json={"email": f"m{n}"})).status_code for n in range(16)
        ]
    assert statuses == [200] * 15 + [429]


async def test_an_app_can_say_that_an_attempt_was_right() -> None:
    app = make()
    async with client(app) as web:
        statuses = {
            (await web.post("/login/token", json={"email": "m", "tells": True})).status_code
            for _ in range(30)
        }
    assert statuses == {200}


async def test_a_form_sent_twenty_times_at_once_is_one_row() -> None:
    rows: list[str] = []
    app = make(rows)
    form = {"text": "beans", "_submission": "a-token-of-this-form"}
    async with client(app) as web:
        answers = await asyncio.gather(*(web.post("/posts", data=form) for _ in range(20)))
    assert len(rows) == 1
    assert {a.text for a in answers} == {'{"row":1}'}
    assert b"launchready_repeated_submissions_total" in app.figures.page()[0]


async def test_another_body_under_the_same_key_is_refused() -> None:
    key = {"idempotency-key": '"7f3a91c0"'}
    async with client(make()) as web:
        first = await web.post("/posts", json={"text": "beans"}, headers=key)
        second = await web.post("/posts", json={"text": "peas"}, headers=key)
    assert (first.status_code, second.status_code) == (200, 422)


async def test_without_submissions_it_runs_each_time() -> None:
    rows: list[str] = []
    form = {"text": "beans", "_submission": "a-token-of-this-form"}
    async with client(make(rows, without=("submissions",))) as web:
        await web.post("/posts", data=form)
        await web.post("/posts", data=form)
    assert len(rows) == 2


async def test_a_log_in_sent_again_does_not_count_twice() -> None:
    app = make()
    form = {
        "email": "ada@willow.example",
        "password": "right",
        "_submission": "token-of-the-log-in",
    }
    async with client(app) as web:
        statuses = {(await web.post("/login", data=form)).status_code for _ in range(30)}
    assert statuses == {303}


async def test_strangers_who_guess_do_not_lock_a_member_out_where_they_have_been() -> None:
    app = make()
    assert (await log_in(app, "right", address="192.0.2.1")).status_code == 303
    for n in range(11):
        last = await log_in(app, "wrong", address=f"198.51.100.{n}")
    assert last.status_code == 429
    assert (await log_in(app, "right", address="192.0.2.1")).status_code == 303


async def test_who_guesses_where_a_member_has_been_is_refused_too() -> None:
    app = make()
    await log_in(app, "right", address="192.0.2.1")
    answers = [await log_in(app, "wrong", address="192.0.2.1") for _ in range(11)]
    assert [a.status_code for a in answers] == [200] * 10 + [429]


async def test_a_member_function_that_is_not_async_says_so_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with client(make(member=lambda _: "m1")) as browser:
        assert (await browser.post("/chat")).status_code == 500
    assert "member is an async function" in caplog.text


async def test_a_plain_function_that_returns_what_is_awaited_names_a_member_too() -> None:
    async def ask(_: Scope) -> str:
        return "m1"

    def member(scope: Scope) -> Awaitable[str]:
        return ask(scope)

    async with client(make(member=member)) as browser:
        answer = await browser.post("/chat")
    assert answer.status_code == 200
    assert "chat-member" in answer.headers["ratelimit"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"without": "csp"}, r"without=\(\"csp\",\)"),
        ({"without": ("cps",)}, "guard has no part 'cps'"),
        ({"manifest": {"launch": {}}}, "the second is the path of a launchready.toml"),
    ],
)
def test_what_guard_cannot_take_is_refused_with_what_it_takes(
    given: dict[str, Any], said: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=said):
        guard(FastAPI(), **{"manifest": parse_manifest(MANIFEST), "environ": {}, **given})
