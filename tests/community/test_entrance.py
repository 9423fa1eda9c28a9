from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from launchready.community.accounts import as_email
from launchready.community.invites import keep_invite
from launchready.community.links import keep_link, made_token
from launchready.community.running import Community
from launchready.community.sessions import signed_in
from launchready.community.tables import Invite, Link, Member, Session
from tests.community.browser import PASSWORD, Browser, letters
from tests.community.clock import Clock
from tests.community.conftest import ADA, GUEST

NEW = "new@willow.example"


async def test_a_member_comes_in_and_goes_out_again(browser: Browser) -> None:
    answer = await browser.log_in(" Ada@Willow.example ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/members")
    room = await browser.get("/members")
    assert "Welcome back" in room.text
    assert "signed in as <bdi>Ada</bdi>" in room.text
    gone = await browser.send("/logout")
    assert gone.headers["location"] == "/login"
    assert (await browser.get("/members")).headers["location"] == "/login?next=/members"


async def test_who_is_in_already_meets_no_form_to_come_in(browser: Browser) -> None:
    await browser.log_in(ADA)
    onward = {"/login": "/members", "/login?next=/profile": "/profile", "/signup": "/members"}
    for form, leads_to in onward.items():
        answer = await browser.get(form)
        assert (answer.status_code, answer.headers["location"]) == (303, leads_to)


async def test_the_session_cookie_is_kept_from_scripts_and_other_sites(browser: Browser) -> None:
    answer = await browser.log_in(ADA)
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("__host-session=")
    assert all(a in cookie for a in ("secure", "httponly", "samesite=lax", "path=/"))
    assert "domain" not in cookie


async def test_the_cookie_s_token_is_not_in_the_database(
    browser: Browser, running: Community
) -> None:
    await browser.log_in(ADA)
    token = browser.client.cookies["__Host-session"].encode()
    async with running.database.read() as session:
        kept = (await session.execute(select(Session.token_hash))).scalars().all()
    assert len(kept) == 1
    assert token not in kept[0]


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    browser: Browser,
) -> None:
    wrong = await browser.log_in(ADA, "something else")
    unknown = await browser.log_in("nobody@willow.example", "something else")
    assert wrong.status_code == unknown.status_code == 422
    said = "We do not know this address and password together."
    assert said in wrong.text
    assert said in unknown.text
    assert wrong.text.replace(ADA, "") == unknown.text.replace("nobody@willow.example", "")


async def test_an_account_without_a_password_has_no_log_in(browser: Browser) -> None:
    assert (await browser.log_in("marit@willow.example", "")).status_code == 422


async def test_a_session_ends_after_its_days(browser: Browser, clock: Clock) -> None:
    await browser.log_in(ADA)
    clock.pass_(days=29)
    assert (await browser.get("/members")).status_code == 200
    clock.pass_(days=2)
    assert (await browser.get("/members")).status_code == 302


async def test_a_password_with_other_costs_is_hashed_anew_at_the_next_log_in(
    browser: Browser, running: Community
) -> None:
    old = PasswordHasher(1, 1024, 1).hash(PASSWORD)
    async with running.database.write() as session:
        await session.execute(update(Member).where(Member.email == ADA).values(password_hash=old))
    await browser.log_in(ADA)
    async with running.database.read() as session:
        kept = await session.scalar(select(Member.password_hash).where(Member.email == ADA))
    assert kept is not None
    assert kept != old
    assert not running.passwords.is_outdated(kept)
    assert await running.passwords.fits(kept, PASSWORD)


async def test_the_log_in_leads_back_to_pages_of_this_host_alone(browser: Browser) -> None:
    inside = await browser.send("/login?next=/profile", "/login", email=ADA, password=PASSWORD)
    assert inside.headers["location"] == "/profile"
    browser.client.cookies.clear()
    for outside in ("//evil.example", "https://evil.example", "/\\evil.example"):
        answer = await browser.send("/login", email=ADA, password=PASSWORD, next=outside)
        assert answer.headers["location"] == "/members"
        browser.client.cookies.clear()


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://[", "app.test"])
async def test_a_form_of_another_site_is_refused(browser: Browser, origin: str) -> None:
    form = await browser.form("/login")
    answer = await browser.client.post(
        "/login",
        content=form.filled({"email": ADA, "password": PASSWORD}),
        headers={
            "content-type": "application/x-www-form-urlencoded",
            "origin": origin,
        },
    )
    assert answer.status_code == 403


