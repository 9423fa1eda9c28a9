"""The test member's journey: refused with a wrong password, in with the right one, out again."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus, urlsplit

from launchready.collect.explained import explained
from launchready.collect.permission import refusal
from launchready.collect.session import Session
from launchready.collect.web_address import url_host, wire_url
from launchready.collect.world import World
from launchready.derive.forms import Form, logout_form
from launchready.derive.members_page import alike, is_closed, log_in_form, not_for_us, shows_form
from launchready.derive.sign_in_links import logout_link
from launchready.derive.throttle import says_limited
from launchready.expected import entrances
from launchready.facts import Fact, Gap, Key, Subject
from launchready.facts.active import OPEN_BEFORE, JourneyStep, SignIn
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
    form: Form | None = field(default=None, repr=False)
    """The log-in form as it was met first."""
    steps: list[JourneyStep] = field(default_factory=list)
    because: Key | None = None
    """What explains that the log-in page was not reached."""

    def step(self, name: str, *, passed: bool, seen: str, wanted: str) -> bool:
        # A site may send what was typed in back in a redirect.
        for spelled in (self.password, quote(self.password), quote_plus(self.password)):
            seen = seen.replace(spelled, "…")
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
        session=Session(world=world, ask=ask, key=key, patient=True),
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
        because=journey.because,
        entrance=url,
        steps=tuple(journey.steps),
        cookies=tuple(journey.session.cookies.values()),
    )


async def _walk(journey: _Journey, entrance: str) -> Gap | None:
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
    seen = _seen(page)
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
            OPEN_BEFORE, passed=False, seen=f"{_seen(anonymous)}, with the members' text",
            wanted="refused, or led to the log-in",
        )  # fmt: skip
        return None
    if not await _refused(journey, form, page, anonymous):
        return None
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
    journey: _Journey, form: Form, page: Exchange, anonymous: Exchange | Gap
) -> bool:
    """Try the member's name with a wrong password, once; the private page must stay closed."""
    answer = await _submit(journey, form, page.url, secrets.token_urlsafe(12))
    private = await journey.session.get(journey.account.private)
    opened = _member_sees(journey, private, anonymous)
    if opened and not journey.account.says and isinstance(anonymous, Exchange):
        shut = is_closed(anonymous, journey.account.private, journey.form)
        # A page that is open to all may differ by the notice about the wrong password alone.
        opened = shut or (isinstance(answer, Exchange) and not _turned_away(journey, answer))
    return journey.step(
        "wrong password is refused",
        passed=not isinstance(answer, Gap) and not opened,
        seen="it let the visitor in" if opened else _seen(answer),
        wanted="refused, and the private page stays closed",
    )


async def _entered(
    journey: _Journey, form: Form, page_url: str, anonymous: Exchange | Gap
) -> Gap | None:
    journey.session.logged_in = True
    answer = await _submit(journey, form, page_url, journey.password)
    away = isinstance(answer, Exchange) and _turned_away(journey, answer)
    if isinstance(answer, Exchange) and away and says_limited(answer):
        journey.step(
            "log in", passed=False, wanted="the member is let in",
            seen=f"{_seen(answer)}: limited after a single wrong password",
        )  # fmt: skip
        return None
    if not journey.step(
        "log in",
        passed=isinstance(answer, Exchange) and not away,
        seen=_seen(answer) + (_form_again(journey) if away and _is_ok(answer) else ""),
        wanted="the member is let in",
    ):
        return None
    private = await journey.session.get(journey.account.private)
    sees = _member_sees(journey, private, anonymous)
    if not sees and not journey.account.says and _is_open_to_all(journey, anonymous, private):
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
        seen=_seen(private) + _cookie_note(journey, private, anonymous),
        wanted="the page that only members see",
    )
    return None


async def _left(journey: _Journey, anonymous: Exchange | Gap) -> None:
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
        answer = await _sent(session, form, {}, account.private)
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


def _turned_away(journey: _Journey, answer: Exchange) -> bool:
    return answer.status >= 400 or shows_form(journey.form, answer)


def _form_again(journey: _Journey) -> str:
    lost = not journey.session.jar.header(wire_url(journey.account.private))
    return ", the form again" + (
        "; no cookie of the log-in goes to the private page" if lost else ""
    )


def _is_open_to_all(journey: _Journey, anonymous: Exchange | Gap, private: Exchange | Gap) -> bool:
    if isinstance(anonymous, Gap) or isinstance(private, Gap):
        return False
    shut = is_closed(anonymous, journey.account.private, journey.form)
    return not shut and alike(anonymous, private)


def _is_ok(answer: Exchange | Gap) -> bool:
    return isinstance(answer, Exchange) and answer.status < 400


async def _submit(journey: _Journey, form: Form, referer: str, password: str) -> Exchange | Gap:
    """Send the log-in form and follow what comes."""
    if form.password is None or form.username is None:
        return Gap(key=journey.session.key, reason="the form has no field for a name")
    values = {form.username.name: journey.username, form.password.name: password}
    return await _sent(journey.session, form, values, referer)


async def _sent(
    session: Session, form: Form, values: dict[str, str], referer: str
) -> Exchange | Gap:
    body = form.filled(values)
    if form.method == "GET":
        url = urlsplit(form.url)._replace(query=body.decode()).geturl()
        answer = await session.send(url, referer=referer)
    else:
        answer = await session.send(form.url, method="POST", body=body, referer=referer)
    return answer if isinstance(answer, Gap) else await session.follow(answer)


def _member_sees(journey: _Journey, private: Exchange | Gap, anonymous: Exchange | Gap) -> bool:
    """Return whether this is the private page as a member sees it, and not what everybody gets."""
    if isinstance(private, Gap) or private.status != 200 or shows_form(journey.form, private):
        return False
    account = journey.account
    if url_host(private.url) != url_host(account.private):
        return False
    if account.says:
        return account.says in private.text
    return isinstance(anonymous, Gap) or not alike(anonymous, private)


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
