"""A log-in at the launch's own provider, as Keycloak's: there by a redirect, and back with a code."""

from __future__ import annotations

import secrets
from urllib.parse import parse_qs, urlsplit

from tests.collect.healthy_site import MEMBERS, fact, failed
from tests.collect.members_site import (
    NAME,
    PASSWORD,
    Asked,
    Reply,
    login_page,
    member,
    running,
    to,
)

__all__ = ["member"]


async def test_each_attempt_begins_at_the_entrance_since_another_log_in_replaces_the_state() -> (
    None
):
    sessions: set[str] = set()

    def site(asked: Asked) -> Reply:
        query = {k: v[0] for k, v in parse_qs(urlsplit(asked.target).query).items()}
        match asked.method, asked.path:
            case "GET", "/login":
                state = secrets.token_hex(8)
                return to(f"/auth?state={state}", ("Set-Cookie", f"state={state}; Path=/"))
            case "GET", "/auth":
                return Reply(200, login_page(action=f"/act?state={query['state']}"))
            case "POST", "/act" if asked.form == {"email": NAME, "password": PASSWORD}:
                return to(f"/callback?state={query['state']}")
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
                return to("/")
            case _ if asked.path != "/members":
                return Reply(200, "<p>Bread at home</p>")
        return Reply(200, MEMBERS) if asked.cookies.get("sid") in sessions else to("/login")

    async with running(site) as served:
        assert failed(await fact(served)) == []
