"""A member's own page: what others read about them, and the membership that they pay for."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from launchready.community.accounts import NAME_MAX
from launchready.community.billing.memberships import memberships
from launchready.community.billing.trial import changed_mind, deliver
from launchready.community.sessions import SignedIn
from launchready.community.tables import Member
from launchready.community.web.asking import AMember, Running, SentForm
from launchready.community.web.pages import page, see
from launchready.community.web.paying import NOT_DONE

router = APIRouter()
ABOUT_MAX = 2_000


@router.get("/profile")
async def profile_page(request: Request, who: AMember, running: Running) -> Response:
    """Show the member what others read about them, and until when they have paid."""
    async with running.database.read() as session:
        shown = await _shown(session, who, running)
    return page(request, "profile.html", **shown)


@router.post("/profile")
async def change_profile(
    request: Request, form: SentForm, who: AMember, running: Running
) -> Response:
    """Keep what the member says about themselves."""
    name, about = form.get("name", "").strip(), form.get("about", "").strip()
    async with running.database.write() as session:
        shown = await _shown(session, who, running)
        note = "Kept." if name else "Please write a name."
        if name:
            shown["account"].name, shown["account"].about = name[:NAME_MAX], about[:ABOUT_MAX]
    return page(
        request,
        "profile.html",
        200 if name else 422,
        note=note,
        wrong="" if name else "name",
        **shown,
    )


@router.post("/profile/membership")
async def change_membership(
    request: Request, form: SentForm, who: AMember, running: Running
) -> Response:
    """Do as a provider's page does where a membership is cancelled, or no longer: send the event.

    404 where a real provider takes the payments: the member's page leads to the provider's then.
    """
    settings, stays = running.settings, form.get("stays") == "yes"
    async with running.database.read() as session:
        shown = await _shown(session, who, running)
    mine, wanted = shown["memberships"], form.get("subscription")
    chosen = next((each for each in mine if str(each.id) == wanted), None)
    if chosen is None or settings.trial_secret is None or running.outermost is None:
        raise HTTPException(404)
    now_s = int(time.time())
    told = changed_mind(chosen.reference, stays=stays, paid_until=chosen.paid_until, now_s=now_s)
    status = await deliver(
        running.outermost, str(request.base_url), told, settings.trial_secret, now_s=now_s
    )
    if status != 200:
        note = (
            "The payment provider could not be reached, and nothing was changed. Please try again."
        )
        return page(request, "profile.html", NOT_DONE, note=note, **shown)
    return see("/profile#membership")


async def _shown(session: AsyncSession, who: SignedIn, running: Running) -> dict[str, Any]:
    account = await session.get_one(Member, who.id)
    portal = running.settings.payment_portal
    return {
        "account": account,
        "memberships": await memberships(session, who.id, now=running.now()),
        "portal": f"{portal}?prefilled_email={quote(account.email)}" if portal else None,
        "trial": running.settings.trial_secret is not None,
    }
