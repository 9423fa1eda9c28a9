"""The way out: as the manifest declares it, or as the member's page shows it."""

from __future__ import annotations

from urllib.parse import urlencode

from launchready.collect.active.journey import Journey, is_ok, member_sees, seen_of, sent
from launchready.collect.active.others import SHUT_OUT, with_copy
from launchready.collect.active.session import Session
from launchready.collect.web.address import url_host, wire_url
from launchready.derive.pages.forms import Form, logout_form
from launchready.derive.sign_in.links import LogoutLink, leads_out, logout_link
from launchready.facts import Gap
from launchready.facts.active import CLOSED_AFTERWARDS, LOG_OUT
from launchready.facts.http import Exchange

# So servers answer what lacks a token against forged requests, or one to be taken back.
_WANTS_MORE = frozenset({400, 403, 415, 419, 422})
_BY_SCRIPT = "the page logs out by a script, which is not run"


async def log_out(journey: Journey, anonymous: Exchange | Gap) -> None:
    """Take the steps of a member who leaves; none where nothing declared or shown leads out."""
    session, account = journey.session, journey.account
    page = await session.get(account.private)
    form, link = None, None
    if isinstance(page, Exchange) and "html" in page.content_type:
        form = logout_form(page.text, base=page.url)
        link = logout_link(page.text, base=page.url)
    if account.logout is not None:
        link = None
    url = account.logout or (form.url if form else link.url if link else "")
    # A button of a script may do it, or a service of others, which is not ours to knock at.
    if not url or url_host(wire_url(url)) not in session.world.manifest.all_hosts:
        return
    before = session.jar.copy()
    if form is not None and (account.logout is None or form.url == wire_url(account.logout)):
        first, link = await sent(session, form, {}, account.private), None
    elif link is not None:
        first = await _followed(session, link, account.private)
    else:
        first = await _asked(journey, wire_url(url))
    answer = await _walked(session, await _confirmed(session, await _walked(session, first)))
    if form is None and isinstance(answer, Exchange) and answer.status in _WANTS_MORE:
        journey.unseen[LOG_OUT] = (
            f"{seen_of(answer)}: it wants more than this program knows to send"
        )
        return
    private = await session.get(account.private) if is_ok(answer) else None
    open_still = private is None or member_sees(journey, private, anonymous)
    if open_still and link is not None and _takes_a_script(link, first):
        journey.unseen[LOG_OUT] = _BY_SCRIPT
        return
    if not journey.step(
        LOG_OUT, passed=private is not None, seen=seen_of(answer), wanted="an answer below 400"
    ):
        return
    assert private is not None  # noqa: S101 - the step saw it
    if journey.step(
        CLOSED_AFTERWARDS,
        passed=isinstance(private, Exchange) and not open_still,
        seen=("still open" if open_still else "closed") + f": {seen_of(private)}",
        wanted=SHUT_OUT,
    ):
        await with_copy(journey, before, anonymous)


async def _followed(session: Session, link: LogoutLink, page: str) -> Exchange | Gap:
    """Follow a link that logs out, by the method that the page gives it."""
    if link.sends:
        body = urlencode(link.sends).encode()
        return await session.send(link.url, method="POST", body=body, referer=page)
    answer = await session.send(link.url)
    if isinstance(answer, Exchange) and answer.status == 405:
        answer = await session.send(link.url, method="POST", body=b"", referer=page)
    return answer


async def _asked(journey: Journey, url: str) -> Exchange | Gap:
    """Ask for the declared log-out as the app's script or a link does, else the other way."""
    session = journey.session
    if journey.by_call:
        answer = await session.call(url, b"")
        if isinstance(answer, Exchange) and answer.status == 405:
            answer = await session.send(url)
        return answer
    return await _followed(session, LogoutLink(url=url), journey.account.private)


async def _walked(session: Session, answer: Exchange | Gap) -> Exchange | Gap:
    """Follow where a log-out leads: a provider that is not told lets the member in again unasked."""
    if isinstance(answer, Gap) or answer.location is None:
        return answer
    end = await session.follow(answer)
    # Where it leads to may be missing, and the member out all the same.
    return end if is_ok(end) else answer


def _takes_a_script(link: LogoutLink, answer: Exchange | Gap) -> bool:
    """Return whether following the link may not be all that happens when a member clicks it.

    A server that logs out leads on, or takes its cookie back; a page with scripts that does neither
    may leave it to them.
    """
    if link.by_script:
        return True
    if isinstance(answer, Gap) or answer.status != 200 or "html" not in answer.content_type:
        return False
    return "set-cookie" not in answer.headers and "<script" in answer.text.lower()


async def _confirmed(session: Session, answer: Exchange | Gap) -> Exchange | Gap:
    """Return what comes of saying yes where the log-out asks whether it is meant (MediaWiki, WordPress)."""
    if isinstance(answer, Gap) or "html" not in answer.content_type:
        return answer
    if not leads_out(answer.url, ""):
        return answer
    form: Form | None = logout_form(answer.text, base=answer.url)
    if form is not None:
        same = url_host(form.url) in session.world.manifest.all_hosts
        return await sent(session, form, {}, answer.url) if same else answer
    link = logout_link(answer.text, base=answer.url)
    if link is None or url_host(link.url) not in session.world.manifest.all_hosts:
        return answer
    return await _followed(session, link, answer.url)
