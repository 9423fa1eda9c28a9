"""How a route throttles: the same bounded request again and again, with unknown accounts only."""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from launchready.collect.permission import refusal
from launchready.collect.session import Session
from launchready.collect.web_address import url_host
from launchready.collect.world import World
from launchready.derive.forms import Form, forms, login_form
from launchready.derive.throttle import (
    LIMIT_SHOWS_BY,
    REQUESTS_MAX,
    gist,
    same_answer,
    says_limited,
)
from launchready.expected import entrances, routes
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.active import SignIn, Throttling
from launchready.facts.http import Exchange
from launchready.gather import Ask, Collector
from launchready.manifest import RouteEntry

# Servers that answer so did not do what was asked, so that repeating it proves no limit.
_NOT_REACHED = {404, 405, 406, 415, 501}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """The request that is repeated."""

    url: str
    method: str
    body: bytes | None
    content_type: str


async def throttling(subject: Subject, world: World, ask: Ask) -> Throttling | Gap:
    """Return how a route throttles, or why that was not tried.

    The routes of one host are tried one after the other, and after the test member's sign-in:
    a limit that one route reaches may close the others as well.
    """
    key = Key(Throttling, subject)
    route = next(r for r in routes(world.manifest) if r.url == subject.name)
    refused = await refusal(key, route.url, world, ask)
    if refused is not None:
        return refused
    for entrance in entrances(world.manifest):
        await ask(SignIn, entrance)
    async with _turn(world, url_host(route.url)):
        session = Session(world=world, ask=ask, key=key)
        attempt = await _attempt(route, session)
        if isinstance(attempt, Gap):
            return attempt
        return await _repeat(subject, route, attempt, session)


def _turn(world: World, host: str) -> asyncio.Lock:
    return world.turns.setdefault(host, asyncio.Lock())


async def _repeat(
    subject: Subject, route: RouteEntry, attempt: _Attempt, session: Session
) -> Throttling | Gap:
    wanted = min(route.limit or LIMIT_SHOWS_BY[route.kind], REQUESTS_MAX)
    answers: list[Exchange] = []

    def fact(after: int | None, changed: str = "", inconclusive: str = "") -> Throttling:
        return Throttling(
            subject=subject,
            at=session.world.now(),
            how=f"{attempt.method} {attempt.url}, {len(answers)} times, unknown account",
            route=route,
            requests=len(answers),
            throttled_after=after,
            first_answer=gist(answers[0]) if answers else "",
            changed_answer=changed,
            inconclusive=inconclusive,
        )

    while len(answers) < wanted:
        found = await _send(attempt, session)
        if isinstance(found, Gap):
            if not answers:
                return found
            inconclusive = f"stopped answering after {len(answers)} requests: {found.reason}"
            return fact(None, inconclusive=inconclusive)
        answers.append(found)
        usual = answers[0]
        if len(answers) == 1:
            reason = await _useless(usual, route, session)
            if reason:
                return fact(None, inconclusive=reason)
            if says_limited(usual):
                return fact(0, gist(usual))
            continue
        if same_answer(usual, found):
            continue
        after = len(answers) - 1
        again = await _send(attempt, session)
        if isinstance(again, Gap):
            return fact(None, inconclusive=f"stopped answering after {after} requests")
        answers.append(again)
        if same_answer(usual, again) and not says_limited(found):
            continue  # one odd answer is no limit
        if again.status >= 500 and not says_limited(again) and not says_limited(found):
            inconclusive = f"the server began to fail with {again.status} after {after} requests"
            return fact(None, inconclusive=inconclusive)
        return fact(after, gist(found))
    return fact(None)


async def _useless(usual: Exchange, route: RouteEntry, session: Session) -> str:
    """Return why repeating this answer would prove nothing; empty when it would."""
    if usual.challenge:
        return f"bot protection ({usual.challenge}) answered instead of the route"
    if usual.status in _NOT_REACHED:
        return f"the route answered {usual.status}: it does not take this request"
    if usual.status >= 500 and not says_limited(usual):
        return f"the route answered {usual.status} from the first request on"
    if usual.status in {401, 403} and route.kind == "chat" and not says_limited(usual):
        return f"the route asks for a session ({usual.status}), and the limit lies behind it"
    if says_limited(usual):
        root = await session.send(f"https://{url_host(route.url)}/")
        if isinstance(root, Exchange) and says_limited(root):
            return "the whole host answers as limited; wait for it to open again and recheck"
    return ""


async def _send(attempt: _Attempt, session: Session) -> Exchange | Gap:
    return await session.send(
        attempt.url,
        method=attempt.method,
        body=attempt.body,
        content_type=attempt.content_type,
        referer=attempt.url,
        body_max_bytes=50_000,
    )


async def _attempt(route: RouteEntry, session: Session) -> _Attempt | Gap:
    """Return the request to repeat: the page's own form, filled in for nobody, or a plain one."""
    values = _values(route)
    if route.json_body or route.kind == "webhook":
        body = {"message": "ping"} if route.kind == "chat" else {}
        typed = {route.fields.get(k, k): v for k, v in values.items()}
        return _Attempt(
            url=route.url,
            method=route.method or "POST",
            body=json.dumps(body | typed).encode(),
            content_type="application/json",
        )
    page = await session.send(route.url)
    if isinstance(page, Gap):
        return page
    page_or_gap = await session.follow(page)
    if isinstance(page_or_gap, Gap):
        return page_or_gap
    form = _form(route, page_or_gap)
    if form is not None:
        typed = _typed(form, route, values)
        return _Attempt(
            url=form.url, method="POST", body=form.filled(typed),
            content_type="application/x-www-form-urlencoded",
        )  # fmt: skip
    typed = {route.fields.get(k, k): v for k, v in values.items()}
    body_text = "&".join(f"{k}={v}" for k, v in typed.items())
    return _Attempt(
        url=route.url,
        method=route.method or "POST",
        body=body_text.encode(),
        content_type="application/x-www-form-urlencoded",
    )


def _values(route: RouteEntry) -> dict[str, str]:
    """Return what is typed in: an account that cannot exist, and never a whole address to join."""
    nobody = f"launchready-{secrets.token_hex(6)}"
    address = f"{nobody}@{nobody}.invalid"
    match route.kind:
        case "auth":
            return {"username": address, "password": secrets.token_urlsafe(12)}
        case "reset":
            return {"email": address}
        case "invite":
            return {"code": nobody}
        case "signup":
            # Refused before anything is stored: this is no address.
            return {"email": nobody, "password": "x"}
        case "chat":
            return {"message": "ping"}
        case _:
            return {}


def _form(route: RouteEntry, page: Exchange) -> Form | None:
    """Return the page's form that belongs to the route's kind and is sent to this launch."""
    if "html" not in page.content_type:
        return None
    if route.kind == "auth":
        found = login_form(page.text, base=page.url)
    else:
        posts = [f for f in forms(page.text, base=page.url) if f.method == "POST"]
        here = [f for f in posts if urlsplit(f.url).path == urlsplit(route.url).path]
        found = next(iter(here + posts), None)
    if found is None or url_host(found.url) != url_host(page.url):
        return None
    return found


def _typed(form: Form, route: RouteEntry, values: dict[str, str]) -> dict[str, str]:
    typed = {}
    for what, value in values.items():
        name = route.fields.get(what)
        if name is None and what == "password":
            name = form.password.name if form.password else None
        elif name is None:
            name = form.username.name if form.username else None
        if name is not None:
            typed[name] = value
    return typed


COLLECTORS: dict[type[Fact], Collector] = {Throttling: throttling}
