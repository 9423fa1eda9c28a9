"""Whether a sign-in that was undone is undone."""

from __future__ import annotations

import dataclasses

import pytest

from launchready.checks.sign_in import (
    log_out_leaves_session_open,
)
from launchready.facts.active import COPY_CLOSED
from launchready.finding import Severity
from tests.collect.healthy_site import MEMBERS, Community, fact, failed
from tests.collect.members_site import (
    MANIFEST,
    Asked,
    Reply,
    member,
    running,
    to,
)
from tests.making import outcome

__all__ = ["member"]


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


_ASKS = "<h1>Log out</h1><p>Do you really want to log out?</p>"


@pytest.mark.parametrize(
    ("status", "page"),
    [
        (200, f'{_ASKS}<form method=post action="/logout?sure=1"><button>Yes</button></form>'),
        (403, f'{_ASKS}<a href="/logout?sure=1&amp;nonce=9f3a">log out</a>'),
    ],
    ids=["form", "link"],
)
async def test_a_log_out_that_asks_once_more_is_confirmed(status: int, page: str) -> None:
    community = Community(takes_cookie_back=True)

    def asks_first(asked: Asked) -> Reply | None:
        if asked.path != "/logout":
            return community(asked)
        if "sure=1" not in asked.target:
            return Reply(status, page)
        return community(dataclasses.replace(asked, method="GET"))

    async with running(asks_first) as site:
        found = await fact(site)
    assert found.steps[-1].name == COPY_CLOSED
    assert failed(found) == []


async def test_a_form_of_the_members_own_data_is_not_sent_to_log_out() -> None:
    manifest = MANIFEST.replace('logout = "http://example.org/logout"', "")
    profile = (
        "<form method=post action=/profile><input name=email value=a@b.test>"
        "<button type=button>Log Out Everywhere Else</button><button>Update Profile</button></form>"
    )
    community, sent = Community(members=MEMBERS + profile), list[str]()

    def noting(asked: Asked) -> Reply | None:
        sent.append(f"{asked.method} {asked.path}")
        return community(asked)

    async with running(noting, manifest=manifest) as site:
        found = await fact(site)
    assert failed(found) == []
    assert "POST /profile" not in sent


def _apart(link: str) -> str:
    """Return the manifest without its log-out, so that the members' page must lead out."""
    return f"<head>{TOKEN}</head>{MEMBERS}{link}"


TOKEN = (
    '<meta name="csrf-param" content="authenticity_token"><meta name="csrf-token" content="t0k">'
)
UNDECLARED = MANIFEST.replace('logout = "http://example.org/logout"\n', "")


@pytest.mark.parametrize("attribute", ["data-method", "data-turbo-method"])
async def test_a_link_that_a_script_sends_with_another_method_is_sent_so(attribute: str) -> None:
    community = Community(members=_apart(f'<a {attribute}="delete" href="/logout">Log out</a>'))

    def rails(asked: Asked) -> Reply | None:
        if asked.path != "/logout":
            return community(asked)
        wanted = {"_method": "delete", "authenticity_token": "t0k"}
        if asked.method != "POST" or asked.form != wanted:
            return Reply(404, "No route matches")
        community.sessions.clear()
        return to("/")

    async with running(rails, manifest=UNDECLARED) as site:
        found = await fact(site)
    assert failed(found) == []
    assert "log out" in [s.name for s in found.steps]


@pytest.mark.parametrize(
    ("link", "answer"),
    [
        ('<a onclick="out(this)" href="/logout">Log out</a>', Reply(200, "Request check failed")),
        ('<a href="/logout">Log out</a>', Reply(200, "<p>One moment<script>out()</script>")),
    ],
)
async def test_a_log_out_that_takes_a_script_is_not_called_broken(link: str, answer: Reply) -> None:
    community = Community(members=f"{MEMBERS}{link}")

    def site_of(asked: Asked) -> Reply | None:
        return answer if asked.path == "/logout" else community(asked)

    async with running(site_of, manifest=UNDECLARED) as site:
        found = await fact(site)
    assert failed(found) == []
    judged = outcome(log_out_leaves_session_open, found)
    assert judged.status == "unknown"
    assert "by a script" in judged.detail
    assert "by hand" in judged.how_to_prove


@pytest.mark.parametrize("status", [400, 403, 419, 422])
async def test_a_log_out_that_wants_more_than_is_known_is_not_called_broken(status: int) -> None:
    community = Community()

    def site_of(asked: Asked) -> Reply | None:
        return Reply(status, "No token") if asked.path == "/logout" else community(asked)

    async with running(site_of) as site:
        found = await fact(site)
    assert failed(found) == []
    assert outcome(log_out_leaves_session_open, found).status == "unknown"


async def test_a_declared_log_out_that_changes_nothing_fails_whatever_scripts_it_has() -> None:
    community = Community()

    def site_of(asked: Asked) -> Reply | None:
        scripted = Reply(200, "<p>One moment<script>out()</script>")
        return scripted if asked.path == "/logout" else community(asked)

    async with running(site_of) as site:
        (step,) = failed(await fact(site))
    assert step.name == "private page is closed afterwards"
