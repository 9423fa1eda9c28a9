"""The test member's journey against a real server, healthy and with one fault at a time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

import pytest

from launchready.collect.world import World
from launchready.expected import entrances
from launchready.facts import Gap, Subject
from launchready.facts.active import OPEN_TO_OTHERS, JourneyStep, SignIn
from launchready.facts.ways import Entrance
from tests.checks.web_making import chain, entrance

from .members_site import (
    MANIFEST,
    NAME,
    PASSWORD,
    Asked,
    Reply,
    Running,
    login_page,
    running,
    to,
)

MEMBERS = "<h1>Members</h1><p>Welcome back, Ada</p>"


@pytest.fixture(autouse=True)
def member(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LR_TEST_NAME", NAME)
    monkeypatch.setenv("LR_TEST_PASSWORD", PASSWORD)


@dataclass
class Community:
    """A healthy site with members; a test changes one thing."""

    sessions: set[str] = field(default_factory=set)
    cookie: str = "sid={sid}; Path=/; HttpOnly"
    ends_sessions: bool = True
    checks_password: bool = True
    wrong: Reply = field(default_factory=lambda: Reply(401, login_page(note="Wrong password.")))
    closed: Reply = field(default_factory=lambda: to("/login"))
    members: str = MEMBERS
    form: str = field(default_factory=login_page)
    tokens: set[str] | None = None

    def __call__(self, asked: Asked) -> Reply | None:
        inside = asked.cookies.get("sid") in self.sessions
        match asked.method, asked.path:
            case "GET", "/login":
                if self.tokens is None:
                    return Reply(200, self.form)
                self.tokens.add(token := secrets.token_hex(16))
                return Reply(200, login_page(token=token))
            case "POST", "/login":
                return self.log_in(asked)
            case "GET", "/members":
                return Reply(200, self.members) if inside else self.closed
            case "GET", "/logout":
                if self.ends_sessions:
                    self.sessions.discard(asked.cookies.get("sid", ""))
                return to("/")
            case _:
                return Reply(200, "<p>Bread at home</p>")

    def log_in(self, asked: Asked) -> Reply:
        if self.tokens is not None:
            if asked.form.get("csrf") not in self.tokens:
                return Reply(403, "Bad token")
            self.tokens.discard(asked.form["csrf"])
        right = asked.form.get("email") == NAME and asked.form.get("password") == PASSWORD
        if self.checks_password and not right:
            return self.wrong
        self.sessions.add(sid := secrets.token_hex(8))
        return to("/members", ("Set-Cookie", self.cookie.format(sid=sid)))


async def judged(site: Running) -> SignIn | Gap:
    return await site.seen.gatherer.ask(SignIn, entrances(site.seen.world.manifest)[0])


async def fact(site: Running) -> SignIn:
    found = await judged(site)
    assert isinstance(found, SignIn), found
    return found


def failed(found: SignIn) -> list[JourneyStep]:
    return [s for s in found.steps if not s.passed]


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
    ]


async def test_a_form_with_a_token_for_one_attempt_is_fetched_again() -> None:
    async with running(Community(tokens=set())) as site:
        assert failed(await fact(site)) == []


async def test_the_password_is_in_no_fact_and_is_sent_to_the_form_alone() -> None:
    async with running(Community()) as site:
        found = await fact(site)
        assert PASSWORD not in repr(found)
        assert all(PASSWORD not in step.seen for step in found.steps)
        held = [a for a in site.asked if "correct" in a.body or "correct" in a.target]
        assert [a.path for a in held] == ["/login"]


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


async def test_a_session_that_outlives_the_log_out_fails() -> None:
    async with running(Community(ends_sessions=False)) as site:
        (step,) = failed(await fact(site))
    assert step.name == "private page is closed afterwards"


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


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("<div id=root></div><script src=/main.js></script>", "scripts"),
        (
            "<title>Log in</title><form method=post><input type=email name=email></form>",
            "by mail",
        ),
        ("<form><input name=email><input type=password name=p></form>", "script"),
        (login_page(action="https://tenant.auth0.example/login"), "does not name"),
    ],
    ids=["single-page app", "magic link", "form of a script", "form to another host"],
)
async def test_a_log_in_that_cannot_be_filled_in_is_not_proven(page: str, reason: str) -> None:
    async with running(Community(form=page)) as site:
        found = await judged(site)
        assert site.posts() == []
    assert isinstance(found, Gap)
    assert reason in found.reason
    assert found.how_to_prove


async def test_an_address_that_only_programs_send_the_log_in_to_is_not_proven() -> None:
    def site(asked: Asked) -> Reply:
        return Reply(405, '{"detail": "Method Not Allowed"}') if asked.path == "/login" else to("/")

    async with running(site) as served:
        found = await judged(served)
        assert served.posts() == []
    assert isinstance(found, Gap)
    assert "405" in found.reason
    assert "login =" in found.how_to_prove


async def test_a_log_in_at_another_company_is_not_proven() -> None:
    def site(_: Asked) -> Reply:
        return to("https://tenant.auth0.example/authorize?client_id=1")

    async with running(site) as served:
        found = await judged(served)
    assert isinstance(found, Gap)
    assert "tenant.auth0.example" in found.reason


async def test_a_log_in_page_that_fails_once_is_asked_again() -> None:
    community = Community()
    seen: list[str] = []

    def site(asked: Asked) -> Reply | None:
        seen.append(asked.path)
        return Reply(503, "Starting") if len(seen) == 1 else community(asked)

    async with running(site) as served:
        assert failed(await fact(served)) == []


@pytest.mark.parametrize("reply", [Reply(500, "Oops"), Reply(404, "Nothing"), to("/")])
async def test_a_log_in_page_that_is_not_there_fails(reply: Reply) -> None:
    def site(asked: Asked) -> Reply:
        return reply if asked.path == "/login" else Reply(200, "<p>Bread</p>")

    async with running(site) as served:
        (step,) = failed(await fact(served))
    assert step.name == "reach the log-in page"


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
    assert [s.name for s in found.steps][-1] == "private page is closed afterwards"
    assert failed(found) == []


async def test_without_a_declared_member_nothing_is_tried() -> None:
    bare = MANIFEST.partition("[accounts.member]")[0]
    async with running(Community(), manifest=bare) as site:
        found = await judged(site)
        assert site.asked == []
    assert isinstance(found, Gap)
    assert found.how_to_prove


async def test_without_the_variables_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LR_TEST_PASSWORD")
    async with running(Community()) as site:
        found = await judged(site)
        assert site.asked == []
    assert isinstance(found, Gap)
    assert "LR_TEST_PASSWORD" in found.reason


@pytest.mark.parametrize("how", [{"active": False}, {"dialled": False}, {"from_file": False}])
async def test_nothing_is_sent_without_permission(how: dict[str, bool]) -> None:
    async with running(Community(), **how) as site:  # type: ignore[arg-type]
        assert isinstance(await judged(site), Gap)
        assert site.asked == []


OTHER_HOST = MANIFEST.replace(
    '[hosts."app.example.org"]', '[hosts."app.example.org"]\n[hosts."other.example.net"]'
)
ELSEWHERE = {"other.example.net": ("198.51.100.7",)}
"""A declared host at a public address that the dial map does not name."""


async def test_a_declared_host_without_proof_gets_no_password_from_a_form_of_ours() -> None:
    page = login_page(action="http://other.example.net/login")
    async with running(Community(form=page), manifest=OTHER_HOST, addresses=ELSEWHERE) as site:
        found = await judged(site)
        assert site.posts() == []
    assert isinstance(found, Gap)
    assert "without proof that other.example.net is yours" in found.reason


async def test_a_private_page_that_posts_the_way_out_elsewhere_is_not_followed() -> None:
    manifest = OTHER_HOST.replace('logout = "http://example.org/logout"', "")
    out = "<form method=post action=http://other.example.net/logout><button>Log out</button></form>"
    async with running(
        Community(members=MEMBERS + out), manifest=manifest, addresses=ELSEWHERE
    ) as site:
        await judged(site)
        assert {a.host for a in site.asked} == {"example.org"}
        assert {a.path for a in site.posts()} == {"/login"}


async def test_a_password_that_the_site_sends_back_is_not_repeated() -> None:
    community = Community(members="<h1>Nothing</h1>")

    def site(asked: Asked) -> Reply | None:
        if asked.method == "POST":
            return to(f"/echo?{asked.body}")
        return community(asked)

    async with running(site) as served:
        found = await fact(served)
    assert "/echo?" in repr(found)
    assert "correct" not in repr(found)


async def test_a_way_out_that_leads_to_another_company_is_not_taken() -> None:
    manifest = MANIFEST.replace('logout = "http://example.org/logout"', "")
    out = '<a href="https://tenant.auth0.example/v2/logout">Log out</a>'
    async with running(Community(members=MEMBERS + out), manifest=manifest) as site:
        found = await fact(site)
    assert [s.name for s in found.steps][-1] == "open the private page"
    assert failed(found) == []


@pytest.mark.parametrize("leads_to", ["example.org", "app.example.org"])
async def test_a_log_in_at_the_host_that_a_redirect_wrongly_leads_to_is_owed_to_the_redirect(
    leads_to: str,
) -> None:
    manifest = MANIFEST.replace(
        "[routes]", '[hosts."www.example.org"]\nredirects_to = "example.org"\n[routes]'
    ).replace(
        "[accounts.member]", '[accounts.member]\nentrances = ["http://www.example.org/login"]'
    )

    async def seen(subject: Subject, _world: World, _ask: object) -> Entrance:
        walk = chain("https://www.example.org/", f"https://{leads_to}/")
        found = entrance("www.example.org", https_root=walk, redirects_to="example.org")
        assert found.subject == subject
        return found

    # The session's cookie belongs to the host that the form stands on.
    async with running(Community(), manifest=manifest, extra={Entrance: seen}) as site:
        found = await fact(site)
    assert [s.name for s in failed(found)] == ["open the private page"]
    wrong = leads_to != "example.org"
    assert (found.because is not None and found.because.kind is Entrance) is wrong
