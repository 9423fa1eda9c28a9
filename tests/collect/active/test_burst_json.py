"""Limits of routes that are called with JSON."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable

import pytest

from launchready.derive.sign_in.throttle import REQUESTS_MAX
from tests.collect.bursts import JSON, LOGIN, ROUTES, fact
from tests.collect.members_site import Asked, Reply, Site, running


async def test_a_json_route_that_refuses_the_request_as_malformed_proves_no_lack_of_a_limit() -> (
    None
):
    fields = 'fields = { username = "login", password = "password" }'
    manifest = ROUTES.replace('= "auth"', f'= {{ kind = "auth", json_body = true, {fields} }}')
    said = '{"detail": [{"loc": ["body", "login"], "msg": "Field required"}]}'
    async with running(lambda _: Reply(422, said, JSON), manifest=manifest) as site:
        found = await fact(site)
    assert found.throttled_after is None
    assert "malformed (422)" in found.inconclusive


async def test_a_limit_before_the_request_is_understood_is_a_limit() -> None:
    manifest = ROUTES.replace('= "auth"', '= { kind = "auth", json_body = true }')
    posts = itertools.count(1)

    def site(asked: Asked) -> Reply:
        if asked.method != "POST":
            return Reply(405)
        return Reply(422 if next(posts) <= 5 else 429, "{}", JSON)

    async with running(site, manifest=manifest) as served:
        assert (await fact(served)).throttled_after == 5


async def test_a_json_route_is_called_with_the_fields_that_the_manifest_names() -> None:
    manifest = """
[launch]
domain = "example.org"
[routes]
"http://example.org/api/chat" = { kind = "chat", json_body = true, fields = { message = "prompt" } }
"""
    posts = itertools.count(1)

    def site(asked: Asked) -> Reply:
        assert asked.body == '{"prompt": "ping"}'
        return Reply(200, '{"reply": "pong"}', JSON) if next(posts) <= 30 else Reply(429, "", JSON)

    async with running(site, manifest=manifest) as served:
        found = await fact(served, "http://example.org/api/chat")
        assert len(served.asked) == 31
    assert found.throttled_after == 30


async def test_a_chat_whose_answers_speak_of_waiting_is_not_called_limited() -> None:
    """What a chatbot says is another text every time."""
    manifest = """
[launch]
domain = "example.org"
[routes]
"http://example.org/chat" = { kind = "chat", json_body = true }
"""
    says = itertools.cycle(
        ("Please wait for the dough", "Bread rises", "Too often kneaded", "Salt", "Hello", "Rye")
    )

    def site(_: Asked) -> Reply:
        return Reply(200, f'{{"reply": "{next(says)}"}}', JSON)

    async with running(site, manifest=manifest) as served:
        found = await fact(served, "http://example.org/chat")
        assert len(served.asked) <= REQUESTS_MAX
    assert (found.throttled_after, found.inconclusive) == (None, "")


def api(answer: Callable[[int], Reply]) -> Site:
    """Answer the log-in by JSON, each time by how often it was tried; a GET is not allowed."""
    tries = itertools.count(1)

    def site(asked: Asked) -> Reply:
        return answer(next(tries)) if asked.method == "POST" else Reply(405, "{}", JSON)

    return site


def json_login(fields: str) -> str:
    return f"""
