"""How limits are recognised, against a real server that counts what it is sent."""

from __future__ import annotations

import itertools
import secrets
import time

import pytest

from launchready.derive.sign_in.throttle import REQUESTS_MAX
from tests.collect.bursts import ROUTES, WRONG, counting, fact
from tests.collect.members_site import Asked, Reply, login_page, running, to


@pytest.mark.parametrize(
    ("limited", "words"),
    [
        (Reply(429, "Too many requests", (("Retry-After", "60"),)), "429"),
        (Reply(403, "Forbidden"), "403"),
        (Reply(423, "", (("Retry-After", "60"),)), "423"),
        (Reply(302, "", (("Location", "/locked"),)), "/locked"),
        (Reply(401, login_page(note="Too many attempts. Try again in 52 seconds.")), "Too many"),
        (Reply(401, login_page(note="Compte bloqué : trop de tentatives.")), "trop de"),
        (Reply(401, login_page(note="Wrong password.", more="<p>Solve this captcha</p>")), "captcha"),
        (Reply(401, login_page(note="Bitte lehnen Sie sich kurz zurück.")), "Bitte"),
    ],
    ids=["429", "403", "423", "redirect", "words", "french words", "captcha", "unknown words"],
)  # fmt: skip
async def test_an_answer_that_changes_for_good_is_a_limit(limited: Reply, words: str) -> None:
    def answer(number: int, _: Asked) -> Reply:
        return WRONG if number <= 5 else limited

    async with running(counting(answer), manifest=ROUTES) as site:
        found = await fact(site)
    assert found.throttled_after == 5
    assert words in found.changed_answer


async def test_answers_that_never_change_are_no_limit() -> None:
    async with running(counting(lambda _n, _a: WRONG), manifest=ROUTES) as site:
        found = await fact(site)
        assert len(site.posts()) == 20
    assert (found.throttled_after, found.inconclusive, found.requests) == (None, "", 20)


async def test_a_limit_that_the_page_behind_the_redirect_tells_is_seen() -> None:
    """Frameworks redirect back to the form, and the message stands in the session."""
    notes: list[str] = [""]

    def site(asked: Asked) -> Reply:
        if asked.method == "GET":
            return Reply(200, login_page(note=notes[-1]))
        notes.append("Try again in 59 seconds." if len(notes) > 5 else "Wrong password.")
        return to("/login")

    async with running(site, manifest=ROUTES) as served:
        found = await fact(served)
    assert found.throttled_after == 5
    assert "Try again" in found.changed_answer


async def test_a_limit_that_the_redirect_tells_in_its_query_is_seen() -> None:
    def answer(number: int, _: Asked) -> Reply:
        message = "Wrong+password" if number <= 3 else "Logins+occurring+too+fast.+Wait+16+seconds"
        return to(f"/login?message={message}")

    async with running(counting(answer), manifest=ROUTES) as site:
        found = await fact(site)
    assert found.throttled_after == 3


async def test_a_token_that_is_good_once_is_fetched_anew_for_every_attempt() -> None:
    """Else the answer to a spent token would look like a limit."""
    good: set[str] = set()

    def site(asked: Asked) -> Reply:
        if asked.method == "GET":
            good.add(token := secrets.token_hex(16))
            return Reply(200, login_page(token=token))
        if asked.form.get("csrf") not in good:
            return Reply(400, "Invalid token")
        good.discard(asked.form["csrf"])
        return Reply(401, "Wrong password")

    async with running(site, manifest=ROUTES) as served:
        found = await fact(served)
        assert len(served.posts()) == 20
        assert len(served.asked) <= REQUESTS_MAX
    assert (found.throttled_after, found.inconclusive) == (None, "")


async def test_a_form_that_leads_to_another_page_each_time_is_tried_often_enough() -> None:
    """Django's reset: a token of its own for every page, then a page that says to look for the mail."""

    def site(asked: Asked) -> Reply:
        if asked.path == "/reset" and asked.method == "GET":
            token = f'<input type="hidden" name="csrf" value="{secrets.token_hex(16)}">'
            form = f'<form method="post">{token}<input name="email" type="email"></form>'
            return Reply(200, form)
        return to("/sent") if asked.path == "/reset" else Reply(200, "Look for the mail")

    manifest = ROUTES.replace('/login" = "auth"', '/reset" = "reset"')
    async with running(site, manifest=manifest) as served:
        found = await fact(served, "http://example.org/reset")
    assert (found.throttled_after, found.inconclusive, found.requests) == (None, "", 18)
    assert len(served.asked) <= REQUESTS_MAX


async def test_one_odd_server_error_is_no_limit() -> None:
    def answer(number: int, _: Asked) -> Reply:
        return Reply(500, "Oops") if number == 7 else WRONG

    async with running(counting(answer), manifest=ROUTES) as site:
        found = await fact(site)
    assert (found.throttled_after, found.inconclusive) == (None, "")


async def test_answers_that_differ_every_time_are_no_limit() -> None:
    quotes = itertools.cycle(("Bread", "Salt and water", "Flour", "Butter", "Rye", "Oats"))

    def answer(_n: int, _a: Asked) -> Reply:
        return Reply(401, login_page(note=next(quotes)))

    async with running(counting(answer), manifest=ROUTES) as site:
        found = await fact(site)
    assert (found.throttled_after, found.inconclusive) == (None, "")


