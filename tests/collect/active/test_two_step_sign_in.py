"""Log-ins that ask for the name first, and those that ask for no password at all."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from launchready.collect.active.member_session import member_session
from launchready.facts import Gap, Key, route_subject
from launchready.facts.active import SignIn, Throttling
from launchready.facts.http import Exchange
from tests.collect.healthy_site import Community, failed, judged
from tests.collect.members_site import MANIFEST, NAME, Asked, Reply, member, running, to

__all__ = ["member"]

NAME_PAGE = (
    "<title>Log in</title><form method=post action=/login/name>"
    "<input type=email name=email><button>Continue</button></form>"
)
PASSWORD_PAGE = (
    "<title>Log in</title><form method=post action=/login>"
    "{name}<input type=password name=password><button>Log in</button></form>"
)


@dataclass
class TwoSteps(Community):
    """A site that asks for the name, and on the page behind it for the password."""

    form: str = NAME_PAGE
    hidden: bool = True
    """The name stands in the second form; else the server remembers it by a cookie."""
    behind: Reply | None = None
    named: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Reply | None:
        if (asked.method, asked.path) == ("POST", "/login/name"):
            self.named.append(asked.form["email"])
            return self.behind or self.second_page(asked.form["email"])
        if (asked.method, asked.path) == ("POST", "/login") and not self.hidden:
            name = asked.cookies.get("name", "")
            return self.log_in(Asked(
                method="POST", target=asked.target, headers=asked.headers,
                body=f"{asked.body}&email={name}",
            ))  # fmt: skip
        return super().__call__(asked)

    def second_page(self, name: str) -> Reply:
        shown = f'<input type=hidden name=email value="{name}">' if self.hidden else ""
        page = PASSWORD_PAGE.format(name=shown)
        html = ("Content-Type", "text/html; charset=utf-8")
        return Reply(200, page, (html, ("Set-Cookie", f"name={name}; Path=/")))


@pytest.mark.parametrize("hidden", [True, False])
async def test_the_name_first_and_then_the_password_lets_the_member_in(hidden: bool) -> None:
    site = TwoSteps(hidden=hidden)
    async with running(site) as served:
        found = await judged(served)
    assert isinstance(found, SignIn), found
    assert failed(found) == []
    assert "wrong password is refused" in {s.name for s in found.steps}
    assert site.named == [NAME, NAME]


async def test_a_wrong_password_that_gets_in_at_the_second_page_fails() -> None:
    async with running(TwoSteps(checks_password=False)) as served:
        found = await judged(served)
    assert isinstance(found, SignIn), found
    assert [s.name for s in failed(found)] == ["wrong password is refused"]


@pytest.mark.parametrize(
    ("behind", "reason"),
    [
        (Reply(200, "<h1>Check your inbox</h1>"), "by mail"),
        (Reply(200, "<h1>Hello</h1>"), "asked for no password"),
        (to("https://tenant.okta.example/"), "asked for no password"),
    ],
)
async def test_a_page_behind_the_name_without_a_password_is_not_proven(
    behind: Reply, reason: str
) -> None:
    site = TwoSteps(behind=behind)
    async with running(site) as served:
        found = await judged(served)
    assert isinstance(found, Gap)
    assert reason in found.reason
    assert "by hand" in found.how_to_prove
    assert len(site.named) == 1


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (NAME_PAGE.replace("Continue", "Email me a link"), "by mail"),
        (f"{NAME_PAGE}<p>We send you a magic link.</p>", "by mail"),
        ("<h1>Log in</h1><a href=/google>Continue with Google</a>", "Google"),
        ("<h1>Anmelden</h1><button>Anmelden mit Apple</button>", "Apple"),
    ],
)
async def test_a_log_in_by_mail_or_by_others_is_told_how_to_prove_and_sent_nothing(
    page: str, reason: str
) -> None:
    async with running(Community(form=page)) as site:
        found = await judged(site)
        assert site.posts() == []
    assert isinstance(found, Gap)
    assert reason in found.reason
    assert "by hand" in found.how_to_prove
    assert "log out" in found.how_to_prove


async def test_a_newsletter_beside_a_log_in_is_not_filled_in() -> None:
    page = (
        "<title>Log in</title><form method=post action=/news>"
        "<input type=email name=email><button>Subscribe</button></form>"
    )
    async with running(Community(form=page)) as site:
        await judged(site)
        assert site.posts() == []


async def test_a_members_session_is_opened_in_two_steps() -> None:
    async with running(TwoSteps(), manifest=MANIFEST) as site:
        key = Key(Throttling, route_subject("http://example.org/chat", "example.org"))
        session = await member_session(site.seen.world, site.seen.gatherer.ask, key)
        assert session is not None
        members = await session.get("http://example.org/members")
    assert isinstance(members, Exchange)
    assert "Welcome back" in members.text
