"""The steps of a sign-in against a real server: refused, in, and the private page."""

from __future__ import annotations

import pytest

from launchready.checks.sign_in import (
    log_out_leaves_session_open,
    member_cannot_sign_in,
    wrong_password_accepted,
)
from launchready.expected import expected
from launchready.facts import Gap
from launchready.facts.active import OPEN_TO_OTHERS, KeptBack
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
        "sid={sid}; Path=/; Secure",
        "sid={sid}; Path=/; Max-Age=0",
    ],
)
async def test_a_cookie_that_does_not_reach_the_private_page_fails(cookie: str) -> None:
    async with running(Community(cookie=cookie)) as site:
        (step,) = failed(await fact(site))
    assert step.name == "log in"
    assert "no cookie of the log-in goes to the private page" in step.seen


@pytest.mark.parametrize(
    ("attributes", "why"),
    [
        ("SameSite=None", "sid has SameSite=None without Secure"),
        (
            "Domain=www.example.org",
            "sid has the Domain 'www.example.org', which example.org is not",
        ),
    ],
)
async def test_a_session_in_a_cookie_that_browsers_throw_away_fails_and_says_so(
    attributes: str, why: str
) -> None:
    async with running(Community(cookie=f"sid={{sid}}; Path=/; {attributes}")) as site:
        (step,) = failed(await fact(site))
    assert step.name == "log in"
    assert f"browsers throw a cookie away: {why}" in step.seen


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


async def test_a_log_in_that_is_late_once_is_tried_once_more() -> None:
    community = Community()
    late: list[Asked] = []

    def site(asked: Asked) -> Reply | None:
        reply = community(asked)
        if asked.method == "POST" and asked.form["password"] == PASSWORD and not late:
            late.append(asked)
            return Reply(after_s=6)
        return reply

    async with running(site) as served:
        found = await fact(served)
    assert late
    assert failed(found) == []


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


async def test_of_the_page_that_the_member_opened_its_head_is_kept_and_nothing_of_theirs() -> None:
    async with running(Community()) as site:
        opened = (await fact(site)).opened
    assert opened is not None
    assert (opened.status, opened.body) == (200, b"")
    assert "content-type" in opened.headers
    assert "set-cookie" not in opened.headers


async def test_a_page_that_tells_strangers_nothing_of_what_the_member_reads_is_noted() -> None:
    asks = "<title>Members</title><p>Please log in to read on.</p><a href=/login>Log in</a>"
    room = f"{MEMBERS}<p>On Sunday we bake at the mill, and Ada brings the rye.</p>"
    async with running(Community(closed=Reply(200, asks), members=room)) as site:
        found = await fact(site)
        assert found.kept_back == "http://example.org/members"
        keys = expected(site.seen.world.manifest, {found.key: found})
        (key,) = [k for k in keys if k.kind is KeptBack]
        assert isinstance(await site.seen.gatherer.ask(KeptBack, key.subject), KeptBack)


async def test_a_page_that_shows_strangers_the_members_text_is_not_called_kept_back() -> None:
    room = f"{MEMBERS}<p>On Sunday we bake at the mill, and Ada brings the rye.</p>"
    asks = f"<title>Members</title><p>Please log in to answer.</p>{room}"
    async with running(Community(closed=Reply(200, asks), members=room)) as site:
        found = await fact(site)
        assert found.kept_back == ""
        keys = expected(site.seen.world.manifest, {found.key: found})
    assert not [k for k in keys if k.kind is KeptBack]
