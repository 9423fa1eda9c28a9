"""The steps of a sign-in against a real server: refused, in, the private page, and out again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from launchready.checks.sign_in import (
    log_in_keeps_session_id,
    log_out_leaves_session_open,
    member_cannot_sign_in,
    wrong_password_accepted,
)
from launchready.facts import Gap
from launchready.facts.active import CLOSED_TO_EARLIER, COPY_CLOSED, OPEN_TO_OTHERS
from launchready.finding import Severity
from tests.collect.healthy_site import MEMBERS, Community, fact, failed, judged
from tests.collect.members_site import (
    MANIFEST,
    PASSWORD,
    Asked,
    Reply,
    login_page,
    member,
    running,
    to,
)
from tests.making import outcome

__all__ = ["member"]


async def test_a_healthy_journey_passes_every_step() -> None:
    async with running(Community()) as site:
        found = await fact(site)
    assert failed(found) == []
    assert [s.name for s in found.steps] == [
        "reach the log-in page",
        "wrong password is refused",
        "log in",
        "open the private page",
        "log out",
        "private page is closed afterwards",
        "private page is closed to a copy of the session",
    ]


async def test_one_wrong_password_and_one_right_one_are_sent() -> None:
    async with running(Community()) as site:
        await fact(site)
        assert len(site.posts("/login")) == 2


async def test_a_wrong_password_that_gets_in_fails() -> None:
    async with running(Community(checks_password=False)) as site:
        assert [s.name for s in failed(await fact(site))] == ["wrong password is refused"]


async def test_the_form_again_with_status_200_is_no_log_in() -> None:
    """As when the password in the environment is not the member's any more."""
    community = Community(wrong=Reply(200, login_page(note="Wrong password.")))

    def site(asked: Asked) -> Reply | None:
        return community.wrong if asked.method == "POST" else community(asked)

    async with running(site) as served:
        (step,) = failed(await fact(served))
    assert step.name == "log in"
    assert "the form again" in step.seen


async def test_a_server_error_at_the_log_in_is_no_log_in() -> None:
    community = Community()

    def site(asked: Asked) -> Reply | None:
        if asked.method == "POST" and asked.form["password"] == PASSWORD:
            return Reply(500, "Oops")
        return community(asked)

    async with running(site) as served:
        assert [s.name for s in failed(await fact(served))] == ["log in"]


async def test_a_log_in_that_closes_the_connection_is_no_log_in() -> None:
    community = Community()

    def site(asked: Asked) -> Reply | None:
        right = asked.method == "POST" and asked.form["password"] == PASSWORD
        return None if right else community(asked)

    async with running(site) as served:
        assert [s.name for s in failed(await fact(served))] == ["log in"]


async def test_a_log_in_that_answers_nothing_to_a_wrong_password_has_let_nobody_in() -> None:
    community = Community()

    def site(asked: Asked) -> Reply | None:
        return None if asked.method == "POST" else community(asked)

    async with running(site) as served:
        found = await fact(served)
    assert [s.name for s in failed(found)] == ["log in"]
    assert outcome(wrong_password_accepted, found).status == "not_applicable"
    assert outcome(member_cannot_sign_in, found).status == "failed"


async def test_a_log_in_whose_host_has_a_fault_of_its_own_is_explained_by_it() -> None:
    dial = '[network]\ndial = ["203.0.113.66:443=127.0.0.1:1"]\n'
    manifest = MANIFEST.replace("[routes]", f'[hosts."gone.example.org"]\n{dial}[routes]')
    page = login_page(action="https://gone.example.org/login")
    nowhere: dict[str, tuple[str, ...]] = {"gone.example.org": ("203.0.113.66",)}
    async with running(Community(form=page), manifest=manifest, addresses=nowhere) as site:
        found = await judged(site)
    assert isinstance(found, Gap), found
    assert found.because is not None
    assert found.because.subject.name == "gone.example.org"


@pytest.mark.parametrize(
    "cookie",
    [
        "sid={sid}; Path=/login",
        "sid={sid}; Path=/; Domain=www.example.org",
        "sid={sid}; Path=/; Secure",
        "sid={sid}; Path=/; Max-Age=0",
    ],
)
async def test_a_cookie_that_does_not_reach_the_private_page_fails(cookie: str) -> None:
    async with running(Community(cookie=cookie)) as site:
        (step,) = failed(await fact(site))
    assert step.name == "log in"
    assert "no cookie of the log-in goes to the private page" in step.seen


