"""A log-in at the launch's own provider, as Keycloak's: there by a redirect, and back with a code."""

from __future__ import annotations

import secrets
from urllib.parse import parse_qs, urlsplit

from launchready.facts.active import COPY_CLOSED
from tests.collect.healthy_site import MEMBERS, fact, failed
from tests.collect.members_site import (
    NAME,
    PASSWORD,
    Asked,
    Reply,
    Site,
    login_page,
    member,
    running,
    to,
)

__all__ = ["member"]


async def test_each_attempt_begins_at_the_entrance_since_another_log_in_replaces_the_state() -> (
    None
):
    async with running(_provider()) as served:
        assert failed(await fact(served)) == []


async def test_a_log_out_is_followed_to_the_provider_that_else_lets_the_member_in_again() -> None:
    async with running(_provider(remembers=True)) as served:
        found = await fact(served)
    assert failed(found) == []
    assert COPY_CLOSED in [s.name for s in found.steps]


def _provider(*, remembers: bool = False) -> Site:
    sessions: set[str] = set()
    known: set[str] = set()

    def site(asked: Asked) -> Reply:
        query = {k: v[0] for k, v in parse_qs(urlsplit(asked.target).query).items()}
        match asked.method, asked.path:
            case "GET", "/login":
                state = secrets.token_hex(8)
                return to(f"/auth?state={state}", ("Set-Cookie", f"state={state}; Path=/"))
            case "GET", "/auth" if asked.cookies.get("known") in known:
                return to(f"/callback?state={query['state']}")
            case "GET", "/auth":
                return Reply(200, login_page(action=f"/act?state={query['state']}"))
            case "POST", "/act" if asked.form == {"email": NAME, "password": PASSWORD}:
                if not remembers:
                    return to(f"/callback?state={query['state']}")
                known.add(one := secrets.token_hex(8))
                cookie = ("Set-Cookie", f"known={one}; Path=/")
                return to(f"/callback?state={query['state']}", cookie)
            case "POST", "/act":
                again = login_page(note="Wrong.", action=f"/act?state={query['state']}")
                return Reply(200, again)
            case "GET", "/callback" if asked.cookies.get("state") != query["state"]:
                return Reply(400, "The state is another one")
            case "GET", "/callback":
                sessions.add(sid := secrets.token_hex(8))
                return to("/members", ("Set-Cookie", f"sid={sid}; Path=/"))
            case "GET", "/logout":
                sessions.discard(asked.cookies.get("sid", ""))
                return to("/end")
            case "GET", "/end":
                known.discard(asked.cookies.get("known", ""))
                return to("/")
            case _ if asked.path != "/members":
                return Reply(200, "<p>Bread at home</p>")
        return Reply(200, MEMBERS) if asked.cookies.get("sid") in sessions else to("/login")

    return site
