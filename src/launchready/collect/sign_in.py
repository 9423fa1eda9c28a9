"""The test member's journey: refused with a wrong password, in with the right one, out again."""

from __future__ import annotations

import asyncio
import os
import secrets

from launchready.collect.explained import explained
from launchready.collect.journey import (
    Journey,
    cookie_note,
    form_again,
    is_ok,
    is_open_to_all,
    member_sees,
    seen_of,
    sent,
    submit,
    turned_away,
)
from launchready.collect.permission import refusal
from launchready.collect.session import Session
from launchready.collect.web_address import url_host, wire_url
from launchready.collect.world import World
from launchready.derive.forms import Form, logout_form
from launchready.derive.members_page import is_closed, log_in_form, not_for_us
from launchready.derive.sign_in_links import logout_link
from launchready.derive.throttle import asks_to_wait, says_limited, wait_s
from launchready.expected import entrances
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.active import OPEN_BEFORE, SignIn
from launchready.facts.http import Exchange
from launchready.facts.ways import Entrance
from launchready.gather import Ask, Collector

WAIT_MAX_S = 65
"""So long a limit by the minute is waited out, once; an earlier run may have reached it."""


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
    gap = await _walk(journey, url)
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
        form_url=journey.form.url if journey.form is not None else "",
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
    session, account = journey.session, journey.account
    first = await session.send(wire_url(entrance))
    if isinstance(first, Gap):
        return first
    page = await session.follow(first)
    if isinstance(page, Gap) and page.because is not None:
        # Another fact has the fault (a name, a certificate), and its finding tells of it.
        return page
    form = log_in_form(page) if isinstance(page, Exchange) else None
    if form is None and isinstance(page, Exchange):
        why = not_for_us(page, entrance)
        if why:
            return _cannot_tell(session.key, *why)
    seen = seen_of(page)
    if not journey.step(
        "reach the log-in page", passed=form is not None, seen=seen, wanted="a form with a password"
    ):
        if isinstance(page, Exchange):
            journey.because = await explained(page, session.world, session.ask)
        return None
    assert isinstance(page, Exchange) and form is not None  # noqa: S101, PT018 - the step saw both
    journey.form = form
    if url_host(form.url) not in session.world.manifest.all_hosts:
        return _cannot_tell(
            session.key, f"the form goes to {url_host(form.url)}, which the manifest does not name",
            "Sign in by hand, or name that host if it is yours.",
        )  # fmt: skip
    refused = await refusal(session.key, form.url, session.world, session.ask)
    if refused is not None:
        return refused
    if form.username is None:
        return _cannot_tell(
            session.key, "the form with the password has no field for a name", _BY_HAND
        )
    visitor = Session(world=session.world, ask=session.ask, key=session.key, patient=True)
    anonymous = await visitor.get(account.private)
    says = account.says
    if says and isinstance(anonymous, Exchange) and says in anonymous.text:
        # Whoever comes sees what a member sees: nothing that follows could be told apart.
        journey.step(
            OPEN_BEFORE, passed=False, seen=f"{seen_of(anonymous)}, with the members' text",
            wanted="refused, or led to the log-in",
        )  # fmt: skip
        return None
    if form.url not in journey.tried:
        # Once a form is enough: sites count wrong passwords, and runs follow one another.
        refused_wrong = await _refused(journey, form, page, anonymous)
        if isinstance(refused_wrong, Gap) or not refused_wrong:
            return refused_wrong or None
    # The form may carry a token that is good for one attempt.
    fresh = await session.get(page.url)
    form = (log_in_form(fresh) if isinstance(fresh, Exchange) else None) or form
    gap = await _entered(journey, form, page.url, anonymous)
    if gap is not None or not journey.steps[-1].passed:
        return gap
    await _left(journey, anonymous)
    return None


_BY_HAND = "Sign in by hand in a private window before launch."


def _cannot_tell(key: Key, reason: str, how: str) -> Gap:
    return Gap(key=key, reason=reason, how_to_prove=how)


