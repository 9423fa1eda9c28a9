"""Private pages: open, closed, or a shell of which neither can be said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.checks.exposure.private import member_page_open, private_page_open
from launchready.derive.sign_in.private_page import door_of
from launchready.facts import Subject, route_subject
from launchready.facts.active import OPEN_BEFORE, OPEN_TO_OTHERS, JourneyStep, KeptBack, SignIn
from launchready.facts.exposure import PageData
from launchready.facts.http import Exchange
from launchready.facts.ways import Entrance, Visit, Walk
from launchready.finding import Outcome, Severity
from tests.checks.web_making import entrance
from tests.making import (
    AT,
    DOMAIN,
    HOST,
    declared,
    exchange,
    gap,
    manifest,
    outcome,
    outcomes,
    visit,
    walk,
)

URL = "https://example.org/members"
TYPE = {"Content-Type": "text/html; charset=utf-8"}
ROOM = (
    "<!doctype html><html><head><title>Members</title></head><body><h1>The members' room</h1>"
    + "<p>What we talked about this week, who is coming on Sunday, and who brings the bread.</p>"
    * 8
    + '<script src="/app.js"></script></body></html>'
)
LOGIN = '<title>Log in</title><form><input type="email"><input type="password"></form>'
SHELL = '<!doctype html><div id="root"></div><script src="/assets/index-4f2a.js"></script>'
NEXT = (
    '<!doctype html><div id="__next"><p>Loading…</p></div>'
    '<script id="__NEXT_DATA__" type="application/json">{"props":{}}</script>'
)


def html(body: str = "", url: str = URL, status: int = 200, **fields: str) -> Exchange:
    return exchange(url, status=status, headers=TYPE | fields, body=body)


def led(to: str, body: str = LOGIN) -> Visit:
    first = html(status=302, Location=to)
    return visit(first, html(body, to), kind="private")


def judged(fact: Visit, toml: str = "", *, walks: dict[str, Walk] | None = None) -> Outcome:
    text = f'[launch]\ndomain = "example.org"\n{toml}'
    return outcome(
        private_page_open, fact, entrance("example.org", **(walks or {})), declared(text)
    )


KEPT_BACK = KeptBack(subject=route_subject(URL, "example.org"), at=AT, how="test")
ASKS = f"<p>Please log in to read on.</p>{ROOM}"


def beside_a_member(body: str, status: int = 200) -> Outcome:
    seen = visit(html(body, status=status), kind="private")
    made = (entrance("example.org"), declared('[launch]\ndomain = "example.org"\n'))
    return outcome(private_page_open, seen, *made, KEPT_BACK)


def opened(body: str) -> Outcome:
    return judged(visit(html(body), kind="private"))


def data(body: str, status: int = 200) -> Outcome:
    answer = exchange(URL, status=status, headers={"Content-Type": "application/json"}, body=body)
    return judged(visit(answer, kind="private"))


DATA = '{"pageProps":{"posts":[{"by":"Bo","text":"The gate code is on the door."}]}}'
REFUSED = '{"pageProps":{"__N_REDIRECT":"/login","__N_REDIRECT_STATUS":307}}'
DATA_URL = "https://example.org/_next/data/b1/members.json"


def beside_its_data(seen: Visit, body: str, toml: str = "") -> Outcome:
    answer = exchange(DATA_URL, headers={"Content-Type": "application/json"}, body=body)
    fetched = PageData(
        subject=seen.subject, at=AT, how="test", answers=(answer,), asked=(DATA_URL,)
    )
    launch = declared(f'[launch]\ndomain = "example.org"\n{toml}')
    return outcome(private_page_open, seen, entrance("example.org"), launch, fetched)


def test_a_closed_page_whose_data_is_open_is_a_blocker() -> None:
    found = beside_its_data(led("https://example.org/login"), DATA)
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
    assert found.failure is not None
    assert DATA_URL in found.failure.observed


def test_data_that_sends_strangers_to_the_log_in_passes() -> None:
    assert beside_its_data(led("https://example.org/login"), REFUSED).status == "passed"


def test_an_open_page_is_told_by_itself_and_not_by_its_data() -> None:
    found = beside_its_data(visit(html(ROOM), kind="private"), DATA)
    assert found.failure is not None
    assert DATA_URL not in found.failure.observed


def test_a_teaser_is_in_the_data_as_it_is_on_the_page() -> None:
    seen = visit(html(ASKS), kind="private")
    assert beside_its_data(seen, '{"teaser":"Log in to read on"}').status == "unknown"


def test_the_members_text_in_the_data_behind_a_shell_is_a_blocker() -> None:
    account = (
        '[accounts.m]\nusername_env = "U"\npassword_env = "P"\nlogin = "example.org/login"\n'
        f'private = "{URL}"\nsays = "The gate code"\n'
    )
    found = beside_its_data(visit(html(SHELL), kind="private"), DATA, account)
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)


def test_data_that_could_not_be_asked_for_leaves_a_closed_page_unproven() -> None:
    seen = led("https://example.org/login")
    found = outcome(private_page_open, seen, entrance("example.org"), gap(PageData, seen.subject))
    assert found.status == "unknown"


def test_a_private_page_that_answers_its_content_is_a_blocker() -> None:
    found = opened(ROOM)
    assert (found.status, found.severity) == ("failed", Severity.BLOCKER)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_passes(status: int) -> None:
    assert judged(visit(html(ROOM, status=status), kind="private")).status == "passed"


@pytest.mark.parametrize(
    "to",
    [
        "https://example.org/login", "https://example.org/wp-login.php?redirect_to=x",
        "https://example.org/users/sign_in", "https://tenant.auth0.example/authorize",
        "https://example.org/", "https://example.org/accounts/enter",
    ],
)  # fmt: skip
def test_a_redirect_to_the_log_in_or_the_start_page_passes(to: str) -> None:
    assert judged(led(to)).status == "passed"


def test_a_redirect_to_a_declared_public_page_passes() -> None:
    toml = '[routes]\n"example.org/about" = "page"\n'
    assert judged(led("https://example.org/about", ROOM), toml).status == "passed"


def test_a_redirect_to_another_page_with_content_is_open() -> None:
    assert judged(led("https://example.org/members/today", ROOM)).status == "failed"


def test_the_log_in_form_in_its_place_passes() -> None:
    assert opened(LOGIN).status == "passed"


BOX = '<form action="/login"><input name="u"><input type="password" name="p"></form>'


def test_a_log_in_box_beside_content_is_no_log_in_page() -> None:
    assert opened(ROOM.replace("<h1>", f"{BOX}<h1>")).status == "unknown"


def test_a_short_page_with_content_of_its_own_beside_the_box_is_no_log_in_page() -> None:
    # An issue tracker: the log-in box stands in the navigation, the content in another form.
    rows = "".join(f"<tr><th>Row {n}</th><td>The oven is cold, again</td></tr>" for n in range(6))
    body = f"<title>Issue 1</title><nav>{BOX}</nav><main><form><table>{rows}</table></form></main>"
    assert opened(body).status == "unknown"


def test_a_redirect_to_content_with_a_log_in_box_is_no_log_in_page() -> None:
    to = "https://example.org/members/today"
    assert judged(led(to, ROOM.replace("<h1>", f"{BOX}<h1>"))).status == "unknown"


def test_a_long_page_that_is_titled_as_the_log_in_is_one() -> None:
    long = ROOM.replace("<title>Members", "<title>Log in · Bread").replace("<h1>", f"{BOX}<h1>")
    assert opened(long).status == "passed"


@pytest.mark.parametrize("body", [SHELL, NEXT])
def test_an_empty_shell_is_unknown_and_says_what_to_declare(body: str) -> None:
    found = opened(body)
    assert found.status == "unknown"
    assert "private route" in found.how_to_prove


@pytest.mark.parametrize("where", ["https_deep", "https_root"])
def test_the_page_that_every_path_gets_is_a_shell_although_it_has_text(where: str) -> None:
    other = (
        "https://example.org/launchready-7f3a" if where == "https_deep" else "https://example.org/"
    )
    found = judged(visit(html(ROOM), kind="private"), walks={where: walk(html(ROOM, other))})
    assert found.status == "unknown"
    assert "shell" in found.detail


@pytest.mark.parametrize(
    "words",
    [
        "This post is for paying subscribers only", "Please log in to see this topic",
        "Sign in to continue", "Nur für Mitglieder", "You need to sign in",
    ],
)  # fmt: skip
def test_a_teaser_that_asks_to_sign_in_is_unknown(words: str) -> None:
    assert opened(ROOM.replace("<h1>", f"<p>{words}</p><h1>")).status == "unknown"


def test_a_page_that_sends_on_by_script_is_unknown() -> None:
    assert opened('<script>window.location = "/login"</script>').status == "unknown"


ACCOUNT = (
    '[accounts.member]\nusername_env = "A"\npassword_env = "B"\nlogin = "example.org/login"\n'
    'private = "example.org/members"\nsays = "who brings the bread"\n'
)


def test_the_text_that_only_members_see_is_proof() -> None:
    assert judged(visit(html(ROOM), kind="private"), ACCOUNT).status == "failed"


def test_a_page_without_the_text_that_only_members_see_is_unknown() -> None:
    other = ROOM.replace("bread", "cake")
    assert judged(visit(html(other), kind="private"), ACCOUNT).status == "unknown"


@pytest.mark.parametrize(
    "body", ["{}", "[]", "null", '{"user": null}', '{"session": {}, "ok": true}']
)
def test_data_without_content_passes(body: str) -> None:
    assert data(body).status == "passed"


@pytest.mark.parametrize(
    "body", ['{"error": "Unauthorized"}', '{"code": "not_authenticated", "message": "Log in"}']
)
def test_a_refusal_in_the_data_itself_passes(body: str) -> None:
    assert data(body).status == "passed"


@pytest.mark.parametrize(
    "body",
    [
        '{"members": [{"name": "A"}]}',
        '{"status": "ok", "session_token": "x", "rooms": [1]}',
        '{"message": "Welcome back", "rooms": [{"title": "How to sign in to the venue"}]}',
    ],
)
def test_data_is_open(body: str) -> None:
    assert data(body).status == "failed"


def test_a_server_error_shows_nothing_either_way() -> None:
    assert judged(visit(html("", status=503), kind="private")).status == "unknown"


def test_bot_protection_is_unknown() -> None:
    challenged = exchange(URL, status=403, challenge="Cloudflare")
    assert judged(visit(challenged, kind="private")).status == "unknown"


def test_a_page_that_could_not_be_asked_is_unknown() -> None:
    missing = gap(Visit, route_subject(URL, DOMAIN))
    assert outcome(private_page_open, missing, entrance()).status == "unknown"


def test_a_public_page_is_not_judged() -> None:
    assert judged(visit(html(ROOM), kind="page")).status == "not_applicable"


def test_a_walk_that_never_ends_is_judged_elsewhere() -> None:
    assert judged(visit(html(status=302), kind="private", end="loop")).status == "not_applicable"


ANY = st.sampled_from(["text/html", "application/json", "text/plain", ""])


@given(st.text(max_size=300), ANY, st.sampled_from([200, 204, 302, 404, 500]))
def test_any_answer_is_judged_without_a_crash(body: str, kind: str, status: int) -> None:
    answer = exchange(URL, status=status, headers={"Content-Type": kind}, body=body)
    made: Entrance = entrance()
    door = door_of(visit(answer, kind="private"), made, manifest())
    assert door.state in {"closed", "open", "unsure"}
    assert (door.state == "closed") or status != 404
    assert (door.state == "unsure") or status != 500


def test_a_page_that_asks_to_sign_in_passes_where_nothing_of_the_members_page_is_in_it() -> None:
    assert opened(ASKS).status == "unknown"
    assert beside_a_member(ASKS).status == "passed"


def test_a_page_that_asks_nothing_is_unknown_where_nothing_of_the_members_page_is_in_it() -> None:
    assert opened(ROOM).status == "failed"
    found = beside_a_member(ROOM)
    assert found.status == "unknown"
    assert "private window" in found.how_to_prove


def test_a_limit_does_not_close_a_private_page() -> None:
    assert judged(visit(html(status=429), kind="private")).status == "unknown"


def test_an_error_stays_unknown_beside_a_member() -> None:
    assert beside_a_member(ASKS, status=500).status == "unknown"


MEMBER = Subject("account", "member at https://example.org/login", HOST)


def signing_in(*names: str, passed: bool = True) -> SignIn:
    steps = tuple(JourneyStep(name=n, passed=passed, seen="200", wanted="refused") for n in names)
    return SignIn(
        subject=MEMBER, at=AT, how="test", entrance="https://example.org/login", steps=steps
    )


def of_member(fact: SignIn, routes: str = "") -> Outcome:
    return outcome(
        member_page_open, fact, declared(f'[launch]\ndomain = "example.org"\n{routes}{ACCOUNT}')
    )


class TestMemberPageOpen:
    def test_a_page_that_shows_everybody_what_members_see_is_a_blocker(self) -> None:
        found = of_member(signing_in("reach the log-in page", OPEN_BEFORE, passed=False))
        assert (found.status, found.severity) == ("failed", Severity.BLOCKER)

    def test_a_declared_private_route_is_judged_by_itself(self) -> None:
        routes = '[routes]\n"example.org/members" = "private"\n'
        found = of_member(signing_in("reach the log-in page", OPEN_BEFORE, passed=False), routes)
        assert found.status == "not_applicable"

    def test_a_members_page_that_a_cache_gives_to_strangers_is_a_blocker_also_where_declared(
        self,
    ) -> None:
        routes = '[routes]\n"example.org/members" = "private"\n'
        steps = ("reach the log-in page", "log in", "open the private page", OPEN_TO_OTHERS)
        found = of_member(signing_in(*steps, passed=False), routes)
        assert (found.status, found.severity) == ("failed", Severity.BLOCKER)
        assert found.failure
        assert "Cache-Control: private, no-store" in found.failure.fix[0]

    def test_what_a_cache_kept_behind_one_entrance_is_the_same_fault_behind_the_next(self) -> None:
        steps = ("reach the log-in page", "log in", "open the private page", OPEN_TO_OTHERS)
        first = signing_in(*steps, passed=False)
        second = replace(
            signing_in("reach the log-in page", OPEN_BEFORE, passed=False),
            subject=replace(MEMBER, name="member at https://example.org/"),
        )
        launch = declared(f'[launch]\ndomain = "example.org"\n{ACCOUNT}')
        found = outcomes(member_page_open, first, second, launch)
        assert len({o.failure.fix for o in found if o.failure}) == 1
        assert [o.status for o in found] == ["failed", "failed"]

    def test_what_strangers_get_meanwhile_is_unknown_where_it_was_not_seen(self) -> None:
        went_on = signing_in("reach the log-in page", "log in")
        unseen = replace(went_on, unseen=((OPEN_TO_OTHERS, "no answer"),))
        assert of_member(unseen).status == "unknown"

    def test_a_journey_that_went_on_passes(self) -> None:
        found = of_member(signing_in("reach the log-in page", "wrong password is refused"))
        assert found.status == "passed"

    def test_a_journey_that_never_began_is_not_judged(self) -> None:
        found = of_member(signing_in("reach the log-in page", passed=False))
        assert found.status == "not_applicable"

    def test_a_sign_in_that_was_not_tried_is_unknown(self) -> None:
        assert outcome(member_page_open, gap(SignIn, MEMBER)).status == "unknown"