async def test_a_session_in_a_cookie_that_browsers_throw_away_fails_and_says_so() -> None:
    async with running(Community(cookie="sid={sid}; Path=/; SameSite=None")) as site:
        (step,) = failed(await fact(site))
    assert step.name == "log in"
    assert "browsers throw a cookie away: sid has SameSite=None without Secure" in step.seen


@pytest.mark.parametrize("says", ["", 'says = "Welcome back"\n'])
async def test_a_cache_that_gives_the_members_page_to_strangers_fails_that_step_alone(
    says: str,
) -> None:
    community, kept = Community(), list[Reply]()

    def site(asked: Asked) -> Reply | None:
        reply = kept[0] if asked.path == "/members" and kept else community(asked)
        if asked.path == "/members" and reply is not None and reply.status == 200 and not kept:
            kept.append(reply)
        return reply

    async with running(site, manifest=MANIFEST + says) as served:
        (step,) = failed(await fact(served))
    assert step.name == OPEN_TO_OTHERS


async def test_what_strangers_get_meanwhile_is_not_known_where_they_get_no_answer() -> None:
    community, opened = Community(), list[Reply]()

    def site(asked: Asked) -> Reply | None:
        if asked.path == "/members" and opened and "sid" not in asked.cookies:
            return None
        reply = community(asked)
        if asked.path == "/members" and reply is not None and reply.status == 200:
            opened.append(reply)
        return reply

    async with running(site) as served:
        found = await fact(served)
    assert failed(found) == []
    assert [name for name, _ in found.unseen] == [OPEN_TO_OTHERS]


async def test_a_copy_of_the_session_that_gets_no_answer_is_not_called_closed() -> None:
    community, left = Community(takes_cookie_back=True), list[str]()

    def site(asked: Asked) -> Reply | None:
        if asked.path == "/members" and left and "sid" in asked.cookies:
            return None
        if asked.path == "/logout":
            left.append(asked.path)
        return community(asked)

    async with running(site) as served:
        found = await fact(served)
    assert failed(found) == []
    said = outcome(log_out_leaves_session_open, found)
    assert said.status == "unknown"
    assert "copy of the session" in said.detail


async def test_a_session_that_outlives_the_log_out_fails() -> None:
    async with running(Community(ends_sessions=False)) as site:
        (step,) = failed(await fact(site))
    assert step.name == "private page is closed afterwards"


@pytest.mark.parametrize(
    ("value", "self_contained"),
    [
        ("{sid}", False),
        # itsdangerous, as Flask and Starlette use it; a compressed one; a token; Django; Rails.
        ("eyJ1c2VyIjoxfQ.aSg1Zw.Qm9ndXMtc2lnbmF0dXJl{sid}", True),
        (".eJyrVkrLz1eyUkpKLFKqBQAdegQ0.aSg1Zw.Qm9ndXMtc2lnbmF0dXJl", True),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.Qm9ndXMtc2lnbmF0dXJl", True),
        ("eyJ1c2VyIjoxfQ:1vOq2x:Qm9ndXMtc2lnbmF0dXJlQm9ndXM", True),
        ("QmFrZXJ5QnJlYWQxMjM0NQ%3D%3D--0123456789abcdef0123", True),
        # Express: the number of a session, signed; Laravel: the same, encrypted.
        ("s%3A{sid}abcdef.Qm9ndXMtc2lnbmF0dXJl", False),
        ("eyJpdiI6IlFtOW5kWE1zIiwidmFsdWUiOiJRbTluZFhNcyJ9", False),
    ],
)
async def test_a_log_out_that_only_takes_the_cookie_back_leaves_a_copy_good(
    value: str, *, self_contained: bool
) -> None:
    community = Community(takes_cookie_back=True, ends_sessions=False)

    def log_in(asked: Asked) -> Reply | None:
        reply = community(asked)
        if asked.path == "/login" and reply is not None and reply.status == 302:
            sid = value.format(sid="0b5e7d1c")
            community.sessions.add(sid)
            return to("/members", ("Set-Cookie", f"sid={sid}; Path=/"))
        return reply

    async with running(log_in) as site:
        found = await fact(site)
    assert [s.name for s in failed(found)] == [COPY_CLOSED]
    assert found.self_contained is self_contained
    assert "0b5e7d1c" not in repr(found)
    failure = outcome(log_out_leaves_session_open, found).failure
    assert failure is not None
    assert failure.severity is (Severity.ADVICE if self_contained else None)


async def test_a_log_out_that_ends_the_session_at_the_server_and_takes_the_cookie_back_passes() -> (
    None
):
    async with running(Community(takes_cookie_back=True)) as site:
        found = await fact(site)
    assert found.steps[-1].name == COPY_CLOSED
    assert failed(found) == []


