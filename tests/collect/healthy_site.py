"""A healthy site with members, of which a test changes one thing, and how its sign-in is judged."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from launchready.expected import entrances
from launchready.facts import Gap
from launchready.facts.active import JourneyStep, SignIn

from .members_site import (
    NAME,
    PASSWORD,
    Asked,
    Reply,
    Running,
    login_page,
    to,
)

MEMBERS = "<h1>Members</h1><p>Welcome back, Ada</p>"


@dataclass
class Community:
    """A healthy site with members; a test changes one thing."""

    sessions: set[str] = field(default_factory=set)
    cookie: str = "sid={sid}; Path=/; HttpOnly"
    ends_sessions: bool = True
    takes_cookie_back: bool = False
    checks_password: bool = True
    wrong: Reply = field(default_factory=lambda: Reply(401, login_page(note="Wrong password.")))
    closed: Reply = field(default_factory=lambda: to("/login"))
    members: str = MEMBERS
    form: str = field(default_factory=login_page)
    tokens: set[str] | None = None

    def __call__(self, asked: Asked) -> Reply | None:
        inside = asked.cookies.get("sid") in self.sessions
        match asked.method, asked.path:
            case "GET", "/login":
                if self.tokens is None:
                    return Reply(200, self.form)
                self.tokens.add(token := secrets.token_hex(16))
                return Reply(200, login_page(token=token))
            case "POST", "/login":
                return self.log_in(asked)
            case "GET", "/members":
                return Reply(200, self.members) if inside else self.closed
            case "GET", "/logout":
                if self.ends_sessions:
                    self.sessions.discard(asked.cookies.get("sid", ""))
                gone = ("Set-Cookie", "sid=; Path=/; Max-Age=0")
                return to("/", *([gone] if self.takes_cookie_back else []))
            case _:
                return Reply(200, "<p>Bread at home</p>")

    def log_in(self, asked: Asked) -> Reply:
        if self.tokens is not None:
            if asked.form.get("csrf") not in self.tokens:
                return Reply(403, "Bad token")
            self.tokens.discard(asked.form["csrf"])
        right = asked.form.get("email") == NAME and asked.form.get("password") == PASSWORD
        if self.checks_password and not right:
            return self.wrong
        self.sessions.add(sid := secrets.token_hex(8))
        return to("/members", ("Set-Cookie", self.cookie.format(sid=sid)))


async def judged(site: Running) -> SignIn | Gap:
    return await site.seen.gatherer.ask(SignIn, entrances(site.seen.world.manifest)[0])


async def fact(site: Running) -> SignIn:
    found = await judged(site)
    assert isinstance(found, SignIn), found
    return found


def failed(found: SignIn) -> list[JourneyStep]:
    return [s for s in found.steps if not s.passed]