async def test_a_form_without_this_browser_s_token_is_refused(
    browser: Browser, other_browser: Browser
) -> None:
    theirs = await other_browser.form("/login")
    await browser.get("/login")
    answer = await browser.post(theirs, email=ADA, password=PASSWORD)
    assert answer.status_code == 403
    assert "session" not in answer.headers.get("set-cookie", "")


async def test_a_link_alone_logs_nobody_out(browser: Browser) -> None:
    await browser.log_in(ADA)
    assert (await browser.get("/logout")).status_code == 200
    assert (await browser.get("/members")).status_code == 200


async def test_a_newcomer_joins_confirms_and_is_in(browser: Browser, running: Community) -> None:
    answer = await browser.send("/signup", email=NEW, password=PASSWORD, name="Neo")
    assert "follow the link in the mail" in answer.text
    assert await letters(running) == [("confirm", NEW)]
    early = await browser.log_in(NEW)
    assert early.status_code == 422
    assert "follow the link in our mail first" in early.text
    assert (await letters(running))[-1] == ("confirm", NEW)
    token = await _link(running, NEW, "confirm")
    wrong = await browser.send(f"/confirm?token={token}", "/confirm", password="not this one")
    assert wrong.status_code == 422
    right = await browser.send(f"/confirm?token={token}", "/confirm", password=PASSWORD)
    assert right.headers["location"] == "/members?new=1"
    assert "signed in as <bdi>Neo</bdi>" in (await browser.get("/members")).text
    assert (await letters(running))[-1] == ("welcome", NEW)
    again = await browser.send(f"/confirm?token={token}", "/confirm", password=PASSWORD)
    assert again.status_code == 422


async def test_who_is_a_member_already_is_told_so_by_mail_only(
    browser: Browser, running: Community
) -> None:
    known = await browser.send("/signup", email=ADA, password="another password")
    unknown = await browser.send("/signup", email=NEW, password="another password")
    assert known.text == unknown.text
    assert await letters(running) == [("confirm", ADA), ("confirm", NEW)]
    assert (await browser.log_in(ADA)).status_code == 303


async def test_nothing_is_kept_of_an_address_that_is_none_or_a_short_password(
    browser: Browser, running: Community
) -> None:
    assert (await browser.send("/signup", email="nobody", password="x")).status_code == 422
    assert (await browser.send("/signup", email=NEW, password="short")).status_code == 422
    assert await letters(running) == []


@pytest.mark.parametrize(
    "typed",
    [
        "new(1)@willow.example", "new@willow.example(1)", "=?utf-8?q?new?=@willow.example",
        "a@new@willow.example", "new[@willow.example", "new\\@willow.example", "!*@[#.", ".@a.b",
        "a..b@c.d", "a@b", "a@.b", "a@b..c", "a@b.c.", "a@-b.c", "a b@c.d", "a@b_.c", "@a.b",
        "a" * 250 + "@b.cd", "",
    ],
)  # fmt: skip
def test_an_address_that_mail_could_read_as_another_is_none(typed: str) -> None:
    assert as_email(typed) is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Ada+pots@Willow.example\n", "ada+pots@willow.example"),
        ("o'neil_2@mail-1.xn--bcher-kva.example", "o'neil_2@mail-1.xn--bcher-kva.example"),
        ("\uff41\uff44\uff41\uff20willow\uff0eexample", "ada@willow.example"),
        ("j\u00f6rg@b\u00fccher.example", "j\u00f6rg@b\u00fccher.example"),
        ("jo\u0308rg@b\u00fccher.example", "j\u00f6rg@b\u00fccher.example"),
    ],
)
def test_an_address_is_kept_in_one_spelling(typed: str, kept: str) -> None:
    assert as_email(typed) == kept


