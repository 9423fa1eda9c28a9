"""The administration, for admins; to everybody else it does not exist."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from launchready.community import administration, invites
from launchready.community.accounts import as_email
from launchready.community.mail.letters import put_down
from launchready.community.plans import WILLOW
from launchready.community.sessions import SignedIn
from launchready.community.web.asking import Running, SentForm, Visitor, number_of
from launchready.community.web.pages import page, see

router = APIRouter()
_USES_MAX = 100


async def admin(who: Visitor) -> SignedIn:
    """Return the admin who asks; 404 for everybody else."""
    if who is None or not who.is_admin:
        raise HTTPException(404)
    return who


AnAdmin = Annotated[SignedIn, Depends(admin)]


@router.get("/admin")
async def figures(request: Request, _: AnAdmin, running: Running) -> Response:
    """Show the community in numbers."""
    async with running.database.read() as session:
        shown = await administration.figures(session, now=running.now())
        spent = await administration.spending(session, now=running.now())
    breakers = running.guide.chat.breakers if running.guide.chat else {}
    return page(request, "admin.html", figures=shown, spent=spent, breakers=breakers)


@router.get("/admin/members")
async def members(request: Request, _: AnAdmin, running: Running) -> Response:
    """Show the members, page by page."""
    before = number_of(request, "before")
    async with running.database.read() as session:
        found, further = await administration.members(session, before=before)
    return page(request, "admin_members.html", members=found, further=further)


@router.get("/admin/invites")
async def invitations(request: Request, _: AnAdmin, running: Running) -> Response:
    """Show the invitations."""
    return await _invites(request, running)


@router.post("/admin/invites")
async def invite(request: Request, form: SentForm, who: AnAdmin, running: Running) -> Response:
    """Make an invitation: by mail to an address, or a code that is shown this once."""
    typed, uses = form.get("email", "").strip(), form.get("uses", "1")
    email, now = as_email(typed), running.now()
    if typed and email is None:
        return await _invites(
            request, running, 422, note="Please write an e-mail address, or none."
        )
    if not (uses.isascii() and uses.isdigit() and len(uses) < 9 and 0 < int(uses) <= _USES_MAX):
        note = f"A code is good for 1 to {_USES_MAX} new members."
        return await _invites(request, running, 422, note=note)
    async with running.database.write() as session:
        if email is not None:
            put_down(session, "invite", email, now=now, plan=WILLOW)
        else:
            code = invites.new_code()
            await invites.keep_invite(
                session, code, plan=WILLOW, uses=int(uses), now=now, by=who.id,
                note=form.get("note", "")[:200],
            )  # fmt: skip
    if email is not None:
        return see("/admin/outbox")
    # It is kept as a hash alone.
    return await _invites(request, running, note=f"The code is {code}. It is shown only now.")


@router.get("/admin/outbox")
async def outbox(request: Request, _: AnAdmin, running: Running) -> Response:
    """Show the letters: to whom, what about, and whether they have left."""
    async with running.database.read() as session:
        letters = await administration.outbox(session)
    settings = running.settings
    carried = settings.smtp_url is not None or settings.mail_folder is not None
    return page(request, "admin_outbox.html", letters=letters, carried=carried)


@router.get("/admin/payments")
async def payments(request: Request, _: AnAdmin, running: Running) -> Response:
    """Show the events of payments that were heeded."""
    async with running.database.read() as session:
        events = await administration.payments(session)
    return page(request, "admin_payments.html", events=events)


async def _invites(
    request: Request, running: Running, status: int = 200, note: str = ""
) -> Response:
    async with running.database.read() as session:
        found = await administration.invitations(session)
    return page(request, "admin_invites.html", status, invites=found, note=note, now=running.now())
