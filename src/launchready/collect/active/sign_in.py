"""The test member's journey: refused with a wrong password, in with the right one, out again."""

from __future__ import annotations

import os

from launchready.collect.active.journey import Journey, is_ok, seen_of
from launchready.collect.active.json_calls import NOT_UNDERSTOOD, json_route, log_in_by_json
from launchready.collect.active.limited import cannot_tell
from launchready.collect.active.password_form import Shown, password_page, submit_password
from launchready.collect.active.permission import refusal
from launchready.collect.active.session import Session
from launchready.collect.active.sign_in_steps import take_steps
from launchready.collect.explained import explained
from launchready.collect.web.address import url_host, wire_url
from launchready.collect.world import World
from launchready.derive.sign_in.log_in_ways import sends_mail
from launchready.derive.sign_in.members_page import BY_HAND, BY_MAIL, not_for_us
from launchready.expected import entrances
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.active import KeptBack, SignIn
from launchready.facts.http import Exchange
from launchready.facts.ways import Entrance
from launchready.gather import Ask, Collector
from launchready.manifest import RouteEntry


async def sign_in(subject: Subject, world: World, ask: Ask) -> SignIn | Gap:
    """Return how the test member signs in at one entrance, or why that was not tried."""
    key = Key(SignIn, subject)
    if not world.manifest.accounts:
        return Gap(
            key=key,
            reason="no test member is declared",
            how_to_prove="Add [accounts.member] to launchready.toml: the names of two environment "
            "variables, the log-in page and a private page.",
        )
    name, _, url = subject.name.partition(" at ")
    account = world.manifest.accounts[name]
    refused = await refusal(key, url, world, ask) or await refusal(key, account.login, world, ask)
    if refused is not None:
        return refused
    values = [os.environ.get(v, "") for v in (account.username_env, account.password_env)]
    missing = [
        v for v, value in zip((account.username_env, account.password_env), values, strict=True)
        if not value
    ]  # fmt: skip
    if missing:
        return Gap(
            key=key,
            reason=f"the environment has no {' and no '.join(missing)}",
            how_to_prove=f"Set {' and '.join(missing)} for this run.",
        )
    # One entrance at a time: the wrong passwords of two at once could look like an attack.
    tried = set()
    for entrance in entrances(world.manifest):
        if entrance == subject:
            break
        earlier = await ask(SignIn, entrance)
        if isinstance(earlier, SignIn):
            tried.add(earlier.form_url)
    journey = Journey(
        session=Session(world=world, ask=ask, key=key, patient=True),
        account=account,
        username=values[0],
        password=values[1],
        tried=frozenset(tried),
    )
    route = json_route(world.manifest, account)
    gap = await (_walk(journey, url) if route is None else _call(journey, route, url))
    if gap is not None:
        return gap
    if journey.because is None and not all(s.passed for s in journey.steps):
        journey.because = await _astray(subject, world, ask)
    return SignIn(
        subject=subject,
        at=world.now(),
        how=f"log-in at {url} as the test member {name}, once",
        because=journey.because,
        entrance=url,
        steps=tuple(journey.steps),
        cookies=tuple(journey.session.cookies.values()),
        refused_with=journey.refused_with,
        self_contained=journey.self_contained,
        by_token=bool(journey.session.bearer),
        opened=journey.opened,
        kept_back=journey.kept_back,
        unseen=tuple(journey.unseen.items()),
        form_url=route.url if route else journey.form.url if journey.form else "",
    )


async def _astray(subject: Subject, world: World, ask: Ask) -> Key | None:
    """Return the entrance, when its host only redirects and does so to a host that it should not."""
    host = subject.parent
    entry = world.manifest.all_hosts.get(host.name) if host is not None else None
    if host is None or entry is None or entry.redirects_to is None:
        return None
    entrance = await ask(Entrance, host)
    strays = isinstance(entrance, Entrance) and entrance.strays == "astray"
    return Key(Entrance, host) if strays else None