async def test_a_reset_is_promised_in_the_same_words_to_all(
    browser: Browser, running: Community
) -> None:
    known = await browser.send("/reset", email=ADA)
    unknown = await browser.send("/reset", email="nobody@willow.example")
    assert known.text == unknown.text
    assert await letters(running) == [("reset", ADA), ("reset", "nobody@willow.example")]


async def test_a_new_password_ends_every_other_session(
    browser: Browser, other_browser: Browser, running: Community
) -> None:
    await other_browser.log_in(ADA)
    token = await _link(running, ADA, "reset")
    path, newer = f"/reset/new?token={token}", "an even better horse"
    assert (await browser.send(path, "/reset/new", password="short")).status_code == 422
    assert "is set" in (await browser.send(path, "/reset/new", password=newer)).text
    assert (await other_browser.get("/members")).status_code == 302
    assert (await browser.log_in(ADA)).status_code == 422
    assert (await browser.log_in(ADA, newer)).status_code == 303
    assert (await browser.send(path, "/reset/new", password=newer)).status_code == 422


async def test_a_link_for_a_new_password_is_good_for_an_hour(
    browser: Browser, running: Community, clock: Clock
) -> None:
    token = await _link(running, ADA, "reset")
    clock.pass_(minutes=61)
    answer = await browser.send(f"/reset/new?token={token}", "/reset/new", password="x" * 12)
    assert answer.status_code == 422
    assert "no longer good" in answer.text


async def test_an_unknown_code_is_refused(browser: Browser) -> None:
    answer = await browser.send("/invite", code="none-of-these")
    assert answer.status_code == 422
    assert "We do not know this code." in answer.text


async def test_who_joins_with_a_code_gets_its_plan_and_uses_it_up(
    browser: Browser, running: Community
) -> None:
    await _invite(running, "abcd-efgh-2345")
    answer = await browser.send("/invite", code="ABCD efgh 2345")
    assert "Your invitation is good" in answer.text
    from launchready.derive.pages.forms import forms

    form = forms(answer.text, base="https://app.test/invite")[0]
    await browser.post(form, email=NEW, password=PASSWORD)
    async with running.database.read() as session:
        assert await session.scalar(select(Member.plan).where(Member.email == NEW)) == "willow"
        assert await session.scalar(select(Invite.uses_left)) == 0
    assert (await browser.send("/invite", code="abcd-efgh-2345")).status_code == 422


async def test_who_joins_in_somebodys_name_learns_nothing_by_the_log_in(
    browser: Browser,
) -> None:
    said = []
    for email in (ADA, NEW):
        await browser.send("/signup", email=email, password="another password")
        answer = await browser.log_in(email, "another password")
        said.append((answer.status_code, answer.text.replace(email, "")))
    assert said[0] == said[1]


@pytest.mark.parametrize("email", [ADA, NEW])
async def test_a_code_is_used_up_whoever_the_address_belongs_to(
    browser: Browser, running: Community, email: str
) -> None:
    await _invite(running, "abcd-efgh-2345")
    await browser.send("/signup", email=email, password=PASSWORD, code="abcd-efgh-2345")
    answer = await browser.send("/invite", code="abcd-efgh-2345")
    assert "We do not know this code." in answer.text


async def test_a_guest_who_is_signed_in_gets_the_plan_of_a_code_at_once(
    browser: Browser, running: Community
) -> None:
    await _invite(running, "abcd-efgh-2345")
    await browser.log_in(GUEST)
    assert "as a guest" in (await browser.get("/members")).text
    assert (await browser.send("/invite", code="abcdefgh2345")).status_code == 303
    assert "as a guest" not in (await browser.get("/members")).text


async def test_a_letter_that_is_made_again_cannot_revive_a_used_link(
    browser: Browser, running: Community
) -> None:
    token = await _link(running, ADA, "reset")
    path = f"/reset/new?token={token}"
    await browser.send(path, "/reset/new", password="an even better horse")
    assert await _link(running, ADA, "reset") == token
    assert (await browser.send(path, "/reset/new", password="y" * 12)).status_code == 422
    async with running.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Link)) == 1


