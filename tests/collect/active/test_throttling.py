"""Which routes are tried, in which order, and with whose permission."""

from __future__ import annotations

import itertools

import pytest

from launchready.facts import Gap
from launchready.facts.active import SignIn
from tests.collect.bursts import JSON, ROUTES, WRONG, counting, fact, judged
from tests.collect.members_site import Asked, Reply, login_page, member, running

__all__ = ["member"]


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


@pytest.mark.usefixtures("member")
async def test_a_log_in_that_fails_whatever_it_is_sent_is_the_members_fault_to_tell() -> None:
    def site(asked: Asked) -> Reply:
        return Reply(200, login_page()) if asked.method == "GET" else Reply(500, "broken")

    async with running(site) as served:
        found = await fact(served)
    assert "500" in found.inconclusive
    assert found.because is not None
    assert found.because.kind is SignIn