async def _refused(
    journey: Journey, form: Form, page: Exchange, anonymous: Exchange | Gap
) -> bool | Gap:
    """Try the member's name with a wrong password, once; the private page must stay closed.

    A Gap when a limit still counts what an earlier run tried from here.
    """
    answer = await submit(journey, form, page.url, secrets.token_urlsafe(12))
    if isinstance(answer, Exchange) and asks_to_wait(answer):
        pause_s = wait_s(answer)
        if pause_s is not None and pause_s <= WAIT_MAX_S:
            await asyncio.sleep(pause_s)
            fresh = await journey.session.get(page.url)
            form = (log_in_form(fresh) if isinstance(fresh, Exchange) else None) or form
            answer = await submit(journey, form, page.url, secrets.token_urlsafe(12))
        if isinstance(answer, Exchange) and asks_to_wait(answer):
            asked = f" for {wait_s(answer)} seconds" if wait_s(answer) is not None else ""
            return _cannot_tell(
                journey.session.key,
                f"the log-in answers the first attempt already with {answer.status}: it asks to "
                f"wait{asked}",
                "A limit still counts what was tried before from here: run this again later.",
            )
    private = await journey.session.get(journey.account.private)
    opened = member_sees(journey, private, anonymous)
    if opened and not journey.account.says and isinstance(anonymous, Exchange):
        shut = is_closed(anonymous, journey.account.private, journey.form)
        # A page that is open to all may differ by the notice about the wrong password alone.
        opened = shut or (isinstance(answer, Exchange) and not turned_away(journey, answer))
    return journey.step(
        "wrong password is refused",
        passed=not isinstance(answer, Gap) and not opened,
        seen="it let the visitor in" if opened else seen_of(answer),
        wanted="refused, and the private page stays closed",
    )


async def _entered(
    journey: Journey, form: Form, page_url: str, anonymous: Exchange | Gap
) -> Gap | None:
    journey.session.logged_in = True
    answer = await submit(journey, form, page_url, journey.password)
    away = isinstance(answer, Exchange) and turned_away(journey, answer)
    if isinstance(answer, Exchange) and away and says_limited(answer):
        journey.step(
            "log in", passed=False, wanted="the member is let in",
            seen=f"{seen_of(answer)}: limited after a single wrong password",
        )  # fmt: skip
        return None
    if not journey.step(
        "log in",
        passed=isinstance(answer, Exchange) and not away,
        seen=seen_of(answer) + (form_again(journey) if away and is_ok(answer) else ""),
        wanted="the member is let in",
    ):
        return None
    private = await journey.session.get(journey.account.private)
    sees = member_sees(journey, private, anonymous)
    if not sees and not journey.account.says and is_open_to_all(journey, anonymous, private):
        return _cannot_tell(
            journey.session.key,
            "the private page answers visitors and members alike, so that it does not tell whether "
            "the member is in",
            "Name a page that visitors are refused, or add says = with a text on it that only "
            "members see.",
        )
    journey.step(
        "open the private page",
        passed=sees,
        seen=seen_of(private) + cookie_note(journey, private, anonymous),
        wanted="the page that only members see",
    )
    return None


async def _left(journey: Journey, anonymous: Exchange | Gap) -> None:
    session, account = journey.session, journey.account
    page = await session.get(account.private)
    form, link = None, ""
    if isinstance(page, Exchange) and "html" in page.content_type:
        form = logout_form(page.text, base=page.url)
        link = logout_link(page.text, base=page.url)
    url = account.logout or (form.url if form else link)
    # A button of a script may do it, or a service of others, which is not ours to knock at.
    if not url or url_host(wire_url(url)) not in session.world.manifest.all_hosts:
        return
    answer: Exchange | Gap
    if form is not None and (account.logout is None or form.url == wire_url(account.logout)):
        answer = await sent(session, form, {}, account.private)
    else:
        answer = await session.send(wire_url(url))
        if isinstance(answer, Exchange) and answer.status == 405:
            answer = await session.send(
                wire_url(url), method="POST", body=b"", referer=account.private
            )
    done = isinstance(answer, Exchange) and answer.status < 400
    if not journey.step("log out", passed=done, seen=seen_of(answer), wanted="an answer below 400"):
        return
    private = await session.get(account.private)
    open_still = member_sees(journey, private, anonymous)
    journey.step(
        "private page is closed afterwards",
        passed=isinstance(private, Exchange) and not open_still,
        seen=("still open" if open_still else "closed") + f": {seen_of(private)}",
        wanted="refused, or led to the log-in",
    )


COLLECTORS: dict[type[Fact], Collector] = {SignIn: sign_in}
