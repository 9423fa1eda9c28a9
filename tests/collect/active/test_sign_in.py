"""Which log-ins are walked, on whose hosts, and what of them is repeated: against a real server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from launchready.collect.world import World
from launchready.facts import Gap, Subject
from launchready.facts.ways import Entrance
from tests.checks.web_making import chain, entrance
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

__all__ = ["member"]


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


@pytest.mark.parametrize(
    "page",
    [
        "<script>location.replace('/enter')</script>",
        '<meta http-equiv="refresh" content="0; url=/enter">',
    ],
)
async def test_a_log_in_behind_a_page_that_only_sends_on_is_walked(page: str) -> None:
    behind = Community(form=login_page(action="/login"))

    def site(asked: Asked) -> Reply | None:
        if asked.path == "/enter":
            return behind(replace(asked, target="/login"))
        if asked.path == "/login" and asked.method == "GET":
            return Reply(body=page)
        return behind(asked)

    async with running(site) as served:
        assert failed(await fact(served)) == []


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


async def test_a_token_that_the_site_puts_into_an_address_is_not_repeated() -> None:
    community = Community()

    def site(asked: Asked) -> Reply | None:
        reply = community(asked)
        if asked.method == "POST" and reply is not None and reply.status == 302:
            return to("/members?welcome&session=7f3a9c0d1e2b", *reply.headers[1:])
        return reply

    async with running(site) as served:
        found = await fact(served)
    assert "/members?welcome&session=…" in repr(found)
    assert "7f3a9c0d1e2b" not in repr(found)


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
