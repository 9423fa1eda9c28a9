"""A chat that talks to members alone is knocked at as the test member."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from launchready.expected import zone_of
from launchready.facts import route_subject
from launchready.facts.active import SignIn, Throttling
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

__all__ = ["member"]

CHAT = "http://app.example.org/chat"
WITH_CHAT = MANIFEST.replace(
    "[accounts.member]", f'"{CHAT}" = {{ kind = "chat", json_body = true }}\n[accounts.member]'
).replace("http://example.org/", "http://app.example.org/")


def members_only(
    talk: Callable[[int], Reply], *, lets_in: bool = True
) -> Callable[[Asked], Reply | None]:
    """A site with a log-in, whose chat answers members as `talk` says of the nth question."""
    sessions: set[str] = set()
    questions = []

    def site(asked: Asked) -> Reply | None:
        inside = asked.cookies.get("sid") in sessions
        match asked.method, asked.path:
            case "POST", "/login":
                if asked.form.get("password") != PASSWORD or not lets_in:
                    return Reply(401, login_page(note="Wrong password."))
                sessions.add(sid := secrets.token_hex(16))
                return to("/members", ("Set-Cookie", f"sid={sid}; Path=/; HttpOnly"))
            case "GET", "/members":
                return Reply(200, "<h1>Members</h1><p>Ada</p>") if inside else to("/login")
            case "GET", "/logout":
                sessions.discard(asked.cookies.get("sid", ""))
                return to("/login")
            case "POST", "/chat":
                if not inside:
                    return Reply(401, "Please log in.")
                questions.append(asked.body)
                return talk(len(questions))
            case _:
                return Reply(200, login_page())

    return site


async def fact(site: Callable[[Asked], Reply | None]) -> Throttling:
    async with running(site, manifest=WITH_CHAT) as served:
        world = served.seen.world
        subject = route_subject(CHAT, zone_of(world.manifest, "app.example.org"))
        found = await served.seen.gatherer.ask(Throttling, subject)
    assert isinstance(found, Throttling), found
    return found


async def test_a_limit_for_members_is_seen() -> None:
    slow = Reply(429, "Slow down", (("Retry-After", "60"),))
    found = await fact(members_only(lambda n: slow if n > 20 else Reply(200, "Hello")))
    assert found.throttled_after == 20
    assert "the test member" in found.how


async def test_a_chat_without_a_limit_for_members_is_seen() -> None:
    found = await fact(members_only(lambda _n: Reply(200, "Hello")))
    assert found.throttled_after is None
    assert not found.inconclusive
    assert found.first_answer.startswith("200")


async def test_what_hides_behind_a_broken_log_in_is_told_with_it() -> None:
    found = await fact(members_only(lambda _n: Reply(200, "Hello"), lets_in=False))
    assert "asks for a session (401)" in found.inconclusive
    assert found.because is not None
    assert found.because.kind is SignIn
