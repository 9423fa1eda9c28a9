"""The test member's journey: refused with a wrong password, in with the right one, out again."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field

from launchready.collect.permission import refusal
from launchready.collect.session import Session
from launchready.collect.web_address import url_host, wire_url
from launchready.collect.world import World
from launchready.derive.forms import Form, login_form, logout_form
from launchready.derive.throttle import same_answer, says_limited
from launchready.expected import entrances
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.active import JourneyStep, SignIn
from launchready.facts.http import Exchange
from launchready.gather import Ask, Collector
from launchready.manifest import AccountEntry


@dataclass(slots=True, kw_only=True)
class _Journey:
    """One way in, step by step. The password is in no fact, no step and no message."""

    session: Session
    account: AccountEntry
    username: str = field(repr=False)
    password: str = field(repr=False)
    steps: list[JourneyStep] = field(default_factory=list)

    def step(self, name: str, *, passed: bool, seen: str, wanted: str) -> bool:
        self.steps.append(JourneyStep(name=name, passed=passed, seen=seen, wanted=wanted))
        return passed


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
    for earlier in entrances(world.manifest):
        if earlier == subject:
            break
        await ask(SignIn, earlier)
    journey = _Journey(
        session=Session(world=world, ask=ask, key=key),
        account=account,
        username=values[0],
        password=values[1],
    )
    gap = await _walk(journey, url)
    if gap is not None:
        return gap
    return SignIn(
        subject=subject,
        at=world.now(),
        how=f"log-in at {url} as the test member {name}, once",
        entrance=url,
        steps=tuple(journey.steps),
        cookies=tuple(journey.session.cookies.values()),
    )


async def _walk(journey: _Journey, entrance: str) -> Gap | None:
    """Take the steps until one fails; a Gap when the first page could not even be asked."""
    session, account = journey.session, journey.account
    first = await session.send(wire_url(entrance))
    if isinstance(first, Gap):
        return first
    page = await session.follow(first)
    form = _form(page)
    seen = _seen(page)
    if not journey.step(
        "reach the log-in page", passed=form is not None, seen=seen, wanted="a form with a password"
    ):
        return None
    assert isinstance(page, Exchange) and form is not None  # noqa: S101, PT018 - the step saw both
    anonymous = await Session(world=session.world, ask=session.ask, key=session.key).get(
        account.private
    )
    if not await _refused(journey, form, page, anonymous):
        return None
    # The form may carry a token that is good for one attempt.
    fresh = await session.get(page.url)
    form = _form(fresh) or form
    if not await _entered(journey, form, anonymous):
        return None
    await _left(journey, anonymous)
    return None


async def _refused(
    journey: _Journey, form: Form, page: Exchange, anonymous: Exchange | Gap
) -> bool:
    """Try the member's name with a wrong password, once; the private page must stay closed."""
    answer = await _submit(journey, form, page.url, secrets.token_urlsafe(12))
    private = await journey.session.get(journey.account.private)
    opened = _member_sees(journey, private, anonymous)
    return journey.step(
        "wrong password is refused",
        passed=not isinstance(answer, Gap) and not opened,
        seen="it let the visitor in" if opened else _seen(answer),
        wanted="refused, and the private page stays closed",
    )


async def _entered(journey: _Journey, form: Form, anonymous: Exchange | Gap) -> bool:
    journey.session.logged_in = True
    answer = await _submit(journey, form, journey.account.login, journey.password)
    if isinstance(answer, Exchange) and says_limited(answer):
        return journey.step(
            "log in", passed=False, wanted="the member is let in",
            seen=f"{_seen(answer)}: limited after a single wrong password",
        )  # fmt: skip
    if not journey.step(
        "log in",
        passed=isinstance(answer, Exchange) and answer.status < 400 and not _asks_again(answer),
        seen=_seen(answer) + (", the form again" if _asks_again(answer) else ""),
        wanted="the member is let in",
    ):
        return False
    private = await journey.session.get(journey.account.private)
    return journey.step(
        "open the private page",
        passed=_member_sees(journey, private, anonymous),
        seen=_seen(private) + _cookie_note(journey, private, anonymous),
        wanted="the page that only members see",
    )