async def test_a_log_in_that_began_before_a_new_password_was_set_is_worth_nothing(
    running: Community, slow_hash: str
) -> None:
    await _have(running, ADA, slow_hash)
    accounts, now = running.accounts, running.now()
    logging_in = asyncio.create_task(accounts.log_in(ADA, PASSWORD, now=now))
    await asyncio.sleep(0.1)
    token = await _link(running, ADA, "reset")
    assert await accounts.reset(token, "an even better horse", now=now)
    opened = await logging_in
    async with running.database.read() as session:
        assert opened is None or await signed_in(session, opened, now=now) is None
    assert await accounts.log_in(ADA, PASSWORD, now=now) is None
    assert await accounts.log_in(ADA, "an even better horse", now=now) is not None


async def test_who_joins_in_somebodys_name_while_they_confirm_does_not_get_in(
    running: Community, slow_hash: str
) -> None:
    accounts, now = running.accounts, running.now()
    await accounts.join(NEW, PASSWORD, "", now=now)
    await _have(running, NEW, slow_hash)
    token = await _link(running, NEW, "confirm")
    confirming = asyncio.create_task(accounts.confirm(token, PASSWORD, now=now))
    await asyncio.sleep(0.1)
    await accounts.join(NEW, "a stranger's words", "", now=now)
    await confirming
    assert await accounts.log_in(NEW, "a stranger's words", now=now) is None


async def test_an_account_that_is_confirmed_while_a_stranger_joins_keeps_its_password(
    running: Community,
) -> None:
    accounts, now = running.accounts, running.now()
    await accounts.join(NEW, PASSWORD, "", now=now)
    async with running.database.write() as session:
        await session.execute(update(Member).where(Member.email == NEW).values(confirmed_at=now))
        joining = asyncio.create_task(accounts.join(NEW, "a stranger's words", "", now=now))
        # It has to wait for the confirmation; where it did not, it would be done by then.
        await asyncio.wait({joining}, timeout=1)
    await joining
    assert await accounts.log_in(NEW, "a stranger's words", now=now) is None
    assert await accounts.log_in(NEW, PASSWORD, now=now) is not None


async def test_two_who_join_with_one_address_at_the_same_time_are_both_answered(
    running: Community,
) -> None:
    accounts, now = running.accounts, running.now()
    await asyncio.gather(*(accounts.join(NEW, PASSWORD, f"N{n}", now=now) for n in range(8)))
    assert await letters(running) == [("confirm", NEW)] * 8


async def test_a_member_changes_what_others_read(browser: Browser) -> None:
    await browser.log_in(ADA)
    answer = await browser.send("/profile", name="Ada <b>", about="Two boxes")
    assert "Kept." in answer.text
    assert "Ada &lt;b&gt;" in (await browser.get("/members")).text


@pytest.fixture(scope="session")
def slow_hash() -> str:
    """Of the usual password, and so costly that something else can happen while it is compared."""
    return PasswordHasher(40, 19_456, 1).hash(PASSWORD)


async def _have(running: Community, email: str, hashed: str) -> None:
    async with running.database.write() as session:
        await session.execute(
            update(Member).where(Member.email == email).values(password_hash=hashed)
        )


async def _link(running: Community, email: str, purpose: str) -> str:
    """Make the link of a letter good, as its sending does."""
    token = made_token(running.settings.secret, purpose, 7)
    async with running.database.write() as session:
        member_id = await session.scalar(select(Member.id).where(Member.email == email))
        assert member_id is not None
        until = running.now() + dt.timedelta(hours=1)
        await keep_link(session, token, purpose, member_id, until=until)  # type: ignore[arg-type]
    return token


async def _invite(running: Community, code: str) -> None:
    async with running.database.write() as session:
        await keep_invite(session, code, plan="willow", uses=1, now=running.now())