@pytest.mark.parametrize(
    "closed",
    [
        Reply(401, "Please log in"),
        Reply(403, "No"),
        Reply(404, "Nothing here"),
        Reply(200, login_page()),
        to("/login?next=/members"),
        to("/"),
    ],
)
async def test_visitors_may_be_kept_out_in_any_way(closed: Reply) -> None:
    async with running(Community(closed=closed)) as site:
        assert failed(await fact(site)) == []


async def test_a_private_page_with_a_form_to_change_the_password_is_no_log_in_form() -> None:
    profile = (
        "<h1>Your account</h1><form method=post action=/password>"
        "<input type=password name=old><input type=password name=new></form>"
    )
    async with running(Community(members=profile)) as site:
        assert failed(await fact(site)) == []


async def test_a_members_page_that_speaks_of_waiting_is_not_called_limited() -> None:
    page = "<h1>Members</h1><p>Too many loaves? Please wait, try again later.</p>"
    async with running(Community(members=page)) as site:
        assert failed(await fact(site)) == []


async def test_a_limit_after_one_wrong_password_is_told() -> None:
    community = Community()
    tries: list[str] = []

    def site(asked: Asked) -> Reply | None:
        if asked.method == "POST":
            tries.append(asked.path)
            return Reply(429, "Slow down") if len(tries) > 1 else community.wrong
        return community(asked)

    async with running(site) as served:
        (step,) = failed(await fact(served))
    assert step.name == "log in"
    assert "limited after a single wrong password" in step.seen


@pytest.mark.parametrize("status", [429, 503])
async def test_a_limit_that_shuts_the_page_as_well_is_no_fault_of_the_log_in(status: int) -> None:
    community = Community()
    seen: list[str] = []

    def site(asked: Asked) -> Reply | None:
        if asked.path == "/login":
            seen.append(asked.method)
        shut = asked.path == "/login" and "POST" in seen[:-1]
        return Reply(status, "Slow down") if shut else community(asked)

    async with running(site) as served:
        found = await judged(served)
    assert isinstance(found, Gap), found
    assert "a limit may count the visits of this run" in found.reason
    assert "launchready smoke" in found.how_to_prove


@pytest.mark.parametrize("field", ["0", "1"])
async def test_a_limit_that_an_earlier_run_reached_is_waited_out(field: str) -> None:
    community = Community()
    tries: list[str] = []

    def site(asked: Asked) -> Reply | None:
        if asked.method == "POST" and asked.path == "/login":
            tries.append(asked.path)
            if len(tries) == 1:
                return Reply(429, "Slow down", (("Retry-After", field),))
        return community(asked)

    async with running(site) as served:
        assert failed(await fact(served)) == []


async def test_a_limit_that_lasts_longer_is_not_taken_for_a_fault() -> None:
    community = Community()

    def site(asked: Asked) -> Reply | None:
        if asked.method == "POST":
            return Reply(429, "Slow down", (("Retry-After", "600"),))
        return community(asked)

    async with running(site) as served:
        found = await judged(served)
    assert isinstance(found, Gap)
    assert "429: it asks to wait for 600 seconds" in found.reason
    assert "run this again later" in found.how_to_prove


async def test_a_private_page_that_is_the_same_for_all_tells_nothing() -> None:
    """A single-page app serves one shell to visitors and members."""
    shell = "<div id=app></div><script src=/app.js></script>"
    async with running(Community(members=shell, closed=Reply(200, shell))) as site:
        found = await judged(site)
    assert isinstance(found, Gap)
    assert "says" in found.how_to_prove


async def test_a_text_that_only_members_see_tells_a_member_from_a_visitor() -> None:
    manifest = MANIFEST.replace("[accounts.member]", '[accounts.member]\nsays = "Welcome back"')
    async with running(
        Community(closed=Reply(200, "<h1>Members</h1><p>Join us</p>")), manifest=manifest
    ) as site:
        assert failed(await fact(site)) == []


async def test_a_page_open_to_all_that_greets_members_tells_them_apart() -> None:
    visitor = Reply(200, "<h1>Members</h1><p>Join us</p>")
    async with running(Community(closed=visitor)) as site:
        assert failed(await fact(site)) == []