async def _left(journey: _Journey, anonymous: Exchange | Gap) -> None:
    session, account = journey.session, journey.account
    page = await session.get(account.private)
    form = (
        logout_form(page.text, base=page.url)
        if isinstance(page, Exchange) and "html" in page.content_type
        else None
    )
    url = account.logout or (form.url if form else "")
    if not url:
        journey.step(
            "log out", passed=False, seen="no log-out is declared and none is on the private page",
            wanted="a way out",
        )  # fmt: skip
        return
    answer: Exchange | Gap
    if form is not None and (account.logout is None or form.url == wire_url(account.logout)):
        answer = await _post(session, form, {}, account.private)
    else:
        answer = await session.send(wire_url(url))
        if isinstance(answer, Exchange) and answer.status == 405:
            answer = await session.send(
                wire_url(url), method="POST", body=b"", referer=account.private
            )
    done = isinstance(answer, Exchange) and answer.status < 400
    if not journey.step("log out", passed=done, seen=_seen(answer), wanted="an answer below 400"):
        return
    private = await session.get(account.private)
    open_still = _member_sees(journey, private, anonymous)
    journey.step(
        "private page is closed afterwards",
        passed=isinstance(private, Exchange) and not open_still,
        seen=("still open" if open_still else "closed") + f": {_seen(private)}",
        wanted="refused, or led to the log-in",
    )


async def _submit(journey: _Journey, form: Form, referer: str, password: str) -> Exchange | Gap:
    """Send the log-in form and follow what comes."""
    if form.password is None or form.username is None:
        return Gap(key=journey.session.key, reason="the form has no field for a name")
    if url_host(form.url) not in journey.session.world.manifest.all_hosts:
        reason = f"the form goes to {url_host(form.url)}, which the manifest does not name"
        return Gap(key=journey.session.key, reason=reason)
    values = {form.username.name: journey.username, form.password.name: password}
    return await _post(journey.session, form, values, referer)


async def _post(
    session: Session, form: Form, values: dict[str, str], referer: str
) -> Exchange | Gap:
    answer = await session.send(form.url, method="POST", body=form.filled(values), referer=referer)
    return answer if isinstance(answer, Gap) else await session.follow(answer)


def _form(page: Exchange | Gap) -> Form | None:
    if isinstance(page, Gap) or page.status >= 400 or "html" not in page.content_type:
        return None
    return login_form(page.text, base=page.url)


def _asks_again(page: Exchange | Gap) -> bool:
    return _form(page) is not None


def _member_sees(journey: _Journey, private: Exchange | Gap, anonymous: Exchange | Gap) -> bool:
    """Return whether this is the private page as a member sees it, and not what everybody gets."""
    if isinstance(private, Gap) or private.status != 200 or _asks_again(private):
        return False
    if url_host(private.url) != url_host(journey.account.private):
        return False
    says = journey.account.says
    if says:
        return says in private.text
    return isinstance(anonymous, Gap) or not same_answer(anonymous, private)


def _cookie_note(journey: _Journey, private: Exchange | Gap, anonymous: Exchange | Gap) -> str:
    if _member_sees(journey, private, anonymous):
        return ""
    if not journey.session.jar.header(wire_url(journey.account.private)):
        return "; no cookie of the log-in goes to this page"
    if isinstance(private, Exchange) and private.status == 200 and journey.account.says:
        return "; the page lacks the text that a member sees"
    return "; the session did not last"


def _seen(found: Exchange | Gap) -> str:
    if isinstance(found, Gap):
        return found.reason
    return f"{found.status} at {found.url}"


COLLECTORS: dict[type[Fact], Collector] = {SignIn: sign_in}
