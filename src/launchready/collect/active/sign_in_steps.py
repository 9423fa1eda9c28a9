"""The steps that every way of signing in has: refused with a wrong password, in, and out again."""

from __future__ import annotations

import secrets
from dataclasses import replace

from launchready.collect.active.journey import (
    Journey,
    cookie_note,
    form_again,
    is_ok,
    is_open_to_all,
    member_sees,
    seen_of,
    session_goes_on,
    turned_away,
)
from launchready.collect.active.limited import LogIn, cannot_tell, once_open, page_shut
from launchready.collect.active.log_out import log_out
from launchready.collect.active.others import SHUT_OUT, as_stranger, with_earlier
from launchready.collect.active.session import Session
from launchready.derive.sign_in.members_page import is_closed
from launchready.derive.sign_in.throttle import asks_to_wait, says_limited, wait_s
from launchready.facts import Gap
from launchready.facts.active import (
    OPEN_BEFORE,
)
from launchready.facts.http import Exchange, Headers


async def take_steps(journey: Journey, log_in: LogIn, sent_to: str) -> Gap | None:
    """Take the steps until one fails; a Gap when this program cannot tell how the journey goes.

    `sent_to` is where the log-in is sent: each place is tried with a wrong password once.
    """
    session, account = journey.session, journey.account
    visitor = Session(world=session.world, ask=session.ask, key=session.key, patient=True)
    anonymous = await visitor.get(account.private)
    says = account.says
    if says and isinstance(anonymous, Exchange) and says in anonymous.text:
        # Whoever comes sees what a member sees: nothing that follows could be told apart.
        journey.step(
            OPEN_BEFORE, passed=False, seen=f"{seen_of(anonymous)}, with the members' text",
            wanted=SHUT_OUT,
        )  # fmt: skip
        return None
    if sent_to not in journey.tried:
        # Once a form is enough: sites count wrong passwords, and runs follow one another.
        refused_wrong = await _refused(journey, log_in, anonymous)
        if isinstance(refused_wrong, Gap) or not refused_wrong:
            return refused_wrong or None
    earlier = session.jar.copy()
    gap = await _entered(journey, log_in, anonymous)
    if gap is not None or not journey.steps[-1].passed:
        return gap
    await with_earlier(journey, earlier, anonymous)
    await log_out(journey, anonymous)
    return None


async def _refused(journey: Journey, log_in: LogIn, anonymous: Exchange | Gap) -> bool | Gap:
    """Try the member's name with a wrong password, once; the private page must stay closed.

    A Gap when a limit still counts what an earlier run tried from here, or when another fact
    explains that no answer came.
    """
    answer = await once_open(journey, log_in, secrets.token_urlsafe(12), first=True)
    if isinstance(answer, Exchange) and asks_to_wait(answer):
        asked = f" for {wait_s(answer)} seconds" if wait_s(answer) is not None else ""
        return cannot_tell(
            journey.session.key,
            f"the log-in answers the first attempt already with {answer.status}: it asks to "
            f"wait{asked}",
            "A limit still counts what was tried before from here: run this again later.",
        )
    if isinstance(answer, Gap):
        if answer.because is not None:
            return answer
        return await page_shut(journey, answer) or _no_answer(journey, answer)
    if closed := await page_shut(journey, answer):
        return closed
    journey.refused_with = answer.status
    private = await journey.session.get(journey.account.private)
    opened = member_sees(journey, private, anonymous)
    if opened and not journey.account.says and isinstance(anonymous, Exchange):
        shut = is_closed(anonymous, journey.account.private, journey.form)
        # A page that is open to all may differ by the notice about the wrong password alone.
        opened = shut or not turned_away(journey, answer)
    return journey.step(
        "wrong password is refused",
        passed=not opened,
        seen="it let the visitor in" if opened else seen_of(answer),
        wanted="refused, and the private page stays closed",
    )


def _no_answer(journey: Journey, gap: Gap) -> bool:
    """Note that members get no answer to their log-in, which lets nobody in."""
    return journey.step("log in", passed=False, seen=seen_of(gap), wanted="the member is let in")


async def _entered(journey: Journey, log_in: LogIn, anonymous: Exchange | Gap) -> Gap | None:
    journey.session.logged_in = True
    answer = await once_open(journey, log_in, journey.password)
    if isinstance(answer, Gap):
        if answer.because is None:
            if (closed := await page_shut(journey, answer)) is None:
                _no_answer(journey, answer)
            return closed
        return answer
    if closed := await page_shut(journey, answer):
        return closed
    away = turned_away(journey, answer)
    if away and says_limited(answer):
        journey.step(
            "log in", passed=False, wanted="the member is let in",
            seen=f"{seen_of(answer)}: limited after a single wrong password",
        )  # fmt: skip
        return None
    if answer.status in journey.not_understood:
        return cannot_tell(
            journey.session.key,
            f"the log-in answered {answer.status} to the test member: it may want fields of other "
            "names than those that were guessed",
            'Name them at the route: fields = { username = "email", password = "password" }.',
        )
    if not journey.step(
        "log in",
        passed=not away,
        seen=seen_of(answer) + (form_again(journey) if away and is_ok(answer) else ""),
        wanted="the member is let in",
    ):
        return None
    private = await journey.session.get(journey.account.private)
    sees = member_sees(journey, private, anonymous)
    if not sees and not journey.account.says and is_open_to_all(journey, anonymous, private):
        return cannot_tell(
            journey.session.key,
            "the private page answers visitors and members alike, so that it does not tell whether "
            "the member is in",
            "Name a page that visitors are refused, or add says = with a text on it that only "
            "members see. Where scripts draw the page, name the URL that they fetch it from.",
        )
    if not sees and journey.token_unknown and not session_goes_on(journey):
        return cannot_tell(
            journey.session.key,
            f"the log-in answered {answer.status}, with what may be a token under a name that this "
            "program does not know",
            "Sign in by hand in a private window before launch. Or let the answer name its token "
            "access_token (RFC 6749 section 5.1).",
        )
    journey.step(
        "open the private page",
        passed=sees,
        seen=seen_of(private) + cookie_note(journey, private, anonymous),
        wanted="the page that only members see",
    )
    if sees and isinstance(private, Exchange):
        journey.opened = _head_of(private)
    if sees and isinstance(private, Exchange) and isinstance(anonymous, Exchange):
        await as_stranger(journey, private, anonymous)
    return None


def _head_of(private: Exchange) -> Exchange:
    """Return an answer without what is the member's own: its body and its cookies."""
    told = tuple((n, v) for n, v in private.headers if n.lower() != "set-cookie")
    return replace(private, headers=Headers(told), body=b"", body_cut=bool(private.body))