async def test_cookies_of_the_domain_survive_from_one_host_to_the_other() -> None:
    manifest = MANIFEST.replace('"http://example.org/members"', '"http://app.example.org/members"')
    community = Community(cookie="sid={sid}; Path=/; Domain=example.org")

    def site(asked: Asked) -> Reply | None:
        if asked.path == "/members" and asked.host != "app.example.org":
            return to("http://app.example.org/members")
        if asked.path == "/members" and asked.cookies.get("sid") not in community.sessions:
            return to("http://example.org/login")
        return community(asked)

    async with running(site, manifest=manifest) as served:
        assert failed(await fact(served)) == []


async def test_cookies_of_one_host_alone_are_lost_at_the_other() -> None:
    manifest = MANIFEST.replace('"http://example.org/members"', '"http://app.example.org/members"')
    community = Community()

    def site(asked: Asked) -> Reply | None:
        if asked.path == "/members" and asked.cookies.get("sid") not in community.sessions:
            return to("http://example.org/login")
        return community(asked)

    async with running(site, manifest=manifest) as served:
        (step,) = failed(await fact(served))
    assert "no cookie" in step.seen


async def test_without_a_log_out_to_find_the_journey_ends_inside() -> None:
    manifest = MANIFEST.replace('logout = "http://example.org/logout"', "")
    async with running(Community(), manifest=manifest) as site:
        found = await fact(site)
    assert [s.name for s in found.steps][-1] == "open the private page"
    assert failed(found) == []


@pytest.mark.parametrize(
    "way_out",
    [
        '<a href="/logout">Log out</a>',
        '<a href="/logout?nonce=1" aria-label="Abmelden"></a>',
        "<form method=get action=/logout><button>Sign out</button></form>",
    ],
)
async def test_a_log_out_on_the_private_page_is_found(way_out: str) -> None:
    manifest = MANIFEST.replace('logout = "http://example.org/logout"', "")
    async with running(Community(members=MEMBERS + way_out), manifest=manifest) as site:
        found = await fact(site)
    assert "private page is closed afterwards" in [s.name for s in found.steps]
    assert failed(found) == []


async def test_a_way_out_that_leads_to_another_company_is_not_taken() -> None:
    manifest = MANIFEST.replace('logout = "http://example.org/logout"', "")
    out = '<a href="https://tenant.auth0.example/v2/logout">Log out</a>'
    async with running(Community(members=MEMBERS + out), manifest=manifest) as site:
        found = await fact(site)
    assert [s.name for s in found.steps][-1] == "open the private page"
    assert failed(found) == []


def _with_sessions_of_visitors(*, renewed: bool) -> Callable[[Asked], Reply | None]:
    """Give each visitor a session, which the log-in makes a new one of or keeps."""
    community = Community()

    def site(asked: Asked) -> Reply | None:
        reply = community(asked)
        assert reply is not None
        held = asked.cookies.get("sid")
        if asked.method == "GET" and asked.path == "/login" and held is None:
            return replace(reply, headers=(*reply.headers, ("Set-Cookie", "sid=visitors; Path=/")))
        if asked.method == "POST" and reply.status == 302 and not renewed and held is not None:
            community.sessions.add(held)
            return to("/members")
        return reply

    return site


async def test_a_session_of_before_that_is_the_members_afterwards_fails_alone() -> None:
    async with running(_with_sessions_of_visitors(renewed=False)) as site:
        found = await fact(site)
    assert [s.name for s in failed(found)] == [CLOSED_TO_EARLIER]
    assert outcome(log_in_keeps_session_id, found).status == "failed"
    assert outcome(log_out_leaves_session_open, found).status == "passed"


async def test_a_log_in_that_makes_a_new_session_passes() -> None:
    async with running(_with_sessions_of_visitors(renewed=True)) as site:
        found = await fact(site)
    assert failed(found) == []
    assert outcome(log_in_keeps_session_id, found).status == "passed"


async def test_where_no_cookie_came_before_the_log_in_nothing_can_be_kept() -> None:
    async with running(Community()) as site:
        assert outcome(log_in_keeps_session_id, await fact(site)).status == "not_applicable"


async def test_a_page_that_does_not_answer_to_the_cookies_of_before_is_unknown() -> None:
    inner = _with_sessions_of_visitors(renewed=True)

    def site(asked: Asked) -> Reply | None:
        inside = asked.path == "/members" and asked.cookies.get("sid") == "visitors"
        return None if inside and posted else _noted(asked)

    posted: list[Asked] = []

    def _noted(asked: Asked) -> Reply | None:
        if asked.method == "POST" and asked.form["password"] == PASSWORD:
            posted.append(asked)
        return inner(asked)

    async with running(site) as served:
        assert outcome(log_in_keeps_session_id, await fact(served)).status == "unknown"