async def _walk(journey: Journey, entrance: str) -> Gap | None:
    """Take the steps until one fails; a Gap when this program cannot tell how the journey goes."""
    session = journey.session
    first = await session.send(wire_url(entrance))
    if isinstance(first, Gap):
        return first
    page = await session.arrive(first)
    if isinstance(page, Gap):
        if page.because is not None:
            # Another fact has the fault (a name, a certificate), and its finding tells of it.
            return page
        _reached(journey, page, passed=False)
        return None
    shown = await password_page(session, page, journey.username)
    if isinstance(shown, Gap):
        return shown
    in_two, form = shown.page is not page, shown.form
    if form is None:
        if in_two:
            return _no_password(session.key, shown.page)
        why = not_for_us(page, entrance)
        if why:
            return cannot_tell(session.key, *why)
        _reached(journey, page, passed=False)
        journey.because = await explained(page, session.world, session.ask)
        return None
    _reached(journey, shown.page, passed=True)
    journey.form, journey.door = form, shown.page
    if url_host(form.url) not in session.world.manifest.all_hosts:
        return cannot_tell(
            session.key, f"the form goes to {url_host(form.url)}, which the manifest does not name",
            "Sign in by hand, or name that host if it is yours.",
        )  # fmt: skip
    refused = await refusal(session.key, form.url, session.world, session.ask)
    if refused is not None:
        return refused
    if form.username is None and not in_two:
        return cannot_tell(
            session.key, "the form with the password has no field for a name", BY_HAND
        )
    ready: Shown | None = shown

    async def log_in(password: str) -> Exchange | Gap:
        nonlocal ready
        now, ready = ready, None
        if now is None:
            # The form may carry a token that is good for one attempt. From the entrance on: what was
            # asked in between may have begun another log-in, of which the state has replaced this one's.
            again = await session.send(wire_url(entrance))
            if isinstance(again, Exchange):
                again = await session.arrive(again)
            if isinstance(again, Exchange):
                fresh = await password_page(session, again, journey.username)
                now = fresh if isinstance(fresh, Shown) and fresh.form is not None else None
        return await submit_password(journey, now or shown, password)

    return await take_steps(journey, log_in, form.url)


def _reached(journey: Journey, page: Exchange | Gap, *, passed: bool) -> None:
    journey.step(
        "reach the log-in page", passed=passed, seen=seen_of(page), wanted="a form with a password"
    )


async def _call(journey: Journey, route: RouteEntry, entrance: str) -> Gap | None:
    """Take the steps where a script sends the log-in as JSON."""
    session = journey.session
    # What the page sets is wanted: tokens against forged requests come in cookies.
    first = await session.send(wire_url(entrance))
    if entrance != route.url:
        page = first if isinstance(first, Gap) else await session.follow(first)
        if isinstance(page, Gap) and page.because is not None:
            return page
        if not journey.step(
            "reach the log-in page", passed=is_ok(page), seen=seen_of(page), wanted="a page"
        ):
            if isinstance(page, Exchange):
                journey.because = await explained(page, session.world, session.ask)
            return None
        assert isinstance(page, Exchange)  # noqa: S101 - the step saw it
        session.page, journey.door = page.url, page
    elif isinstance(first, Gap):
        return first
    journey.by_call = True
    journey.not_understood = frozenset() if route.fields else NOT_UNDERSTOOD
    return await take_steps(journey, log_in_by_json(journey, route), route.url)


def _no_password(key: Key, page: Exchange) -> Gap:
    """Return the gap of a log-in that was given a name, and asked for no password."""
    seen = seen_of(page)
    if sends_mail(page):
        return cannot_tell(key, f"the log-in sends a link or a code by mail ({seen})", BY_MAIL)
    return cannot_tell(key, f"the log-in took the name and asked for no password ({seen})", BY_HAND)


async def not_shown(subject: Subject, world: World, ask: Ask) -> KeptBack | Gap:
    """Return that strangers are given nothing of what the test member read at a private route."""
    for entrance in entrances(world.manifest):
        found = await ask(SignIn, entrance)
        if isinstance(found, SignIn) and found.kept_back == subject.name:
            return KeptBack(subject=subject, at=found.at, how=found.how)
    return Gap(key=Key(KeptBack, subject), reason="no member was seen to read it")


COLLECTORS: dict[type[Fact], Collector] = {SignIn: sign_in, KeptBack: not_shown}
