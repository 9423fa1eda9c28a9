"""A log-in that a limit has shut: an earlier run's attempts, or this run's visits, count there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from launchready.collect.active.journey import Journey, seen_of
from launchready.collect.active.session import Session
from launchready.collect.web.exchange import stumbled
from launchready.derive.sign_in.throttle import asks_to_wait, wait_s, worth_waiting_s
from launchready.facts import Gap, Key
from launchready.facts.http import Exchange

LogIn = Callable[[str], Awaitable[Exchange | Gap]]
"""Send the member's name with this password, and return what came."""

OPENS_AFTER_S = 30.0
"""So long a log-in that a limit has shut is left alone, where the limit names no time."""

_SHUT = frozenset({429, 503})
"""So a limit answers, that of nginx among them."""


def cannot_tell(key: Key, reason: str, how: str) -> Gap:
    """Return the gap of a journey of which this program cannot tell how it goes."""
    return Gap(key=key, reason=reason, how_to_prove=how)


async def once_open(
    journey: Journey, log_in: LogIn, password: str, *, first: bool = False
) -> Exchange | Gap:
    """Log in; once more where the answer came too late, or a limit that shut the log-in may be open again.

    Before the `first` attempt of a run a limit on attempts counts those of an earlier one. Behind
    it, only one that shuts the page as well is waited for: it counts visits, and not what a member
    does who mistyped the password.
    """
    answer = await log_in(password)
    if isinstance(answer, Gap) and stumbled(answer):
        # A line that stalls, or a server that checks many passwords at once, may be late once.
        answer = await log_in(password)
    pause_s = await _pause_s(journey, answer, first=first)
    if pause_s is None:
        return answer
    url = answer.url if isinstance(answer, Exchange) else journey.account.login
    await journey.session.world.wait_at(url, pause_s)
    return await log_in(password)


async def _pause_s(journey: Journey, answer: Exchange | Gap, *, first: bool) -> float | None:
    if isinstance(answer, Gap):
        return None
    if asks_to_wait(answer) and wait_s(answer) is not None:
        visits = first or await page_shut(journey, answer) is not None
        return worth_waiting_s(answer) if visits else None
    if first and asks_to_wait(answer):
        return OPENS_AFTER_S
    return OPENS_AFTER_S if await page_shut(journey, answer) else None


async def page_shut(journey: Journey, answer: Exchange | Gap) -> Gap | None:
    """Return the gap of a log-in of which the page, shown a moment ago, is refused now as well.

    A limit on all that is asked there, as nginx's is on a location, counts the visits of this run.
    """
    if isinstance(answer, Exchange) and answer.status not in _SHUT:
        return None
    session = journey.session
    # As it is now: a patient visitor would see it open again.
    visitor = Session(world=session.world, ask=session.ask, key=session.key, jar=session.jar)
    page = await visitor.get(journey.account.login)
    if isinstance(page, Exchange) and page.status not in _SHUT:
        return None
    return cannot_tell(
        session.key,
        f"the log-in answered ({seen_of(answer)}) and so does its page by now ({seen_of(page)}): a "
        "limit may count the visits of this run",
        "Run launchready smoke by itself, a few minutes after the audit. Let the limit count what is "
        "sent to the log-in (POST) and not its visits, which members make many of.",
    )
