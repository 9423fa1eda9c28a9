"""A test member's journey: its state, and what an answer says about who is signed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus, urlsplit

from launchready.collect.active.session import Session, shown_url
from launchready.collect.web.address import url_host, wire_url
from launchready.derive.pages.forms import Form
from launchready.derive.sign_in.members_page import alike, is_closed, shows_form
from launchready.facts import Gap, Key
from launchready.facts.active import JourneyStep
from launchready.facts.http import Exchange
from launchready.manifest import AccountEntry


@dataclass(slots=True, kw_only=True)
class Journey:
    """One way in, step by step. The password is in no fact, no step and no message."""

    session: Session
    account: AccountEntry
    username: str = field(repr=False)
    password: str = field(repr=False)
    form: Form | None = field(default=None, repr=False)
    """The log-in form as it was met first."""
    steps: list[JourneyStep] = field(default_factory=list)
    tried: frozenset[str] = frozenset()
    """Where forms are sent that have refused a wrong password already."""
    by_call: bool = False
    """The log-in is a call with JSON, and not a form."""
    scheme: str | None = None
    """The word before a token, once the private page was asked for it."""
    token_unknown: bool = False
    """The log-in answered with what may be a token, under a name that says nothing."""
    not_understood: frozenset[int] = frozenset()
    """Statuses that speak against what was guessed, and not against the log-in."""
    refused_with: int | None = None
    """The status of the answer to a wrong password."""
    self_contained: bool = False
    """The session that outlived the log-out stands in its cookie, and not at the server."""
    door: Exchange | None = field(default=None, repr=False)
    """The log-in page as a visitor saw it."""
    opened: Exchange | None = None
    """The head of the private page as the member got it, without cookies."""
    kept_back: str = ""
    """The private page, where strangers are given nothing of what the member read there."""
    unseen: dict[str, str] = field(default_factory=dict)
    """Steps whose end could not be observed, and why."""
    because: Key | None = None
    """What explains that the log-in page was not reached."""

    def step(self, name: str, *, passed: bool, seen: str, wanted: str) -> bool:
        """Note a step and return whether it passed; the password is cut out of what was seen."""
        # A site may send what was typed in back in a redirect.
        for spelled in (self.password, quote(self.password), quote_plus(self.password)):
            seen = seen.replace(spelled, "…")
        self.steps.append(JourneyStep(name=name, passed=passed, seen=seen, wanted=wanted))
        return passed


def turned_away(journey: Journey, answer: Exchange) -> bool:
    """Return whether the log-in refused: by its status, or by showing the form again."""
    return answer.status >= 400 or shows_form(journey.form, answer)


def session_goes_on(journey: Journey) -> bool:
    """Return whether a cookie of the journey goes to the private page."""
    return bool(journey.session.jar.header(wire_url(journey.account.private)))


def form_again(journey: Journey) -> str:
    """Return in words that the form came again, and that no cookie went on if none did."""
    lost = not session_goes_on(journey)
    none = "; no cookie of the log-in goes to the private page" if lost else ""
    return f", the form again{_thrown_away(journey) or none}"


def _thrown_away(journey: Journey) -> str:
    """Return in words which cookie browsers throw away; empty when they keep all."""
    why = next(iter(journey.session.jar.refused.values()), "")
    return f"; browsers throw a cookie away: {why[:120]}" if why else ""


def is_open_to_all(journey: Journey, anonymous: Exchange | Gap, private: Exchange | Gap) -> bool:
    """Return whether visitors are given the very page that the member is."""
    if isinstance(anonymous, Gap) or isinstance(private, Gap):
        return False
    shut = is_closed(anonymous, journey.account.private, journey.form)
    return not shut and alike(anonymous, private)


def is_ok(answer: Exchange | Gap) -> bool:
    """Return whether there is an answer below 400."""
    return isinstance(answer, Exchange) and answer.status < 400


async def sent(
    session: Session, form: Form, values: dict[str, str], referer: str
) -> Exchange | Gap:
    """Send a filled form as a browser does, and follow what comes."""
    body = form.filled(values)
    if form.method == "GET":
        url = urlsplit(form.url)._replace(query=body.decode()).geturl()
        answer = await session.send(url, referer=referer)
    else:
        answer = await session.send(form.url, method="POST", body=body, referer=referer)
    return answer if isinstance(answer, Gap) else await session.follow(answer)


def member_sees(journey: Journey, private: Exchange | Gap, anonymous: Exchange | Gap) -> bool:
    """Return whether this is the private page as a member sees it, and not what everybody gets."""
    if isinstance(private, Gap) or private.status != 200 or shows_form(journey.form, private):
        return False
    account = journey.account
    if url_host(private.url) != url_host(account.private):
        return False
    if account.says:
        return account.says in private.text
    return isinstance(anonymous, Gap) or not alike(anonymous, private)


def cookie_note(journey: Journey, private: Exchange | Gap, anonymous: Exchange | Gap) -> str:
    """Return in words why the private page may not have opened; empty when it did."""
    if member_sees(journey, private, anonymous):
        return ""
    if journey.session.bearer:
        return "; the log-in's token was sent with it"
    if thrown_away := _thrown_away(journey):
        return thrown_away
    if not session_goes_on(journey):
        lacks = ", and its answer holds no token" if journey.by_call else ""
        return f"; no cookie of the log-in goes to this page{lacks}"
    if isinstance(private, Exchange) and private.status == 200 and journey.account.says:
        return "; the page lacks the text that a member sees"
    return "; the session did not last"


def seen_of(found: Exchange | Gap) -> str:
    """Return status and URL of an answer, or why there is none."""
    return found.reason if isinstance(found, Gap) else f"{found.status} at {shown_url(found.url)}"
