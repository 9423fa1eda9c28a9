"""Whether the session of before the log-in is the member's afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from launchready.checks.sign_in import (
    log_in_keeps_session_id,
    log_out_leaves_session_open,
)
from launchready.facts.active import CLOSED_TO_EARLIER
from tests.collect.healthy_site import Community, fact, failed
from tests.collect.members_site import (
    PASSWORD,
    Asked,
    Reply,
    member,
    running,
    to,
)
from tests.making import outcome

__all__ = ["member"]


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
