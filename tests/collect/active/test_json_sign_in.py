"""Log-ins that take JSON, against a real server: cookies, tokens, tokens against forgery."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field

import pytest

from launchready.collect.active.member_session import member_session
from launchready.facts import Gap, Key, route_subject
from launchready.facts.active import Throttling
from launchready.facts.http import Exchange
from tests.collect.healthy_site import fact, failed, judged
from tests.collect.members_site import NAME, PASSWORD, Asked, Reply, member, running

__all__ = ["member"]

JSON = (("Content-Type", "application/json"),)
SHELL = '<!doctype html><div id="app"></div><script src="/app.js"></script>'


def manifest(route: str = "json_body = true", more: str = "") -> str:
    return f"""
[launch]
domain = "example.org"
[routes]
"http://example.org/api/login" = {{ kind = "auth", {route} }}
[accounts.member]
username_env = "LR_TEST_NAME"
password_env = "LR_TEST_PASSWORD"
login = "http://example.org/api/login"
private = "http://example.org/api/me"
logout = "http://example.org/api/logout"
{more}
"""


def said(value: object, *headers: tuple[str, str], status: int = 200) -> Reply:
    return Reply(status, json.dumps(value), (*JSON, *headers))


@dataclass
class Api:
    """A healthy API behind a single-page app; a test changes one thing."""

    by: str = "cookie"
    """`cookie`, or where in the answer the token stands."""
    names: tuple[str, str] = ("email", "password")
    inside: str = ""
    """The field that holds them, as in Rails."""
    checks_password: bool = True
    ends_sessions: bool = True
    forgery: tuple[str, str, str] | None = None
    """Cookie, header, and the path that sets the cookie, of a token against forged requests."""
    refuses: int = 401
    lets_in: bool = True
    scheme: str = "Bearer"
    sessions: set[str] = field(default_factory=set)

    def __call__(self, asked: Asked) -> Reply | None:
        if self.forgery is not None:
            cookie, header, path = self.forgery
            if asked.method == "GET" and asked.path == path:
                return Reply(204, "", (("Set-Cookie", f"{cookie}=abc%3D; Path=/"),))
            if asked.method == "POST" and asked.headers.get(header.lower()) != "abc=":
                return said({"message": "CSRF token mismatch."}, status=419)
        match asked.method, asked.path:
            case "POST", "/api/login":
                return self.log_in(asked)
            case "GET", "/api/me":
                inside = self.session(asked) in self.sessions
                asks = ("WWW-Authenticate", self.scheme)
                return said({"name": "Ada"}) if inside else said({"detail": "no"}, asks, status=401)
            case "POST", "/api/logout":
                if self.ends_sessions:
                    self.sessions.discard(self.session(asked))
                return Reply(204, "")
            case "GET", "/api/login" | "/api/logout":
                return said({"detail": "Method Not Allowed"}, status=405)
            case _:
                return Reply(200, SHELL)

    def session(self, asked: Asked) -> str:
        if self.by == "cookie":
            return asked.cookies.get("sid", "")
        return asked.headers.get("authorization", "").removeprefix(f"{self.scheme} ")

    def log_in(self, asked: Asked) -> Reply:
        sent = json.loads(asked.body)
        if self.inside:
            sent = sent.get(self.inside, {})
        if set(sent) != set(self.names):
            return said({"detail": "field required"}, status=422)
        name, password = (sent[n] for n in self.names)
        right = name == NAME and password == PASSWORD
        if (self.checks_password and not right) or (right and not self.lets_in):
            return said({"detail": "wrong"}, status=self.refuses)
        self.sessions.add(sid := secrets.token_hex(16))
        if self.by == "cookie":
            return said({"ok": True}, ("Set-Cookie", f"sid={sid}; Path=/; HttpOnly"))
        if self.by == "session":
            return said({"user": {"name": "Ada"}, "session": {"access_token": sid}})
        if self.by == "data":
            return said({"data": {"token": sid}})
        return said({self.by: sid, "token_type": "bearer"})


@pytest.mark.parametrize("by", ["cookie", "access_token", "token", "data"])
async def test_a_member_signs_in_and_out_by_json(by: str) -> None:
    async with running(Api(by=by), manifest=manifest()) as site:
        found = await fact(site)
    assert failed(found) == []
    assert [s.name for s in found.steps] == [
        "wrong password is refused",
        "log in",
        "open the private page",
        "log out",
        "private page is closed afterwards",
        *(["private page is closed to a copy of the session"] if by == "cookie" else []),
    ]
    assert found.by_token is (by != "cookie")
    assert len(site.posts("/api/login")) == 2
    assert len(site.asked) <= 12


@pytest.mark.parametrize("refuses", [400, 401, 403, 422])
async def test_an_api_may_refuse_a_wrong_password_in_several_ways(refuses: int) -> None:
    async with running(Api(refuses=refuses), manifest=manifest()) as site:
        assert failed(await fact(site)) == []


@pytest.mark.parametrize("by", ["cookie", "token"])
async def test_a_wrong_password_that_opens_the_private_url_is_seen(by: str) -> None:
    async with running(Api(by=by, checks_password=False), manifest=manifest()) as site:
        (step,) = failed(await fact(site))
    assert step.name == "wrong password is refused"
    assert step.seen == "it let the visitor in"


@pytest.mark.parametrize("by", ["cookie", "token"])
async def test_a_log_out_that_ends_nothing_is_seen(by: str) -> None:
    async with running(Api(by=by, ends_sessions=False), manifest=manifest()) as site:
        (step,) = failed(await fact(site))
    assert step.name == "private page is closed afterwards"


async def test_a_member_who_is_refused_with_the_right_password_is_seen() -> None:
    async with running(Api(lets_in=False), manifest=manifest()) as site:
        found = await fact(site)
    assert [s.name for s in failed(found)] == ["log in"]
    assert found.fault == "shut-out"


async def test_fields_go_by_the_names_that_the_route_declares() -> None:
    declared = 'json_body = true, fields = { username = "login", password = "secret" }'
    async with running(Api(names=("login", "secret")), manifest=manifest(declared)) as site:
        assert failed(await fact(site)) == []


async def test_fields_may_stand_inside_another() -> None:
    declared = 'json_body = true, fields = { username = "user.email", password = "user.password" }'
    async with running(Api(inside="user"), manifest=manifest(declared)) as site:
        assert failed(await fact(site)) == []


async def test_guessed_names_that_an_api_does_not_know_prove_nothing() -> None:
    async with running(Api(names=("login", "secret")), manifest=manifest()) as site:
        found = await judged(site)
    assert isinstance(found, Gap)
    assert "422" in found.reason
    assert "fields = {" in found.how_to_prove


async def test_declared_names_that_an_api_does_not_know_are_a_member_shut_out() -> None:
    declared = 'json_body = true, fields = { username = "email", password = "password" }'
    async with running(Api(names=("login", "secret")), manifest=manifest(declared)) as site:
        assert [s.name for s in failed(await fact(site))] == ["log in"]


@pytest.mark.parametrize(
    "forgery",
    [
        ("XSRF-TOKEN", "X-XSRF-TOKEN", "/sanctum/csrf-cookie"),
        ("XSRF-TOKEN", "X-XSRF-TOKEN", "/login"),
        ("csrftoken", "X-CSRFToken", "/login"),
    ],
)
async def test_a_token_in_a_cookie_is_sent_back_in_a_header(forgery: tuple[str, str, str]) -> None:
    page = 'entrances = "http://example.org/login"'
    async with running(Api(forgery=forgery), manifest=manifest(more=page)) as site:
        found = await fact(site)
    assert failed(found) == []
    assert found.steps[0].name == "reach the log-in page"


async def test_a_token_goes_to_the_hosts_of_the_log_in_and_the_private_url_alone() -> None:
    def site(asked: Asked) -> Reply | None:
        if asked.host == "app.example.org":
            return Reply(200, SHELL)
        if asked.path == "/api/me" and api.session(asked) in api.sessions:
            return Reply(302, "", (("Location", "http://app.example.org/me"),))
        return api(asked)

    api = Api(by="token")
    more = '[hosts."example.org"]\n[hosts."app.example.org"]'
    async with running(site, manifest=manifest(more=more)) as served:
        await judged(served)
    carried = {a.host for a in served.asked if "authorization" in a.headers}
    assert carried == {"example.org"}
    assert "app.example.org" in {a.host for a in served.asked}


@pytest.mark.parametrize("by", ["cookie", "token"])
async def test_neither_password_nor_token_is_in_what_was_collected(by: str) -> None:
    api = Api(by=by, ends_sessions=False)
    async with running(api, manifest=manifest()) as site:
        await judged(site)
        kept = repr(site.seen.gatherer.observed) + repr(site.seen.world)
    assert api.sessions
    assert not any(value in kept for value in (PASSWORD, *api.sessions))


@pytest.mark.parametrize(
    "token", ["a\\r\\nX-Injected: 1", "two words", "x" * 9000, "", 7, None, {"a": 1}, "ä"]
)
async def test_what_is_no_token_is_sent_nowhere(token: object) -> None:
    def site(asked: Asked) -> Reply | None:
        if asked.method == "POST" and asked.path == "/api/login":
            return said({"token": token})
        return Api()(asked)

    async with running(site, manifest=manifest()) as served:
        await judged(served)
    assert not any("authorization" in a.headers for a in served.asked)


@pytest.mark.parametrize("body", ["[" * 100_000, "[1]", "null", '{"data": [1]}', "<html>"])
async def test_an_answer_of_any_shape_is_read_without_harm(body: str) -> None:
    def site(asked: Asked) -> Reply | None:
        if asked.method == "POST" and asked.path == "/api/login":
            return Reply(200, body, JSON)
        return Api()(asked)

    async with running(site, manifest=manifest()) as served:
        assert [s.name for s in failed(await fact(served))] == ["open the private page"]


async def test_the_log_in_is_told_to_answer_in_json() -> None:
    async with running(Api(), manifest=manifest()) as site:
        await judged(site)
    (first, *_) = site.posts("/api/login")
    assert first.headers["accept"] == "application/json"
    assert first.headers["content-type"] == "application/json"


@pytest.mark.parametrize("by", ["cookie", "token"])
async def test_a_members_session_is_opened_by_json(by: str) -> None:
    async with running(Api(by=by), manifest=manifest()) as site:
        key = Key(Throttling, route_subject("http://example.org/chat", "example.org"))
        session = await member_session(site.seen.world, site.seen.gatherer.ask, key)
        assert session is not None
        me = await session.get("http://example.org/api/me")
    assert isinstance(me, Exchange)
    assert me.status == 200


async def test_without_permission_no_password_is_sent() -> None:
    async with running(Api(), manifest=manifest(), active=False) as site:
        assert isinstance(await judged(site), Gap)
    assert site.posts() == []


async def test_the_page_is_named_as_where_the_log_in_comes_from() -> None:
    more = 'entrances = "http://app.example.org/login"\n[hosts."app.example.org"]\n[hosts."example.org"]'
    async with running(Api(), manifest=manifest(more=more)) as site:
        assert failed(await fact(site)) == []
    sent = site.posts("/api/login")
    assert {a.headers["origin"] for a in sent} == {"http://app.example.org"}
    assert {a.headers["referer"] for a in sent} == {"http://app.example.org/login"}


@pytest.mark.parametrize("by", ["auth_token", "idToken", "key", "session"])
async def test_tokens_under_the_names_of_frameworks_are_sent(by: str) -> None:
    async with running(Api(by=by), manifest=manifest()) as site:
        assert failed(await fact(site)) == []


@pytest.mark.parametrize("scheme", ["Token", "JWT"])
async def test_a_token_goes_with_the_word_that_the_private_url_asks_for(scheme: str) -> None:
    async with running(Api(by="key", scheme=scheme), manifest=manifest()) as site:
        assert failed(await fact(site)) == []


async def test_a_token_under_a_name_of_its_own_is_no_fault_of_the_log_in() -> None:
    async with running(Api(by="ticket"), manifest=manifest()) as site:
        found = await judged(site)
    assert isinstance(found, Gap), found
    assert "may be a token" in found.reason


async def test_a_log_in_that_hands_out_neither_cookie_nor_token_is_told_of() -> None:
    api = Api()

    def site(asked: Asked) -> Reply | None:
        reply = api(asked)
        assert reply is not None
        return said({"ok": True, "mail": NAME}) if asked.path == "/api/login" else reply

    async with running(site, manifest=manifest()) as served:
        (step,) = failed(await fact(served))
    assert step.name == "open the private page"
    assert "its answer holds no token" in step.seen
