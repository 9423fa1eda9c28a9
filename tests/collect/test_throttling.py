"""How limits are recognised, against a real server that counts what it is sent."""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Callable

import pytest

from launchready.collect.web_address import url_host
from launchready.derive.throttle import REQUESTS_MAX
from launchready.expected import zone_of
from launchready.facts import Gap, route_subject
from launchready.facts.active import Throttling

from .members_site import Asked, Reply, Running, Site, login_page, running, to

LOGIN = "http://example.org/login"
ROUTES = """
[launch]
domain = "example.org"
[hosts."example.org"]
[routes]
"http://example.org/login" = "auth"
"""
JSON = (("Content-Type", "application/json"),)


async def judged(site: Running, url: str = LOGIN) -> Throttling | Gap:
    subject = route_subject(url, zone_of(site.seen.world.manifest, url_host(url)))
    return await site.seen.gatherer.ask(Throttling, subject)


async def fact(site: Running, url: str = LOGIN) -> Throttling:
    found = await judged(site, url)
    assert isinstance(found, Throttling), found
    return found


def counting(answer: Callable[[int, Asked], Reply | None], page: str = "") -> Site:
    """Answer GET with the log-in page, and the nth POST (from 1) as `answer` says."""
    posts = itertools.count(1)

    def site(asked: Asked) -> Reply | None:
        if asked.method == "GET":
            return Reply(200, page or login_page())
        return answer(next(posts), asked)

    return site


WRONG = Reply(401, login_page(note="Wrong password."))


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


async def test_a_form_that_is_shown_again_with_422_is_an_answer_to_count() -> None:
    wrong = Reply(422, login_page(note="Wrong password."))
    async with running(counting(lambda _n, _a: wrong), manifest=ROUTES) as site:
        found = await fact(site)
    assert (found.throttled_after, found.inconclusive) == (None, "")


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


@pytest.mark.parametrize("limited", [True, False])
async def test_a_chat_for_members_is_proven_limited_by_a_limit_that_visitors_meet_too(
    limited: bool,
) -> None:
    manifest = """
[launch]
domain = "example.org"
[routes]
"http://example.org/chat" = { kind = "chat", json_body = true }
"""
    posts = itertools.count(1)

    def site(_: Asked) -> Reply:
        return Reply(429 if limited and next(posts) > 20 else 401, "{}", JSON)

    async with running(site, manifest=manifest) as served:
        found = await fact(served, "http://example.org/chat")
    assert found.throttled_after == (20 if limited else None)
    assert ("asks for a session" in found.inconclusive) is not limited


async def test_the_log_in_is_tried_before_what_may_shut_the_host() -> None:
    manifest = ROUTES + '"http://example.org/join" = "signup"\n"http://example.org/a" = "reset"\n'
    async with running(
        lambda a: Reply(200, login_page(action=a.path)) if a.method == "GET" else WRONG,
        manifest=manifest,
    ) as site:
        await fact(site, "http://example.org/join")
        order = list(dict.fromkeys(a.path for a in site.posts()))
    assert order == ["/login", "/a", "/join"]


async def test_nothing_is_posted_without_the_active_option() -> None:
    async with running(counting(lambda _n, _a: WRONG), manifest=ROUTES, active=False) as site:
        assert isinstance(await judged(site), Gap)
        assert site.asked == []


async def test_nothing_is_sent_to_a_public_address_without_proof() -> None:
    async with running(counting(lambda _n, _a: WRONG), manifest=ROUTES, dialled=False) as site:
        found = await judged(site)
        assert isinstance(found, Gap)
        assert "without proof" in found.reason
        assert site.asked == []


async def test_nothing_is_sent_when_no_file_declares_the_hosts() -> None:
    async with running(counting(lambda _n, _a: WRONG), manifest=ROUTES, from_file=False) as site:
        assert isinstance(await judged(site), Gap)
        assert site.asked == []


async def test_a_form_that_points_to_an_undeclared_host_is_not_sent() -> None:
    page = login_page(action="http://elsewhere.example.net/login")
    async with running(counting(lambda _n, _a: WRONG, page), manifest=ROUTES) as site:
        await judged(site)
        assert not any(a.host.startswith("elsewhere") for a in site.asked)


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
