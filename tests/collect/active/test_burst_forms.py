"""How a route's attempts are made: its form, a guess where there is none, and within which bounds."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable

import pytest

from launchready.derive.sign_in.throttle import REQUESTS_MAX
from tests.collect.bursts import ROUTES, WRONG, counting, fact
from tests.collect.members_site import Asked, Reply, login_page, running, to


async def test_a_page_without_a_form_that_takes_every_post_proves_nothing() -> None:
    page = "<!doctype html><div id=app></div><script src=/app.js></script><p>Welcome</p>"
    async with running(lambda _: Reply(200, page), manifest=ROUTES) as site:
        found = await fact(site)
        assert len(site.posts()) == 1
    assert found.throttled_after is None
    assert "no form" in found.inconclusive


@pytest.mark.parametrize("status", [400, 403, 404, 405, 419, 422])
async def test_a_guessed_request_that_is_not_understood_proves_nothing(status: int) -> None:
    def site(asked: Asked) -> Reply:
        return Reply(200, "<p>Log in</p>") if asked.method == "GET" else Reply(status, "No.")

    async with running(site, manifest=ROUTES) as served:
        found = await fact(served)
    assert found.throttled_after is None
    assert found.inconclusive


async def test_a_form_that_a_script_would_send_is_not_sent_with_the_password_in_the_url() -> None:
    page = "<form><input name=user><input type=password name=pass></form>"
    async with running(lambda _: Reply(200, page), manifest=ROUTES) as site:
        found = await fact(site)
        assert not any("pass=" in a.target for a in site.asked)
    assert found.inconclusive


async def test_a_bursts_requests_are_bounded_at_the_server() -> None:
    manifest = ROUTES.replace('= "auth"', '= { kind = "auth", limit = 60 }')

    def site(asked: Asked) -> Reply:
        if asked.method == "GET":
            return Reply(200, login_page(token=secrets.token_hex(16)))
        return to("/login")

    async with running(site, manifest=manifest) as served:
        found = await fact(served)
        assert len(served.asked) <= REQUESTS_MAX
    assert found.throttled_after is None
    assert "all that is tried" in found.inconclusive


async def test_only_accounts_that_cannot_exist_are_tried() -> None:
    async with running(counting(lambda _n, _a: WRONG), manifest=ROUTES) as site:
        await fact(site)
        tried = {(a.form["email"], a.form["password"]) for a in site.posts()}
    assert len(tried) == 1
    # Nothing exists below example.com (RFC 2606), and programs that refuse reserved names take it.
    assert all(email.endswith(".example.com") for email, _ in tried)


async def test_a_form_that_is_shown_again_with_422_is_an_answer_to_count() -> None:
    wrong = Reply(422, login_page(note="Wrong password."))
    async with running(counting(lambda _n, _a: wrong), manifest=ROUTES) as site:
        found = await fact(site)
    assert (found.throttled_after, found.inconclusive) == (None, "")


_INVITE = ROUTES.replace('login" = "auth"', 'invite" = "invite"')
_CODE = '<form method="post" action="{}"><input name="code"><button>Go</button></form>'


@pytest.mark.parametrize(("limit", "after"), [(6, 6), (1000, None)])
async def test_an_invitation_code_that_is_not_found_is_an_answer_to_count(
    limit: int, after: int | None
) -> None:
    def answer(number: int, _: Asked) -> Reply:
        return Reply(404, "<p>No such code</p>") if number <= limit else Reply(429, "Slow down")

    site = counting(answer, _CODE.format("/invite"))
    async with running(site, manifest=_INVITE) as served:
        found = await fact(served, "http://example.org/invite")
    assert found.inconclusive == ""
    assert found.throttled_after == after


async def test_a_form_that_leads_to_a_missing_page_proves_nothing() -> None:
    site = counting(lambda *_: Reply(404, "<p>Not here</p>"), _CODE.format("/elsewhere"))
    async with running(site, manifest=_INVITE) as served:
        found = await fact(served, "http://example.org/invite")
    assert found.throttled_after is None
    assert "404" in found.inconclusive


_FIRST = (
    '<h1>Log in</h1><form method="post" action="/login"><input name="email" type="email">'
    "<button>Continue</button></form>"
)
_SECOND = (
    '<h1>Log in</h1><form method="post" action="/login/password"><input name="password" '
    'type="password"><button>Log in</button></form>'
)


def _in_two_steps(*, limited: bool) -> Callable[[Asked], Reply]:
    tries = itertools.count(1)

    def site(asked: Asked) -> Reply:
        if asked.path == "/login":
            return to("/login/password") if asked.method == "POST" else Reply(200, _FIRST)
        if asked.method == "POST" and next(tries) > 6 and limited:
            return Reply(429, "Slow down")
        return Reply(200, _SECOND)

    return site


async def test_passwords_are_tried_behind_the_page_that_asks_for_the_name() -> None:
    async with running(_in_two_steps(limited=True), manifest=ROUTES) as site:
        found = await fact(site)
        assert len(site.posts("/login")) == 1
    assert found.throttled_after == 6


async def test_a_log_in_in_two_steps_without_a_limit_is_found() -> None:
    async with running(_in_two_steps(limited=False), manifest=ROUTES) as site:
        found = await fact(site)
        assert len(site.posts("/login/password")) == 20
    assert (found.throttled_after, found.inconclusive) == (None, "")


async def test_a_log_in_in_two_steps_that_stops_at_an_unknown_name_proves_nothing() -> None:
    def site(_asked: Asked) -> Reply:
        return Reply(200, _FIRST)

    async with running(site, manifest=ROUTES) as served:
        assert (await fact(served)).inconclusive


async def test_a_form_without_a_token_can_be_sent_by_hand() -> None:
    async with running(counting(lambda _n, _a: WRONG), manifest=ROUTES) as site:
        found = await fact(site)
        sent = site.posts()[-1].body
    assert found.by_hand is not None
    assert found.by_hand.body == sent


async def test_a_form_with_a_token_is_nothing_to_send_by_hand() -> None:
    token = login_page(token="t")
    async with running(counting(lambda _n, _a: WRONG, token), manifest=ROUTES) as site:
        assert (await fact(site)).by_hand is None