async def test_a_server_that_begins_to_fail_proves_nothing() -> None:
    def answer(number: int, _: Asked) -> Reply:
        return WRONG if number <= 4 else Reply(502, "Bad gateway")

    async with running(counting(answer), manifest=ROUTES) as site:
        found = await fact(site)
    assert found.throttled_after is None
    assert "502" in found.inconclusive


BUSY = Reply(503, "<h1>503 Service Temporarily Unavailable</h1>")


async def test_a_503_is_a_limit_where_the_rest_of_the_host_goes_on() -> None:
    """So nginx answers beyond limit_req, unless limit_req_status says otherwise."""
    site = counting(lambda number, _: WRONG if number <= 4 else BUSY)
    async with running(site, manifest=ROUTES) as running_site:
        found = await fact(running_site)
    assert (found.throttled_after, found.changed_answer[:3]) == (4, "503")


async def test_a_403_at_the_end_of_a_window_is_not_called_no_limit() -> None:
    """Limits by the minute open again with the next minute, whenever the burst began."""

    def answer(number: int, _: Asked) -> Reply:
        return Reply(403, "Forbidden") if number == 7 else WRONG

    async with running(counting(answer), manifest=ROUTES) as site:
        found = await fact(site)
    assert found.throttled_after is None
    assert "were answered 403, others not" in found.inconclusive


async def test_answers_that_come_later_and_later_are_not_called_no_limit() -> None:
    def answer(number: int, _: Asked) -> Reply:
        time.sleep(1.1 if number > 17 else 0)
        return WRONG

    async with running(counting(answer), manifest=ROUTES) as site:
        found = await fact(site)
    assert found.throttled_after is None
    assert "later and later" in found.inconclusive


async def test_a_503_that_lets_one_through_now_and_then_is_not_called_no_limit() -> None:
    """A leaky bucket opens for one request a second, whatever the burst."""
    site = counting(lambda number, _: BUSY if number > 4 and number % 3 else WRONG)
    async with running(site, manifest=ROUTES) as running_site:
        found = await fact(running_site)
    assert found.throttled_after is None
    assert "503" in found.inconclusive
    assert "limit_req_status 429" in found.inconclusive


async def test_a_503_of_the_whole_host_proves_nothing() -> None:
    down = False

    def site(asked: Asked) -> Reply:
        nonlocal down
        down = down or (asked.method == "POST" and next(posts) > 4)
        return BUSY if down else WRONG if asked.method == "POST" else Reply(200, login_page())

    posts = itertools.count(1)
    async with running(site, manifest=ROUTES) as running_site:
        found = await fact(running_site)
    assert found.throttled_after is None
    assert "503" in found.inconclusive
    assert "limit_req_status 429" in found.inconclusive


async def test_a_server_that_fails_from_the_first_request_on_proves_nothing() -> None:
    async with running(counting(lambda _n, _a: Reply(500, "Oops")), manifest=ROUTES) as site:
        found = await fact(site)
        assert len(site.posts()) == 1
    assert found.throttled_after is None
    assert "500" in found.inconclusive


async def test_a_route_that_answers_429_at_once_has_a_limit() -> None:
    async with running(counting(lambda _n, _a: Reply(429)), manifest=ROUTES) as site:
        found = await fact(site)
    assert found.throttled_after == 0


async def test_a_host_that_is_shut_from_the_first_request_on_proves_nothing() -> None:
    async with running(lambda _: Reply(429, "Too many requests"), manifest=ROUTES) as site:
        found = await fact(site)
    assert found.throttled_after is None
    assert found.inconclusive


ALWAYS = "If no mail comes, please wait a few minutes and try again later."


@pytest.mark.parametrize("limited", [Reply(200, "You have asked too often."), Reply(403, "No")])
async def test_a_page_that_always_speaks_of_waiting_is_limited_once_it_says_another_thing(
    limited: Reply,
) -> None:
    def answer(number: int, _: Asked) -> Reply:
        return Reply(200, ALWAYS) if number <= 5 else limited

    async with running(counting(answer), manifest=ROUTES) as site:
        found = await fact(site)
    assert (found.throttled_after, found.inconclusive) == (5, "")


async def test_a_page_that_always_speaks_of_waiting_and_never_changes_proves_nothing() -> None:
    async with running(counting(lambda _n, _a: Reply(200, ALWAYS)), manifest=ROUTES) as site:
        found = await fact(site)
    assert found.throttled_after is None
    assert found.inconclusive.startswith("the answer speaks of a limit from the first on")


async def test_a_log_in_page_that_shows_a_captcha_from_the_start_is_not_called_limited() -> None:
    page = login_page(
        more="<p>Protected by reCAPTCHA</p><script>var e='Too many requests'</script>"
    )

    async with running(counting(lambda _n, _a: Reply(401, page), page), manifest=ROUTES) as site:
        found = await fact(site)
    assert (found.throttled_after, found.inconclusive) == (None, "")


async def test_a_host_that_stops_answering_proves_nothing() -> None:
    """It may be a ban, or a server that fell over."""
    async with running(
        counting(lambda number, _: WRONG if number <= 6 else None), manifest=ROUTES
    ) as site:
        found = await fact(site)
    assert found.throttled_after is None
    assert "stopped answering after 6" in found.inconclusive