[launch]
domain = "example.org"
[routes]
"{LOGIN}" = {{ kind = "auth", json_body = true{fields} }}
"""


@pytest.mark.parametrize("fields", ["", ', fields = { username = "email" }'])
async def test_a_log_in_by_json_is_tried_with_the_address_as_its_email(fields: str) -> None:
    def answer(tries: int) -> Reply:
        return Reply(401 if tries <= 10 else 429, "{}", JSON)

    async with running(api(answer), manifest=json_login(fields)) as served:
        found = await fact(served)
        sent = json.loads(served.posts()[0].body)
    assert (found.throttled_after, found.inconclusive) == (10, "")
    assert set(sent) == {"email", "password"}
    assert sent["email"].endswith(".example.com")


async def test_a_log_in_by_json_that_does_not_know_guessed_names_proves_no_limit() -> None:
    async with running(api(lambda _: Reply(422, "{}", JSON)), manifest=json_login("")) as served:
        found = await fact(served)
    assert "name them at the route" in found.inconclusive


DECLARED = ', fields = { username = "email", password = "password" }'


async def test_a_log_in_by_json_that_answers_422_each_time_proves_no_missing_limit() -> None:
    site = api(lambda _: Reply(422, "{}", JSON))
    async with running(site, manifest=json_login(DECLARED)) as served:
        found = await fact(served)
    assert found.throttled_after is None
    assert "maybe before it counted" in found.inconclusive


async def test_a_limit_shows_also_where_a_log_in_by_json_answers_422() -> None:
    def answer(tries: int) -> Reply:
        return Reply(422 if tries <= 10 else 429, "{}", JSON)

    async with running(api(answer), manifest=json_login(DECLARED)) as served:
        found = await fact(served)
    assert (found.throttled_after, found.inconclusive) == (10, "")


@pytest.mark.parametrize("status", [400, 422])
async def test_a_log_in_by_json_that_refuses_the_members_wrong_password_so_has_no_limit(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setenv("LR_TEST_NAME", "ada@example.org")
    monkeypatch.setenv("LR_TEST_PASSWORD", "right")
    account = f"""
[accounts.member]
username_env = "LR_TEST_NAME"
password_env = "LR_TEST_PASSWORD"
login = "{LOGIN}"
private = "http://example.org/me"
"""

    def site(asked: Asked) -> Reply:
        if asked.method == "GET":
            return Reply(200 if "sid=1" in asked.headers.get("cookie", "") else 401, "{}", JSON)
        if json.loads(asked.body)["password"] == "right":
            return Reply(200, "{}", (*JSON, ("Set-Cookie", "sid=1; Path=/")))
        return Reply(status, "{}", JSON)

    async with running(site, manifest=json_login(DECLARED) + account) as served:
        found = await fact(served)
    assert (found.throttled_after, found.inconclusive) == (None, "")


async def test_a_log_in_by_json_that_answers_400_to_anything_proves_no_missing_limit() -> None:
    site = api(lambda _: Reply(400, '{"error": "bad request"}', JSON))
    async with running(site, manifest=json_login(DECLARED)) as served:
        found = await fact(served)
        sent = [json.loads(post.body) for post in served.posts()]
    assert found.throttled_after is None
    assert "bad one (400)" in found.inconclusive
    assert found.requests == len(sent) - 1
    assert sent[-1] == {}


async def test_a_log_in_by_json_that_refuses_a_wrong_password_by_400_has_no_limit() -> None:
    def site(asked: Asked) -> Reply:
        if asked.method == "GET":
            return Reply(405, "{}", JSON)
        said = "wrong password" if "password" in json.loads(asked.body) else "email is missing"
        return Reply(400, json.dumps({"error": said}), JSON)

    async with running(site, manifest=json_login(DECLARED)) as served:
        found = await fact(served)
    assert (found.throttled_after, found.inconclusive) == (None, "")


async def test_a_limit_shows_also_where_a_log_in_by_json_answers_400_to_anything() -> None:
    def answer(tries: int) -> Reply:
        return Reply(400 if tries <= 10 else 429, "{}", JSON)

    async with running(api(answer), manifest=json_login(DECLARED)) as served:
        found = await fact(served)
    assert (found.throttled_after, found.inconclusive) == (10, "")


async def test_a_log_in_by_json_may_want_its_fields_inside_another() -> None:
    nested = ', fields = { username = "user.email", password = "user.password" }'

    def site(asked: Asked) -> Reply:
        if asked.method == "GET":
            return Reply(405, "{}", JSON)
        known = {"email", "password"} == set(json.loads(asked.body).get("user", {}))
        return Reply(401 if known else 400, "{}", JSON)

    async with running(site, manifest=json_login(nested)) as served:
        found = await fact(served)
    assert (found.throttled_after, found.inconclusive) == (None, "")
    assert found.first_answer == "401, application/json"


async def test_a_log_in_by_json_that_wants_its_pages_token_proves_no_limit() -> None:
    async with running(api(lambda _: Reply(419, "{}", JSON)), manifest=json_login("")) as served:
        found = await fact(served)
    assert "419" in found.inconclusive
