"""Who else than the member is shown the private page: strangers, and holders of a member's cookies."""

from __future__ import annotations

from launchready.collect.active.journey import Journey, member_sees, seen_of
from launchready.collect.active.session import Session
from launchready.collect.web.address import url_host, wire_url
from launchready.collect.web.cookies import Jar
from launchready.derive.sign_in.kept_back import kept_back
from launchready.derive.sign_in.members_page import alike
from launchready.derive.sign_in.session_cookies import holds_session
from launchready.expected import zone_of
from launchready.facts import Gap, host_subject
from launchready.facts.active import CLOSED_TO_EARLIER, COPY_CLOSED, OPEN_TO_OTHERS
from launchready.facts.http import Exchange
from launchready.facts.ways import Entrance

SHUT_OUT = "refused, or led to the log-in"


async def as_stranger(journey: Journey, private: Exchange, anonymous: Exchange) -> None:
    """Ask for the page as a stranger: a cache in between may hold what the member has just got."""
    found = await _asked_with(Jar(), journey, OPEN_TO_OTHERS)
    if found is None:
        return
    if kept_back(found, private, await _for_everybody(journey)):
        journey.kept_back = journey.account.private
    if not member_sees(journey, found, anonymous):
        return
    if journey.account.says or alike(private, found):
        journey.step(
            OPEN_TO_OTHERS, passed=False, seen=f"{seen_of(found)}, as the member has got it",
            wanted=SHUT_OUT,
        )  # fmt: skip


async def _for_everybody(journey: Journey) -> list[Exchange]:
    """Return pages that everybody sees: the log-in, and the start page of the private page's host."""
    session, name = journey.session, url_host(journey.account.private)
    host = host_subject(name, zone_of(session.world.manifest, name))
    entrance = await session.ask(Entrance, host)
    root = entrance.https_root if isinstance(entrance, Entrance) else None
    return [page for page in (journey.door, root.last if root else None) if page is not None]


async def with_earlier(journey: Journey, earlier: Jar, anonymous: Exchange | Gap) -> None:
    """Ask for the page with what the browser held before the log-in: somebody may have put it there."""
    if not earlier.header(wire_url(journey.account.private)):
        return
    if isinstance(anonymous, Gap):
        journey.unseen[CLOSED_TO_EARLIER] = anonymous.reason
        return
    private = await _asked_with(earlier, journey, CLOSED_TO_EARLIER)
    if private is None:
        return
    inside = member_sees(journey, private, anonymous)
    journey.step(
        CLOSED_TO_EARLIER,
        passed=not inside,
        seen=f"{'open' if inside else 'closed'} to them: {seen_of(private)}",
        wanted=SHUT_OUT,
    )


async def with_copy(journey: Journey, before: Jar, anonymous: Exchange | Gap) -> None:
    """Ask for the page once more with the cookies of before the log-out, as whoever copied them can."""
    sent_along = before.header(wire_url(journey.account.private))
    if not sent_along:
        return
    private = await _asked_with(before, journey, COPY_CLOSED)
    if private is None:
        return
    open_still = member_sees(journey, private, anonymous)
    journey.self_contained = open_still and holds_session(sent_along)
    journey.step(
        COPY_CLOSED,
        passed=not open_still,
        seen=f"{'still open' if open_still else 'closed'} to the cookies of before: {seen_of(private)}",
        wanted=SHUT_OUT,
    )


async def _asked_with(held: Jar, journey: Journey, step: str) -> Exchange | None:
    """Return the private page as whoever holds these cookies gets it; None is noted for the step."""
    session = journey.session
    other = Session(world=session.world, ask=session.ask, key=session.key, patient=True, jar=held)
    private = await other.get(journey.account.private)
    if isinstance(private, Gap):
        journey.unseen[step] = private.reason
        return None
    return private
